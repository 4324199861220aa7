// SPDX-License-Identifier: GPL-2.0
/*
 * Which opens of one file may be held at the same time: io modes. Promises R8 to R17.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED_F 1
#define SEED_G 2

/* How the server answers an open of f. Before it, an ID of f was registered. */
struct opening {
	const char *row, *op;
	uint32_t seed;	  /* of what it reads */
	bool at_server;	  /* reads arrive there */
	bool mapped;	  /* the client maps it, MAP_SHARED */
	const char *file; /* registered directly before */
};
#define AT_SERVER .seed = SEED_F, .at_server = true
#define REUSE	  "f reg=reuse", "OPEN+passthrough"
#define OPENING	  static const struct opening

OPENING cached = { "f flags=none", "OPEN", AT_SERVER };
OPENING keep_cache = { "f flags=keep_cache", "OPEN+keep_cache", AT_SERVER };
OPENING direct_io = { "f flags=direct_io", "OPEN+direct_io", AT_SERVER };
OPENING direct_io_mmap = { "f flags=direct_io", "OPEN+direct_io", AT_SERVER, .mapped = true };
OPENING passthrough = { REUSE, .seed = SEED_F };
OPENING other_id = { REUSE, .seed = SEED_F, .file = "f" };
OPENING other_file = { REUSE, .seed = SEED_G, .file = "g" };
OPENING pt_direct_io = { "f reg=reuse flags=passthrough,direct_io", "OPEN+passthrough+direct_io",
			 AT_SERVER };

static const struct world_opts with_mmap = { .init = "direct-io-allow-mmap" };

/*
 * The matrix: one line for each way to open f first, one column for each way to open it again
 * while the first is held. 0: the second open succeeds.
 */
