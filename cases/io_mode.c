// SPDX-License-Identifier: GPL-2.0
/*
 * Which opens of one file may be held at the same time: io modes. Rows R8 to R17.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

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
#define BESIDE(first, c, k, d, m, p, i, f, pd)                                                 \
	WORLD_FIXTURE(beside_##first);                                                         \
	FIXTURE_VARIANT(beside_##first)                                                        \
	{                                                                                      \
		const struct opening *second;                                                  \
		long result;                                                                   \
	};                                                                                     \
	FIXTURE_VARIANT_ADD(beside_##first, cached) { &cached, c };                            \
	FIXTURE_VARIANT_ADD(beside_##first, keep_cache) { &keep_cache, k };                    \
	FIXTURE_VARIANT_ADD(beside_##first, direct_io) { &direct_io, d };                      \
	FIXTURE_VARIANT_ADD(beside_##first, direct_io_mmap) { &direct_io_mmap, m };            \
	FIXTURE_VARIANT_ADD(beside_##first, passthrough) { &passthrough, p };                  \
	FIXTURE_VARIANT_ADD(beside_##first, passthrough_other_id) { &other_id, i };            \
	FIXTURE_VARIANT_ADD(beside_##first, passthrough_other_file) { &other_file, f };        \
	FIXTURE_VARIANT_ADD(beside_##first, passthrough_direct_io) { &pt_direct_io, pd }

/* clang-format off */
/*                     cached  keep_  direct  direct  passthrough:
 *                             cache  _io     _io     same    other   other   same ID,
 * first                                      +mmap   ID      ID      file    direct_io */
BESIDE(cached,         0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
BESIDE(keep_cache,     0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
BESIDE(direct_io,      0,      0,     0,      0,      0,      0,      0,      0);
BESIDE(direct_io_mmap, 0,      0,     0,      0,      -EIO,   -EIO,   -EIO,   -EIO);
BESIDE(passthrough,    -EIO,   -EIO,  -EIO,   -EIO,   0,      -EIO,   -EIO,   0);
BESIDE(pt_direct_io,   -EIO,   -EIO,  -EIO,   -EIO,   0,      -EIO,   -EIO,   0);
/* clang-format on */

/* The descriptor, or -errno, also of mmap(2). */
static long open_as(struct world *w, const struct opening *as)
{
	long fd, address;

	if (as->file)
		register_backing(w, as->file, "");
	if (!world_plan(w, as->row))
		return -EPROTO;
	fd = client_open(client(w), "f", O_RDWR);
	if (fd < 0 || !as->mapped)
		return fd;
	address = client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0);
	return address < 0 ? address : fd;
}

/* Another page for each, as one that is in the page cache is not read again. */
static void reads(struct __test_metadata *_metadata, struct world *w, long fd,
		  const struct opening *as, int page)
{
	EXPECT_RET(client_read_by(client(w), WAY_PREAD, fd, PAGE, page * PAGE, as->seed), PAGE);
	EXPECT_OPS(w, as->at_server ? "READ" : "");
}

static void opens_beside(struct __test_metadata *_metadata, struct world *w,
			 const struct opening *first, const struct opening *second, long result)
{
	long fd, second_fd;
	char ops[64];

	EXPECT_RET(backing_fill("f", SEED_F, 2 * PAGE, 0), 0);
	EXPECT_RET(backing_fill("g", SEED_G, 2 * PAGE, 0), 0);
	EXPECT_RET(register_f(w), 1);
	ASSERT_POSITIVE(fd = open_as(w, first));
	snprintf(ops, sizeof(ops), "LOOKUP %s", first->op);
	EXPECT_OPS(w, ops);

	second_fd = open_as(w, second);
	EXPECT_RET(second_fd > 0 ? 0 : second_fd, result);
	snprintf(ops, sizeof(ops), "%s%s", second->op, result ? " RELEASE" : "");
	EXPECT_OPS(w, ops);
	reads(_metadata, w, fd, first, 0);
	if (!result)
		reads(_metadata, w, second_fd, second, 1);
}

CASE(beside_cached, opens_without_passthrough_only, .row = "R8",
     .title = "beside a cached open: a passthrough open of the file fails with EIO, all others "
	      "succeed, and the first reads on",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &cached, variant->second, variant->result);
}

