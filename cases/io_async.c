// SPDX-License-Identifier: GPL-2.0
/*
 * I/O in flight. The backing file is on a second FUSE mount, whose server holds the READ or WRITE
 * until the case lets it go. Promises D1, D5, D20, L3, L5.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* --- asynchronous I/O in two steps: submit, reap ---------------------------------- */

#define QUEUE 2

static aio_context_t context;
static char *data; /* QUEUE pages */

struct submit_arg {
	int fd, opcode, page;
};

static int64_t do_submit(void *arg)
{
	const struct submit_arg *a = arg;
	struct iocb cb = { .aio_fildes = a->fd,
			   .aio_lio_opcode = a->opcode,
			   .aio_nbytes = PAGE,
			   .aio_offset = a->page * PAGE };
	struct iocb *cbs[] = { &cb };
	long result;

	if (!data)
		data = mmap(NULL, QUEUE * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	if (a->opcode == IOCB_CMD_PWRITE)
		pattern_fill(data + cb.aio_offset, PAGE, NEW, cb.aio_offset);
	cb.aio_buf = (uintptr_t)(data + cb.aio_offset);
	result = context ? 0 : syscall(SYS_io_setup, QUEUE, &context);
	if (result == 0)
		result = syscall(SYS_io_submit, context, 1, cbs);
	return result < 0 ? -errno : result;
}

static long client_submit(struct client *c, int fd, int opcode, int page)
{
	struct submit_arg arg = { .fd = fd, .opcode = opcode, .page = page };

	return client_run(c, do_submit, &arg, sizeof(arg), "io_submit page %d of %d", page, fd);
}

static int64_t do_reap(void *arg)
{
	const int *min_events = arg;
	struct io_event events[QUEUE];
	long n = syscall(SYS_io_getevents, context, *min_events, QUEUE, events, NULL), bytes = 0;

	if (n < 0)
		return -errno;
	for (long i = 0; i < n; i++) {
		if (events[i].res < 0)
			return events[i].res;
		bytes += events[i].res;
	}
	return bytes;
}

/* Waits for @min_events; bytes transferred by all that are complete, or -errno of one. */
static long client_reap_bytes(struct client *c, int min_events)
{
	return client_run(c, do_reap, &min_events, sizeof(min_events), "io_getevents, at least %d",
			  min_events);
}

static int64_t do_compare(void *arg)
{
	const size_t *size = arg;

	return pattern_match(data, *size, OLD, 0);
}

/* How many bytes of what was read are right, from the first on. */
static long client_match_read(struct client *c, size_t size)
{
	return client_run(c, do_compare, &size, sizeof(size), "compare what was read");
}

/* A passthrough file f of two pages whose backing file is on the second mount. */
static long open_on_other(struct world *w, int flags)
{
	int err = backing_fill("f", OLD, QUEUE * PAGE, 0);
	long id = err ?: register_on_other(w, "no-passthrough async-dio");
	long fd = id < 0 ? id : client_open_settled(w, "f", O_RDWR | flags);

	world_other_requests(w);
	return fd;
}

#define open_on_other_ok(w, flags) \
	POSITIVE_OK("open f of the second mount", open_on_other(w, flags))

#define NOT_PROMISED "no document says that I/O to a backing file is asynchronous"

WORLD_FIXTURE(direct_aio);

CASE(direct_aio, reads_in_flight_together, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "io_submit(2) of two direct reads returns at once; they complete when the backing file answers",
	.today = NOT_PROMISED)
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, "READ 2"), 0);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PREAD, 0), 1);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PREAD, 1), 1);
	ASSERT_OTHER_REQUESTS(w, "READ READ");
	EXPECT_RET(client_reap_bytes(c, 0), 0);
	EXPECT_RET(other_go(w, "READ"), 2);
	EXPECT_RET(client_reap_bytes(c, 2), 2 * PAGE);
	EXPECT_RET(client_match_read(c, 2 * PAGE), 2 * PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(direct_aio, writes_in_flight_together, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "io_submit(2) of two direct writes returns at once; they complete when the backing file answers",
	.today = NOT_PROMISED)
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, "WRITE 2"), 0);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PWRITE, 0), 1);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PWRITE, 1), 1);
	ASSERT_OTHER_REQUESTS(w, "WRITE WRITE");
	EXPECT_RET(client_reap_bytes(c, 0), 0);
	EXPECT_RET(other_go(w, "WRITE"), 2);
	EXPECT_RET(client_reap_bytes(c, 2), 2 * PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, 2 * PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

CASE(direct_aio, invalidates_on_completion, .promise = "D5", .needs = NEED_AIO, .abilities = "hold",
	.title = "an asynchronous write invalidates the cached attributes when it completes, not before")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PWRITE, 0), 1);
	ASSERT_OTHER_REQUESTS(w, "WRITE");
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_reap_bytes(c, 1), PAGE);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
}

