// SPDX-License-Identifier: GPL-2.0
/* What stays pinned after unmount and after a kill. Promises A10 and A11. */
#include <errno.h>
#include <unistd.h>

#include "external/external_helpers.h"
#include "world/world_end.h"

#define PAGE sysconf(_SC_PAGESIZE)

EXTERNAL_FIXTURE_FOR_EACH_FILE(unmounted);

CASE(unmounted, exits_and_pins_nothing, .promise = "A10",
	.title = "after unmount the external file system exits; the backing filesystem can be unmounted at once")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(external_fs_wait_end(), 0);
	EXPECT_BACKING_FREE();
}

EXTERNAL_FIXTURE_FOR_EACH_FILE(killed);

CASE(killed, open_file_works_then_unpins, .promise = "A11",
	.title = "with the external file system killed an open file works; close and unmount unpin the backing file")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED);
	EXPECT_RET(external_fs_kill(), 0);

	TODAY(EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED));
	TODAY(EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED));
	TODAY(EXPECT_BACKING_BUSY());
	client_close(c, fd);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_BACKING_FREE();
}

CASE_MAIN()
