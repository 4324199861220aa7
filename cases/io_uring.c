// SPDX-License-Identifier: GPL-2.0
/* Requests of io_uring and libaio on a passthrough file. Promises D1, D2, T34, T35, T37. */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stddef.h>
#include <sys/uio.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/ring_helpers.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* Not in older headers. */
enum { OP_URING_CMD = 46, OP_FTRUNCATE = 55 };

static const struct world_opts on_ext4 = { .backing = "ext4" };

/* --- D1: data by every kind of request ------------------------------------------------ */

WORLD_FIXTURE(request);
FIXTURE_VARIANT(request)
{
	unsigned int setup; /* IORING_SETUP_* */
	int read, write;    /* opcodes */
	unsigned int flags; /* IOSQE_* */
	bool fixed_file;    /* descriptor 0 of the ring */
};
FIXTURE_VARIANT_ADD(request, plain) { .read = IORING_OP_READ, .write = IORING_OP_WRITE };
FIXTURE_VARIANT_ADD(request, worker) { .read = IORING_OP_READ,
				       .write = IORING_OP_WRITE,
				       .flags = IOSQE_ASYNC };
FIXTURE_VARIANT_ADD(request, fixed_buffer) { .read = IORING_OP_READ_FIXED,
					     .write = IORING_OP_WRITE_FIXED };
FIXTURE_VARIANT_ADD(request, fixed_file) { .read = IORING_OP_READ,
					   .write = IORING_OP_WRITE,
					   .fixed_file = true };
FIXTURE_VARIANT_ADD(request, sqpoll) { .setup = IORING_SETUP_SQPOLL,
				       .read = IORING_OP_READ,
				       .write = IORING_OP_WRITE };
FIXTURE_VARIANT_ADD(request, sqpoll_all_fixed) { .setup = IORING_SETUP_SQPOLL,
						 .read = IORING_OP_READ_FIXED,
						 .write = IORING_OP_WRITE_FIXED,
						 .fixed_file = true };

CASE(request, transfers_without_request, .promise = "D1", .needs = NEED_IO_URING,
	.title = "io_uring I/O by fixed buffer and file, worker and SQPOLL uses the backing file, sends no request")
{
	const unsigned int flags = variant->flags | (variant->fixed_file ? IOSQE_FIXED_FILE : 0);
	struct client *c = client(w);
	struct io_uring_sqe sqes[2];
	struct iovec buffer;
	int64_t memory;
	int fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, 2 * PAGE, O_RDWR);
	memory = memory_ok(c, 2 * PAGE);
	client_fill(c, memory, PAGE, 0, NEW);
	ring_ok(c, variant->setup);
	buffer = (struct iovec) { (void *)(uintptr_t)memory, 2 * PAGE };
	ASSERT_RET(client_ring_register(c, IORING_REGISTER_BUFFERS, &buffer, sizeof(buffer), 1), 0);
	ASSERT_RET(client_ring_register(c, IORING_REGISTER_FILES, &fd, sizeof(fd), 1), 0);

	fd = variant->fixed_file ? 0 : fd;
	sqes[0] = page_sqe(variant->write, fd, memory, 0);
	sqes[0].flags = flags | IOSQE_IO_LINK;
	sqes[1] = page_sqe(variant->read, fd, memory + PAGE, PAGE);
	sqes[1].flags = flags;
	sqes[1].user_data = 1;
	ASSERT_RET(client_ring_submit(c, sqes, 2), 2);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RESULT(c, 1, PAGE);
	EXPECT_RET(client_match(c, memory + PAGE, PAGE, PAGE, OLD), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

/* --- T34: as on an ordinary file ------------------------------------------------------ */

WORLD_FIXTURE(ring_io);

CASE(ring_io, current_position_advances, .promise = "T34", .needs = NEED_IO_URING,
	.title = "io_uring I/O at the current position advances it by the bytes transferred")
{
	struct client *c = client(w);
	int64_t fd, memory;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, 2 * PAGE, O_RDWR);
	memory = memory_ok(c, PAGE);
	ring_ok(c, 0);
	submit_ok(c, page_sqe(IORING_OP_READ, fd, memory, -1));
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE);

	client_fill(c, memory, PAGE, PAGE, NEW);
	submit_ok(c, page_sqe(IORING_OP_WRITE, fd, memory, -1));
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), 2 * PAGE);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, PAGE);
}

