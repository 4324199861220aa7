// SPDX-License-Identifier: GPL-2.0
/* Every way to read and write a passthrough file ends at the backing file. Row D1. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE	  4096L
#define PIPE	  (16 * PAGE)
#define FILE_SIZE (3 * PIPE)
#define HUGE_IO	  (4 * 1024 * 1024L)

static const struct piece {
	long size, offset;
} pieces[] = {
	{ 1, 0 },	   { 1, PAGE - 1 }, { 1, PAGE },	{ PAGE, 0 },
	{ PAGE, 1 },	   { PAGE + 1, PAGE - 1 }, { PIPE - 1, 3 }, { PIPE, PIPE },
	{ PIPE + 1, PAGE }, { FILE_SIZE - 7, 7 }, { FILE_SIZE, 0 },
};
#define EACH_PIECE(piece) \
	for (const struct piece *piece = pieces; piece < *(&pieces + 1); piece++)

/* A passthrough file, settled, whose backing file is @size bytes of the pattern OLD. */
static long open_old(struct world *w, long size, int flags)
{
	int err = backing_fill("f", OLD, size, 0);

	return err ?: client_open_settled(w, "f", flags);
}

/* How many bytes of the backing file are right, when the piece is NEW and the rest OLD. */
static long bytes_with(const struct piece *piece, long size)
{
	long end = piece->offset + piece->size;

	return backing_match("f", OLD, piece->offset, 0) +
	       backing_match("f", NEW, piece->size, piece->offset) +
	       backing_match("f", OLD, size - end, end);
}

IO_METHOD_FIXTURE(read);
EACH_READ_METHOD(read);

CASE(read, returns_backing_data, .promise = "D1",
	.title = "a read of any size returns the data of the backing file and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_old(w, FILE_SIZE, O_RDONLY));
	EACH_PIECE(piece)
		EXPECT_READ_BY(w, variant->io_method, fd, piece->size, piece->offset, OLD);
	EXPECT_REQUESTS(w, "");
}

static const struct world_opts small_max_read = { .fuse_options = "max_read=4096" };

CASE(read, not_limited_by_max_read, .promise = "D1", .world = &small_max_read,
	.title = "a read of 4 MiB on a mount with max_read=4096 is complete and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_old(w, HUGE_IO, O_RDONLY));
	EXPECT_READ_BY(w, variant->io_method, fd, HUGE_IO, 0, OLD);
	EXPECT_REQUESTS(w, "");
}

CASE(read, ordinary_file_sends_read, .promise = "D1",
	.title = "a read of a file without passthrough sends READ")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	ASSERT_POSITIVE(fd = open_old(w, PAGE, O_RDONLY));
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS(w, "READ");
}

IO_METHOD_FIXTURE(write);
EACH_WRITE_METHOD(write);

CASE(write, changes_backing_data, .promise = "D1",
	.title = "a write of any size changes exactly these bytes of the backing file and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_old(w, FILE_SIZE, O_RDWR));
	EACH_PIECE(piece) {
		backing_fill_ok("f", OLD, FILE_SIZE, 0);
		EXPECT_WRITE_BY(w, variant->io_method, fd, piece->size, piece->offset, NEW);
		EXPECT_RET(bytes_with(piece, FILE_SIZE), FILE_SIZE);
	}
	EXPECT_REQUESTS(w, "");
}

CASE(write, not_limited_by_max_write, .promise = "D1", .world = &small_max_read,
	.title = "a write of 4 MiB, more than max_write, is complete and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_old(w, HUGE_IO, O_RDWR));
	EXPECT_WRITE_BY(w, variant->io_method, fd, HUGE_IO, 0, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, HUGE_IO, 0);
	EXPECT_REQUESTS(w, "");
}

CASE(write, ordinary_file_sends_write, .promise = "D1",
	.title = "a write to a file without passthrough sends WRITE")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	ASSERT_POSITIVE(fd = open_old(w, PAGE, O_RDWR));
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	if (variant->io_method == BY_MMAP_SHARED)
		EXPECT_REQUESTS_MERGED(w, "READ WRITE");
	else
		EXPECT_REQUESTS(w, "WRITE");
}

/* Few ways, as each waits for its deadline when it fails. */
struct splice_arg {
	int fd;
	bool in; /* from a pipe that holds @filled bytes, not into an empty one */
	long filled;
	unsigned int flags;
};

static long do_splice_once(void *arg)
{
	const struct splice_arg *a = arg;
	static char zeros[PIPE];
	loff_t start = 0;
	int ends[2];
	long moved;

	if (pipe(ends) < 0 || write(ends[1], zeros, a->filled) != a->filled)
		return -errno;
	moved = a->in ? splice(ends[0], NULL, a->fd, &start, PIPE, a->flags) :
			splice(a->fd, &start, ends[1], NULL, PIPE, a->flags);
	moved = moved < 0 ? -errno : moved;
	close(ends[0]);
	close(ends[1]);
	return moved;
}

