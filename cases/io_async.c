// SPDX-License-Identifier: GPL-2.0
/*
 * I/O that is under way. The backing file is on a second FUSE mount, whose server holds the READ
 * or WRITE back for as long as the case wants. Promises D1, D20, L3, L5.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* --- libaio in two halves: steps of the client ---------------------------------- */

#define QUEUE 2

static aio_context_t context;
static char *data; /* a page for each */

struct queue_arg {
	int fd, opcode, number;
};

static long do_queue(void *arg)
{
	const struct queue_arg *q = arg;
	struct iocb cb = { .aio_fildes = q->fd,
			   .aio_lio_opcode = q->opcode,
			   .aio_nbytes = PAGE,
			   .aio_offset = q->number * PAGE };
	struct iocb *cbs[] = { &cb };
	long result;

	if (!data)
		data = mmap(NULL, QUEUE * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (q->opcode == IOCB_CMD_PWRITE)
		pattern_fill(data + cb.aio_offset, PAGE, NEW, cb.aio_offset);
	cb.aio_buf = (uintptr_t)(data + cb.aio_offset);
	result = context ? 0 : syscall(SYS_io_setup, QUEUE, &context);
	if (result == 0)
		result = syscall(SYS_io_submit, context, 1, cbs);
	return result < 0 ? -errno : result;
}

static long client_queue(struct client *c, int fd, int opcode, int number)
{
	struct queue_arg arg = { fd, opcode, number };

	return client_run(c, do_queue, &arg, sizeof(arg), "io_submit page %d of %d", number, fd);
}

/* Bytes of all that are complete, at least as many as asked for, or -errno of one. */
static long do_reap_queue(void *arg)
{
	const int *least = arg;
	struct io_event events[QUEUE];
	long n = syscall(SYS_io_getevents, context, *least, QUEUE, events, NULL), bytes = 0;

	if (n < 0)
		return -errno;
	for (long i = 0; i < n; i++) {
		if ((long)events[i].res < 0)
			return events[i].res;
		bytes += events[i].res;
	}
	return bytes;
}

static long client_reap_queue(struct client *c, int least)
{
	return client_run(c, do_reap_queue, &least, sizeof(least), "io_getevents, %d at least",
			  least);
}

static long do_compare(void *arg)
{
	const size_t *size = arg;

	return pattern_match(data, *size, OLD, 0);
}

static long client_compare(struct client *c, size_t size)
{
	return client_run(c, do_compare, &size, sizeof(size), "compare what was read");
}

/* A direct passthrough file f, of two pages, whose backing file is on the second mount. */
static long open_slow(struct world *w, int flags)
{
	int err = backing_fill("f", OLD, QUEUE * PAGE, 0);
	long id = err ?: register_on_other(w, "no-passthrough async-dio");
	long fd = id < 0 ? id : client_open_settled(w, "f", O_RDWR | flags);

	world_other_requests(w);
	return fd;
}

WORLD_FIXTURE(direct_aio);

CASE(direct_aio, reads_in_flight_together, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "io_submit(2) of two direct reads returns at once; they complete when the backing file answers")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, "READ 2"), 0);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PREAD, 0), 1);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PREAD, 1), 1);
	ASSERT_OTHER_REQUESTS(w, "READ READ");
	EXPECT_RET(client_reap_queue(c, 0), 0);
	EXPECT_RET(other_go(w, "READ"), 2);
	EXPECT_RET(client_reap_queue(c, 2), 2 * PAGE);
	EXPECT_RET(client_compare(c, 2 * PAGE), 2 * PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(direct_aio, writes_in_flight_together, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "io_submit(2) of two direct writes returns at once; they complete when the backing file answers")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, "WRITE 2"), 0);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PWRITE, 0), 1);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PWRITE, 1), 1);
	ASSERT_OTHER_REQUESTS(w, "WRITE WRITE");
	EXPECT_RET(client_reap_queue(c, 0), 0);
	EXPECT_RET(other_go(w, "WRITE"), 2);
	EXPECT_RET(client_reap_queue(c, 2), 2 * PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, 2 * PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

CASE(direct_aio, invalidates_on_completion, .promise = "D5", .needs = NEED_AIO, .abilities = "hold",
	.title = "an asynchronous write invalidates the cached attributes when it completes, not before")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PWRITE, 0), 1);
	ASSERT_OTHER_REQUESTS(w, "WRITE");
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_reap_queue(c, 1), PAGE);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS(w, "GETATTR");
}

CASE(direct_aio, release_after_completion, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "a file closed while an asynchronous read is in flight is released when the read completes")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, "READ"), 0);
	ASSERT_RET(client_queue(c, fd, IOCB_CMD_PREAD, 0), 1);
	EXPECT_CLOSE(c, fd);
	EXPECT_REQUESTS(w, "FLUSH");
	ASSERT_OTHER_REQUESTS(w, "READ");
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RET(client_reap_queue(c, 1), PAGE);
	EXPECT_RET(client_compare(c, PAGE), PAGE);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
}

