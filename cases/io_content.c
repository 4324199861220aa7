// SPDX-License-Identifier: GPL-2.0
/* Where a passthrough file ends, and what stands in its gaps. Rows D1, D3, D6. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE 4096L
#define PIPE (16 * PAGE)

/* --- the end of the file --------------------------------------------------- */

WAY_FIXTURE(file_end);
EACH_CALL(file_end);

CASE(file_end, cuts_a_read, .row = "D3",
     .title = "a read across the end of the backing file is short, one at the end gives 0",
     .needs = NEED_PASSTHROUGH)
{
	long size = PAGE + 7, fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, size, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PIPE, 0, OLD), size);
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PAGE, size - 1, OLD), 1);
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PAGE, size, OLD), 0);
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PAGE, 3 * PAGE, OLD), 0);
	EXPECT_OPS(w, "");
}

CASE(file_end, is_where_the_backing_file_grew_to, .row = "D3",
     .title = "a read goes on to the end of the backing file when that has grown behind the "
	      "server's back",
     .needs = NEED_PASSTHROUGH)
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	ASSERT_RET(backing_fill("f", OLD, PIPE, 0), 0);
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PIPE, 0, OLD), PIPE);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, 1);
	EXPECT_OPS(w, "");
}

CASE(file_end, is_where_the_backing_file_was_cut, .row = "D3",
     .title = "a read stops at the end of the backing file when that was cut behind the server's "
	      "back",
     .needs = NEED_PASSTHROUGH)
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PIPE, 0), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	EXPECT_RET(client_read_by(client(w), variant->way, fd, PIPE, 0, OLD), PAGE);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, PIPE);
	EXPECT_OPS(w, "");
}

WORLD_FIXTURE(end_of_file);

CASE(end_of_file, is_not_what_the_server_pretends, .row = "D3",
     .title = "a FALLOCATE that the server only says to have done makes the file longer for stat "
	      "and not for read",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	struct statx st;
	char data[2];
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer FALLOCATE ok"), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_call(client(w), fallocate, fd, 0, 0, PAGE), 0);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, PAGE);
	EXPECT_RET(client_read(client(w), fd, data, 2, 0), 1);
}

/* How many bytes of the file are 0 from @offset on, @size at most, or -errno. */
static long client_count_zeros(struct client *c, int fd, long size, long offset)
{
	static const char zeros[CLIENT_DATA_MAX];
	char data[CLIENT_DATA_MAX];
	long len = client_read(c, fd, data, size, offset);

	return len > 0 && memcmp(data, zeros, len) ? -EBADMSG : len;
}

CASE(end_of_file, leaves_zeros_behind_when_passed, .row = "D3",
     .title = "a write beyond the end leaves zeros between, for who reads the file and its "
	      "backing file",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(c, WAY_PREAD, fd, PAGE, PAGE + 3, NEW), PAGE);
	EXPECT_RET(client_count_zeros(c, fd, PAGE, 1), PAGE);
	EXPECT_RET(client_count_zeros(c, fd, 2, PAGE + 1), 2);
	EXPECT_RET(client_read_by(c, WAY_PREAD, fd, PAGE, PAGE + 3, NEW), PAGE);
	EXPECT_RET(backing_match("f", NEW, PIPE, PAGE + 3), PAGE);
	EXPECT_OPS(w, "");
}

CASE(end_of_file, stands_behind_holes, .row = "D3",
     .title = "holes of the backing file are read as zeros, and what stands behind them as it is",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long hole = 1L << 32, fd;

	plan(w, "sparse reg=at-open");
	ASSERT_RET(backing_fill("sparse", OLD, PAGE, hole), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "sparse", O_RDONLY));
	EXPECT_RET(client_count_zeros(c, fd, PAGE, 0), PAGE);
	EXPECT_RET(client_count_zeros(c, fd, PAGE, hole - PAGE), PAGE);
	EXPECT_RET(client_read_by(c, WAY_PREAD, fd, PIPE, hole, OLD), PAGE);
	EXPECT_RET(client_read_by(c, WAY_SPLICE, fd, PIPE, hole, OLD), PAGE);
	EXPECT_OPS(w, "");
}

