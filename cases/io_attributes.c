// SPDX-License-Identifier: GPL-2.0
/* What I/O changes in the attributes of both files, and inotify. Promises D4, D5, D14, D15, K6. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/watch.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE sysconf(_SC_PAGESIZE)

/* --- the cached size --------------------------------------------------------- */

#define SIZE_FIX "6.11.6 (fuse: update inode size after extending passthrough write)"

/* The size that the kernel has cached, or -errno; no request is sent for it. */
static long cached_size(struct client *c, int fd)
{
	struct statx st;
	long err = client_fstatx(c, fd, AT_STATX_DONT_SYNC, &st);

	return err < 0 ? err : (long)st.stx_size;
}

IO_METHOD_FIXTURE(cached_size);
EACH_CALL(cached_size);

CASE(cached_size, grows_with_extending_write, .promise = "D4",
	.title = "an extending write updates the cached size at once",
	.fixed_by = SIZE_FIX)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_WRONLY);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_RET(cached_size(c, fd), PAGE);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, PAGE - 1, NEW);
	EXPECT_RET(cached_size(c, fd), 2 * PAGE - 1);
	EXPECT_REQUESTS(w, "");
}

CASE(cached_size, kept_by_write_within, .promise = "D4",
	.title = "a write within the cached size does not change it, even if the backing file is shorter",
	.today = "a kernel may take over the size of the backing file")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 3 * PAGE, 0);
	fd = open_settled_ok(w, "f", O_WRONLY);
	ASSERT_RET(truncate(backing_path("f"), 0), 0);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, PAGE, NEW);
	EXPECT_RET(cached_size(c, fd), 3 * PAGE);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(append);
EACH_SIMPLE_CALL(append);

CASE(append, sets_size_to_backing_eof, .promise = "D4",
	.title = "an append sets the cached size to EOF of the backing file, even if that grew outside FUSE",
	.fixed_by = SIZE_FIX)
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	backing_fill_ok("f", OLD, PAGE, 0);
	EXPECT_WRITE_BY(c, variant->io_method, fd, 7, 0, NEW);
	EXPECT_RET(cached_size(c, fd), PAGE + 7);
	EXPECT_REQUESTS(w, "");
}

/* --- invalidated attributes --------------------------------------------------- */

static const struct {
	unsigned int mask;
	const char *name;
} attributes[] = {
	{ .mask = STATX_TYPE, .name = "type" },	    { .mask = STATX_MODE, .name = "mode" },
	{ .mask = STATX_NLINK, .name = "nlink" },   { .mask = STATX_UID, .name = "uid" },
	{ .mask = STATX_GID, .name = "gid" },	    { .mask = STATX_INO, .name = "ino" },
	{ .mask = STATX_ATIME, .name = "atime" },   { .mask = STATX_MTIME, .name = "mtime" },
	{ .mask = STATX_CTIME, .name = "ctime" },   { .mask = STATX_SIZE, .name = "size" },
	{ .mask = STATX_BLOCKS, .name = "blocks" },
};
#define ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

struct statx_arg {
	int fd;
	unsigned int mask;
};

static int64_t do_statx(void *data)
{
	const struct statx_arg *arg = data;
	struct statx st;

	return statx(arg->fd, "", AT_EMPTY_PATH, arg->mask, &st) < 0 ? -errno : 0;
}

static bool statx_sends_getattr(struct world *w, int fd, unsigned int mask)
{
	struct statx_arg arg = { .fd = fd, .mask = mask };

	world_requests(w);
	client_run(client(w), do_statx, &arg, sizeof(arg), "statx of %d for %#x", fd, mask);
	return !strcmp(world_requests(w), "GETATTR");
}

typedef int64_t transfer_step(struct client *client, enum io_method method, int fd, size_t size,
			      off_t offset, uint32_t seed);