/* --- the end of connection and mount --------------------------------------------- */

WORLD_FIXTURE(in_flight);
FIXTURE_VARIANT(in_flight)
{
	int opcode;
	const char *op;
};
FIXTURE_VARIANT_ADD(in_flight, read) { IOCB_CMD_PREAD, "READ" };
FIXTURE_VARIANT_ADD(in_flight, write) { IOCB_CMD_PWRITE, "WRITE" };

/* A page that was read by the client, or that is in the backing file. */
static long transferred(struct client *c, int opcode)
{
	return opcode == IOCB_CMD_PREAD ? client_compare(c, PAGE) :
					  backing_match("f", NEW, PAGE, 0);
}

CASE(in_flight, survives_abort, .promise = "L3", .needs = NEED_AIO | NEED_FUSECTL,
	.abilities = "hold",
	.title = "with ID and file closed after an abort, asynchronous I/O pins both mounts until it completes in full")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, variant->op), 0);
	ASSERT_RET(client_queue(c, fd, variant->opcode, 0), 1);
	ASSERT_OTHER_REQUESTS(w, variant->op);
	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(client_close(c, fd), -ENOTCONN);
	EXPECT_RET(client_reap_queue(c, 0), 0);
	EXPECT_RET(world_umount("fuse"), -EBUSY);
	EXPECT_RET(world_umount("other"), -EBUSY);

	EXPECT_RET(other_go(w, variant->op), 1);
	EXPECT_RET(client_reap_queue(c, 1), PAGE);
	EXPECT_RET(transferred(c, variant->opcode), PAGE);
	EXPECT_RET(world_umount_and_wait("fuse"), 0);
	EXPECT_RET(world_umount_and_wait("other"), 0);
}

CASE(in_flight, survives_umount_and_kill, .promise = "L5", .needs = NEED_AIO, .abilities = "hold",
	.title = "after close, lazy umount and server kill, asynchronous I/O pins the backing mount until it completes")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = open_slow(w, O_DIRECT));
	ASSERT_RET(other_hold(w, variant->op), 0);
	ASSERT_RET(client_queue(c, fd, variant->opcode, 0), 1);
	ASSERT_OTHER_REQUESTS(w, variant->op);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	server_kill(&w->server);
	EXPECT_RET(client_reap_queue(c, 0), 0);
	EXPECT_RET(world_umount("other"), -EBUSY);

	EXPECT_RET(other_go(w, variant->op), 1);
	EXPECT_RET(client_reap_queue(c, 1), PAGE);
	EXPECT_RET(transferred(c, variant->opcode), PAGE);
	EXPECT_RET(world_umount_and_wait("other"), 0);
}

/* --- the lock of the FUSE inode --------------------------------------------------- */

static const struct world_opts on_one_cpu = { .same_cpu = true };

IO_METHOD_FIXTURE(write_in_flight);
FIXTURE_VARIANT_ADD(write_in_flight, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(write_in_flight, splice) { .io_method = BY_SPLICE };

CASE(write_in_flight, fsync_waits, .promise = "D20", .needs = NEED_REALTIME,
	.abilities = "hold", .world = &on_one_cpu,
	.title = "fsync(2) waits for a write in flight before it sends FSYNC")
{
	struct client *writer = client(w), *syncer = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(fd = open_slow(w, 0));
	fd2 = open_ok(syncer, "f", O_RDWR);
	EXPECT_REQUESTS(w, "OPEN+passthrough");
	EXPECT_RET(client_be_fifo(syncer), 0);
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	client_start_write_by(writer, variant->io_method, fd, PAGE, 0, NEW);
	ASSERT_RET(other_server_wait(w, "WRITE", 1), 1);
	client_start_call(syncer, fsync, fd2);
	EXPECT_HOLDS(client_is_busy(syncer), "fsync(2) waits");
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(writer), PAGE);
	EXPECT_RET(client_finish(syncer), 0);
	EXPECT_REQUESTS(w, "FSYNC");
}

CASE(write_in_flight, stat_open_read_do_not_wait, .promise = "D20", .abilities = "hold",
	.title = "stat(2), open(2) and reads do not wait for a write in flight")
{
	struct client *writer = client(w), *other = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(fd = open_slow(w, 0));
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	client_start_write_by(writer, variant->io_method, fd, PAGE, 0, NEW);
	ASSERT_RET(other_server_wait(w, "WRITE", 1), 1);
	EXPECT_RET(client_stat(other, "f"), 0);
	fd2 = open_ok(other, "f", O_RDONLY);
	EXPECT_READ_BY(other, BY_PREAD, fd2, PAGE, PAGE, OLD);
	EXPECT_HOLDS(client_is_busy(writer), "the write is under way");
	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(writer), PAGE);
	EXPECT_REQUESTS(w, "OPEN+passthrough");
}

CASE_MAIN()
