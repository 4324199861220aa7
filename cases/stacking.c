// SPDX-License-Identifier: GPL-2.0
/* Passthrough on top of and below overlayfs and FUSE. Promises N9 to N12. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/overlay.h"
#include "world/case_helpers.h"
#include "world/io_methods.h"

#define PAGE	sysconf(_SC_PAGESIZE)
#define SIZE	(8 * PAGE)
#define SEED	7
#define WRITTEN 8 /* pattern seed of what a case writes */

/* The file f of the upper layer of overlay_mount(..., "overlay"). */
#define UPPER "../overlay-upper/f"

static const struct world_opts depth_2 = { .init = "depth=2" };

/* --- N9: overlayfs on FUSE ------------------------------------------------------- */

/* f on overlayfs whose lower layer is the FUSE mount. The descriptor, or -errno. */
static long open_above(struct world *w, int flags)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : overlay_mount("fuse", "overlay");
	return err < 0 ? err : client_open(client(w), world_path("overlay", "f"), flags);
}

IO_METHOD_FIXTURE(overlay_on_fuse);
EACH_READ_METHOD(overlay_on_fuse);

CASE(overlay_on_fuse, read_bypasses_server, .promise = "N9", .needs = NEED_OVERLAYFS,
	.title = "overlayfs with the FUSE mount as lower layer reads the backing file without a request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_above(w, O_RDONLY));
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	world_requests(w);

	EXPECT_READ_BY(w, variant->io_method, fd, SIZE, 0, SEED);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(copy_up_from_fuse);

CASE(copy_up_from_fuse, sends_no_read, .promise = "N9", .needs = NEED_OVERLAYFS,
	.title = "overlayfs copies a FUSE file up from the backing file without READ; writes change only the copy")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse times=any");
	ASSERT_POSITIVE(fd = open_above(w, O_RDWR));
	EXPECT_RET(server_wait(w, "READ", 0), 0);
	EXPECT_WRITE_BY(w, BY_PREAD, fd, PAGE, PAGE, WRITTEN);

	EXPECT_BACKING_PATTERN(UPPER, SEED, PAGE, 0);
	EXPECT_BACKING_PATTERN(UPPER, WRITTEN, PAGE, PAGE);
	EXPECT_BACKING_PATTERN(UPPER, SEED, SIZE - 2 * PAGE, 2 * PAGE);
	EXPECT_BACKING_PATTERN("f", SEED, SIZE, 0);
}

/* --- N10: FUSE on overlayfs ------------------------------------------------------- */

/*
 * Registers f on overlayfs whose lower layer is the backing filesystem, read-only, which does not
 * copy it up. The ID, or -errno.
 */
static long register_on_overlay(struct world *w)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : overlay_mount("backing", "overlay");
	return err < 0 ? err : server_backing_open(w, world_path("overlay", "f"), "mode=ro");
}

IO_METHOD_FIXTURE(fuse_on_overlay_read);
EACH_READ_METHOD(fuse_on_overlay_read);

CASE(fuse_on_overlay_read, causes_no_copy_up, .promise = "N10", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.title = "a read of a backing file on overlayfs sends no request and does not copy it up")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	ASSERT_POSITIVE(register_on_overlay(w));
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));

	EXPECT_READ_BY(w, variant->io_method, fd, SIZE, 0, SEED);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(client_stat(client(w), backing_path(UPPER)), -ENOENT);
}

IO_METHOD_FIXTURE(fuse_on_overlay_write);
EACH_WRITE_METHOD(fuse_on_overlay_write);

CASE(fuse_on_overlay_write, open_copies_up, .promise = "N10", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.title = "an open for writing copies up an overlayfs file registered O_RDONLY; writes reach only the copy")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	ASSERT_POSITIVE(register_on_overlay(w));
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_BACKING_PATTERN(UPPER, SEED, SIZE, 0);

	EXPECT_WRITE_BY(w, variant->io_method, fd, SIZE, 0, WRITTEN);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING_PATTERN(UPPER, WRITTEN, SIZE, 0);
	EXPECT_BACKING_PATTERN("f", SEED, SIZE, 0);
}

WORLD_FIXTURE(after_copy_up);

CASE(after_copy_up, open_file_reads_copy, .promise = "N10", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.title = "after a copy-up outside FUSE, an already open file and a new open with the same ID read the copy")
{
	int64_t before, after, writer;

	ASSERT_POSITIVE(register_on_overlay(w));
	open_rule(w, "f reg=reuse times=2");
	before = open_ok(w, "f", O_RDONLY);
	EXPECT_READ_BY(w, BY_PREAD, before, SIZE, 0, SEED);
	writer = open_ok(w, world_path("overlay", "f"), O_RDWR);
	EXPECT_WRITE_BY(w, BY_PREAD, writer, SIZE, 0, WRITTEN);

	EXPECT_READ_BY(w, BY_PREAD, before, SIZE, 0, WRITTEN);
	after = open_ok(w, "f", O_RDONLY);
	EXPECT_READ_BY(w, BY_PREAD, after, SIZE, 0, WRITTEN);
}

