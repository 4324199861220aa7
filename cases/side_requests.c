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
	world_ops(w);
	return fd;
}

WAY_FIXTURE(capability);
EACH_CALL(capability);

CASE(capability, is_asked_for_until_enosys, .row = "D7",
     .title = "a write asks for security.capability first, and no write ever again after ENOSYS",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	plan(w, "g reg=at-open");
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "GETXATTR");
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "");
	ASSERT_POSITIVE(fd = open_polled(w, "g"));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "");
}

CASE(capability, is_asked_for_by_each_write, .row = "D7",
     .title = "each write asks for security.capability as long as the answer is ENODATA",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer GETXATTR ENODATA"), 0);
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "GETXATTR");
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "GETXATTR");
}

static const struct world_opts killpriv_v2 = { .init = "killpriv-v2" };

CASE(capability, is_asked_for_once_with_killpriv_v2, .row = "D7",
     .title = "with FUSE_HANDLE_KILLPRIV_V2 the first write to a file asks for "
	      "security.capability, and no further one",
     .needs = NEED_PASSTHROUGH, .can = "answers", .world = &killpriv_v2)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	plan(w, "g reg=at-open");
	ASSERT_RET(server_call(&w->server, -1, "answer GETXATTR ENODATA"), 0);
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "GETXATTR");
	ASSERT_POSITIVE(fd = open_polled(w, "g"));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "GETXATTR");
}

CASE(capability, is_waited_for, .row = "D7",
     .title = "a write changes nothing before GETXATTR is answered",
     .needs = NEED_PASSTHROUGH, .can = "hold")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = open_polled(w, "f"));
	ASSERT_RET(server_hold(w, "GETXATTR"), 0);
	client_start_write_by(c, variant->way, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "GETXATTR", 1), 1);
	EXPECT_RET(backing_file_is("f", "f"), 1);
	EXPECT_RET(server_go(w, "GETXATTR"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
}

WAY_FIXTURE(privileges);
EACH_CALL(privileges);

CASE(privileges, that_stay_keep_a_write_out, .row = "D24",
     .title = "a write that would remove the setuid bit writes nothing when the server refuses "
	      "that, and fails with its error; root, who need not, writes",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	struct client *c = client(w), *root = client_number(w, 1);
	long fd;

	SKIP_UNLESS(variant->needs);
	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");
	ASSERT_RET(chmod(backing_path("f"), 04777), 0);
	ASSERT_RET(server_call(&w->server, -1, "answer SETATTR EDQUOT"), 0);
	ASSERT_RET(client_setuid(c, CLIENT), 0);
	ASSERT_POSITIVE(fd = client_open_settled(w, "f", O_RDWR));
	EXPECT_RET(client_write_by(c, variant->way, fd, PAGE, 0, NEW), -EDQUOT);
	EXPECT_OPS(w, "GETATTR SETATTR");
	EXPECT_RET(backing_file_is("f", "f"), 1);
	ASSERT_POSITIVE(fd = client_open(root, "f", O_RDWR));
	EXPECT_RET(client_write_by(root, variant->way, fd, PAGE, 0, NEW), PAGE);
}

WORLD_FIXTURE(store);

CASE(store, asks_for_no_capability, .row = "D7",
     .title = "a store to a shared mapping asks for nothing",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write_by(client(w), WAY_MMAP_SHARED, fd, PAGE, 0, NEW), PAGE);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
}

WORLD_FIXTURE(readiness);

CASE(readiness, is_asked_for_by_io_uring, .row = "D17",
     .title = "an io_uring write sends POLL, and goes to the backing file when that is ENOSYS",
     .needs = NEED_PASSTHROUGH | NEED_IO_URING, .can = "hold")
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDWR));
	ASSERT_RET(server_hold(w, "POLL"), 0);
	client_start_write_by(c, WAY_IO_URING, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "POLL", 1), 1);
	EXPECT_HOLDS(client_is_busy(c), "the write waits for the answer to POLL");
	EXPECT_RET(backing_file_is("f", "f"), 1);
	EXPECT_RET(server_go(w, "POLL"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_RET(backing_match("f", NEW, PAGE, 0), PAGE);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough POLL GETXATTR");
}

CASE(readiness, is_asked_for_once, .row = "D17",
     .title = "an io_uring read sends POLL, no further one on any file does after ENOSYS",
     .needs = NEED_PASSTHROUGH | NEED_IO_URING)
{
	struct client *c = client(w);
	long fd;

	plan(w, "f reg=at-open");
	plan(w, "g reg=at-open");
	ASSERT_RET(backing_fill("f", OLD, PAGE, 0), 0);
	ASSERT_RET(backing_fill("g", OLD, PAGE, 0), 0);
	ASSERT_POSITIVE(fd = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read_by(c, WAY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_RET(client_read_by(c, WAY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough POLL");
	ASSERT_POSITIVE(fd = client_open(c, "g", O_RDONLY));
	EXPECT_RET(client_read_by(c, WAY_IO_URING, fd, PAGE, 0, OLD), PAGE);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