CASE(direct_aio, read_invalidates_atime, .promise = "D5", .needs = NEED_AIO, .abilities = "hold",
	.title = "an asynchronous read has invalidated the cached atime when it completes: stat(2) sends GETATTR")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "");
	ASSERT_RET(other_hold(w, "READ"), 0);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PREAD, 0), 1);
	ASSERT_OTHER_REQUESTS(w, "READ");
	EXPECT_RET(client_reap_bytes(c, 0), 0);
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RET(client_reap_bytes(c, 1), PAGE);
	EXPECT_RET(client_stat(c, "f"), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
}

CASE(direct_aio, release_after_completion, .promise = "D1", .needs = NEED_AIO, .abilities = "hold",
	.title = "a file closed while an asynchronous read is in flight is released when the read completes")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, "READ"), 0);
	ASSERT_RET(client_submit(c, fd, IOCB_CMD_PREAD, 0), 1);
	EXPECT_CLOSE(c, fd);
	EXPECT_REQUESTS(w, "FLUSH");
	ASSERT_OTHER_REQUESTS(w, "READ");
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RET(client_reap_bytes(c, 1), PAGE);
	EXPECT_RET(client_match_read(c, PAGE), PAGE);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
}

/* --- abort, umount and server kill ------------------------------------------------ */

WORLD_FIXTURE(in_flight);
FIXTURE_VARIANT(in_flight)
{
	int opcode;
	const char *op;
};
FIXTURE_VARIANT_ADD(in_flight, read) { .opcode = IOCB_CMD_PREAD, .op = "READ" };
FIXTURE_VARIANT_ADD(in_flight, write) { .opcode = IOCB_CMD_PWRITE, .op = "WRITE" };

/* How many bytes of the page are right where they were moved to, from the first on. */
static long match_moved(struct client *c, int opcode)
{
	return opcode == IOCB_CMD_PREAD ? client_match_read(c, PAGE) :
					  backing_match("f", NEW, PAGE, 0);
}

CASE(in_flight, survives_abort, .promise = "L3", .needs = NEED_AIO | NEED_FUSECTL,
	.abilities = "hold",
	.title = "with ID and file closed after an abort, asynchronous I/O pins both mounts until it completes in full")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, variant->op), 0);
	ASSERT_RET(client_submit(c, fd, variant->opcode, 0), 1);
	ASSERT_OTHER_REQUESTS(w, variant->op);
	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	TODAY(EXPECT_RET(client_close(c, fd), -ENOTCONN));
	EXPECT_RET(client_reap_bytes(c, 0), 0);
	EXPECT_RET(world_umount("fuse"), -EBUSY);
	EXPECT_RET(world_umount("other"), -EBUSY);

	EXPECT_RET(other_go(w, variant->op), 1);
	EXPECT_RET(client_reap_bytes(c, 1), PAGE);
	EXPECT_RET(match_moved(c, variant->opcode), PAGE);
	EXPECT_RET(world_umount_and_wait("fuse"), 0);
	EXPECT_RET(world_umount_and_wait("other"), 0);
}

CASE(in_flight, survives_umount_and_kill, .promise = "L4", .needs = NEED_AIO, .abilities = "hold",
	.title = "after close, lazy umount and server kill, asynchronous I/O pins the backing mount until it completes")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_hold(w, variant->op), 0);
	ASSERT_RET(client_submit(c, fd, variant->opcode, 0), 1);
	ASSERT_OTHER_REQUESTS(w, variant->op);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	server_kill(&w->server);
	EXPECT_RET(client_reap_bytes(c, 0), 0);
	EXPECT_RET(world_umount("other"), -EBUSY);

	EXPECT_RET(other_go(w, variant->op), 1);
	EXPECT_RET(client_reap_bytes(c, 1), PAGE);
	EXPECT_RET(match_moved(c, variant->opcode), PAGE);
	EXPECT_RET(world_umount_and_wait("other"), 0);
}