/* The attributes for which statx(2) sends GETATTR after the transfer: "mtime ctime". */
static const char *invalidated_by(struct world *w, transfer_step *transfer, enum io_method method,
				  int fd)
{
	static char names[128];
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; i < ATTRIBUTES; i++) {
		if (transfer(client(w), method, fd, PAGE, 0, OLD) != PAGE)
			return "the transfer failed";
		if (statx_sends_getattr(w, fd, attributes[i].mask))
			len += snprintf(names + len, sizeof(names) - len, "%s%s", len ? " " : "",
					attributes[i].name);
	}
	return names;
}

#define LONG_AGO 1

/* Both times: with relatime, a read updates an atime that is not newer than the mtime. */
static long make_old(const char *name)
{
	const struct timespec times[] = { { .tv_sec = LONG_AGO }, { .tv_sec = LONG_AGO } };

	return utimensat(AT_FDCWD, backing_path(name), times, 0);
}

#define EXACT_LIST "which attributes are invalidated beside those is not promised"

IO_METHOD_FIXTURE(write);
EACH_CALL(write);

CASE(write, invalidates_times_size_blocks, .promise = "D5",
	.title = "a write invalidates the cached mtime, ctime, size and blocks, and no other attribute",
	.today = EXACT_LIST)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_TEXT(invalidated_by(w, client_write_by, variant->io_method, fd),
		    "mtime ctime size blocks");
}

CASE(write, stat_sends_one_getattr, .promise = "D5",
	.title = "the first statx(2) after a write sends GETATTR, returns new size and mtime; the second sends nothing")
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(make_old("f"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS_ABOUT(w, "GETATTR", "GETATTR");
	EXPECT_RET(st.stx_size, PAGE);
	EXPECT_HOLDS(st.stx_mtime.tv_sec > LONG_AGO, "statx(2) returns the new mtime");
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS(w, "");
}

IO_METHOD_FIXTURE(read_call);
EACH_CALL(read_call);

CASE(read_call, stat_returns_new_atime, .promise = "D5",
	.title = "statx(2) after a read returns the new atime")
{
	struct statx st;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_RET(make_old("f"), 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_RET(st.stx_atime.tv_sec, LONG_AGO);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_HOLDS(st.stx_atime.tv_sec > LONG_AGO, "statx(2) returns the new atime");
}

IO_METHOD_FIXTURE(read);
EACH_READ_METHOD(read);

CASE(read, invalidates_atime, .promise = "D5",
	.title = "a read invalidates the cached atime, and no other attribute", .today = EXACT_LIST)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_TEXT(invalidated_by(w, client_read_by, variant->io_method, fd), "atime");
}

CASE(read, read_only_invalidates_nothing, .promise = "D5",
	.title = "a read on a FUSE mount remounted read-only invalidates no cached attribute",
	.today = EXACT_LIST)
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	ASSERT_RET(world_make_readonly("fuse"), 0);
	EXPECT_TEXT(invalidated_by(w, client_read_by, variant->io_method, fd), "");
}

/* --- atime of the backing file ------------------------------------------------- */

static long backing_atime(const char *name)
{
	struct stat st;

	return stat(backing_path(name), &st) < 0 ? -errno : st.st_atime;
}

#define EXPECT_NEW_ATIME() \
	EXPECT_HOLDS(backing_atime("f") > LONG_AGO, "the read updates atime of the backing file")

/* Whose loads need not update the atime, inode(7). */
static bool is_mapping(enum io_method io_method)
{
	return io_method == BY_MMAP_SHARED || io_method == BY_MMAP_PRIVATE;
}

CASE(read, updates_backing_atime, .promise = "D14",
	.title = "a read updates atime of the backing file; open(2) does not")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_RET(make_old("f"), 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	EXPECT_RET(backing_atime("f"), LONG_AGO);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	if (is_mapping(variant->io_method))
		TODAY(EXPECT_NEW_ATIME());
	else
		EXPECT_NEW_ATIME();
}

IO_METHOD_FIXTURE(o_noatime);
EACH_READ_METHOD(o_noatime);

