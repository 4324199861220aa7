// SPDX-License-Identifier: GPL-2.0
/* open(2), write(2) and ioctl(2) of a 32-bit client. Promises T59, T60, D2. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shared/ia32.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE  sysconf(_SC_PAGESIZE)
#define LIMIT ((off_t)INT32_MAX) /* include/linux/fs.h: MAX_NON_LFS */

/* --- O_LARGEFILE -------------------------------------------------------------------- */

static int64_t do_open(void *arg)
{
	int fd = ia32_open(arg, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Opens f for reading and writing without O_LARGEFILE. A descriptor of the client, or -errno. */
static long open_small(struct world *w)
{
	char path[128];

	snprintf(path, sizeof(path), "%s", fuse_path("f"));
	return client_run(client(w), do_open, path, sizeof(path), "open f, 32-bit");
}

WORLD_FIXTURE(open_large);

CASE(open_large, eoverflow, .promise = "T59", .needs = NEED_IA32,
	.title = "without O_LARGEFILE an open of a file of 2 GiB fails with EOVERFLOW, with it the open succeeds")
{
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 1, LIMIT);
	EXPECT_RET(open_small(w), -EOVERFLOW);
	TODAY(EXPECT_REQUESTS(w, "LOOKUP"));
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(open_large, largest_opens, .promise = "T59", .needs = NEED_IA32,
	.title = "without O_LARGEFILE a file of one byte less than 2 GiB can be opened for passthrough")
{
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 1, LIMIT - 1);
	ASSERT_POSITIVE(fd = open_small(w));
	EXPECT_READ_BY(w, BY_PREAD, fd, 1, LIMIT - 1, OLD);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(open_large, grown_backing_file_eio, .promise = "T59", .needs = NEED_IA32,
	.today = "no document says that the backing file is asked as well",
	.title = "without O_LARGEFILE an open fails with EIO if the backing file has grown to 2 GiB unseen")
{
	open_rule(w, "f reg=at-open");
	ASSERT_RET(client_stat(client(w), "f"), 0);
	backing_fill_ok("f", OLD, 1, LIMIT);
	EXPECT_RET(open_small(w), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

IO_METHOD_FIXTURE(small_descriptor);
EACH_CALL(small_descriptor);

CASE(small_descriptor, write_ends_at_limit, .promise = "T60", .needs = NEED_IA32,
	.title = "without O_LARGEFILE a write across 2 GiB - 1 is short, one at that offset fails with EFBIG")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_small(w));
	client_settle(client(w), fd);
	world_requests(w);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, LIMIT - PAGE, OLD);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, PAGE, LIMIT - 3, NEW), 3);
	EXPECT_FAILS(client_write_by(client(w), variant->io_method, fd, PAGE, LIMIT, NEW), -EFBIG);
	EXPECT_BACKING_PATTERN_EXACTLY("f", NEW, 3, LIMIT - 3);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE - 3, LIMIT - PAGE);
	EXPECT_REQUESTS(w, "");
}

/* --- ioctl(2) ----------------------------------------------------------------------- */

static int64_t do_ioctl(void *arg)
{
	const int *fd = arg;

	return ia32_ioctl(*fd, _IO('x', 0x7f), NULL) < 0 ? -errno : 0;
}

WORLD_FIXTURE(ioctl);

CASE(ioctl, sends_request, .promise = "D2", .needs = NEED_IA32,
	.title = "ioctl(2) of a 32-bit program on a passthrough file sends IOCTL; on ENOSYS it fails with ENOTTY")
{
	int fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_run(client(w), do_ioctl, &fd, sizeof(fd), "ioctl of fd %d, 32-bit", fd),
		   -ENOTTY);
	EXPECT_REQUESTS_ABOUT(w, "IOCTL", "IOCTL");
}

CASE_MAIN()
