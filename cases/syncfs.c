// SPDX-License-Identifier: GPL-2.0
/* syncfs(2) on a FUSE mount with dirty passthrough files. Promises L13, L14. */
#include <fcntl.h>

#include "world/io_methods.h"

WORLD_FIXTURE(dirty_file);

CASE(dirty_file, sends_no_syncfs, .promise = "L13",
	.title = "syncfs(2) returns 0 and sends no SYNCFS, whether the file that was written is passthrough or cached")
{
	long fd, cached;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g");
	fd = open_settled_ok(w, "f", O_RDWR);
	cached = open_settled_ok(w, "g", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_WRITE(w, cached, "G");

	EXPECT_RET(client_call(client(w), syncfs, fd), 0);
	EXPECT_RET(client_call(client(w), syncfs, cached), 0);
	EXPECT_REQUESTS(w, "WRITE");
}

/* The backing file is on a second mount, which logs FSYNC. */
CASE(dirty_file, backing_file_is_not_synced, .promise = "L14",
	.title = "syncfs(2) on the FUSE mount does not sync backing files; a write with O_DSYNC does")
{
	long fd, dsync;

	register_on_other_ok(w, "no-passthrough");
	open_rule(w, "f reg=reuse times=2");
	dsync = open_settled_ok(w, "f", O_WRONLY | O_DSYNC);
	fd = open_settled_ok(w, "f", O_WRONLY);
	world_other_requests(w);
	EXPECT_WRITE(w, dsync, "F");
	EXPECT_OTHER_REQUESTS(w, "WRITE FSYNC");

	EXPECT_WRITE(w, fd, "G");
	EXPECT_RET(client_call(client(w), syncfs, fd), 0);
	EXPECT_OTHER_REQUESTS(w, "WRITE");
}

CASE_MAIN()
