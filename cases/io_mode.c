// SPDX-License-Identifier: GPL-2.0
/* Which opens of one file may coexist: I/O modes. Promises R8 to R11, R14, R16. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE sysconf(_SC_PAGESIZE)

enum { F = 1, G = 2 }; /* pattern seeds of the backing files f and g */

/* How the server answers an open of f. An ID of f was registered before. */
struct opening {
	const char *rule, *op;
	uint32_t seed;	       /* of what it reads */
	const char *read;      /* the request that a read sends, or "" */
	bool mapped;	       /* the client maps it, MAP_SHARED */
	const char *registers; /* the file that the server registers just before */
};
#define OPENING static const struct opening

OPENING cached = { .rule = "f flags=none", .op = "OPEN", .seed = F, .read = "READ" };
OPENING keep_cache = {
	.rule = "f flags=keep_cache", .op = "OPEN+keep_cache", .seed = F, .read = "READ"
};
OPENING direct_io = {
	.rule = "f flags=direct_io", .op = "OPEN+direct_io", .seed = F, .read = "READ"
};
OPENING direct_io_mmap = {
	.rule = "f flags=direct_io",
	.op = "OPEN+direct_io",
	.seed = F,
	.read = "READ",
	.mapped = true,
};
OPENING passthrough = { .rule = "f reg=reuse", .op = "OPEN+passthrough", .seed = F, .read = "" };
OPENING other_id = {
	.rule = "f reg=reuse", .op = "OPEN+passthrough", .seed = F, .read = "", .registers = "f"
};
OPENING other_file = {
	.rule = "f reg=reuse", .op = "OPEN+passthrough", .seed = G, .read = "", .registers = "g"
};
OPENING pt_direct_io = {
	.rule = "f reg=reuse flags=passthrough,direct_io",
	.op = "OPEN+passthrough+direct_io",
	.seed = F,
	.read = "READ",
};

static const struct world_opts with_mmap = { .init = "direct-io-allow-mmap" };

/* What becomes of the second open, and whether that is only so today. */
struct outcome {
	long result; /* 0: it succeeds */
	bool today;
};

/*
 * The matrix: one line for each kind of first open, one column for each kind of second open while
 * the first is held.
 */
