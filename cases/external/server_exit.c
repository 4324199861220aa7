// SPDX-License-Identifier: GPL-2.0
/* What stays pinned after unmount and after a kill. Promises A10 to A15. */
#include <errno.h>
#include <fcntl.h>
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

/* --- A15: a second start ------------------------------------------------------------------- */

EXTERNAL_FIXTURE(restarted);

CASE(restarted, files_have_their_own_data, .promise = "A15",
	.title = "after a kill and a new start each file opens and has its own data",
	.advice = "forget all IDs when the connection ends: those of the next one begin at 1 again, and stand "
		  "for other files")
{
	struct client *c = client(w);
	long fd, other;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	other = open_ok(c, "h", O_RDWR);
	EXPECT_WRITE_BY(c, BY_PREAD, other, PAGE, 0, EXTERNAL_SEED + 1);
	EXPECT_CLOSE(c, fd);
	EXPECT_CLOSE(c, other);
	RESTART_EXTERNAL_FS(w);

	other = open_ok(c, "g", O_RDWR);
	ASSERT_POSITIVE(fd = needed_open(client_open(c, "f", O_RDWR)));
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED);
	ASSERT_POSITIVE(fd = needed_open(client_open(c, "h", O_RDWR)));
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED + 1);
}

CASE_MAIN()