/* More than a read-ahead window of the second mount, so that its end is not cached. */
#define LARGE (2L << 20)

CASE(ring_io, partly_cached_read_is_complete, .promise = "T34", .needs = NEED_IO_URING,
	.title = "an io_uring read of which the backing file has only the first page cached returns all data, in order")
{
	struct client *c = client(w);
	struct io_uring_sqe sqe;
	int64_t fd, memory;

	open_rule(w, "f reg=reuse");
	backing_fill_ok("f", OLD, LARGE, 0);
	register_on_other_ok(w, "no-passthrough");
	fd = open_settled_ok(w, "f", O_RDONLY);
	memory = memory_ok(c, LARGE);
	EXPECT_READ_BY(c, BY_PREAD, fd, 1, 0, OLD);
	ring_ok(c, 0);
	sqe = page_sqe(IORING_OP_READ, fd, memory, 0);
	sqe.len = LARGE;
	submit_ok(c, sqe);
	EXPECT_RESULT(c, 0, LARGE);
	EXPECT_RET(client_match(c, memory, LARGE, 0, OLD), LARGE);
	EXPECT_REQUESTS(w, "");
}

CASE(ring_io, failed_write_breaks_chain, .promise = "T34", .needs = NEED_IO_URING,
	.title = "an io_uring write to a file open for reading fails with EBADF, what is linked to it with ECANCELED")
{
	struct client *c = client(w);
	struct io_uring_sqe sqes[2];
	int64_t fd, memory;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
	memory = memory_ok(c, PAGE);
	ring_ok(c, 0);
	sqes[0] = page_sqe(IORING_OP_WRITE, fd, memory, 0);
	sqes[0].flags = IOSQE_IO_LINK;
	sqes[1] = page_sqe(IORING_OP_READ, fd, memory, 0);
	sqes[1].user_data = 1;
	ASSERT_RET(client_ring_submit(c, sqes, 2), 2);
	EXPECT_RESULT(c, 0, -EBADF);
	EXPECT_RESULT(c, 1, -ECANCELED);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
}

CASE(ring_io, iopoll_eopnotsupp, .promise = "T34", .needs = NEED_IO_URING, .world = &on_ext4,
	.title = "direct I/O by a ring with IORING_SETUP_IOPOLL fails with EOPNOTSUPP, whatever the backing file can",
	.today = "which files can be polled for completion is not promised")
{
	struct client *c = client(w);
	int64_t fd, memory;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR | O_DIRECT);
	memory = memory_ok(c, PAGE);
	ring_ok(c, IORING_SETUP_IOPOLL);
	submit_ok(c, page_sqe(IORING_OP_READ, fd, memory, 0));
	EXPECT_RESULT(c, 0, -EOPNOTSUPP);
	submit_ok(c, page_sqe(IORING_OP_WRITE, fd, memory, 0));
	EXPECT_RESULT(c, 0, -EOPNOTSUPP);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
}

/* --- D2: requests that are no I/O ------------------------------------------------------- */

