// SPDX-License-Identifier: GPL-2.0
/*
 * What I/O that fails, ends at EOF or is overtaken by a reply leaves in the cached attributes.
 * Promises D4, D5.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

#define MAY_STAY_VALID "no document says what a transfer that fails or moves nothing invalidates"

/*
 * The client's file f, whose backing file is on the second mount, has a page; its attributes are
 * cached.
 */
static long open_on_other(struct world *w, int flags)
{
	int err = backing_fill("f", OLD, PAGE, 0);
	long fd = err ?: register_on_other(w, "no-passthrough async-dio");

	if (fd >= 0)
		fd = client_open_settled(w, "f", O_RDWR | flags);
	client_stat(client(w), "f");
	world_requests(w);
	return fd;
}

#define open_on_other_ok(w, flags) \
	POSITIVE_OK("open f of the second mount", open_on_other(w, flags))

/* The next stat(2) asks the server. */
#define EXPECT_STALE(w) \
	do { \
		EXPECT_RET(client_stat(client(w), "f"), 0); \
		EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR"); \
	} while (0)

IO_METHOD_FIXTURE(failed);
EACH_CALL(failed);

CASE(failed, write_invalidates_attributes, .promise = "D5", .abilities = "override-reply",
	.today = MAY_STAY_VALID,
	.title = "a write that fails on the backing file invalidates the cached attributes: stat(2) sends GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, 0);
	ASSERT_RET(other_override_reply(w, "WRITE", "EIO"), 0);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, PAGE, 0, NEW), -EIO);
	EXPECT_REQUESTS(w, "");
	EXPECT_STALE(w);
}

CASE(failed, write_keeps_cached_size, .promise = "D4", .abilities = "override-reply",
	.title = "an extending write that fails on the backing file does not change the cached size")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, 0);
	ASSERT_RET(other_override_reply(w, "WRITE", "EIO"), 0);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, PAGE, 2 * PAGE, NEW), -EIO);
	EXPECT_CACHED_SIZE(w, fd, PAGE);
}

CASE(failed, read_invalidates_atime, .promise = "D5", .abilities = "override-reply",
	.today = MAY_STAY_VALID,
	.title = "a read that fails on the backing file invalidates the cached atime: stat(2) sends GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, 0);
	ASSERT_RET(other_override_reply(w, "READ", "EIO"), 0);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, 0, OLD), -EIO);
	EXPECT_REQUESTS(w, "");
	EXPECT_STALE(w);
}

CASE(failed, read_at_eof_invalidates_atime, .promise = "D5", .today = MAY_STAY_VALID,
	.title = "a read at EOF invalidates the cached atime: stat(2) sends GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_filled_ok(w, OLD, PAGE, O_RDONLY);
	EXPECT_RET(client_read_by(client(w), variant->io_method, fd, PAGE, PAGE, OLD), 0);
	EXPECT_STALE(w);
}

/* --- queued: the second server may answer any time after the system call ------------ */

IO_METHOD_FIXTURE(queued);
FIXTURE_VARIANT_ADD(queued, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(queued, io_uring) { .io_method = BY_IO_URING, .needs = NEED_IO_URING };

CASE(queued, read_invalidates_atime, .promise = "D5",
	.title = "a direct read that is queued invalidates the cached atime: stat(2) sends GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS(w, "");
	EXPECT_STALE(w);
}

CASE(queued, failed_write_invalidates_attributes, .promise = "D5", .abilities = "override-reply",
	.today = MAY_STAY_VALID,
	.title = "a direct write that is queued and fails invalidates the cached attributes: stat(2) sends GETATTR")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=reuse");
	fd = open_on_other_ok(w, O_DIRECT);
	ASSERT_RET(other_override_reply(w, "WRITE", "EIO"), 0);
	EXPECT_RET(client_write_by(client(w), variant->io_method, fd, PAGE, 0, NEW), -EIO);
	EXPECT_REQUESTS(w, "");
	EXPECT_STALE(w);
}

/* --- a reply to GETATTR that a write has overtaken ---------------------------------- */

static int64_t do_stat_f(void *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -errno : 0;
}

IO_METHOD_FIXTURE(getattr_in_flight);
EACH_CALL(getattr_in_flight);

CASE(getattr_in_flight, does_not_undo_size, .promise = "D4", .abilities = "hold",
	.title = "a GETATTR reply with the size from before an extending write does not undo the cached size")
{
	struct client *c = client(w), *observer = client_number(w, 1);
	char path[128];
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, 1, 0, OLD); /* GETATTR is due */
	ASSERT_RET(server_hold(w, "GETATTR"), 0);
	snprintf(path, sizeof(path), "%s", fuse_path("f"));
	client_begin(observer, do_stat_f, path, sizeof(path), "stat f");
	ASSERT_RET(server_wait(w, "GETATTR", 1), 1);

	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	ASSERT_RET(truncate(backing_path("f"), 1), 0); /* what GETATTR would have found before */
	EXPECT_RET(server_go(w, "GETATTR"), 1);
	EXPECT_RET(client_finish(observer), 0);
	EXPECT_CACHED_SIZE(c, fd, PAGE);
}

/* --- likewise to LOOKUP ------------------------------------------------------------- */

WORLD_FIXTURE(lookup_in_flight);

CASE(lookup_in_flight, does_not_undo_size, .promise = "D4", .abilities = "hold notify",
	.title = "a LOOKUP reply with the size from before an extending write does not undo the cached size")
{
	struct client *observer = client_number(w, 1);
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(server_notify(w, "inval-entry f"), 0);
	ASSERT_RET(server_hold(w, "LOOKUP"), 0);
	client_start_open(observer, "f", O_PATH); /* asks for the name alone */
	ASSERT_RET(server_wait(w, "LOOKUP", 1), 1);

	EXPECT_WRITE_BY(w, BY_PREAD, fd, PAGE, 0, NEW);
	ASSERT_RET(truncate(backing_path("f"), 1), 0); /* what LOOKUP would have found before */
	EXPECT_RET(server_go(w, "LOOKUP"), 1);
	EXPECT_POSITIVE(client_finish(observer));
	EXPECT_CACHED_SIZE(w, fd, PAGE);
}

CASE_MAIN()
