// SPDX-License-Identifier: GPL-2.0
/* Loop devices and file-backed mounts on passthrough files. Promises T56, T57. */
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "world/backing_fs.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE  sysconf(_SC_PAGESIZE)
#define PAGES (21 * PAGE)

static const struct world_opts on_ext4 = { .backing = "ext4" };
static const struct world_opts on_ramfs = { .backing = "ramfs" };

/*
 * A loop device on the file at @path, its path in @device: a descriptor of the case process, or
 * -errno.
 */
static long attach(const char *path, unsigned int flags, char *device, size_t size)
{
	int file = open(path, O_RDWR | O_CLOEXEC), loop;

	if (file < 0)
		return -errno;
	loop = backing_fs_attach_loop(file, flags, device, size);
	close(file);
	return loop;
}

#define SKIP_WITHOUT_LOOP() \
	do { \
		if (access("/dev/loop-control", R_OK | W_OK) < 0) \
			CASE_SKIP( \
				"config: no loop devices (set CONFIG_BLK_DEV_LOOP, modprobe loop)"); \
	} while (0)

/* 1 if the device does direct I/O, 0 if not, or -errno. */
static long does_direct_io(int loop)
{
	struct loop_info64 info;

	if (ioctl(loop, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	return !!(info.lo_flags & LO_FLAGS_DIRECT_IO);
}

WORLD_FIXTURE(device);
FIXTURE_VARIANT(device)
{
	unsigned int flags;
};
FIXTURE_VARIANT_ADD(device, buffered) { .flags = 0 };
FIXTURE_VARIANT_ADD(device, direct) { .flags = LO_FLAGS_DIRECT_IO };

CASE(device, bypasses_server, .promise = "T56", .world = &on_ext4,
	.title = "reads and writes of a loop device on a passthrough file reach the backing file; a flush sends FSYNC")
{
	struct client *c = client(w);
	char device[32];
	long fd, loop;

	SKIP_WITHOUT_LOOP();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGES, 0);
	ASSERT_POSITIVE(loop = attach(fuse_path("f"), variant->flags, device, sizeof(device)));
	fd = open_ok(c, device, O_RDWR);

	EXPECT_READ_BY(c, BY_PREAD, fd, PAGES, 0, OLD);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGES, 0, NEW);
	EXPECT_RET(client_call(c, fsync, fd), 0);
	EXPECT_BACKING_PATTERN_EXACTLY("f", NEW, PAGES, 0);
	EXPECT_RET(server_wait(w, "FSYNC", 1), 1);
	EXPECT_RET(server_wait(w, "READ", 0), 0);
	EXPECT_RET(server_wait(w, "WRITE", 0), 0);
	EXPECT_CLOSE(c, fd);
	close(loop);
}

CASE(device, pins_backing_file, .promise = "L2",
	.title = "a loop device on a passthrough file pins the backing file; once it is detached nothing does")
{
	char device[32];
	long loop;

	SKIP_WITHOUT_LOOP();
	open_rule(w, "f reg=at-open");
	ASSERT_RET(truncate(backing_path("f"), PAGES), 0);
	ASSERT_POSITIVE(loop = attach(fuse_path("f"), variant->flags, device, sizeof(device)));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_BUSY();

	EXPECT_RET(close(loop), 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(direct_io);

CASE(direct_io, refused_by_backing_file, .promise = "T57", .world = &on_ramfs,
	.title = "I/O of a loop device fails if it is direct and the backing file lacks that; on that file it is not")
{
	struct client *c = client(w);
	char device[32], plain_device[32];
	long fd, loop, plain;

	SKIP_WITHOUT_LOOP();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGES, 0);
	backing_fill_ok("g", OLD, PAGES, 0);
	ASSERT_POSITIVE(loop = attach(fuse_path("f"), LO_FLAGS_DIRECT_IO, device, sizeof(device)));
	ASSERT_POSITIVE(plain = attach(backing_path("g"), LO_FLAGS_DIRECT_IO, plain_device,
				       sizeof(plain_device)));

	EXPECT_RET(does_direct_io(loop), 1);
	EXPECT_RET(does_direct_io(plain), 0);
	fd = open_ok(c, device, O_RDONLY);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PAGE, 0, OLD), -EIO);
	EXPECT_CLOSE(c, fd);
	fd = open_ok(c, plain_device, O_RDONLY);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, OLD);
	EXPECT_CLOSE(c, fd);
	close(loop);
	close(plain);
}

/* --- file-backed mounts ------------------------------------------------------------ */

WORLD_FIXTURE(erofs_mount);

/* An EROFS image as the backing file "image", which is mounted nowhere. */
static int make_erofs_image(void)
{
	const char *other = world_path("other", "");
	int err = backing_fs_mount("erofs", NULL, other, backing_path("image"));

	return err ?: world_umount("other");
}

CASE(erofs_mount, passthrough_file_enotblk, .promise = "T57", .since = "6.12",
	.title = "mounting an EROFS image that is a passthrough file fails with ENOTBLK, and nothing stays open")
{
	const char *missing = backing_fs_missing("erofs");

	if (missing)
		CASE_SKIP("%s", missing);
	ASSERT_RET(make_erofs_image(), 0);
	open_rule(w, "image reg=at-open");

	EXPECT_RET(mount(fuse_path("image"), world_path("other", ""), "erofs", MS_RDONLY, NULL) <
				   0 ?
			   -errno :
			   0,
		   -ENOTBLK);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_RET(world_umount("fuse"), 0);
}

CASE_MAIN()