/* --- pieces and nothing ---------------------------------------------------- */

static char words[] = "onetwo";

/* Five pieces, of which three are empty. */
static long do_write_pieces(void *arg)
{
	const int *fd = arg;
	const struct iovec pieces[] = { { words, 0 }, { words, 3 }, { NULL, 0 }, { words + 3, 3 },
					{ words, 0 } };
	ssize_t len = pwritev(*fd, pieces, 5, 0);

	return len < 0 ? -errno : len;
}

static long do_read_pieces(void *arg)
{
	const int *fd = arg;
	char first[3], second[3];
	const struct iovec pieces[] = { { NULL, 0 }, { first, 3 }, { first, 0 }, { second, 3 } };
	ssize_t len = preadv(*fd, pieces, 4, 0);

	if (len < 0)
		return -errno;
	return memcmp(first, "one", 3) || memcmp(second, "two", 3) ? -EBADMSG : len;
}

WORLD_FIXTURE(piece);

CASE(piece, without_bytes_is_passed_over, .row = "D1",
     .title = "a vectored write and read go on after pieces without bytes",
     .needs = NEED_PASSTHROUGH)
{
	int fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_run(client(w), do_write_pieces, &fd, sizeof(fd), "write pieces"), 6);
	EXPECT_RET(backing_file_is("f", "onetwo"), 1);
	EXPECT_RET(client_run(client(w), do_read_pieces, &fd, sizeof(fd), "read pieces"), 6);
	EXPECT_OPS(w, "");
}

WAY_FIXTURE(no_byte);
EACH_SIMPLE_CALL(no_byte);

CASE(no_byte, is_nothing_to_send, .row = "D6",
     .title = "a read and a write of 0 bytes give 0, send nothing and leave the attributes valid",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	client_poll(client(w), fd, 0); /* io_uring does it */
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_RET(client_read_by(client(w), variant->way, fd, 0, 0, OLD), 0);
	EXPECT_RET(client_write_by(client(w), variant->way, fd, 0, PAGE, NEW), 0);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_OPS(w, "");
	EXPECT_RET(backing_file_is("f", "f"), 1);
}

CASE(no_byte, compared_with_one, .row = "D6",
     .title = "a write of 1 byte asks for a capability, and stat for what it made invalid",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	client_poll(client(w), fd, 0);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_RET(client_write_by(client(w), variant->way, fd, 1, 0, NEW), 1);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_OPS(w, "GETXATTR GETATTR");
}

/* --- the position ---------------------------------------------------------- */

WAY_FIXTURE(position);
FIXTURE_VARIANT_ADD(position, plain) { WAY_READ, 0 };
FIXTURE_VARIANT_ADD(position, vectored) { WAY_READV, 0 };

CASE(position, moves_by_what_was_transferred, .row = "D1",
     .title = "read(2) and write(2) move the file's position by what they have transferred",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 5, NEW), PAGE);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGE, 7, NEW), PAGE - 2);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_OPS(w, "");
}

WAY_FIXTURE(kept_position);
FIXTURE_VARIANT_ADD(kept_position, positioned) { WAY_PREAD, 0 };
FIXTURE_VARIANT_ADD(kept_position, vectored_positioned) { WAY_PREADV2, 0 };
FIXTURE_VARIANT_ADD(kept_position, spliced) { WAY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(kept_position, aio) { WAY_AIO, NEED_AIO };
FIXTURE_VARIANT_ADD(kept_position, io_uring) { WAY_IO_URING, NEED_IO_URING };

CASE(kept_position, is_where_it_was, .row = "D1",
     .title = "a transfer that says where leaves the file's position alone",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, lseek, fd, 3, SEEK_SET), 3);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 5, NEW), PAGE);
	EXPECT_RET(client_read_by(c, variant->way, fd, PAGE, 5, NEW), PAGE);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), 3);
	EXPECT_RET(backing_match("f", NEW, PAGE, 5), PAGE);
}

CASE_MAIN()
