// SPDX-License-Identifier: GPL-2.0
/* Every I/O method reads and writes the backing file and bypasses the server. Promises D1, L2. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE	  sysconf(_SC_PAGESIZE)
#define PIPE	  (16 * PAGE)
#define FILE_SIZE (3 * PIPE)
#define HUGE_IO	  (4 * 1024 * 1024L)

struct piece {
	long size, offset;
};

/* Around the edges of pages, of a pipe and of the file. */
#define PIECES \
	((const struct piece[]) { \
		{ .size = 1, .offset = 0 }, \
		{ .size = 1, .offset = PAGE - 1 }, \
		{ .size = 1, .offset = PAGE }, \
		{ .size = PAGE, .offset = 0 }, \
		{ .size = PAGE, .offset = 1 }, \
		{ .size = PAGE + 1, .offset = PAGE - 1 }, \
		{ .size = PIPE - 1, .offset = 3 }, \
		{ .size = PIPE, .offset = PIPE }, \
		{ .size = PIPE + 1, .offset = PAGE }, \
		{ .size = FILE_SIZE - 7, .offset = 7 }, \
		{ .size = FILE_SIZE, .offset = 0 }, \
		{ .size = 0 }, \
	})
#define EACH_PIECE(piece) for (const struct piece *piece = PIECES; piece->size; piece++)

/* How many bytes of the backing file, from the first on, are right: the piece NEW, the rest OLD. */
static long match_around(const struct piece *piece)
{
	long end = piece->offset + piece->size;
	long right = backing_match("f", OLD, piece->offset, 0);

	if (right == piece->offset)
		right += backing_match("f", NEW, piece->size, piece->offset);
	if (right == end)
		right += backing_match("f", OLD, FILE_SIZE - end, end);
	return right;
}

IO_METHOD_FIXTURE(read);
EACH_READ_METHOD(read);

CASE(read, returns_backing_data, .promise = "D1",
	.title = "a read of any size returns the data of the backing file and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, FILE_SIZE, O_RDONLY);
	EACH_PIECE(piece)
	EXPECT_READ_BY(w, variant->io_method, fd, piece->size, piece->offset, OLD);
	EXPECT_REQUESTS(w, "");
}

static const struct world_opts with_max_read_4096 = { .fuse_options = "max_read=4096" };

CASE(read, not_limited_by_max_read, .promise = "D1", .world = &with_max_read_4096,
	.title = "a read of 4 MiB on a mount with max_read=4096 is complete and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, HUGE_IO, O_RDONLY);
	EXPECT_READ_BY(w, variant->io_method, fd, HUGE_IO, 0, OLD);
	EXPECT_REQUESTS(w, "");
}

CASE(read, ordinary_file_sends_read, .promise = "D1",
	.title = "a read of a file without passthrough sends READ")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
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
	fd = open_filled_ok(w, OLD, FILE_SIZE, O_RDWR);
	EACH_PIECE(piece)
	{
		backing_fill_ok("f", OLD, FILE_SIZE, 0);
		EXPECT_WRITE_BY(w, variant->io_method, fd, piece->size, piece->offset, NEW);
		EXPECT_RET(match_around(piece), FILE_SIZE);
	}
	EXPECT_REQUESTS(w, "");
}

CASE(write, not_limited_by_max_write, .promise = "D1", .world = &with_max_read_4096,
	.title = "a write of 4 MiB, more than max_write, is complete and sends no request")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, HUGE_IO, O_RDWR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, HUGE_IO, 0, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, HUGE_IO, 0);
	EXPECT_REQUESTS(w, "");
}

CASE(write, ordinary_file_sends_write, .promise = "D1",
	.title = "a write to a file without passthrough sends WRITE")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	if (variant->io_method == BY_MMAP_SHARED)
		EXPECT_REQUESTS_MERGED(w, "READ WRITE");
	else
		EXPECT_REQUESTS(w, "WRITE");
}

struct splice_arg {
	int fd;
	bool in;     /* into the file, else from it */
	long filled; /* bytes in the pipe before */
	unsigned int flags;
};

