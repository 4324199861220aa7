// SPDX-License-Identifier: GPL-2.0
/* Large offsets, limits of size, and a filesystem that is gone. Promises D1, D2, T211, T212. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)
#define GIB  (1L << 30)
#define TOO_LONG \
	(1L << 45) /* for ext4, whose longest files have 16 TiB; FUSE knows no such limit */

static const struct world_opts on_ext4 = { .backing = "ext4" };

/* --- large offsets ----------------------------------------------------------------- */

IO_METHOD_FIXTURE(past_4_gib);
EACH_WRITE_METHOD(past_4_gib);

CASE(past_4_gib, reaches_backing_file, .promise = "D1",
	.title = "I/O past 4 GiB reaches the backing file at that offset, and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 2 * PAGE, 0);
	backing_fill_ok("f", OLD, 2 * PAGE, 5 * GIB);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 5 * GIB, NEW);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 5 * GIB, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 5 * GIB);
	EXPECT_BACKING_PATTERN("f", OLD, 2 * PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

/* --- limits -------------------------------------------------------------------------- */

IO_METHOD_FIXTURE(max_file_size);
EACH_CALL(max_file_size);

CASE(max_file_size, of_backing_efbig, .promise = "T211", .world = &on_ext4,
	.title = "a write past the maximum file size of the backing filesystem fails with EFBIG; lseek(2) succeeds")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, 1, TOO_LONG, NEW), -EFBIG);
	EXPECT_RET(client_call(client(w), lseek, fd, TOO_LONG, SEEK_SET), TOO_LONG);
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(rlimit_fsize);

CASE(rlimit_fsize, ftruncate_efbig, .promise = "D2",
	.title = "ftruncate(2) past RLIMIT_FSIZE of the client fails with EFBIG and sends nothing")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_RET(client_limit(client(w), RLIMIT_FSIZE, PAGE), 0);
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE + 1), -EFBIG);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(client_call(client(w), ftruncate, fd, PAGE), 0);
	EXPECT_REQUESTS(w, "SETATTR");
}

/* --- shutdown -------------------------------------------------------------------------- */

#define EXT4_IOC_SHUTDOWN _IOR('X', 125, __u32) /* fs/ext4/ext4.h */

static int shut_down_backing(void)
{
	int fd = open(backing_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;
	__u32 no_log_flush = 2;

	err = fd < 0 || ioctl(fd, EXT4_IOC_SHUTDOWN, &no_log_flush) < 0 ? -errno : 0;
	close(fd);
	return err;
}

WORLD_FIXTURE(shutdown);

CASE(shutdown, io_and_opens_eio, .promise = "T212", .world = &on_ext4,
	.title = "once the backing filesystem is shut down, reads, writes and opens fail with EIO, and it can be unmounted")
{
	struct client *c = client(w);
	char byte;
	long fd;

	register_ok(w);
	open_rule(w, "f reg=reuse times=2");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_READ(c, fd, "f");
	ASSERT_RET(shut_down_backing(), 0);

	EXPECT_RET(client_read(c, fd, &byte, 1, 0), -EIO);
	EXPECT_RET(client_write(c, fd, "g", 1, 0), -EIO);
	EXPECT_RET(client_open(c, "f", O_RDONLY), -EIO);
	EXPECT_REQUESTS(w, "OPEN+passthrough RELEASE");
	EXPECT_CLOSE(c, fd);
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE_MAIN()