/* --- the lock of the FUSE inode --------------------------------------------------- */

IO_METHOD_FIXTURE(write_in_flight);
FIXTURE_VARIANT_ADD(write_in_flight, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(write_in_flight, splice) { .io_method = BY_SPLICE };

/*
 * What was begun ends while the WRITE of another is held. If it does not, lets that go and ends the
 * case.
 */
#define EXPECT_ENDS(w, c, what) \
	do { \
		bool _ends = client_ends(c); \
\
		EXPECT_HOLDS(_ends, what " does not wait"); \
		if (!_ends) { \
			other_go(w, "WRITE"); \
			return; \
		} \
	} while (0)

#define EXPECT_ENDS_WITH_0(w, c, name, ...) \
	do { \
		client_start_call(c, name, __VA_ARGS__); \
		EXPECT_ENDS(w, c, #name); \
		EXPECT_RET(client_finish(c), 0); \
	} while (0)

/* The first client writes, and the server of the other mount holds it. */
static void begin_write(struct world *w, long fd, enum io_method method)
{
	ASSERT_RET(other_hold(w, "WRITE"), 0);
	client_start_write_by(client(w), method, fd, PAGE, 0, NEW);
	ASSERT_RET(other_server_wait(w, "WRITE", 1), 1);
}

static void end_write(struct world *w)
{
	EXPECT_RET(other_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), PAGE);
}

CASE(write_in_flight, fsync_waits, .promise = "D20", .abilities = "hold",
	.title = "fsync(2) waits for a write in flight before it sends FSYNC")
{
	struct client *syncer = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	fd = open_on_other_ok(w, 0);
	fd2 = open_ok(syncer, "f", O_RDWR);
	EXPECT_REQUESTS(w, "OPEN+passthrough");
	begin_write(w, fd, variant->io_method);
	client_start_call(syncer, fsync, fd2);
	EXPECT_HOLDS(client_is_busy(syncer), "fsync(2) waits");
	EXPECT_REQUESTS(w, "");
	end_write(w);
	EXPECT_RET(client_finish(syncer), 0);
	EXPECT_REQUESTS(w, "FSYNC");
}

CASE(write_in_flight, further_writes_wait, .promise = "D20", .abilities = "hold",
	.title = "write(2) and splice(2) into the file wait for a write in flight before they send WRITE")
{
	struct client *by_write = client_number(w, 1), *by_splice = client_number(w, 2);
	long fd, fd1, fd2;

	open_rule(w, "f reg=reuse times=3");
	fd = open_on_other_ok(w, 0);
	fd1 = open_ok(by_write, "f", O_RDWR);
	fd2 = open_ok(by_splice, "f", O_RDWR);
	world_other_requests(w);
	begin_write(w, fd, variant->io_method);
	client_start_write_by(by_write, BY_PREAD, fd1, PAGE, 0, NEW);
	client_start_write_by(by_splice, BY_SPLICE, fd2, PAGE, 0, NEW);
	EXPECT_HOLDS(client_is_busy(by_write), "write(2) waits");
	EXPECT_HOLDS(client_is_busy(by_splice), "splice(2) waits");
	EXPECT_OTHER_REQUESTS(w, "WRITE");
	end_write(w);
	EXPECT_RET(client_finish(by_write), PAGE);
	EXPECT_RET(client_finish(by_splice), PAGE);
	EXPECT_OTHER_REQUESTS(w, "WRITE WRITE");
}

CASE(write_in_flight, zero_length_does_not_wait, .promise = "D20", .abilities = "hold",
	.title = "a zero-length write(2), pwrite(2) or writev(2) does not wait for a write in flight")
{
	struct client *writer = client(w), *other = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	fd = open_on_other_ok(w, 0);
	fd2 = open_ok(other, "f", O_RDWR);
	begin_write(w, fd, variant->io_method);
	EXPECT_ENDS_WITH_0(w, other, write, fd2, 0, 0);
	EXPECT_ENDS_WITH_0(w, other, pwrite, fd2, 0, 0, PAGE);
	EXPECT_ENDS_WITH_0(w, other, writev, fd2, 0, 0);
	EXPECT_HOLDS(client_is_busy(writer), "the write is in flight");
	end_write(w);
}

CASE(write_in_flight, stat_open_read_do_not_wait, .promise = "D20", .abilities = "hold",
	.title = "stat(2), open(2) and reads do not wait for a write in flight")
{
	struct client *writer = client(w), *other = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	fd = open_on_other_ok(w, 0);
	begin_write(w, fd, variant->io_method);
	EXPECT_RET(client_stat(other, "f"), 0);
	fd2 = open_ok(other, "f", O_RDONLY);
	EXPECT_READ_BY(other, BY_PREAD, fd2, PAGE, PAGE, OLD);
	EXPECT_HOLDS(client_is_busy(writer), "the write is in flight");
	end_write(w);
	EXPECT_REQUESTS(w, "OPEN+passthrough");
}

CASE(write_in_flight, splice_and_mmap_do_not_wait, .promise = "D20", .abilities = "hold",
	.title = "splicing from the file and mapping it do not wait for a write in flight")
{
	struct client *writer = client(w), *other = client_number(w, 1);
	long fd, fd2;

	open_rule(w, "f reg=reuse times=2");
	fd = open_on_other_ok(w, 0);
	fd2 = open_ok(other, "f", O_RDONLY);
	begin_write(w, fd, variant->io_method);
	client_start_read_by(other, BY_SPLICE, fd2, PAGE, PAGE, OLD);
	EXPECT_ENDS(w, other, "splice");
	EXPECT_RET(client_finish(other), PAGE);
	client_start_call(other, mmap, 0, PAGE, PROT_READ, MAP_PRIVATE, fd2, 0);
	EXPECT_ENDS(w, other, "mmap");
	EXPECT_POSITIVE(client_finish(other));
	EXPECT_HOLDS(client_is_busy(writer), "the write is in flight");
	end_write(w);
}

/* --- one write at a time ---------------------------------------------------------- */

IO_METHOD_FIXTURE(parallel_backing_file);
FIXTURE_VARIANT_ADD(parallel_backing_file, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(parallel_backing_file, splice) { .io_method = BY_SPLICE };

/* f, whose backing file takes direct writes of several tasks at once. A descriptor, or -errno. */
static long open_parallel(struct world *w)
{
	long err = backing_fill("f", OLD, PAGE, 0);

	err = err ?: world_start_other(w, "no-passthrough");
	if (err)
		return err;
	other_open_rule(w, "f times=any flags=direct_io,parallel_direct_writes");
	err = register_other_f(w);
	return err < 0 ? err : client_open_settled(w, "f", O_RDWR);
}

#define open_parallel_ok(w) POSITIVE_OK("open f of the second mount", open_parallel(w))

CASE(parallel_backing_file, writes_one_at_a_time, .promise = "D20", .abilities = "hold",
	.today = "passthrough writes of one file could be in flight together",
	.title = "of two passthrough writes the second waits, even if the backing file takes both at once")
{
	struct client *writer = client_number(w, 1), *direct = client_number(w, 2);
	long fd, fd1, fd2;

	open_rule(w, "f reg=reuse times=2");
	fd = open_parallel_ok(w);
	fd1 = open_ok(writer, "f", O_RDWR);
	fd2 = open_ok(direct, world_path("other", "f"), O_RDWR);
	world_other_requests(w);
	begin_write(w, fd, variant->io_method);
	EXPECT_WRITE_BY(direct, BY_PREAD, fd2, PAGE, 0, NEW);
	EXPECT_OTHER_REQUESTS(w, "WRITE WRITE");

	client_start_write_by(writer, variant->io_method, fd1, PAGE, 0, NEW);
	EXPECT_HOLDS(client_is_busy(writer), "the second write waits");
	EXPECT_OTHER_REQUESTS(w, "");
	end_write(w);
	EXPECT_RET(client_finish(writer), PAGE);
	EXPECT_OTHER_REQUESTS(w, "WRITE");
}

CASE_MAIN()
