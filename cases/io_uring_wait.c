// SPDX-License-Identifier: GPL-2.0
/* Submission, cancellation and end of io_uring requests in flight. Promises D5, T33 to T35. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/ring_helpers.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

static const struct world_opts on_ext4 = { .backing = "ext4" };

/* --- requests in flight ---------------------------------------------------------------- */

/*
 * f of a page, whose backing file is on the second mount, opened for direct I/O; its ring is set
 * up.
 */
static long open_for_ring(struct world *w, struct client *c)
{
	long err = backing_fill("f", OLD, 2 * PAGE, 0), fd;

	err = err ?: register_on_other(w, "no-passthrough async-dio");
	fd = err < 0 ? err : client_open_settled(w, "f", O_RDWR | O_DIRECT);
	err = client_ring_setup(c, 0);
	world_other_requests(w);
	return err < 0 ? err : fd;
}

#define open_for_ring_ok(w, c) POSITIVE_OK("open f, set up a ring", open_for_ring(w, c))

WORLD_FIXTURE(in_flight);

CASE(in_flight, read_invalidates_atime, .promise = "D5", .needs = NEED_IO_URING,
	.abilities = "hold", .title = "a queued io_uring read invalidates the cached atime")
{
	struct client *c = client(w);
	int64_t fd, memory;

	open_rule(w, "f reg=reuse");
	fd = open_for_ring_ok(w, c);
	memory = memory_ok(c, PAGE);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "");
	ASSERT_RET(other_hold(w, "READ"), 0);
	submit_ok(c, page_sqe(IORING_OP_READ, fd, memory, 0));
	ASSERT_OTHER_REQUESTS(w, "READ");
	EXPECT_RET(client_ring_has_result(c, 0), 0);
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
}

CASE(in_flight, cancel_leaves_read, .promise = "T34", .needs = NEED_IO_URING, .abilities = "hold",
	.title = "IORING_OP_ASYNC_CANCEL of a queued read fails with ENOENT, and the read completes",
	.today = "which requests can be cancelled is not promised")
{
	struct client *c = client(w);
	int64_t fd, memory;

	open_rule(w, "f reg=reuse");
	fd = open_for_ring_ok(w, c);
	memory = memory_ok(c, PAGE);
	ASSERT_RET(other_hold(w, "READ"), 0);
	submit_ok(c, page_sqe(IORING_OP_READ, fd, memory, 0));
	ASSERT_OTHER_REQUESTS(w, "READ");
	submit_ok(c, (struct io_uring_sqe) { .opcode = IORING_OP_ASYNC_CANCEL, .user_data = 1 });
	EXPECT_RESULT(c, 1, -ENOENT);
	EXPECT_RET(client_ring_has_result(c, 0), 0);
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
}

CASE(in_flight, killed_client_releases_after, .promise = "T35", .needs = NEED_IO_URING,
	.abilities = "hold",
	.title = "the file of a killed client with a write in flight is released once the write has completed")
{
	struct client *c = client(w);
	int64_t fd, memory;

	open_rule(w, "f reg=reuse");
	fd = open_for_ring_ok(w, c);
	memory = memory_ok(c, PAGE);
	client_fill(c, memory, PAGE, 0, NEW);
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	submit_ok(c, page_sqe(IORING_OP_WRITE, fd, memory, 0));
	ASSERT_OTHER_REQUESTS(w, "WRITE");
	client_start_call(c, pause);
	EXPECT_RET(client_signal(c, SIGKILL), 0);
	EXPECT_RET(client_finish(c), -EPIPE);
	EXPECT_RET(server_wait(w, "FLUSH", 1), 1); /* by the exit, which may take longer */
	EXPECT_REQUESTS(w, "FLUSH");

	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

/* --- T33: submission does not wait ------------------------------------------------------ */

WORLD_FIXTURE(submission);

/*
 * O_NONBLOCK: before Linux 6.12 io_uring leaves I/O to other files without FMODE_NOWAIT to a
 * worker.
 */
CASE(submission, does_not_wait_for_write, .promise = "T33", .needs = NEED_IO_URING,
	.abilities = "hold",
	.title = "the submission of a direct io_uring write does not wait for another write in flight to the file",
	.xfail = "fuse_passthrough_write_iter() takes the inode lock whether IOCB_NOWAIT is set or not")
{
	struct client *c = client(w), *writer = client_number(w, 1);
	int64_t fd, other, memory;

	open_rule(w, "f reg=reuse times=2");
	backing_fill_ok("f", OLD, 2 * PAGE, 0);
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDWR | O_DIRECT | O_NONBLOCK);
	other = open_ok(writer, "f", O_RDWR);
	memory = memory_ok(c, PAGE);
	ring_ok(c, 0);
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	client_start_write_by(writer, BY_PREAD, other, PAGE, 0, NEW);
	ASSERT_RET(other_server_wait(w, "WRITE", 1), 1);
	start_submit(c, page_sqe(IORING_OP_WRITE, fd, memory, 0));
	EXPECT_HOLDS(!client_is_busy(c), "io_uring_enter(2) returns");

	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(writer), PAGE);
	EXPECT_RET(client_finish(c), 1);
	EXPECT_RESULT(c, 0, PAGE);
}

CASE(submission, does_not_wait_for_thaw, .promise = "T33", .world = &on_ext4,
	.needs = NEED_IO_URING | NEED_DESTRUCTIVE,
	.title = "the submission of a direct io_uring write does not wait for a frozen backing filesystem",
	.xfail = "vfs_iocb_iter_write() waits for the backing filesystem whether IOCB_NOWAIT is set or not")
{
	struct client *c = client(w);
	int64_t fd, memory;
	bool waits;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR | O_DIRECT | O_NONBLOCK);
	memory = memory_ok(c, PAGE);
	client_fill(c, memory, PAGE, 0, NEW);
	ring_ok(c, 0);
	ASSERT_RET(backing_control(FIFREEZE, NULL), 0);
	start_submit(c, page_sqe(IORING_OP_WRITE, fd, memory, 0));
	waits = client_is_busy(c);
	ASSERT_RET(backing_control(FITHAW, NULL), 0);
	EXPECT_HOLDS(!waits, "io_uring_enter(2) returns");
	EXPECT_RET(client_finish(c), 1);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

CASE_MAIN()
