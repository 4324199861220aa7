// SPDX-License-Identifier: GPL-2.0
/* Passthrough above and below other filesystems: overlayfs, and FUSE itself. Rows N. */
#include <errno.h>
#include <fcntl.h>

#include "client/pattern.h"
#include "world/overlay.h"
#include "world/case_helpers.h"
#include "world/io_methods.h"

#define PAGE	4096L
#define SIZE	(8 * PAGE)
#define SEED	7
#define WRITTEN 8 /* seed of what a case writes */

/* The file f of the upper layer of stack_overlay(..., "overlay"). */
#define UPPER "../overlay-upper/f"

static const struct world_opts depth_2 = { .init = "depth=2" };

static int first_byte(uint32_t seed)
{
	unsigned char byte;

	pattern_fill(&byte, 1, seed, 0);
	return byte;
}

/* --- N9: overlayfs on FUSE ------------------------------------------------------- */

/* The file f in overlayfs, whose lower layer is the FUSE mount. The descriptor, or -errno. */
static long open_above(struct world *w, int flags)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : stack_overlay("fuse", "overlay");
	return err < 0 ? err : client_open(client(w), world_path("overlay", "f"), flags);
}

WAY_FIXTURE(overlay_above);
EACH_WAY_TO_READ(overlay_above);

CASE(overlay_above, reads_past_the_server, .row = "N9",
     .title = "a file of overlayfs whose lower layer is the mount is read from the backing file, "
	      "without READ",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_above(w, O_RDONLY));
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	world_ops(w);

	EXPECT_RET(client_read_by(client(w), variant->way, fd, SIZE, 0, SEED), SIZE);
	EXPECT_OPS(w, "");
}

WORLD_FIXTURE(copy_up_from_fuse);

CASE(copy_up_from_fuse, reads_past_the_server, .row = "N9",
     .title = "overlayfs copies a file of the mount up from the backing file, without READ, and "
	      "writes go to the copy alone",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS)
{
	long fd;

	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse times=any");
	ASSERT_POSITIVE(fd = open_above(w, O_RDWR));
	EXPECT_RET(server_wait(w, "READ", 0), 0);
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, PAGE, PAGE, WRITTEN), PAGE);

	EXPECT_RET(backing_match(UPPER, SEED, PAGE, 0), PAGE);
	EXPECT_RET(backing_match(UPPER, WRITTEN, PAGE, PAGE), PAGE);
	EXPECT_RET(backing_match(UPPER, SEED, SIZE - 2 * PAGE, 2 * PAGE), SIZE - 2 * PAGE);
	EXPECT_RET(backing_match("f", SEED, SIZE, 0), SIZE);
}

/* --- N10: FUSE on overlayfs ------------------------------------------------------- */

/*
 * The backing file is one of overlayfs whose lower layer is the backing filesystem, and
 * is registered read-only, which does not copy it up. The ID, or -errno.
 */
static long register_on_overlay(struct world *w)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : stack_overlay("backing", "overlay");
	return err < 0 ? err : server_backing_open(w, world_path("overlay", "f"), "mode=ro");
}

WAY_FIXTURE(overlay_below);
EACH_WAY_TO_READ(overlay_below);

CASE(overlay_below, is_read, .row = "N10",
     .title = "a backing file of overlayfs is read, without READ, and not copied up",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	EXPECT_RET(register_on_overlay(w), 1);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));

	EXPECT_RET(client_read_by(client(w), variant->way, fd, SIZE, 0, SEED), SIZE);
	EXPECT_OPS(w, "");
	EXPECT_RET(client_stat(client(w), backing_path(UPPER)), -ENOENT);
}

WAY_FIXTURE(overlay_written);
EACH_WAY_TO_WRITE(overlay_written);

CASE(overlay_written, is_copied_up_by_the_open, .row = "N10",
     .title = "a backing file of overlayfs, registered read-only, is copied up by an open for "
	      "writing, and what is written is in the copy alone",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	EXPECT_RET(register_on_overlay(w), 1);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(backing_match(UPPER, SEED, SIZE, 0), SIZE);

	EXPECT_RET(client_write_by(client(w), variant->way, fd, SIZE, 0, WRITTEN), SIZE);
	EXPECT_OPS(w, "");
	EXPECT_RET(backing_match(UPPER, WRITTEN, SIZE, 0), SIZE);
	EXPECT_RET(backing_match("f", SEED, SIZE, 0), SIZE);
}

WORLD_FIXTURE(copied_up);