CASE(after_copy_up, old_mapping_shows_lower_file, .promise = "N10", .needs = NEED_OVERLAYFS,
	.world = &depth_2,
	.today = "overlayfs.rst lists it among the cases that overlayfs does not handle",
	.title = "a mapping made before copy-up shows the lower file; one of a file opened since shows the copy")
{
	int64_t fd, writer, before, after;

	ASSERT_POSITIVE(register_on_overlay(w));
	open_rule(w, "f reg=reuse times=2");
	fd = open_ok(w, "f", O_RDONLY);
	before = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	writer = open_ok(w, world_path("overlay", "f"), O_RDWR);
	EXPECT_WRITE(w, writer, "F");

	fd = open_ok(w, "f", O_RDONLY);
	after = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, before, pattern_byte(SEED, 0));
	EXPECT_PEEK(w, after, 'F');
}

/* --- N11: passthrough on passthrough ------------------------------------------------ */

/*
 * Opens f on "fuse", of depth 2. Its backing file is f on "other", of depth 1, which passes through
 * as well, both for the registered descriptor and for this open. The descriptor, or -errno.
 */
static long open_through_two(struct world *w)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : world_start_other(w, "depth=1");
	if (err < 0)
		return err;
	other_open_rule(w, "f reg=at-open");
	other_open_rule(w, "f reg=reuse times=2");
	err = register_other_f(w);
	return err < 0 ? err : client_open_settled(w, "f", O_RDWR);
}

IO_METHOD_FIXTURE(nested_read);
EACH_READ_METHOD(nested_read);

CASE(nested_read, bypasses_both_servers, .promise = "N11", .world = &depth_2,
	.title = "nested passthrough bypasses both servers: reads reach the lowest file")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_REQUESTS(w, "OPEN+passthrough");

	EXPECT_READ_BY(w, variant->io_method, fd, SIZE, 0, SEED);
	EXPECT_REQUESTS(w, "");
	EXPECT_OTHER_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(nested_write);
EACH_WRITE_METHOD(nested_write);

CASE(nested_write, bypasses_both_servers, .promise = "N11", .world = &depth_2,
	.title = "nested passthrough bypasses both servers: writes reach the lowest file")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_REQUESTS(w, "OPEN+passthrough");

	EXPECT_WRITE_BY(w, variant->io_method, fd, SIZE, 0, WRITTEN);
	EXPECT_REQUESTS(w, "");
	EXPECT_OTHER_REQUESTS(w, "");
	EXPECT_BACKING_PATTERN("f", WRITTEN, SIZE, 0);
}

WORLD_FIXTURE(cached_registration);

CASE(cached_registration, nested_passthrough_open_eio, .promise = "N11", .world = &depth_2,
	.title = "if the registered descriptor is a cached FUSE open, nested passthrough of its inode fails with EIO")
{
	register_on_other_ok(w, "depth=1");
	other_open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_OTHER_REQUESTS(w, "OPEN+passthrough RELEASE");
}

/* What reaches each of two servers while a file is open. */
WORLD_FIXTURE(requests);

CASE(requests, nested_lower_sees_no_io, .promise = "N11", .world = &depth_2,
	.title = "nested passthrough sends FSYNC, SETATTR, FLUSH to the upper server, only OPEN, RELEASE to the lower")
{
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_REQUESTS(w, "OPEN+passthrough");
	EXPECT_WRITE_BY(w, BY_PREAD, fd, SIZE, 0, WRITTEN);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE), 0);
	EXPECT_CLOSE(w, fd);

	EXPECT_REQUESTS(w, "FSYNC SETATTR FLUSH RELEASE");
	EXPECT_OTHER_REQUESTS(w, "RELEASE");
}

/* --- N12: passthrough on plain FUSE ------------------------------------------------- */

CASE(requests, plain_fuse_below_sees_io, .promise = "N12",
	.title = "a backing file on FUSE without passthrough sends OPEN, READ, WRITE, RELEASE below and no I/O above")
{
	long fd;

	backing_fill_ok("f", SEED, SIZE, 0);
	register_on_other_ok(w, "no-passthrough");
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGE, 0, SEED);
	EXPECT_WRITE_BY(w, BY_PREAD, fd, PAGE, 0, WRITTEN);
	EXPECT_CLOSE(w, fd);

	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_OTHER_REQUESTS_MERGED(w, "OPEN READ WRITE RELEASE");
	EXPECT_BACKING_PATTERN("f", WRITTEN, PAGE, 0);
}

CASE_MAIN()
