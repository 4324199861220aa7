// SPDX-License-Identifier: GPL-2.0
/* Data of a passthrough file through pipes and sockets. Promise T36. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/ring_helpers.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/*
 * A pair of descriptors of pipe2(2) or socketpair(2): what is written to [1] can be read from [0].
 */
static long make_pair(struct client *c, bool sockets, int64_t memory, int64_t pair[2])
{
	long err = sockets ? client_call(c, socketpair, AF_UNIX, SOCK_STREAM, 0, memory) :
			     client_call(c, pipe2, memory, 0);

	for (int i = 0; i < 2; i++)
		pair[i] = client_load(c, memory + i * sizeof(int), sizeof(int));
	return err;
}

#define pipe_ok(c, memory, pair)    ASSERT_RET(make_pair(c, false, memory, pair), 0)
#define sockets_ok(c, memory, pair) ASSERT_RET(make_pair(c, true, memory, pair), 0)

/* --- T36: pipes and sockets --------------------------------------------------------------- */

WORLD_FIXTURE(moved);

CASE(moved, sendfile_to_socket, .promise = "T36",
	.title = "sendfile(2) from a passthrough file to a socket sends the data and no request")
{
	struct client *c = client(w);
	int64_t fd, memory, sockets[2];

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
	memory = memory_ok(c, PAGE);
	sockets_ok(c, memory, sockets);
	EXPECT_RET(client_call(c, sendfile, sockets[1], fd, 0, PAGE), PAGE);
	EXPECT_RET(client_call(c, read, sockets[0], memory, PAGE), PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(moved, splice_from_socket, .promise = "T36",
	.title = "splice(2) moves data of a socket through a pipe to a passthrough file and its backing file")
{
	struct client *c = client(w);
	int64_t fd, memory, sockets[2], ends[2];

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, 1, O_RDWR);
	memory = memory_ok(c, PAGE);
	sockets_ok(c, memory, sockets);
	pipe_ok(c, memory, ends);
	client_fill(c, memory, PAGE, 0, NEW);
	ASSERT_RET(client_call(c, write, sockets[1], memory, PAGE), PAGE);
	ASSERT_RET(client_call(c, splice, sockets[0], 0, ends[1], 0, PAGE, 0), PAGE);
	EXPECT_RET(client_call(c, splice, ends[0], 0, fd, 0, PAGE, 0), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

CASE(moved, vmsplice_of_mapping, .promise = "T36",
	.title = "vmsplice(2) of a mapping moves the data of the backing file to a pipe")
{
	struct client *c = client(w);
	struct iovec pages;
	int64_t fd, memory, ends[2];

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
	memory = memory_ok(c, PAGE);
	pipe_ok(c, memory, ends);
	pages = (struct iovec) { (void *)(uintptr_t)mmap_ok(c, fd, PROT_READ, MAP_SHARED, PAGE, 0),
				 PAGE };
	client_store(c, memory, &pages, sizeof(pages));
	EXPECT_RET(client_call(c, vmsplice, ends[1], memory, 1, 0), PAGE);
	EXPECT_RET(client_call(c, read, ends[0], memory, PAGE), PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "");
}

/* Of a page; the offset of a pipe is -1. */
static struct io_uring_sqe splice_sqe(int in, off_t off_in, int out, off_t off_out)
{
	return (struct io_uring_sqe) { .opcode = IORING_OP_SPLICE,
				       .splice_fd_in = in,
				       .splice_off_in = off_in,
				       .fd = out,
				       .off = off_out,
				       .len = PAGE };
}

CASE(moved, io_uring_splice, .promise = "T36", .needs = NEED_IO_URING,
	.title = "IORING_OP_SPLICE moves data from and to the backing file and sends no request")
{
	struct client *c = client(w);
	int64_t fd, memory, ends[2];

	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, 2 * PAGE, O_RDWR);
	memory = memory_ok(c, PAGE);
	pipe_ok(c, memory, ends);
	ring_ok(c, 0);
	submit_ok(c, splice_sqe(fd, PAGE, ends[1], -1));
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_RET(client_call(c, read, ends[0], memory, PAGE), PAGE);
	EXPECT_RET(client_match(c, memory, PAGE, PAGE, OLD), PAGE);

	client_fill(c, memory, PAGE, PAGE, NEW);
	ASSERT_RET(client_call(c, write, ends[1], memory, PAGE), PAGE);
	submit_ok(c, splice_sqe(ends[0], -1, fd, PAGE));
	EXPECT_RESULT(c, 0, PAGE);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE_MAIN()