/* Bytes that one splice(2) moves between the start of the file and a pipe, or -errno. */
static long client_splice_once(struct client *c, struct splice_arg arg)
{
	return client_run(c, do_splice_once, &arg, sizeof(arg), "splice %s %d, the pipe holds %ld",
			  arg.in ? "into" : "from", arg.fd, arg.filled);
}

WORLD_FIXTURE(splice);

CASE(splice, one_call_moves_a_full_pipe, .promise = "D1",
	.title = "one splice(2) from or into a passthrough file moves as much as a pipe holds")
{
	struct splice_arg out = { .in = false }, in = { .in = true, .filled = PIPE };

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(in.fd = out.fd = open_old(w, PIPE, O_RDWR));
	EXPECT_RET(client_splice_once(client(w), out), PIPE);
	EXPECT_RET(client_splice_once(client(w), in), PIPE);
	EXPECT_RET(backing_match("f", OLD, 1, 0), 0);
	EXPECT_REQUESTS(w, "");
}

CASE(splice, nonblock_empty_pipe_eagain, .promise = "D1",
	.title = "splice(2) with SPLICE_F_NONBLOCK from an empty pipe into a passthrough file fails with EAGAIN")
{
	struct splice_arg in = { .in = true, .flags = SPLICE_F_NONBLOCK };

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(in.fd = open_old(w, PAGE, O_RDWR));
	EXPECT_RET(client_splice_once(client(w), in), -EAGAIN);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
}

IO_METHOD_FIXTURE(stopped_server);
FIXTURE_VARIANT_ADD(stopped_server, read_write) { BY_READ, 0 };
FIXTURE_VARIANT_ADD(stopped_server, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(stopped_server, mmap_shared) { BY_MMAP_SHARED, 0 };

CASE(stopped_server, io_succeeds, .promise = "D1",
	.title = "reads and writes succeed while the server is stopped and another request waits for it")
{
	struct client *c = client(w), *waiting = client_number(w, 1);
	long fd, out, in;
	bool waits;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_old(w, FILE_SIZE, O_RDWR));
	ASSERT_RET(server_pause(&w->server), 0);
	client_start_open(waiting, "no-such-file", O_RDONLY);
	out = client_read_by(c, variant->io_method, fd, FILE_SIZE, 0, OLD);
	in = out < 0 ? out : client_write_by(c, variant->io_method, fd, FILE_SIZE, 0, NEW);
	waits = client_is_busy(waiting);
	ASSERT_RET(server_resume(&w->server), 0); /* before anything fails for want of it */
	EXPECT_RET(out, FILE_SIZE);
	EXPECT_RET(in, FILE_SIZE);
	EXPECT_HOLDS(waits, "the other request waits");
	EXPECT_RET(client_finish(waiting), -ENOENT);
	EXPECT_BACKING_PATTERN("f", NEW, FILE_SIZE, 0);
}

/* Not by io_uring, whose workers let go of files a little later. */
IO_METHOD_FIXTURE(closed_file);
FIXTURE_VARIANT_ADD(closed_file, read_write) { BY_READ, 0 };
FIXTURE_VARIANT_ADD(closed_file, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(closed_file, sendfile) { BY_SENDFILE, 0 };
FIXTURE_VARIANT_ADD(closed_file, mmap_shared) { BY_MMAP_SHARED, 0 };
FIXTURE_VARIANT_ADD(closed_file, aio) { BY_AIO, NEED_AIO };

CASE(closed_file, releases_backing_filesystem, .promise = "L2",
	.title = "after I/O the backing filesystem is busy until the file is closed, and can then be unmounted")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open drop=at-release");
	ASSERT_POSITIVE(fd = open_old(w, PAGE, O_RDWR));
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(c, fd);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(mapping);

CASE(mapping, msync_sends_nothing, .promise = "D1",
	.title = "msync(2) of a passthrough mapping succeeds and sends no request")
{
	long fd, at;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	at = mmap_ok(w, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, at, 'g');
	EXPECT_RET(client_call(client(w), msync, at, PAGE, MS_SYNC), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING("f", "g");
}

CASE(mapping, exec_sends_no_read, .promise = "D1",
	.title = "executing a passthrough file succeeds and sends no READ")
{
	long pid;

	open_rule(w, "program reg=at-open");
	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_REQUESTS(w, "RELEASE");
}

CASE(mapping, exec_of_ordinary_sends_read, .promise = "D1",
	.title = "executing a file without passthrough sends READ")
{
	long pid;

	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_POSITIVE(server_wait(w, "READ", 1));
	EXPECT_RET(client_reap(client(w), pid), 42);
}

CASE_MAIN()
