// SPDX-License-Identifier: GPL-2.0
/* EOF, holes, empty transfers and the file position of a passthrough file. Promises D1, D3, D6. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)
#define PIPE (16 * PAGE)

/* --- EOF ------------------------------------------------------------------- */

IO_METHOD_FIXTURE(eof);
EACH_CALL(eof);

CASE(eof, shortens_read, .promise = "D3",
	.title = "a read across EOF of the backing file is short; a read at or past EOF returns 0")
{
	long size = PAGE + 7, fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, size, 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PIPE, 0, OLD), size);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, size - 1, OLD), 1);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, size, OLD), 0);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, 3 * PAGE, OLD), 0);
	EXPECT_REQUESTS(w, "");
}

CASE(eof, follows_growth, .promise = "D3",
	.title = "when the backing file grows outside FUSE, reads reach its new EOF; the cached size is unchanged")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDONLY);
	backing_fill_ok("f", OLD, PIPE, 0);
	EXPECT_READ_BY(w, variant->io_method, fd, PIPE, 0, OLD);
	TODAY(EXPECT_CACHED_SIZE(w, fd, 1));
	EXPECT_REQUESTS(w, "");
}

CASE(eof, follows_truncation, .promise = "D3",
	.title = "when the backing file is truncated outside FUSE, reads stop at its EOF; the cached size is unchanged")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PIPE, 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PIPE, 0, OLD), PAGE);
	TODAY(EXPECT_CACHED_SIZE(w, fd, PIPE));
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(backing_data);

CASE(backing_data, not_extended_by_fake_fallocate, .promise = "D3", .abilities = "override-reply",
	.title = "a FALLOCATE answered with success but not done extends the cached size, not what a read returns")
{
	char data[2];
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "FALLOCATE", "ok"), 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), fallocate, fd, 0, 0, PAGE), 0);
	EXPECT_CACHED_SIZE(w, fd, PAGE);
	EXPECT_CONTENT("read", data, client_read(client(w), fd, data, 2, 0), "f", 1);
}

#define GAP CLIENT_DATA_MAX

/* How many bytes from @offset on are zeros, @size at most and no more than GAP; or -errno. */
static long client_match_zeros(struct client *c, int fd, size_t size, off_t offset)
{
	char data[GAP];
	long len = client_read(c, fd, data, size, offset), zeros = 0;

	while (zeros < len && !data[zeros])
		zeros++;
	return len < 0 ? len : zeros;
}

CASE(backing_data, zeros_before_write_past_eof, .promise = "D3",
	.title = "a write past EOF leaves a gap that reads as zeros; the backing file ends with the written data")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, GAP + 3, NEW);
	EXPECT_RET(client_match_zeros(c, fd, GAP, 1), GAP);
	EXPECT_RET(client_match_zeros(c, fd, 2, GAP + 1), 2);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, GAP + 3, NEW);
	EXPECT_RET(backing_match("f", NEW, PIPE, GAP + 3), PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(backing_data, intact_after_hole, .promise = "D3",
	.title = "holes of the backing file read as zeros; data after a hole is intact")
{
	struct client *c = client(w);
	off_t hole = (off_t)1 << 32;
	long fd;

	open_rule(w, "sparse reg=at-open");
	backing_fill_ok("sparse", OLD, PAGE, hole);
	fd = open_settled_ok(w, "sparse", O_RDONLY);
	EXPECT_RET(client_match_zeros(c, fd, GAP, 0), GAP);
	EXPECT_RET(client_match_zeros(c, fd, GAP, hole - GAP), GAP);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PIPE, hole, OLD), PAGE);
	EXPECT_RET(client_read_by(c, BY_SPLICE, fd, PIPE, hole, OLD), PAGE);
	EXPECT_REQUESTS(w, "");
}

/* --- iovec segments and empty transfers -------------------------------------- */

struct segments_arg {
	int fd;
	char data[6];
};

static int64_t do_write_segments(void *arg)
{
	struct segments_arg *a = arg;
	const struct iovec segments[] = {
		{ a->data, 0 }, { a->data, 3 }, { NULL, 0 }, { a->data + 3, 3 }, { a->data, 0 }
	};
	ssize_t len = pwritev(a->fd, segments, 5, 0);

	return len < 0 ? -errno : len;
}

static int64_t do_read_segments(void *arg)
{
	struct segments_arg *a = arg;
	const struct iovec segments[] = {
		{ NULL, 0 }, { a->data, 3 }, { a->data, 0 }, { a->data + 3, 3 }
	};
	ssize_t len = preadv(a->fd, segments, 4, 0);

	return len < 0 ? -errno : len;
}

WORLD_FIXTURE(iovec);

CASE(iovec, empty_segment, .promise = "D1",
	.title = "preadv(2) and pwritev(2) skip empty iovec segments")
{
	struct segments_arg out = { .data = { 'o', 'n', 'e', 't', 'w', 'o' } }, in = {};

	open_rule(w, "f reg=at-open");
	out.fd = open_settled_ok(w, "f", O_RDWR);
	in.fd = out.fd;
	EXPECT_RET(client_run(client(w), do_write_segments, &out, sizeof(out), "pwritev"), 6);
	EXPECT_BACKING("f", "onetwo");
	EXPECT_CONTENT("read", in.data,
		       client_run(client(w), do_read_segments, &in, sizeof(in), "preadv"), "onetwo",
		       6);
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
	client_poll(client(w), fd, 0); /* before io_uring does */
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

/* --- the file position ------------------------------------------------------- */

IO_METHOD_FIXTURE(file_position);
FIXTURE_VARIANT_ADD(file_position, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(file_position, readv_writev) { .io_method = BY_READV };

CASE(file_position, advances_by_bytes_transferred, .promise = "D1",
	.title = "I/O without an offset advances the file position by the bytes transferred")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGE, 7, NEW), PAGE - 2);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), PAGE + 5);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(explicit_offset);
FIXTURE_VARIANT_ADD(explicit_offset, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(explicit_offset, preadv2_pwritev2) { .io_method = BY_PREADV2 };
FIXTURE_VARIANT_ADD(explicit_offset, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(explicit_offset, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(explicit_offset, io_uring) { .io_method = BY_IO_URING, .needs = NEED_IO_URING };

CASE(explicit_offset, keeps_file_position, .promise = "D1",
	.title = "I/O with an explicit offset does not change the file position")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(c, lseek, fd, 3, SEEK_SET), 3);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 5, NEW);
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), 3);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 5);
}

CASE_MAIN()
