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

IO_METHOD_FIXTURE(eof);
EACH_CALL(eof);

CASE(eof, shortens_read, .promise = "D3",
	.title = "a read across EOF of the backing file is short; a read at or past EOF returns 0")
{
	long size = PAGE + 7, fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, size, 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PIPE, 0, OLD), size);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, size - 1, OLD), 1);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, size, OLD), 0);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, 3 * PAGE, OLD), 0);
	EXPECT_REQUESTS(w, "");
}

CASE(eof, follows_growth, .promise = "D3",
	.title = "when the backing file grows outside FUSE, reads reach its new EOF; the cached size is unchanged")
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	backing_fill_ok("f", OLD, PIPE, 0);
	EXPECT_READ_BY(w, variant->io_method, fd, PIPE, 0, OLD);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, 1);
	EXPECT_REQUESTS(w, "");
}

CASE(eof, follows_truncation, .promise = "D3",
	.title = "when the backing file is truncated outside FUSE, reads stop at its EOF; the cached size is unchanged")
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PIPE, 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDONLY));
	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PIPE, 0, OLD), PAGE);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, PIPE);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(backing_data);

CASE(backing_data, not_extended_by_fake_fallocate, .promise = "D3",
	.abilities = "override-reply",
	.title = "a FALLOCATE answered with success but not done extends the cached size, not what a read returns")
{
	struct statx st;
	char data[2];
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_answer(w, "FALLOCATE", "ok"), 0);
	fd = open_ok(w, "f", O_RDWR);
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

CASE(backing_data, zeros_before_write_past_eof, .promise = "D3",
	.title = "a write past EOF leaves a gap that reads as zeros; the backing file ends with the written data")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, PAGE + 3, NEW);
	EXPECT_RET(client_count_zeros(c, fd, PAGE, 1), PAGE);
	EXPECT_RET(client_count_zeros(c, fd, 2, PAGE + 1), 2);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, PAGE + 3, NEW);
	EXPECT_RET(backing_match("f", NEW, PIPE, PAGE + 3), PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(backing_data, intact_after_hole, .promise = "D3",
	.title = "holes of the backing file read as zeros; data after a hole is intact")
{
	struct client *c = client(w);
	long hole = 1L << 32, fd;

	open_rule(w, "sparse reg=at-open");
	backing_fill_ok("sparse", OLD, PAGE, hole);
	ASSERT_POSITIVE(fd = client_open_settled(w, "sparse", O_RDONLY));
	EXPECT_RET(client_count_zeros(c, fd, PAGE, 0), PAGE);
	EXPECT_RET(client_count_zeros(c, fd, PAGE, hole - PAGE), PAGE);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PIPE, hole, OLD), PAGE);
	EXPECT_RET(client_read_by(c, BY_SPLICE, fd, PIPE, hole, OLD), PAGE);
	EXPECT_REQUESTS(w, "");
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

WORLD_FIXTURE(iovec);

CASE(iovec, empty_segment, .promise = "D1",
	.title = "preadv(2) and pwritev(2) skip empty iovec segments")
{
	int fd;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_run(client(w), do_write_pieces, &fd, sizeof(fd), "write pieces"), 6);
	EXPECT_BACKING("f", "onetwo");
	EXPECT_RET(client_run(client(w), do_read_pieces, &fd, sizeof(fd), "read pieces"), 6);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(zero_length);
EACH_SIMPLE_CALL(zero_length);

CASE(zero_length, sends_nothing, .promise = "D6",
	.title = "zero-length I/O returns 0, sends no request and keeps the cached attributes valid")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	client_poll(client(w), fd, 0); /* io_uring does it */
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_READ_BY(w, variant->io_method, fd, 0, 0, OLD);
	EXPECT_WRITE_BY(w, variant->io_method, fd, 0, PAGE, NEW);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING("f", "f");
}

CASE(zero_length, one_byte_in_contrast, .promise = "D6",
	.title = "in contrast to a zero-length write, a 1-byte write sends GETXATTR, and the next stat(2) GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	client_poll(client(w), fd, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_WRITE_BY(w, variant->io_method, fd, 1, 0, NEW);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	EXPECT_REQUESTS(w, "GETXATTR GETATTR");
}

/* --- the position ---------------------------------------------------------- */

IO_METHOD_FIXTURE(file_position);
FIXTURE_VARIANT_ADD(file_position, read_write) { BY_READ, 0 };
FIXTURE_VARIANT_ADD(file_position, readv_writev) { BY_READV, 0 };

CASE(file_position, advances_by_bytes_transferred, .promise = "D1",
	.title = "I/O without an offset advances the file position by the bytes transferred")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGE, 7, NEW), PAGE - 2);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(explicit_offset);
FIXTURE_VARIANT_ADD(explicit_offset, pread_pwrite) { BY_PREAD, 0 };
FIXTURE_VARIANT_ADD(explicit_offset, preadv2_pwritev2) { BY_PREADV2, 0 };
FIXTURE_VARIANT_ADD(explicit_offset, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(explicit_offset, aio) { BY_AIO, NEED_AIO };
FIXTURE_VARIANT_ADD(explicit_offset, io_uring) { BY_IO_URING, NEED_IO_URING };

CASE(explicit_offset, keeps_file_position, .promise = "D1",
	.title = "I/O with an explicit offset does not change the file position")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_call(c, lseek, fd, 3, SEEK_SET), 3);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), 3);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 5);
}

CASE_MAIN()
