// SPDX-License-Identifier: GPL-2.0
/* I/O to an open file that the server has since reported as a FIFO. Promises D23, K7. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* Has the server report f as a FIFO: the kernel marks the inode bad. The result of statx(2). */
static long become_fifo(struct world *w, int fd)
{
	struct statx st;

	if (rename(backing_path("f"), backing_path("was-f")) < 0 ||
	    mkfifo(backing_path("f"), 0666) < 0)
		return -errno;
	return client_fstatx(client(w), fd, AT_STATX_FORCE_SYNC, &st);
}

IO_METHOD_FIXTURE(became_fifo);
EACH_SIMPLE_CALL(became_fifo);

CASE(became_fifo, io_fails_eio, .promise = "D23",
	.title = "once an open file is reported as a FIFO, I/O does not reach the backing file and fails with EIO")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 0, OLD);
	ASSERT_RET(become_fifo(w, fd), -EIO);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGE, 0, OLD), -EIO);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), -EIO);
	EXPECT_BACKING_PATTERN("was-f", OLD, PAGE, 0);
}

IO_METHOD_FIXTURE(became_fifo_pipe_io);
FIXTURE_VARIANT_ADD(became_fifo_pipe_io, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(became_fifo_pipe_io, sendfile) { .io_method = BY_SENDFILE };

CASE(became_fifo_pipe_io, io_continues, .promise = "K7",
	.title = "once an open file is reported as a FIFO, splice(2) and sendfile(2) still reach the backing file")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	ASSERT_RET(become_fifo(w, fd), -EIO);
	ASSERT_RET(client_read_by(c, BY_READ, fd, PAGE, 0, OLD), -EIO);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_BACKING_PATTERN("was-f", NEW, PAGE, 0);
}

WORLD_FIXTURE(looked_up_as_fifo);

CASE(looked_up_as_fifo, io_fails_eio, .promise = "D23", .abilities = "notify",
	.title = "once LOOKUP finds a FIFO with the node of an open file, its reads and writes fail with EIO")
{
	struct client *c = client(w);
	struct statx st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	ASSERT_RET(rename(backing_path("f"), backing_path("was-f")), 0);
	ASSERT_RET(mkfifo(backing_path("f"), 0666), 0);
	ASSERT_RET(server_notify(w, "inval-entry f"), 0);
	ASSERT_RET(client_statx(c, "f", 0, &st), 0);
	ASSERT_RET(st.stx_mode & S_IFMT, S_IFIFO);

	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PAGE, 0, OLD), -EIO);
	EXPECT_RET(client_write_by(c, BY_PREAD, fd, PAGE, 0, NEW), -EIO);
	EXPECT_BACKING_PATTERN("was-f", OLD, PAGE, 0);
}

CASE_MAIN()