WORLD_FIXTURE(other_request);
FIXTURE_VARIANT(other_request)
{
	struct io_uring_sqe sqe;
	long result;
	const char *sends;
};
FIXTURE_VARIANT_ADD(other_request, fsync) {
	.sqe.opcode = IORING_OP_FSYNC,
	.sends = "FSYNC",
};
FIXTURE_VARIANT_ADD(other_request, fdatasync) {
	.sqe = { .opcode = IORING_OP_FSYNC, .fsync_flags = IORING_FSYNC_DATASYNC },
	.sends = "FSYNC",
};
FIXTURE_VARIANT_ADD(other_request, fallocate) {
	.sqe = { .opcode = IORING_OP_FALLOCATE, .addr = 8192 },
	.result = -EOPNOTSUPP,
	.sends = "FALLOCATE",
};
FIXTURE_VARIANT_ADD(other_request, ftruncate) {
	.sqe.opcode = OP_FTRUNCATE,
	.sends = "SETATTR",
};
FIXTURE_VARIANT_ADD(other_request, close) {
	.sqe.opcode = IORING_OP_CLOSE,
	.sends = "FLUSH RELEASE",
};
FIXTURE_VARIANT_ADD(other_request, poll) {
	.sqe = { .opcode = IORING_OP_POLL_ADD, .poll32_events = POLLIN },
	.result = POLLIN,
	.sends = "POLL",
};
FIXTURE_VARIANT_ADD(other_request, command) {
	.sqe.opcode = OP_URING_CMD,
	.result = -EOPNOTSUPP,
	.sends = "",
};

CASE(other_request, asks_server, .promise = "D2", .needs = NEED_IO_URING,
	.title = "io_uring requests other than I/O send what the system call of that name sends")
{
	struct client *c = client(w);
	struct io_uring_sqe sqe = variant->sqe;

	open_rule(w, "f reg=at-open");
	sqe.fd = open_ok(c, "f", O_RDWR);
	client_fgetxattr(c, sqe.fd, "security.capability");
	world_requests(w);
	ring_ok(c, 0);
	submit_ok(c, sqe);
	EXPECT_RESULT(c, 0, variant->result);
	if (sqe.opcode == IORING_OP_CLOSE)
		ASSERT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS_ABOUT(w, "POLL", variant->sends);
}

/* --- libaio ------------------------------------------------------------------------------ */

/* Submits it and waits: its result, or -errno. */
static long run_aio(struct client *c, struct iocb iocb)
{
	const int64_t memory =
		client_mmap(c, -1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, PAGE, 0);
	const uintptr_t iocbs[] = { memory + 256 };
	long err = client_call(c, io_setup, 1, memory);
	int64_t context = client_load(c, memory, sizeof(aio_context_t));

	client_store(c, memory + 128, iocbs, sizeof(iocbs));
	client_store(c, iocbs[0], &iocb, sizeof(iocb));
	if (err == 0)
		err = client_call(c, io_submit, context, 1, memory + 128);
	if (err == 1)
		err = client_call(c, io_getevents, context, 1, 1, memory + 512, 0);
	return err == 1 ? client_load(c, memory + 512 + offsetof(struct io_event, res),
				      sizeof(int64_t)) :
			  err;
}

WORLD_FIXTURE(aio_request);
FIXTURE_VARIANT(aio_request)
{
	struct iocb iocb;
	long result;
	const char *sends;
};
FIXTURE_VARIANT_ADD(aio_request, fsync) {
	.iocb.aio_lio_opcode = IOCB_CMD_FSYNC,
	.sends = "FSYNC",
};
FIXTURE_VARIANT_ADD(aio_request, fdsync) {
	.iocb.aio_lio_opcode = IOCB_CMD_FDSYNC,
	.sends = "FSYNC",
};
FIXTURE_VARIANT_ADD(aio_request, poll) {
	.iocb = { .aio_lio_opcode = IOCB_CMD_POLL, .aio_buf = POLLIN },
	.result = POLLIN,
	.sends = "POLL",
};

CASE(aio_request, asks_server, .promise = "D2", .needs = NEED_AIO,
	.title = "IOCB_CMD_FSYNC, FDSYNC and POLL send FSYNC and POLL")
{
	struct iocb iocb = variant->iocb;

	open_rule(w, "f reg=at-open");
	iocb.aio_fildes = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(run_aio(client(w), iocb), variant->result);
	EXPECT_REQUESTS_ABOUT(w, "POLL", variant->sends);
}

/* --- T35: who keeps the file open --------------------------------------------------------- */

WORLD_FIXTURE(ring_file);

