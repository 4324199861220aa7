// SPDX-License-Identifier: GPL-2.0
/* FOPEN_DIRECT_IO and O_DIRECT beside passthrough. Rows D12, D13, D18, D19. */
#include <errno.h>
#include <fcntl.h>

#include "world/file_types.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE  4096L
#define PAGES (21 * PAGE) /* transfer.h cuts it at page boundaries */

/* --- FOPEN_DIRECT_IO ---------------------------------------------------------- */

WAY_FIXTURE(direct_io);
EACH_CALL(direct_io);

CASE(direct_io, goes_to_the_server, .row = "D12",
     .title = "with FOPEN_DIRECT_IO beside passthrough reads and writes go to the server",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open flags=passthrough,direct_io");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGE, 0, OLD), PAGE);
	EXPECT_OPS(w, "READ");
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "WRITE");
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
}

CASE(direct_io, agrees_with_passthrough, .row = "D12",
     .title = "what is written through the server and past it, to one file, is read by both",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long past, through;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse flags=passthrough,direct_io");
	ASSERT_POSITIVE(past = client_open_settled(w, "f", O_RDWR));
	ASSERT_POSITIVE(through = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(c, variant->way, past, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_read_by(c, variant->way, through, PAGE, 0, OLD), PAGE);
	EXPECT_OPS(w, "READ");
	EXPECT_RET(client_write_by(c, variant->way, through, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "WRITE");
	EXPECT_RET(client_read_by(c, variant->way, past, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "");
}

WORLD_FIXTURE(direct_io_mapping);

CASE(direct_io_mapping, is_the_backing_files, .row = "D12",
     .title = "with FOPEN_DIRECT_IO beside passthrough a mapping is the backing file's",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open flags=passthrough,direct_io");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_read_by(c, WAY_MMAP_SHARED, fd, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_read_by(c, WAY_MMAP_PRIVATE, fd, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_write_by(c, WAY_MMAP_SHARED, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
	EXPECT_OPS(w, "");
}

/* --- O_DIRECT ------------------------------------------------------------------- */

static const struct world_opts on_ext4 = { .backing = "ext4" };

WAY_FIXTURE(direct);
EACH_SIMPLE_CALL(direct);

/* A direct write of one byte to the backing filesystem itself: EINVAL, but 1 on ext4 of 6.16. */
static long write_byte_directly(struct world *w, enum way way)
{
	long fd = client_open(client(w), backing_path("g"), O_RDWR | O_DIRECT);

	return client_write_by(client(w), way, fd, 1, 0, NEW);
}

static bool is_asynchronous(enum way way)
{
	return way == WAY_AIO || way == WAY_IO_URING;
}

CASE(direct, is_the_backing_files, .row = "D13",
     .title = "with O_DIRECT whole blocks are read and written, and to read a single byte is EINVAL",
     .needs = NEED_PASSTHROUGH | NEED_EXT4, .world = &on_ext4)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, 2 * PAGES, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR | O_DIRECT));
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGES, PAGE, OLD), PAGES);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGES, PAGE, NEW), PAGES);
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGES, PAGE, NEW), PAGES);
	EXPECT_RET(backing_match("f", OLD, PAGE, 0), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGES, PAGE), PAGES);
	EXPECT_RET(client_read_by(c, variant->way, fd, 1, 0, OLD), -EINVAL);
	EXPECT_RET(client_write_by(c, variant->way, fd, 1, 0, NEW),
		   write_byte_directly(w, variant->way));
	EXPECT_OPS(w, "");
}

CASE(direct, extends_the_file, .row = "D13",
     .title = "with O_DIRECT a write beyond the end makes the file longer, for the kernel at once",
     .needs = NEED_PASSTHROUGH | NEED_EXT4, .world = &on_ext4)
{
	struct client *c = client(w);
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR | O_DIRECT));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGES, PAGE, NEW), PAGES);
	EXPECT_RET(client_fstatx(c, fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, PAGE + PAGES);
	EXPECT_RET(backing_match("f", NEW, PAGES, PAGE), PAGES);
	EXPECT_OPS(w, "");
}

CASE(direct, stays_what_open_has_made_it, .row = "D13",
     .title = "F_SETFL without O_DIRECT leaves synchronous I/O direct; libaio and io_uring follow",
     .needs = NEED_PASSTHROUGH | NEED_EXT4, .world = &on_ext4)
{
	bool buffered = is_asynchronous(variant->way);
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR | O_DIRECT));
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, 0), 0);
	EXPECT_RET(client_read_by(c, variant->way, fd, 1, 0, OLD), buffered ? 1 : -EINVAL);
	EXPECT_RET(client_write_by(c, variant->way, fd, 1, 0, NEW),
		   buffered ? 1 : write_byte_directly(w, variant->way));
}

CASE(direct, is_not_made_later, .row = "D13",
     .title = "F_SETFL with O_DIRECT leaves synchronous I/O buffered; libaio and io_uring follow",
     .needs = NEED_PASSTHROUGH | NEED_EXT4, .world = &on_ext4)
{
	bool buffered = !is_asynchronous(variant->way);
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, O_DIRECT), 0);
	EXPECT_RET(client_read_by(c, variant->way, fd, 1, 0, OLD), buffered ? 1 : -EINVAL);
	EXPECT_RET(client_write_by(c, variant->way, fd, 1, 0, NEW),
		   buffered ? 1 : write_byte_directly(w, variant->way));
}

static const struct world_opts on_ramfs = { .backing = "ramfs" };

CASE(direct, needs_a_backing_file_that_can, .row = "D18",
     .title = "after F_SETFL with O_DIRECT I/O is EINVAL when the backing file has no direct I/O",
     .needs = NEED_PASSTHROUGH, .world = &on_ramfs)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGES, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, O_DIRECT), 0);
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGES, 0, OLD), -EINVAL);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGES, 0, NEW), -EINVAL);
	EXPECT_RET(backing_match("f", OLD, PAGES, 0), PAGES);
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, 0), 0);
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGES, 0, OLD), PAGES);
}

/* --- a backing file that can nothing -------------------------------------------- */

WAY_FIXTURE(incapable);
EACH_CALL(incapable);

CASE(incapable, backing_file_fails_io, .row = "D19",
     .title = "I/O to a backing file that can neither be read, written nor spliced is EINVAL",
     .since = "6.12", .needs = NEED_PASSTHROUGH)
{
	const struct odd_file pidfd = { .make = make_pidfd };
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_odd_file(w, &pidfd));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGE, 0, OLD), -EINVAL);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), -EINVAL);
	EXPECT_OPS(w, "");
}

WORLD_FIXTURE(incapable_mapping);

CASE(incapable_mapping, is_refused, .row = "D19",
     .title = "mmap(2) of a backing file that cannot be mapped is ENODEV",
     .since = "6.12", .needs = NEED_PASSTHROUGH)
{
	const struct odd_file pidfd = { .make = make_pidfd };
	long fd;

	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(register_odd_file(w, &pidfd));
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0), -ENODEV);
	EXPECT_RET(client_mmap(client(w), fd, PROT_READ, MAP_PRIVATE, PAGE, 0), -ENODEV);
	EXPECT_OPS(w, "");
}

CASE_MAIN()