CASE(o_noatime, keeps_atime, .promise = "D14",
	.title = "a read of a file opened with O_NOATIME does not update atime of the backing file")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_RET(make_old("f"), 0);
	fd = open_settled_ok(w, "f", O_RDONLY | O_NOATIME);
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_RET(backing_atime("f"), LONG_AGO);
}

/* --- inotify ------------------------------------------------------------------- */

/* splice(2) and sendfile(2) report only at the file that they were called for. */
IO_METHOD_FIXTURE(inotify_backing_file);
EACH_SIMPLE_CALL(inotify_backing_file);

CASE(inotify_backing_file, reports_all_events, .promise = "D15",
	.title = "inotify on the backing file reports OPEN, ACCESS, MODIFY and CLOSE_WRITE of the passthrough file",
	.today = "no document says what a backing file reports")
{
	int inotify;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-lookup");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_RET(client_stat(client(w), "f"), 0);
	ASSERT_POSITIVE(inotify = watch_file(backing_path("f")));
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_TEXT(watched_events(inotify), "OPEN");
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_TEXT(watched_events(inotify), "ACCESS");
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_TEXT(watched_events(inotify), "MODIFY");
	EXPECT_CLOSE(w, fd);
	EXPECT_TEXT(watched_close(inotify), "CLOSE_WRITE");
}

/* Without aio, which reports nothing by itself on any filesystem. */
IO_METHOD_FIXTURE(inotify_fuse_file);
FIXTURE_VARIANT_ADD(inotify_fuse_file, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(inotify_fuse_file, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(inotify_fuse_file, readv_writev) { .io_method = BY_READV };
FIXTURE_VARIANT_ADD(inotify_fuse_file, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(inotify_fuse_file, sendfile) { .io_method = BY_SENDFILE };
FIXTURE_VARIANT_ADD(inotify_fuse_file, io_uring) { .io_method = BY_IO_URING,
						   .needs = NEED_IO_URING };

CASE(inotify_fuse_file, reports_all_events, .promise = "D15",
	.title = "inotify on a passthrough file reports its OPEN, ACCESS, MODIFY and CLOSE_WRITE")
{
	int inotify;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_POSITIVE(inotify = watch_file(fuse_path("f")));
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_TEXT(watched_events(inotify), "OPEN");
	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_TEXT(watched_events(inotify), "ACCESS");
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_TEXT(watched_events(inotify), "MODIFY");
	EXPECT_CLOSE(w, fd);
	EXPECT_TEXT(watched_close(inotify), "CLOSE_WRITE");
}

/*
 * Reads and writes a page by direct I/O; the events of open(2) are dropped. PAGE, or what the first
 * transfer returned that was not whole. On the second mount all of it is queued; a disk may be done
 * before it could be.
 */
static long transfer_direct(struct client *c, const char *path, int inotify)
{
	long fd = client_open(c, path, O_RDWR | O_DIRECT), size;

	if (fd < 0)
		return fd;
	watched_events(inotify);
	size = client_read_by(c, BY_IO_URING, fd, PAGE, 0, OLD);
	return size == PAGE ? client_write_by(c, BY_IO_URING, fd, PAGE, 0, NEW) : size;
}

WORLD_FIXTURE(inotify_async_direct_io);

CASE(inotify_async_direct_io, reports_nothing, .promise = "K6", .needs = NEED_IO_URING,
	.title = "inotify on the backing file does not report asynchronous direct io_uring I/O to the passthrough file")
{
	int inotify;

	backing_fill_ok("f", OLD, PAGE, 0);
	register_on_other_ok(w, "no-passthrough async-dio");
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(inotify = watch_file(world_path("other", "f")));
	ASSERT_RET(transfer_direct(client(w), world_path("other", "f"), inotify), PAGE);
	ASSERT_TEXT(watched_events(inotify), "ACCESS MODIFY");
	backing_fill_ok("f", OLD, PAGE, 0);
	ASSERT_RET(transfer_direct(client(w), "f", inotify), PAGE);
	EXPECT_TEXT(watched_events(inotify), "");
}

CASE_MAIN()