CASE(beside_keep_cache, opens_without_passthrough_only, .row = "R8",
     .title = "beside a KEEP_CACHE open: a passthrough open of the file fails with EIO, all others "
	      "succeed, and the first reads on",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &keep_cache, variant->second, variant->result);
}

CASE(beside_direct_io, opens_in_any_way, .row = "R10",
     .title = "beside a DIRECT_IO open: every open of the file succeeds, cached or passthrough, "
	      "and the first goes on reading from the server",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &direct_io, variant->second, variant->result);
}

CASE(beside_direct_io_mmap, opens_without_passthrough_only, .row = "R11",
     .title = "beside a DIRECT_IO open with a shared mapping: a passthrough open of the file fails "
	      "with EIO, all others succeed, and the first reads on",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &direct_io_mmap, variant->second, variant->result);
}

CASE(beside_passthrough, opens_with_its_id_only, .row = "R9",
     .title = "beside a passthrough open: an open of the file succeeds with the same ID, also with "
	      "DIRECT_IO, all others fail with EIO, and the first goes on past the server",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &passthrough, variant->second, variant->result);
}

CASE(beside_pt_direct_io, opens_with_its_id_only, .row = "R14",
     .title = "beside a passthrough open with DIRECT_IO: an open of the file succeeds with the "
	      "same ID, all others fail with EIO, and the first goes on reading from the server",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	opens_beside(_metadata, w, &pt_direct_io, variant->second, variant->result);
}

WORLD_FIXTURE(counts_as_cached);
FIXTURE_VARIANT(counts_as_cached)
{
	const char *row;
	int flags;
};
FIXTURE_VARIANT_ADD(counts_as_cached, o_direct) { "f flags=none", O_DIRECT };
FIXTURE_VARIANT_ADD(counts_as_cached, parallel) { "f flags=parallel_direct_writes", 0 };

CASE(counts_as_cached, without_direct_io_of_the_server, .row = "R8",
     .title = "an open with O_DIRECT or PARALLEL_DIRECT_WRITES, but not DIRECT_IO, counts as cached: "
	      "passthrough opens fail with EIO",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, variant->row);
	plan(w, "f reg=at-open times=2");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR | variant->flags));
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

/* --- mappings of DIRECT_IO ------------------------------------------------- */

WORLD_FIXTURE(shared_mapping);
FIXTURE_VARIANT(shared_mapping)
{
	int count;
};
FIXTURE_VARIANT_ADD(shared_mapping, one) { 1 };
FIXTURE_VARIANT_ADD(shared_mapping, two) { 2 };

CASE(shared_mapping, counts_until_close, .row = "R11",
     .title = "a DIRECT_IO open that was mapped shared, however often, keeps passthrough opens away "
	      "after munmap until it is closed",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	struct client *c = client(w);
	long fd, address;

	plan(w, "f flags=direct_io");
	plan(w, "f reg=at-open times=2");

	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	for (int i = 0; i < variant->count; i++) {
		ASSERT_POSITIVE(address = client_mmap(c, fd, PROT_READ, MAP_SHARED, PAGE, 0));
		EXPECT_RET(client_call(c, munmap, address, PAGE), 0);
	}
	EXPECT_RET(client_open(c, "f", O_RDWR), -EIO);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_POSITIVE(client_open(c, "f", O_RDWR));
}

WORLD_FIXTURE(mapping);

CASE(mapping, holds_its_closed_file, .row = "R11",
     .title = "a DIRECT_IO open that was closed while mapped shared keeps passthrough opens away "
	      "until munmap",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	struct client *c = client(w);
	long fd, address;

	plan(w, "f flags=direct_io");
	plan(w, "f reg=at-open times=2");

	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	ASSERT_POSITIVE(address = client_mmap(c, fd, PROT_READ, MAP_SHARED, PAGE, 0));
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_RET(client_open(c, "f", O_RDWR), -EIO);
	EXPECT_RET(client_call(c, munmap, address, PAGE), 0);
	EXPECT_POSITIVE(client_open(c, "f", O_RDWR));
}

