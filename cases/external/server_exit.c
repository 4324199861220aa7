// SPDX-License-Identifier: GPL-2.0
/* What a file system leaves when its mount or it itself goes. Rows A10 and A11. */
#include <errno.h>

#include "external/external_helpers.h"
#include "world/world_end.h"

#define PAGE 4096L

EXTERNAL_FIXTURE_FOR_EACH_FILE(unmounted);

CASE(unmounted, exits_and_pins_nothing, .promise = "A10",
     .title = "after unmount the external file system exits; the backing filesystem can be unmounted at once",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSED_THROUGH(fd, c, variant->how);
	EXPECT_RET(client_write_by(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED), PAGE);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(external_fs_wait_end(), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

EXTERNAL_FIXTURE_FOR_EACH_FILE(killed);

CASE(killed, open_file_works_then_unpins, .promise = "A11",
     .title = "with the external file system killed an open file works; close and unmount unpin the backing file",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSED_THROUGH(fd, c, variant->how);
	EXPECT_RET(external_fs_kill(), 0);

	EXPECT_RET(client_write_by(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED), PAGE);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED), PAGE);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	client_close(c, fd);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE_MAIN()