CASE(ring_file, registered_outlives_close, .promise = "T35", .needs = NEED_IO_URING,
	.title = "a registered file can be read after close(2); RELEASE is sent when it is unregistered")
{
	struct client *c = client(w);
	struct io_uring_sqe sqe;
	int64_t memory;
	int fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
	memory = memory_ok(c, PAGE);
	ring_ok(c, 0);
	ASSERT_RET(client_ring_register(c, IORING_REGISTER_FILES, &fd, sizeof(fd), 1), 0);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	sqe = page_sqe(IORING_OP_READ, 0, memory, 0);
	sqe.flags = IOSQE_FIXED_FILE;
	submit_ok(c, sqe);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "FLUSH");
	EXPECT_BACKING_BUSY();

	EXPECT_RET(client_ring_register(c, IORING_UNREGISTER_FILES, NULL, 0, 0), 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_BACKING_FREE();
}

CASE(ring_file, direct_descriptor, .promise = "T35", .needs = NEED_IO_URING,
	.title = "a direct descriptor is a passthrough file; its close sends RELEASE")
{
	struct client *c = client(w);
	struct io_uring_sqe sqe;
	const int none = -1;
	int64_t memory;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	memory = memory_ok(c, 2 * PAGE);
	client_store(c, memory + PAGE, fuse_path("f"), strlen(fuse_path("f")) + 1);
	ring_ok(c, 0);
	ASSERT_RET(client_ring_register(c, IORING_REGISTER_FILES, &none, sizeof(none), 1), 0);
	submit_ok(c, (struct io_uring_sqe) { .opcode = IORING_OP_OPENAT,
					     .fd = AT_FDCWD,
					     .addr = memory + PAGE,
					     .open_flags = O_RDWR,
					     .file_index = 1 });
	EXPECT_RESULT(c, 0, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	sqe = page_sqe(IORING_OP_READ, 0, memory, 0);
	sqe.flags = IOSQE_FIXED_FILE;
	submit_ok(c, sqe);
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "POLL");
	submit_ok(c, (struct io_uring_sqe) { .opcode = IORING_OP_CLOSE, .file_index = 1 });
	EXPECT_RESULT(c, 0, 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	TODAY(EXPECT_REQUESTS(w, "RELEASE"));
}

/* --- T37: a mapping as a fixed buffer ------------------------------------------------------ */

/*
 * Registers a shared, writable mapping of a page of the file as the buffer of the ring. 0 or
 * -errno.
 */
static long register_mapping(struct client *c, const char *path)
{
	long fd = client_open(c, path, O_RDWR), err;
	int64_t at = client_mmap(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
	const struct iovec pages = { (void *)(uintptr_t)at, PAGE };

	err = client_ring_register(c, IORING_REGISTER_BUFFERS, &pages, sizeof(pages), 1);
	if (err == 0)
		client_ring_register(c, IORING_UNREGISTER_BUFFERS, NULL, 0, 0);
	return err;
}

WORLD_FIXTURE(mapped_buffer);

CASE(mapped_buffer, tmpfs_accepted, .promise = "T37", .needs = NEED_IO_URING,
	.title = "a shared mapping of a passthrough file on tmpfs can be a registered buffer, one of a cached file not")
{
	struct client *c = client(w);

	open_rule(w, "f reg=at-open");
	open_rule(w, "g");
	backing_fill_ok("f", OLD, PAGE, 0);
	backing_fill_ok("g", OLD, PAGE, 0);
	ring_ok(c, 0);
	EXPECT_RET(register_mapping(c, "f"), 0);
	EXPECT_RET(register_mapping(c, "g"), -EFAULT);
}

CASE(mapped_buffer, ext4_refused, .promise = "T37", .needs = NEED_IO_URING, .world = &on_ext4,
	.title = "a shared mapping of a passthrough file on ext4 cannot be a registered buffer, as one of ext4 itself")
{
	struct client *c = client(w);

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	ring_ok(c, 0);
	EXPECT_RET(register_mapping(c, "f"), -EFAULT);
	EXPECT_RET(register_mapping(c, backing_path("f")), -EFAULT);
}

CASE_MAIN()