#define SECOND(first, name, how, ...) \
	FIXTURE_VARIANT_ADD(while_##first, name) \
	{ \
		.second = &(how), .outcome = __VA_ARGS__ \
	}
#define WHILE_OPEN(first, c, k, d, m, p, i, f, pd) \
	WORLD_FIXTURE(while_##first); \
	FIXTURE_VARIANT(while_##first) \
	{ \
		const struct opening *second; \
		struct outcome outcome; \
	}; \
	SECOND(first, cached, cached, c); \
	SECOND(first, keep_cache, keep_cache, k); \
	SECOND(first, direct_io, direct_io, d); \
	SECOND(first, direct_io_mmap, direct_io_mmap, m); \
	SECOND(first, passthrough, passthrough, p); \
	SECOND(first, passthrough_other_id, other_id, i); \
	SECOND(first, passthrough_other_file, other_file, f); \
	SECOND(first, passthrough_direct_io, pt_direct_io, pd)

/* clang-format off */
#define OK { 0 }
#define NO { -EIO, false }

/*
 * Only so today: a direct open does not restrict passthrough opens, and two IDs of the same file
 * exclude each other.
 */
#define OK_TODAY { .today = true }
#define NO_TODAY { -EIO, true }

/*                                cached  keep_  direct  direct  passthrough:
 *                                        cache  _io     _io     same      other     other     same ID,
 * first                                                 +mmap   ID        ID        file      dir.io */
WHILE_OPEN(cached,                OK,     OK,    OK,     OK,     NO,       NO,       NO,       NO);
WHILE_OPEN(keep_cache,            OK,     OK,    OK,     OK,     NO,       NO,       NO,       NO);
WHILE_OPEN(direct_io,             OK,     OK,    OK,     OK,     OK_TODAY, OK_TODAY, OK_TODAY, OK_TODAY);
WHILE_OPEN(direct_io_mmap,        OK,     OK,    OK,     OK,     NO,       NO,       NO,       NO);
WHILE_OPEN(passthrough,           NO,     NO,    NO,     NO,     OK,       NO_TODAY, NO,       OK);
WHILE_OPEN(passthrough_direct_io, NO,     NO,    NO,     NO,     OK,       NO_TODAY, NO,       OK);
/* clang-format on */

/* That the case, a process of its own, has registered. */
static struct {
	long of[4];
	int count;
} ids;

static void register_one(struct world *w, const char *name)
{
	ids.of[ids.count++] = POSITIVE_OK("register a backing file", register_backing(w, name, ""));
}

/* The descriptor, or -errno of open(2) or mmap(2). */
static long open_as(struct world *w, const struct opening *as)
{
	long fd, address;

	if (as->registers)
		register_one(w, as->registers);
	if (!world_open_rule(w, "%s", as->rule))
		return -EPROTO;
	fd = client_open(client(w), "f", O_RDWR);
	if (fd < 0 || !as->mapped)
		return fd;
	address = client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0);
	return address < 0 ? address : fd;
}

#define open_as_ok(w, as) POSITIVE_OK("open f", open_as(w, as))

/* A page of its own for each open: one in the page cache is not read again. */
static void expect_read(struct world *w, long fd, const struct opening *as, int page)
{
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGE, page * PAGE, as->seed);
	EXPECT_REQUESTS(w, as->read);
}

static void expect_outcome(long fd, struct outcome wanted)
{
	if (wanted.today)
		TODAY(EXPECT_RET(errno_or_0(fd), wanted.result));
	else
		EXPECT_RET(errno_or_0(fd), wanted.result);
}

static void expect_second_open(struct world *w, const struct opening *first,
			       const struct opening *second, struct outcome wanted)
{
	long fd, second_fd;
	char requests[64];

	backing_fill_ok("f", F, 2 * PAGE, 0);
	backing_fill_ok("g", G, 2 * PAGE, 0);
	register_one(w, "f");
	fd = open_as_ok(w, first);
	snprintf(requests, sizeof(requests), "LOOKUP %s", first->op);
	EXPECT_REQUESTS(w, requests);

	second_fd = open_as(w, second);
	expect_outcome(second_fd, wanted);
	snprintf(requests, sizeof(requests), "%s%s", second->op, second_fd < 0 ? " RELEASE" : "");
	EXPECT_REQUESTS(w, requests);
	expect_read(w, fd, first, 0);
	if (second_fd > 0)
		expect_read(w, second_fd, second, 1);
}

CASE(while_cached, only_passthrough_eio, .promise = "R8", .world = &with_mmap,
	.title = "a cached open keeps reading; meanwhile other opens succeed, but passthrough opens fail with EIO")
{
	expect_second_open(w, &cached, variant->second, variant->outcome);
}

CASE(while_keep_cache, only_passthrough_eio, .promise = "R8", .world = &with_mmap,
	.title = "a KEEP_CACHE open keeps reading; meanwhile other opens succeed, but passthrough opens fail with EIO")
{
	expect_second_open(w, &keep_cache, variant->second, variant->outcome);
}

CASE(while_direct_io, any_open_succeeds, .promise = "R10", .world = &with_mmap,
	.title = "a DIRECT_IO open keeps reading from the server; meanwhile any other open succeeds")
{
	expect_second_open(w, &direct_io, variant->second, variant->outcome);
}

CASE(while_direct_io_mmap, only_passthrough_eio, .promise = "R11", .world = &with_mmap,
	.title = "a DIRECT_IO open mapped shared keeps reading; other opens succeed, passthrough opens fail with EIO")
{
	expect_second_open(w, &direct_io_mmap, variant->second, variant->outcome);
}

CASE(while_passthrough, all_but_same_id_eio, .promise = "R9", .world = &with_mmap,
	.title = "a passthrough open keeps bypassing the server; opens with its ID succeed, all others fail with EIO")
{
	expect_second_open(w, &passthrough, variant->second, variant->outcome);
}

CASE(while_passthrough_direct_io, all_but_same_id_eio, .promise = "R14", .world = &with_mmap,
	.title = "a PASSTHROUGH|DIRECT_IO open keeps sending READ; opens with its ID succeed, all others fail with EIO")
{
	expect_second_open(w, &pt_direct_io, variant->second, variant->outcome);
}

WORLD_FIXTURE(without_fopen_direct_io);
FIXTURE_VARIANT(without_fopen_direct_io)
{
	const char *rule;
	int flags; /* of open(2) */
};
FIXTURE_VARIANT_ADD(without_fopen_direct_io, o_direct) { .rule = "f flags=none",
							 .flags = O_DIRECT };
FIXTURE_VARIANT_ADD(without_fopen_direct_io,
		    parallel_direct_writes) { .rule = "f flags=parallel_direct_writes" };

CASE(without_fopen_direct_io, counts_as_cached_eio, .promise = "R8",
	.title = "O_DIRECT or PARALLEL_DIRECT_WRITES without DIRECT_IO is a cached open: passthrough fails with EIO")
{
	long fd;

	open_rule(w, "%s", variant->rule);
	open_rule(w, "f reg=at-open times=2");

	fd = open_ok(w, "f", O_RDWR | variant->flags);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- mappings of DIRECT_IO ------------------------------------------------- */

WORLD_FIXTURE(shared_mapping);
FIXTURE_VARIANT(shared_mapping)
{
	int count;
};
FIXTURE_VARIANT_ADD(shared_mapping, mapped_once) { .count = 1 };
FIXTURE_VARIANT_ADD(shared_mapping, mapped_twice) { .count = 2 };

CASE(shared_mapping, excludes_until_close_eio, .promise = "R11", .world = &with_mmap,
	.today = "the mode could end with the last mapping",
	.title = "until closed, a DIRECT_IO open that was mapped shared makes passthrough opens fail with EIO")
{
	struct client *c = client(w);
	long fd, address;

	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open times=2");

	fd = open_ok(c, "f", O_RDWR);
	for (int i = 0; i < variant->count; i++) {
		address = mmap_ok(c, fd, PROT_READ, MAP_SHARED, PAGE, 0);
		EXPECT_RET(client_call(c, munmap, address, PAGE), 0);
	}
	EXPECT_RET(client_open(c, "f", O_RDWR), -EIO);
	EXPECT_CLOSE(c, fd);
	EXPECT_POSITIVE(client_open(c, "f", O_RDWR));
}

WORLD_FIXTURE(mapping);

CASE(mapping, excludes_until_munmap_eio, .promise = "R11", .world = &with_mmap,
	.title = "until munmap(2) of a shared mapping of a closed DIRECT_IO file, passthrough opens fail with EIO")
{
	struct client *c = client(w);
	long fd, address;

	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open times=2");

	fd = open_ok(c, "f", O_RDWR);
	address = mmap_ok(c, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(client_open(c, "f", O_RDWR), -EIO);
	EXPECT_RET(client_call(c, munmap, address, PAGE), 0);
	EXPECT_POSITIVE(client_open(c, "f", O_RDWR));
}

CASE(mapping, private_does_not_exclude, .promise = "R11", .world = &with_mmap,
	.today = "no document says so of private mappings",
	.title = "a private mapping of a DIRECT_IO file does not exclude a passthrough open")
{
	long fd;

	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	mmap_ok(w, fd, PROT_READ, MAP_PRIVATE, PAGE, 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- when a mode ends ------------------------------------------------------ */

/* The inode has no mode, and nothing holds the backing file. */
static void expect_free(struct world *w)
{
	long fd;

	fd = open_as_ok(w, &other_id);
	EXPECT_CLOSE(w, fd);
	fd = open_as_ok(w, &cached);
	EXPECT_CLOSE(w, fd);
	for (int i = 0; i < ids.count; i++)
		EXPECT_RET(server_drop(w, ids.of[i]), 0);
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(all_closed);
FIXTURE_VARIANT(all_closed)
{
	const struct opening *as;
};
FIXTURE_VARIANT_ADD(all_closed, cached) { .as = &cached };
FIXTURE_VARIANT_ADD(all_closed, keep_cache) { .as = &keep_cache };
FIXTURE_VARIANT_ADD(all_closed, direct_io) { .as = &direct_io };
FIXTURE_VARIANT_ADD(all_closed, passthrough) { .as = &passthrough };
FIXTURE_VARIANT_ADD(all_closed, passthrough_other_file) { .as = &other_file };
FIXTURE_VARIANT_ADD(all_closed, passthrough_direct_io) { .as = &pt_direct_io };

CASE(all_closed, frees_mode_and_backing_file, .promise = "R16",
	.title = "after the last close an open with another ID and a cached open succeed; the backing file is released")
{
	long fd, second_fd;

	register_one(w, "f");
	fd = open_as_ok(w, variant->as);
	open_rule(w, "%s", variant->as->rule);
	second_fd = open_ok(w, "f", O_RDONLY);
	EXPECT_CLOSE(w, fd);
	EXPECT_CLOSE(w, second_fd);
	expect_free(w);
}

WORLD_FIXTURE(one_still_open);
FIXTURE_VARIANT(one_still_open)
{
	const struct opening *held, *other;
};
FIXTURE_VARIANT_ADD(one_still_open, cached) { .held = &cached, .other = &passthrough };
FIXTURE_VARIANT_ADD(one_still_open, passthrough) { .held = &passthrough, .other = &cached };
FIXTURE_VARIANT_ADD(one_still_open, passthrough_other_file) { .held = &passthrough,
							      .other = &other_file };

CASE(one_still_open, keeps_mode_and_id_eio, .promise = "R16",
	.title = "until the last of two opens is closed, an open for another mode or file fails with EIO")
{
	long fds[2];

	register_one(w, "f");
	for (int i = 0; i < 2; i++)
		fds[i] = open_as_ok(w, variant->held);
	EXPECT_CLOSE(w, fds[0]);
	EXPECT_RET(open_as(w, variant->other), -EIO);
	EXPECT_CLOSE(w, fds[1]);
	EXPECT_POSITIVE(open_as(w, variant->other));
}

WORLD_FIXTURE(failed_open);
FIXTURE_VARIANT(failed_open)
{
	const char *rule;	    /* of the open that fails */
	const struct opening *held; /* open meanwhile, or NULL */
	bool other_file;	    /* registered for it */
};
FIXTURE_VARIANT_ADD(failed_open, unknown_id) { .rule = "f reg=forged id=12345" };
FIXTURE_VARIANT_ADD(failed_open, closed_id) { .rule = "f reg=at-open drop=before-reply" };
FIXTURE_VARIANT_ADD(failed_open,
		    invalid_flags) { .rule = "f reg=reuse flags=passthrough,keep_cache" };
FIXTURE_VARIANT_ADD(failed_open, while_cached) { .rule = "f reg=reuse", .held = &cached };
FIXTURE_VARIANT_ADD(failed_open, while_mapped) { .rule = "f reg=reuse", .held = &direct_io_mmap };
FIXTURE_VARIANT_ADD(failed_open, while_other_file) { .rule = "f reg=reuse",
						     .held = &passthrough,
						     .other_file = true };
FIXTURE_VARIANT_ADD(failed_open, cached_while_passthrough) { .rule = "f flags=none",
							     .held = &passthrough };
FIXTURE_VARIANT_ADD(failed_open, direct_io_while_passthrough) { .rule = "f flags=direct_io",
								.held = &passthrough };

CASE(failed_open, leaves_no_mode_or_reference, .promise = "R16", .world = &with_mmap,
	.title = "an open that fails with EIO for its ID, flags or mode leaves no mode and no held backing file")
{
	SKIP_UNLESS_ABLE(w, rule_ability(variant->rule));
	register_one(w, "f");
	if (variant->held)
		open_as_ok(w, variant->held);
	if (variant->other_file)
		register_one(w, "g");
	open_rule(w, "%s", variant->rule);

	TODAY(EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO)); /* other cases are about it */
	client_stop(client(w));
	expect_free(w);
}

CASE_MAIN()
