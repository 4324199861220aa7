// SPDX-License-Identifier: GPL-2.0
/* Requests that passthrough I/O sends besides: GETXATTR, SETATTR, POLL. Promises D7, D17, D24. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)
#define USER 1000

/* Opens a file for which GETXATTR has not been sent yet. The descriptor, or -errno. */
static long open_polled(struct world *w, const char *path)
{
	long fd = client_open(client(w), path, O_RDWR);

	client_poll(client(w), fd, 0);
	world_requests(w);
	return fd;
}

#define open_polled_ok(w, path) POSITIVE_OK("open " path, open_polled(w, path))

IO_METHOD_FIXTURE(getxattr);
EACH_CALL(getxattr);

CASE(getxattr, sent_until_enosys, .promise = "D7",
	.title = "a write sends GETXATTR; after ENOSYS no later write to this or another file sends it")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	fd = open_polled_ok(w, "f");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "GETXATTR");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS_ABOUT(w, "GETXATTR", "");
	fd = open_polled_ok(w, "g");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS_ABOUT(w, "GETXATTR", "");
}

CASE(getxattr, sent_by_each_write_on_enodata, .promise = "D7", .abilities = "override-reply",
	.title = "every write sends GETXATTR as long as the server answers ENODATA")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "GETXATTR", "ENODATA"), 0);
	fd = open_polled_ok(w, "f");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "GETXATTR");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "GETXATTR");
}

static const struct world_opts with_killpriv_v2 = { .init = "killpriv-v2" };

CASE(getxattr, sent_once_with_killpriv_v2, .promise = "D7", .abilities = "override-reply",
	.world = &with_killpriv_v2,
	.title = "with FUSE_HANDLE_KILLPRIV_V2 only the first write to a file sends GETXATTR")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_RET(server_override_reply(w, "GETXATTR", "ENODATA"), 0);
	fd = open_polled_ok(w, "f");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "GETXATTR");
	fd = open_polled_ok(w, "g");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "GETXATTR");
}

CASE(getxattr, write_waits_for_reply, .promise = "D7", .abilities = "hold",
	.title = "a write does not reach the backing file before GETXATTR is answered",
	.today = "that a write sends GETXATTR is not promised")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_polled_ok(w, "f");
	ASSERT_RET(server_hold(w, "GETXATTR"), 0);
	client_start_write_by(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "GETXATTR", 1), 1);
	EXPECT_BACKING("f", "f");
	EXPECT_RET(server_go(w, "GETXATTR"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

IO_METHOD_FIXTURE(setuid_file);
EACH_CALL(setuid_file);

CASE(setuid_file, refused_setattr_edquot, .promise = "D24", .abilities = "override-reply",
	.title = "a non-root write to a setuid file writes nothing and fails with its SETATTR's error; root can write")
{
	struct client *user = client(w), *root = client_number(w, 1);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	ASSERT_RET(chmod(backing_path("f"), 04777), 0);
	ASSERT_RET(server_override_reply(w, "SETATTR", "EDQUOT"), 0);
	ASSERT_RET(client_setuid(user, USER), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_write_by(user, variant->io_method, fd, PAGE, 0, NEW), -EDQUOT);
	EXPECT_REQUESTS(w, "GETATTR SETATTR");
	EXPECT_BACKING("f", "f");
	fd = open_ok(root, "f", O_RDWR);
	EXPECT_WRITE_BY(root, variant->io_method, fd, PAGE, 0, NEW);
}

IO_METHOD_FIXTURE(aborted_setuid_file);
EACH_CALL(aborted_setuid_file);

CASE(aborted_setuid_file, write_enotconn, .promise = "D24", .needs = NEED_FUSECTL,
	.today = "no document says which I/O an abort ends",
	.title = "after an abort a non-root write to a setuid file writes nothing and fails with ENOTCONN")
{
	struct client *user = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(chmod(backing_path("f"), 04777), 0);
	ASSERT_RET(client_setuid(user, USER), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	ASSERT_RET(world_abort(), 0);

	EXPECT_FAILS(client_write_by(user, variant->io_method, fd, PAGE, 0, NEW), -ENOTCONN);
	EXPECT_BACKING("f", "f");
}

WORLD_FIXTURE(mmap_store);

CASE(mmap_store, sends_nothing, .promise = "D7",
	.title = "a store to a shared mapping sends no request")
{
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, BY_MMAP_SHARED, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

WORLD_FIXTURE(poll);

CASE(poll, io_uring_write_waits, .promise = "D17", .needs = NEED_IO_URING, .abilities = "hold",
	.title = "an io_uring write sends POLL and waits for the reply; after ENOSYS it writes the backing file",
	.today = "that io_uring polls before it writes is not promised")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(c, "f", O_RDWR);
	ASSERT_RET(server_hold(w, "POLL"), 0);
	client_start_write_by(c, BY_IO_URING, fd, PAGE, 0, NEW);
	EXPECT_RET(server_wait(w, "POLL", 1), 1);
	EXPECT_HOLDS(client_is_busy(c), "the write waits for the reply to POLL");
	EXPECT_BACKING("f", "f");
	EXPECT_RET(server_go(w, "POLL"), 1);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL GETXATTR");
}

CASE(poll, io_uring_sends_until_enosys, .promise = "D17", .needs = NEED_IO_URING,
	.title = "an io_uring read sends POLL; after ENOSYS no later read of this or another file sends it")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	backing_fill_ok("g", OLD, PAGE, 0);
	fd = open_ok(c, "f", O_RDONLY);
	EXPECT_READ_BY(c, BY_IO_URING, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough POLL");
	EXPECT_READ_BY(c, BY_IO_URING, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS_ABOUT(w, "POLL", "");
	fd = open_ok(c, "g", O_RDONLY);
	EXPECT_READ_BY(c, BY_IO_URING, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS_ABOUT(w, "POLL", "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