static int64_t do_splice_once(void *arg)
{
	const struct splice_arg *a = arg;
	loff_t start = 0;
	char zeros[PIPE];
	int ends[2];
	long moved;

	memset(zeros, 0, sizeof(zeros));
	if (pipe(ends) < 0 || write(ends[1], zeros, a->filled) != a->filled)
		return -errno;
	moved = a->in ? splice(ends[0], NULL, a->fd, &start, PIPE, a->flags) :
			splice(a->fd, &start, ends[1], NULL, PIPE, a->flags);
	moved = moved < 0 ? -errno : moved;
	close(ends[0]);
	close(ends[1]);
	return moved;
}

/* One splice(2) between the start of the file and a pipe: bytes moved, or -errno. */
static long client_splice_once(struct client *c, struct splice_arg arg)
{
	return client_run(c, do_splice_once, &arg, sizeof(arg), "splice %s %d, the pipe holds %ld",
			  arg.in ? "into" : "from", arg.fd, arg.filled);
}

#define splice_from(w, file) client_splice_once(client(w), (struct splice_arg) { .fd = file })
#define splice_into(w, file, ...) \
	client_splice_once(client(w), (struct splice_arg) { .fd = file, .in = true, __VA_ARGS__ })

WORLD_FIXTURE(splice);

CASE(splice, one_call_moves_a_full_pipe, .promise = "D1",
	.title = "one splice(2) from or into a passthrough file moves as much as a pipe holds",
	.today = "a call may move less")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PIPE, O_RDWR);
	EXPECT_RET(splice_from(w, fd), PIPE);
	EXPECT_RET(splice_into(w, fd, .filled = PIPE), PIPE);
	EXPECT_RET(backing_blocks("f", '\0', PAGE, 0), PIPE / PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(splice, nonblock_empty_pipe_eagain, .promise = "D1",
	.title = "splice(2) with SPLICE_F_NONBLOCK from an empty pipe into a passthrough file fails with EAGAIN")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	EXPECT_RET(splice_into(w, fd, .flags = SPLICE_F_NONBLOCK), -EAGAIN);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
}

/* Few I/O methods, as each waits for its deadline when it fails. */
IO_METHOD_FIXTURE(stopped_server);
FIXTURE_VARIANT_ADD(stopped_server, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(stopped_server, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(stopped_server, mmap_shared) { .io_method = BY_MMAP_SHARED };

CASE(stopped_server, io_succeeds, .promise = "D1",
	.title = "reads and writes succeed while the server is stopped and another request waits for it")
{
	struct client *c = client(w), *waiting = client_number(w, 1);
	bool write_waits, open_waits;
	long fd, read_size;

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, FILE_SIZE, O_RDWR);
	ASSERT_RET(server_pause(&w->server), 0);
	client_start_open(waiting, "no-such-file", O_RDONLY);
	read_size = client_read_by(c, variant->io_method, fd, FILE_SIZE, 0, OLD);
	client_start_write_by(c, variant->io_method, fd, FILE_SIZE, 0, NEW);
	write_waits = client_is_busy(c);
	open_waits = client_is_busy(waiting);
	/* Before the first expectation: a case that ends with a stopped server hangs. */
	ASSERT_RET(server_resume(&w->server), 0);
	EXPECT_RET(read_size, FILE_SIZE);
	EXPECT_RET(client_finish(c), FILE_SIZE);
	EXPECT_HOLDS(!write_waits, "the write does not wait for the server");
	EXPECT_HOLDS(open_waits, "the other request waits");
	EXPECT_RET(client_finish(waiting), -ENOENT);
	EXPECT_BACKING_PATTERN("f", NEW, FILE_SIZE, 0);
}

/* Without io_uring, whose workers release files a little later. */
IO_METHOD_FIXTURE(closed_file);
FIXTURE_VARIANT_ADD(closed_file, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(closed_file, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(closed_file, sendfile) { .io_method = BY_SENDFILE };
FIXTURE_VARIANT_ADD(closed_file, mmap_shared) { .io_method = BY_MMAP_SHARED };
FIXTURE_VARIANT_ADD(closed_file, aio) { .io_method = BY_AIO, .needs = NEED_AIO };

CASE(closed_file, releases_backing_filesystem, .promise = "L2",
	.title = "after I/O the backing filesystem is busy until the file is closed, and can then be unmounted")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open drop=at-release");
	fd = open_filled_ok(w, OLD, PAGE, O_RDWR);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

WORLD_FIXTURE(mapping);

CASE(mapping, msync_sends_nothing, .promise = "D1",
	.title = "msync(2) of a passthrough mapping succeeds and sends no request")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
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
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
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