CASE(mapping, that_is_private_does_not_count, .row = "R11",
     .title = "a DIRECT_IO open with a private mapping leaves passthrough opens alone",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	long fd;

	plan(w, "f flags=direct_io");
	plan(w, "f reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
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
static void expect_free(struct __test_metadata *_metadata, struct world *w)
{
	long fd;

	ASSERT_POSITIVE(fd = open_as(w, &other_id));
	EXPECT_RET(client_close(client(w), fd), 0);
	ASSERT_POSITIVE(fd = open_as(w, &cached));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_POSITIVE(drop_all(w));
	EXPECT_RET(world_umount("backing"), 0);
}

WORLD_FIXTURE(closed);
FIXTURE_VARIANT(closed)
{
	const struct opening *as;
};
FIXTURE_VARIANT_ADD(closed, cached) { &cached };
FIXTURE_VARIANT_ADD(closed, keep_cache) { &keep_cache };
FIXTURE_VARIANT_ADD(closed, direct_io) { &direct_io };
FIXTURE_VARIANT_ADD(closed, passthrough) { &passthrough };
FIXTURE_VARIANT_ADD(closed, passthrough_other_file) { &other_file };
FIXTURE_VARIANT_ADD(closed, passthrough_direct_io) { &pt_direct_io };

CASE(closed, leaves_nothing, .row = "R16",
     .title = "once all opens of a file are closed the next may be of any kind and have any ID, and "
	      "nothing holds the backing file",
     .needs = NEED_PASSTHROUGH)
{
	long fd, second_fd;

	EXPECT_RET(register_f(w), 1);
	ASSERT_POSITIVE(fd = open_as(w, variant->as));
	plan(w, variant->as->row);
	ASSERT_POSITIVE(second_fd = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(client_close(client(w), second_fd), 0);
	expect_free(_metadata, w);
}

WORLD_FIXTURE(not_all_closed);
FIXTURE_VARIANT(not_all_closed)
{
	const struct opening *held, *other;
};
FIXTURE_VARIANT_ADD(not_all_closed, cached) { &cached, &passthrough };
FIXTURE_VARIANT_ADD(not_all_closed, passthrough) { &passthrough, &cached };
FIXTURE_VARIANT_ADD(not_all_closed, passthrough_other_id) { &passthrough, &other_id };

CASE(not_all_closed, keeps_the_mode, .row = "R16",
     .title = "as long as one of several opens of a file is left, its mode and its ID remain",
     .needs = NEED_PASSTHROUGH)
{
	long fds[2];

	EXPECT_RET(register_f(w), 1);
	for (int i = 0; i < 2; i++)
		ASSERT_POSITIVE(fds[i] = open_as(w, variant->held));
	EXPECT_RET(client_close(client(w), fds[0]), 0);
	EXPECT_RET(open_as(w, variant->other), -EIO);
	EXPECT_RET(client_close(client(w), fds[1]), 0);
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
FIXTURE_VARIANT_ADD(failed_open, flags) { NULL, "f reg=reuse flags=passthrough,keep_cache" };
FIXTURE_VARIANT_ADD(failed_open, beside_cached) { &cached, "f reg=reuse" };
FIXTURE_VARIANT_ADD(failed_open, beside_mapping) { &direct_io_mmap, "f reg=reuse" };
FIXTURE_VARIANT_ADD(failed_open, beside_other_id) { &passthrough, "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open, cached_beside_passthrough) { &passthrough, "f flags=none" };
FIXTURE_VARIANT_ADD(failed_open, direct_beside_passthrough) { &passthrough, "f flags=direct_io" };

CASE(failed_open, leaves_nothing, .row = "R16",
     .title = "an open that failed for its ID, its flags or its mode leaves nothing behind: neither "
	      "a mode nor a user of the backing file",
     .needs = NEED_PASSTHROUGH, .world = &with_mmap)
{
	SKIP_UNLESS_SAYS(w, needed_by_row(variant->row));
	EXPECT_RET(register_f(w), 1);
	if (variant->beside)
		ASSERT_POSITIVE(open_as(w, variant->beside));
	plan(w, variant->row);

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	client_stop(client(w));
	expect_free(_metadata, w);
}

CASE_MAIN()