#define WHILE_OPEN(first, c, k, d, m, p, i, f, pd)                                                 \
	WORLD_FIXTURE(while_##first);                                                         \
	FIXTURE_VARIANT(while_##first)                                                        \
	{                                                                                      \
		const struct opening *second;                                                  \
		long result;                                                                   \
	};                                                                                     \
	FIXTURE_VARIANT_ADD(while_##first, cached) { &cached, c };                            \
	FIXTURE_VARIANT_ADD(while_##first, keep_cache) { &keep_cache, k };                    \
	FIXTURE_VARIANT_ADD(while_##first, direct_io) { &direct_io, d };                      \
	FIXTURE_VARIANT_ADD(while_##first, direct_io_mmap) { &direct_io_mmap, m };            \
	FIXTURE_VARIANT_ADD(while_##first, passthrough) { &passthrough, p };                  \
	FIXTURE_VARIANT_ADD(while_##first, passthrough_other_id) { &other_id, i };            \
	FIXTURE_VARIANT_ADD(while_##first, passthrough_other_file) { &other_file, f };        \
	FIXTURE_VARIANT_ADD(while_##first, passthrough_direct_io) { &pt_direct_io, pd }

/* clang-format off */
/*                     cached  keep_  direct  direct  passthrough:
 *                             cache  _io     _io     same    other   other   same ID,
 * first                                      +mmap   ID      ID      file    direct_io */
WHILE_OPEN(cached,         0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
WHILE_OPEN(keep_cache,     0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
WHILE_OPEN(direct_io,      0,      0,     0,      0,      0,      0,      0,      0);
WHILE_OPEN(direct_io_mmap, 0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
WHILE_OPEN(passthrough,    -EIO,   -EIO,  -EIO,   -EIO,   0,      -EIO,   -EIO,   0);
WHILE_OPEN(passthrough_direct_io,   -EIO,   -EIO,  -EIO,   -EIO,   0,      -EIO,   -EIO,   0);
/* clang-format on */

/* The descriptor, or -errno, also of mmap(2). */
static long open_as(struct world *w, const struct opening *as)
{
	long fd, address;

	if (as->file)
		register_backing(w, as->file, "");
	if (!world_open_rule(w, as->row))
		return -EPROTO;
	fd = client_open(client(w), "f", O_RDWR);
	if (fd < 0 || !as->mapped)
		return fd;
	address = client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0);
	return address < 0 ? address : fd;
}

/* Another page for each, as one that is in the page cache is not read again. */
static void reads(struct world *w, long fd,
		  const struct opening *as, int page)
{
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGE, page * PAGE, as->seed);
	EXPECT_REQUESTS(w, as->at_server ? "READ" : "");
}

static void opens_beside(struct world *w,
			 const struct opening *first, const struct opening *second, long result)
{
	long fd, second_fd;
	char ops[64];

	EXPECT_RET(backing_fill("f", SEED_F, 2 * PAGE, 0), 0);
	EXPECT_RET(backing_fill("g", SEED_G, 2 * PAGE, 0), 0);
	EXPECT_RET(register_f(w), 1);
	ASSERT_POSITIVE(fd = open_as(w, first));
	snprintf(ops, sizeof(ops), "LOOKUP %s", first->op);
	EXPECT_REQUESTS(w, ops);

	second_fd = open_as(w, second);
	EXPECT_RET(second_fd > 0 ? 0 : second_fd, result);
	snprintf(ops, sizeof(ops), "%s%s", second->op, result ? " RELEASE" : "");
	EXPECT_REQUESTS(w, ops);
	reads(w, fd, first, 0);
	if (!result)
		reads(w, second_fd, second, 1);
}

CASE(while_cached, only_passthrough_eio, .promise = "R8", .world = &with_mmap,
	.title = "a cached open keeps reading; meanwhile other opens succeed, but passthrough opens fail with EIO")
{
	opens_beside(w, &cached, variant->second, variant->result);
}

CASE(while_keep_cache, only_passthrough_eio, .promise = "R8", .world = &with_mmap,
	.title = "a KEEP_CACHE open keeps reading; meanwhile other opens succeed, but passthrough opens fail with EIO")
{
	opens_beside(w, &keep_cache, variant->second, variant->result);
}

CASE(while_direct_io, any_open_succeeds, .promise = "R10", .world = &with_mmap,
	.title = "a DIRECT_IO open keeps reading from the server; meanwhile any other open succeeds")
{
	opens_beside(w, &direct_io, variant->second, variant->result);
}

CASE(while_direct_io_mmap, only_passthrough_eio, .promise = "R11", .world = &with_mmap,
	.title = "a DIRECT_IO open mapped shared keeps reading; other opens succeed, passthrough opens fail with EIO")
{
	opens_beside(w, &direct_io_mmap, variant->second, variant->result);
}

CASE(while_passthrough, all_but_same_id_eio, .promise = "R9", .world = &with_mmap,
	.title = "a passthrough open keeps bypassing the server; opens with its ID succeed, all others fail with EIO")
{
	opens_beside(w, &passthrough, variant->second, variant->result);
}

CASE(while_passthrough_direct_io, all_but_same_id_eio, .promise = "R14", .world = &with_mmap,
	.title = "a PASSTHROUGH|DIRECT_IO open keeps sending READ; opens with its ID succeed, all others fail with EIO")
{
	opens_beside(w, &pt_direct_io, variant->second, variant->result);
}

WORLD_FIXTURE(without_fopen_direct_io);
FIXTURE_VARIANT(without_fopen_direct_io)
{
	const char *row;
	int flags;
};
FIXTURE_VARIANT_ADD(without_fopen_direct_io, o_direct) { "f flags=none", O_DIRECT };
FIXTURE_VARIANT_ADD(without_fopen_direct_io, parallel_direct_writes) { "f flags=parallel_direct_writes", 0 };

CASE(without_fopen_direct_io, counts_as_cached_eio, .promise = "R8",
	.title = "O_DIRECT or PARALLEL_DIRECT_WRITES without DIRECT_IO is a cached open: passthrough fails with EIO")
{
	long fd;

	open_rule(w, variant->row);
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
FIXTURE_VARIANT_ADD(shared_mapping, mapped_once) { 1 };
FIXTURE_VARIANT_ADD(shared_mapping, mapped_twice) { 2 };

CASE(shared_mapping, excludes_until_close_eio, .promise = "R11", .world = &with_mmap,
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
	.title = "a private mapping of a DIRECT_IO file does not exclude a passthrough open")
{
	long fd;

	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	ASSERT_POSITIVE(client_mmap(client(w), fd, PROT_READ, MAP_PRIVATE, PAGE, 0));
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- the end of a mode ----------------------------------------------------- */

/* Gives up all IDs up to the last; how many there were. */
static long drop_all(struct world *w)
{
	long count = last_id(w);

	for (long id = 1; id <= count; id++)
		server_drop(w, id);
	return count;
}

/* What only works on an inode that nothing is left of, in the file system neither. */
static void expect_free(struct world *w)
{
	long fd;

	ASSERT_POSITIVE(fd = open_as(w, &other_id));
	EXPECT_CLOSE(w, fd);
	ASSERT_POSITIVE(fd = open_as(w, &cached));
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(drop_all(w));
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(all_closed);
FIXTURE_VARIANT(all_closed)
{
	const struct opening *as;
};
FIXTURE_VARIANT_ADD(all_closed, cached) { &cached };
FIXTURE_VARIANT_ADD(all_closed, keep_cache) { &keep_cache };
FIXTURE_VARIANT_ADD(all_closed, direct_io) { &direct_io };
FIXTURE_VARIANT_ADD(all_closed, passthrough) { &passthrough };
FIXTURE_VARIANT_ADD(all_closed, passthrough_other_file) { &other_file };
FIXTURE_VARIANT_ADD(all_closed, passthrough_direct_io) { &pt_direct_io };

CASE(all_closed, frees_mode_and_backing_file, .promise = "R16",
	.title = "after the last close an open with another ID and a cached open succeed; the backing file is released")
{
	long fd, second_fd;

	EXPECT_RET(register_f(w), 1);
	ASSERT_POSITIVE(fd = open_as(w, variant->as));
	open_rule(w, variant->as->row);
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
FIXTURE_VARIANT_ADD(one_still_open, cached) { &cached, &passthrough };
FIXTURE_VARIANT_ADD(one_still_open, passthrough) { &passthrough, &cached };
FIXTURE_VARIANT_ADD(one_still_open, passthrough_other_id) { &passthrough, &other_id };

CASE(one_still_open, keeps_mode_and_id_eio, .promise = "R16",
	.title = "until the last of two opens is closed, an open for another mode or ID fails with EIO")
{
	long fds[2];

	EXPECT_RET(register_f(w), 1);
	for (int i = 0; i < 2; i++)
		ASSERT_POSITIVE(fds[i] = open_as(w, variant->held));
	EXPECT_CLOSE(w, fds[0]);
	EXPECT_RET(open_as(w, variant->other), -EIO);
	EXPECT_CLOSE(w, fds[1]);
	EXPECT_POSITIVE(open_as(w, variant->other));
}

WORLD_FIXTURE(failed_open);
FIXTURE_VARIANT(failed_open)
{
	const struct opening *beside; /* held meanwhile */
	const char *row;
};
FIXTURE_VARIANT_ADD(failed_open, unknown_id) { NULL, "f reg=forged id=12345" };
FIXTURE_VARIANT_ADD(failed_open, closed_id) { NULL, "f reg=at-open drop=before-reply" };
FIXTURE_VARIANT_ADD(failed_open, invalid_flags) { NULL, "f reg=reuse flags=passthrough,keep_cache" };
FIXTURE_VARIANT_ADD(failed_open, while_cached) { &cached, "f reg=reuse" };
FIXTURE_VARIANT_ADD(failed_open, while_mapped) { &direct_io_mmap, "f reg=reuse" };
FIXTURE_VARIANT_ADD(failed_open, while_other_id) { &passthrough, "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open, cached_while_passthrough) { &passthrough, "f flags=none" };
FIXTURE_VARIANT_ADD(failed_open, direct_io_while_passthrough) { &passthrough, "f flags=direct_io" };

CASE(failed_open, leaves_no_mode_or_reference, .promise = "R16", .world = &with_mmap,
	.title = "an open that fails with EIO for its ID, flags or mode leaves no mode and no held backing file")
{
	SKIP_UNLESS_ABLE(w, needed_by_row(variant->row));
	EXPECT_RET(register_f(w), 1);
	if (variant->beside)
		ASSERT_POSITIVE(open_as(w, variant->beside));
	open_rule(w, variant->row);

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	client_stop(client(w));
	expect_free(w);
}

CASE_MAIN()