CASE(copied_up, open_file_reads_the_copy, .row = "N10",
     .title = "a file that was opened before its backing file was copied up by others reads the "
	      "copy, and so does one that the same ID opens later",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	long before, after, writer;

	EXPECT_RET(register_on_overlay(w), 1);
	plan(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(before = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(client_read_by(client(w), WAY_PREAD, before, SIZE, 0, SEED), SIZE);
	ASSERT_POSITIVE(writer = client_open(client(w), world_path("overlay", "f"), O_RDWR));
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, writer, SIZE, 0, WRITTEN), SIZE);

	EXPECT_RET(client_read_by(client(w), WAY_PREAD, before, SIZE, 0, WRITTEN), SIZE);
	ASSERT_POSITIVE(after = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(client_read_by(client(w), WAY_PREAD, after, SIZE, 0, WRITTEN), SIZE);
}

CASE(copied_up, mapping_stays_of_the_lower_file, .row = "N10",
     .title = "a mapping that was made before the copy-up shows the lower file, one that is made "
	      "of a file opened since the copy",
     .needs = NEED_PASSTHROUGH | NEED_OVERLAYFS, .world = &depth_2)
{
	long fd, writer, before, after;

	EXPECT_RET(register_on_overlay(w), 1);
	plan(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDONLY));
	ASSERT_POSITIVE(before = client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0));
	ASSERT_POSITIVE(writer = client_open(client(w), world_path("overlay", "f"), O_RDWR));
	EXPECT_RET(client_write(client(w), writer, "F", 1, 0), 1);
	EXPECT_RET(backing_fill("f", WRITTEN, SIZE, 0), 0);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDONLY));
	ASSERT_POSITIVE(after = client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0));
	EXPECT_RET(client_peek(client(w), before), first_byte(WRITTEN));
	EXPECT_RET(client_peek(client(w), after), 'F');
}

/* --- N11: passthrough on passthrough ------------------------------------------------ */

/*
 * The mount at "fuse" has depth 2, its backing file is that of a mount of depth 1 at
 * "other", whose server names an ID, too, as it did for the descriptor that was registered.
 * The descriptor, or -errno.
 */
static long open_through_two(struct world *w)
{
	long err = backing_fill("f", SEED, SIZE, 0);

	err = err < 0 ? err : world_start_other(w, "depth=1");
	err = err < 0 ? err : server_call(&w->other, -1, "plan f reg=at-open");
	err = err < 0 ? err : server_call(&w->other, -1, "plan f reg=reuse times=2");
	err = err < 0 ? err : register_other_f(w);
	return err < 0 ? err : client_open_settled(w, "f", O_RDWR);
}

WAY_FIXTURE(two_levels_read);
EACH_WAY_TO_READ(two_levels_read);

CASE(two_levels_read, reach_the_bottom, .row = "N11",
     .title = "with passthrough on passthrough a read reaches the file at the bottom, and neither "
	      "server",
     .needs = NEED_PASSTHROUGH, .world = &depth_2)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_OPS(w, "OPEN+passthrough");

	EXPECT_RET(client_read_by(client(w), variant->way, fd, SIZE, 0, SEED), SIZE);
	EXPECT_OPS(w, "");
	EXPECT_OTHER_OPS(w, "");
}

WAY_FIXTURE(two_levels_written);
EACH_WAY_TO_WRITE(two_levels_written);

CASE(two_levels_written, reach_the_bottom, .row = "N11",
     .title = "with passthrough on passthrough a write reaches the file at the bottom, and neither "
	      "server",
     .needs = NEED_PASSTHROUGH, .world = &depth_2)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_OPS(w, "OPEN+passthrough");

	EXPECT_RET(client_write_by(client(w), variant->way, fd, SIZE, 0, WRITTEN), SIZE);
	EXPECT_OPS(w, "");
	EXPECT_OTHER_OPS(w, "");
	EXPECT_RET(backing_match("f", WRITTEN, SIZE, 0), SIZE);
}

WORLD_FIXTURE(registered_file);

CASE(registered_file, is_open_on_its_own_mount, .row = "N11",
     .title = "a backing file that was registered by a cached descriptor is one more cached open "
	      "file of its mount: an open through the ID that is passthrough there fails with EIO",
     .needs = NEED_PASSTHROUGH, .world = &depth_2)
{
	EXPECT_RET(register_on_other(w, "depth=1"), 1);
	EXPECT_RET(server_call(&w->other, -1, "plan f reg=at-open"), 0);
	plan(w, "f reg=reuse");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_OTHER_OPS(w, "OPEN+passthrough RELEASE");
}

/* What each of two servers is asked while a file is open. */
WORLD_FIXTURE(requests);

CASE(requests, of_two_levels, .row = "N11",
     .title = "with passthrough on passthrough the upper server sees the calls that are its own, "
	      "the lower one the open and the release",
     .needs = NEED_PASSTHROUGH, .world = &depth_2)
{
	long fd;

	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_through_two(w));
	EXPECT_OTHER_OPS(w, "OPEN+passthrough");
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, SIZE, 0, WRITTEN), SIZE);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE), 0);
	EXPECT_RET(client_close(client(w), fd), 0);

	EXPECT_OPS(w, "FSYNC SETATTR FLUSH RELEASE");
	EXPECT_OTHER_OPS(w, "RELEASE");
}

/* --- N12: passthrough on FUSE without ----------------------------------------------- */

CASE(requests, of_plain_fuse_below, .row = "N12",
     .title = "a backing file on FUSE without passthrough: its server sees open, reads, writes and "
	      "release of it, the upper one only what is its own",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	EXPECT_RET(backing_fill("f", SEED, SIZE, 0), 0);
	EXPECT_RET(register_on_other(w, "no-passthrough"), 1);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_read_by(client(w), WAY_PREAD, fd, PAGE, 0, SEED), PAGE);
	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, PAGE, 0, WRITTEN), PAGE);
	EXPECT_RET(client_close(client(w), fd), 0);

	EXPECT_OPS(w, "FLUSH RELEASE");
	EXPECT_OTHER_OPS(w, "OPEN READ WRITE RELEASE");
	EXPECT_RET(backing_match("f", WRITTEN, PAGE, 0), PAGE);
}

CASE_MAIN()
