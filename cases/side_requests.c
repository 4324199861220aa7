// SPDX-License-Identifier: GPL-2.0
/* What passthrough I/O asks the server in passing: GETXATTR, SETATTR, POLL. Rows D7, D17, D24. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define PAGE   4096L
#define CLIENT 1000

/* A file of which the server has not been asked for extended attributes yet. */
static long open_polled(struct world *w, const char *path)
{
	long fd = client_open(client(w), path, O_RDWR);

	client_poll(client(w), fd, 0);
	world_requests(w);
	return fd;
}

IO_METHOD_FIXTURE(getxattr);
EACH_CALL(getxattr);

CASE(getxattr, sent_until_enosys, .promise = "D7",
     .title = "a write sends GETXATTR; after ENOSYS no later write to this or another file sends it",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "GETXATTR");
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "");
	ASSERT_POSITIVE(fd = open_polled(w, "g"));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "");
}

CASE(getxattr, sent_by_each_write_on_enodata, .promise = "D7",
     .title = "every write sends GETXATTR as long as the server answers ENODATA",
     .needs = NEED_PASSTHROUGH, .abilities = "answers")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer GETXATTR ENODATA"), 0);
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "GETXATTR");
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "GETXATTR");
}

static const struct world_opts killpriv_v2 = { .init = "killpriv-v2" };

CASE(getxattr, sent_once_with_killpriv_v2, .promise = "D7",
     .title = "with FUSE_HANDLE_KILLPRIV_V2 only the first write to a file sends GETXATTR",
     .needs = NEED_PASSTHROUGH, .abilities = "answers", .world = &killpriv_v2)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer GETXATTR ENODATA"), 0);
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "GETXATTR");
	ASSERT_POSITIVE(fd = open_polled(w, "g"));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "GETXATTR");
}

CASE(getxattr, write_waits_for_reply, .promise = "D7",
     .title = "a write does not reach the backing file before GETXATTR is answered",
     .needs = NEED_PASSTHROUGH, .abilities = "hold")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	ASSERT_RET(server_hold(w, "GETXATTR"), 0);
	client_start_write_by(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "GETXATTR", 1), 1);
	EXPECT_RET(backing_file_is("f", "f"), 1);
	EXPECT_RET(server_go(w, "GETXATTR"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
}

IO_METHOD_FIXTURE(setuid_file);
EACH_CALL(setuid_file);

CASE(setuid_file, refused_setattr_edquot, .promise = "D24",
     .title = "a non-root write to a setuid file writes nothing and fails with its SETATTR's error; root can write",
     .needs = NEED_PASSTHROUGH, .abilities = "answers")
{
	struct client *c = client(w), *root = client_number(w, 1);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	ASSERT_RET(chmod(backing_path("f"), 04777), 0);
	ASSERT_RET(server_call(&w->server, -1, "answer SETATTR EDQUOT"), 0);
	ASSERT_RET(client_setuid(c, CLIENT), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), -EDQUOT);
	EXPECT_REQUESTS(w, "GETATTR SETATTR");
	EXPECT_RET(backing_file_is("f", "f"), 1);
	ASSERT_POSITIVE(fd = client_open(root, "f", O_RDWR));
	EXPECT_RET(client_write_by(root, variant->io_method, fd, PAGE, 0, NEW), PAGE);
}

WORLD_FIXTURE(mmap_store);

CASE(mmap_store, sends_nothing, .promise = "D7",
     .title = "a store to a shared mapping sends no request",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write_by(client(w), BY_MMAP_SHARED, fd, PAGE, 0, NEW), PAGE);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
}

WORLD_FIXTURE(poll);

CASE(poll, io_uring_write_waits, .promise = "D17",
     .title = "an io_uring write sends POLL and waits for the reply; after ENOSYS it writes the backing file",
     .needs = NEED_PASSTHROUGH | NEED_IO_URING, .abilities = "hold")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	ASSERT_RET(server_hold(w, "POLL"), 0);
	client_start_write_by(c, BY_IO_URING, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "POLL", 1), 1);
	EXPECT_HOLDS(client_is_busy(c), "the write waits for the answer to POLL");
	EXPECT_RET(backing_file_is("f", "f"), 1);
	EXPECT_RET(server_go(w, "POLL"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL GETXATTR");
}

CASE(poll, io_uring_sends_until_enosys, .promise = "D17",
     .title = "an io_uring read sends POLL; after ENOSYS no later read of this or another file sends it",
     .needs = NEED_PASSTHROUGH | NEED_IO_URING)
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_RET(backing_fill("g", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read_by(c, BY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_read_by(c, BY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL");
	ASSERT_POSITIVE(fd = client_open(c, "g", O_RDONLY));
	EXPECT_RET(client_read_by(c, BY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
