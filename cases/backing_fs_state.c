// SPDX-License-Identifier: GPL-2.0
/*
 * The backing filesystem is full, shut down or has turned read-only while a file is open.
 * Promises T54, T55, L2.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE  sysconf(_SC_PAGESIZE)
#define PAGES (21 * PAGE)

static const struct world_opts on_ext4 = { .backing = "ext4",
					   .backing_options = "errors=remount-ro" };

/* --- T54: shut down, read-only, full ------------------------------------------------ */

/* EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same; 2: without flushing the log. */
static int shut_down_backing(void)
{
	unsigned int how = 2;

	return backing_control(_IOR('X', 125, unsigned int), &how);
}

IO_METHOD_FIXTURE(shut_down);
EACH_CALL(shut_down);

CASE(shut_down, io_fails_eio, .promise = "T54", .world = &on_ext4,
	.title = "once the backing filesystem is shut down, reads and writes of an open file fail with EIO")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGES, 0, OLD);
	ASSERT_RET(shut_down_backing(), 0);

	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGES, 0, OLD), -EIO);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGES, 0, NEW), -EIO);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(shut_down_fs);

CASE(shut_down_fs, mmap_and_open_fail, .promise = "T54", .world = &on_ext4,
	.title = "once the backing filesystem is shut down, mmap(2) of an open file and opens fail with EIO")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_RET(shut_down_backing(), 0);

	EXPECT_FAILS(client_mmap(c, fd, PROT_READ, MAP_SHARED, PAGES, 0), -EIO);
	EXPECT_FAILS(client_open(c, "f", O_RDWR), -EIO);
}

CASE(shut_down_fs, close_releases, .promise = "L2", .world = &on_ext4,
	.title = "after the backing filesystem was shut down, file, mapping and ID are released: it can be unmounted")
{
	struct client *c = client(w);
	int64_t fd, map;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	map = mmap_ok(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGES, 0);
	EXPECT_POKE(c, map, 'x');
	ASSERT_RET(shut_down_backing(), 0);
	EXPECT_RET(client_write(c, fd, "F", 1, 0), -EIO);
	EXPECT_BACKING_BUSY();

	EXPECT_RET(client_call(c, munmap, map, PAGES), 0);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

/* ext4 then does what its mount option "errors=" says. 0 or -errno. */
static int report_fs_error(void)
{
	char link[64], device[PATH_MAX], path[PATH_MAX + 64];
	struct stat st;
	int fd, err;

	if (stat(backing_path(""), &st) < 0)
		return -errno;
	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st.st_dev), minor(st.st_dev));
	if (!realpath(link, device))
		return -errno;
	snprintf(path, sizeof(path), "/sys/fs/ext4/%s/trigger_fs_error", basename(device));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	err = fd < 0 ? -errno : write_whole(fd, "fpt", 3);
	close(fd);
	return err;
}

IO_METHOD_FIXTURE(turned_read_only);
EACH_CALL(turned_read_only);

CASE(turned_read_only, write_fails, .promise = "T54", .world = &on_ext4,
	.title = "once an error made the backing filesystem read-only, writes fail, reads do as on it")
{
	struct client *c = client(w);
	long fd, own;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	own = open_ok(w, backing_path("f"), O_RDWR);
	ASSERT_RET(report_fs_error(), 0);

	EXPECT_FAILS(client_write_by(c, variant->io_method, fd, PAGES, 0, NEW),
		     client_write_by(c, variant->io_method, own, PAGES, 0, NEW));
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGES, 0, OLD),
		   client_read_by(c, variant->io_method, own, PAGES, 0, OLD));
	EXPECT_REQUESTS(w, "");
}

/* f, g and h have a page each. */
static const struct world_opts small = { .backing_options = "nr_blocks=8" };

IO_METHOD_FIXTURE(full);
EACH_CALL(full);

CASE(full, write_is_short_then_enospc, .promise = "T54", .world = &small,
	.title = "a write that fills the backing filesystem is short and so is the size; the next fails with ENOSPC")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGES, 0, NEW), 6 * PAGE);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 6 * PAGE, NEW), -ENOSPC);
	EXPECT_CACHED_SIZE(c, fd, 6 * PAGE);
	EXPECT_BACKING_PATTERN_EXACTLY("f", NEW, 6 * PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(full_fs);

CASE(full_fs, store_raises_sigbus, .promise = "T54", .world = &small,
	.title = "a store to a hole of a file on a full backing filesystem raises SIGBUS")
{
	struct client *c = client(w);
	int64_t fd, map;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(truncate(backing_path("f"), PAGES), 0);
	ASSERT_RET(backing_fill("g", OLD, 6 * PAGE, 0), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	map = mmap_ok(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGES, 0);

	EXPECT_POKE(c, map, 'x'); /* the page of "f" */
	EXPECT_RET(client_poke(c, map + PAGE, 'x'), -EFAULT);
}

/* --- T55: the maximum file size ------------------------------------------------------ */

#define FAR ((off_t)1 << 60) /* FUSE takes it, ext4 does not */

IO_METHOD_FIXTURE(maximum_size);
EACH_CALL(maximum_size);

CASE(maximum_size, backing_fs_limit_efbig, .promise = "T55", .world = &on_ext4,
	.title = "past the maximum size of a backing file a write fails with EFBIG and keeps the size; reads return 0")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, FAR, NEW), -EFBIG);
	EXPECT_CACHED_SIZE(c, fd, 1);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGE, FAR, NEW), 0);
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(lseek_limit);

CASE(lseek_limit, fuse_mount_decides, .promise = "T55", .world = &on_ext4,
	.today = "no document says whose limit lseek(2) has on a passthrough file",
	.title = "lseek(2) of a passthrough file has the limit of the FUSE mount, not that of the backing filesystem")
{
	struct client *c = client(w);
	long fd, backing;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	backing = open_ok(w, backing_path("f"), O_RDWR);

	EXPECT_RET(client_call(c, lseek, fd, FAR, SEEK_SET), FAR);
	EXPECT_RET(client_call(c, lseek, backing, FAR, SEEK_SET), -EINVAL);
}

CASE_MAIN()
