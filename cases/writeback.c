// SPDX-License-Identifier: GPL-2.0
/* Dirty pages of the backing file, which is on a second mount. Promises T21 to T23. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>

#include "world/io_methods.h"

#define ALL (SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER)

/* Whether a WRITE has reached the second server since the last look. */
static bool is_written(struct world *w)
{
	return strstr(world_other_requests(w), "WRITE");
}

/* A passthrough file with a dirty page, which the second mount caches: a descriptor, or -errno. */
static long open_and_dirty(struct world *w)
{
	long fd = client_open_settled(w, "f", O_RDWR);
	long size = client_write(client(w), fd, "g", 1, 0);

	return is_written(w) ? -EALREADY : size < 0 ? size : fd;
}

#define open_dirty_ok(w) POSITIVE_OK("open f and write to it", open_and_dirty(w))

WORLD_FIXTURE(sync_file_range);

CASE(sync_file_range, writes_out, .promise = "T21",
	.title = "sync_file_range(2) writes out the dirty page of the backing file of a passthrough file",
	.xfail = "the page cache of the FUSE file is written out, and it is empty")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough writeback");
	fd = open_dirty_ok(w);
	EXPECT_RET(client_call(client(w), sync_file_range, fd, 0, 0, ALL), 0);
	EXPECT_HOLDS(is_written(w), "the page is written out");
}

CASE(sync_file_range, backing_file_writes_out, .promise = "T21",
	.title = "sync_file_range(2) on the backing file itself writes out what a passthrough write made dirty")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough writeback");
	open_dirty_ok(w);
	fd = open_ok(w, world_path("other", "f"), O_RDWR);
	EXPECT_RET(client_call(client(w), sync_file_range, fd, 0, 0, ALL), 0);
	EXPECT_HOLDS(is_written(w), "the page is written out");
	EXPECT_BACKING("f", "g");
}

WORLD_FIXTURE(fsync);

CASE(fsync, enosys_writes_nothing, .promise = "T22",
	.title = "fsync(2) that the server answers with ENOSYS returns 0 and leaves the backing file dirty")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough writeback");
	fd = open_dirty_ok(w);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_REQUESTS(w, "FSYNC");
	EXPECT_HOLDS(!is_written(w), "the page is not written out");
}

WORLD_FIXTURE(close);

CASE(close, backing_file_not_flushed, .promise = "T23",
	.title = "close(2) of a passthrough file sends FLUSH to its server, RELEASE alone to that of the backing file")
{
	long fd;

	open_rule(w, "f reg=reuse");
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "g");
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_OTHER_REQUESTS(w, "OPEN WRITE RELEASE");

	fd = open_ok(w, world_path("other", "g"), O_RDWR);
	EXPECT_CLOSE(w, fd);
	EXPECT_OTHER_REQUESTS(w, "LOOKUP OPEN FLUSH RELEASE");
}

CASE_MAIN()
