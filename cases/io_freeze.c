// SPDX-License-Identifier: GPL-2.0
/*
 * The backing filesystem can be frozen when no write is in flight. If the kernel still counts one
 * that has ended, FIFREEZE never returns and cannot be killed. Promises D20, D21, T53.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/backing_fs.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define FREEZE_MS 3000

#define PAGE  sysconf(_SC_PAGESIZE)
#define PAGES (21 * PAGE) /* a third and a seventh, readv(2) segments, are whole pages */

static const struct world_opts on_ext4 = { .backing = "ext4" };

/* A direct write may complete before it is queued; of so many, some are queued. */
#define TIMES 50

/* Bytes written by all, or -errno of the first to fail. */
static long write_times(struct client *c, enum io_method io_method, int fd)
{
	long written = 0, size;

	for (int i = 0; i < TIMES; i++) {
		size = client_write_by(c, io_method, fd, PAGES, 0, NEW);
		if (size < 0)
			return size;
		written += size;
	}
	return written;
}

static int freeze_and_thaw(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || ioctl(fd, FIFREEZE, 0) < 0 || ioctl(fd, FITHAW, 0) < 0 ? errno : 0;
}

/* In a child: if FIFREEZE hangs, it cannot be killed, and the client must still end. */
static int64_t do_freeze_and_thaw(void *path)
{
	pid_t pid = fork();
	struct pollfd ended;
	int status;

	if (pid == 0) {
		close_range(0, ~0U, 0);
		_exit(freeze_and_thaw(path));
	}
	ended = (struct pollfd) { .fd = pidfd_open(pid, 0), .events = POLLIN };
	if (ended.fd < 0 || poll(&ended, 1, deadline_ms(FREEZE_MS)) == 0)
		return -ETIME;
	close(ended.fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

static long client_freeze_and_thaw(struct client *c, const char *dir)
{
	char path[160];

	snprintf(path, sizeof(path), "%s", world_path(dir, ""));
	return client_run(c, do_freeze_and_thaw, path, sizeof(path), "freeze and thaw %s", dir);
}

IO_METHOD_FIXTURE(buffered_write);
EACH_WRITE_METHOD(buffered_write);

CASE(buffered_write, fs_can_be_frozen, .promise = "D21", .needs = NEED_DESTRUCTIVE,
	.world = &on_ext4,
	.title = "the backing filesystem can be frozen and thawed after a buffered write to a passthrough file")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_ok(c, "f", O_RDWR);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGES, 0, NEW);
	ASSERT_RET(client_freeze_and_thaw(client_number(w, 1), "backing"), 0);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGES, 0, OLD);
	EXPECT_BACKING_PATTERN("f", OLD, PAGES, 0);
}

IO_METHOD_FIXTURE(direct_write);
EACH_SIMPLE_CALL(direct_write);

CASE(direct_write, fs_can_be_frozen, .promise = "D21", .needs = NEED_DESTRUCTIVE,
	.world = &on_ext4,
	.title = "the backing filesystem can be frozen and thawed after direct writes to a passthrough file")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_ok(c, "f", O_RDWR | O_DIRECT);
	EXPECT_RET(write_times(c, variant->io_method, fd), TIMES * PAGES);
	ASSERT_RET(client_freeze_and_thaw(client_number(w, 1), "backing"), 0);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGES, 0, OLD);
	EXPECT_BACKING_PATTERN("f", OLD, PAGES, 0);
}

/* --- what waits while it is frozen --------------------------------------------------- */

IO_METHOD_FIXTURE(frozen);
EACH_WRITE_METHOD(frozen);

CASE(frozen, write_waits, .promise = "T53", .needs = NEED_DESTRUCTIVE, .world = &on_ext4,
	.title = "a write to a passthrough file waits while the backing filesystem is frozen, and then succeeds")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_ok(c, "f", O_RDWR);
	ASSERT_RET(backing_control(FIFREEZE, NULL), 0);
	client_start_write_by(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_HOLDS(client_is_busy(c), "the write waits");
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
	EXPECT_RET(backing_control(FITHAW, NULL), 0);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

IO_METHOD_FIXTURE(frozen_read);
EACH_READ_METHOD(frozen_read);

CASE(frozen_read, does_not_wait, .promise = "T53", .needs = NEED_DESTRUCTIVE,
	.world = &on_ext4,
	.today = "fsfreeze(8) stops changes; that reads go on is what filesystems do",
	.title = "a read of a file on a frozen backing filesystem does not wait")
{
	struct client *c = client(w);
	bool ends;
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDONLY);
	ASSERT_RET(backing_control(FIFREEZE, NULL), 0);

	client_start_read_by(c, variant->io_method, fd, PAGES, 0, OLD);
	ends = client_ends(c);
	EXPECT_RET(backing_control(FITHAW, NULL), 0);

	EXPECT_HOLDS(ends, "the read ends");
	EXPECT_RET(client_finish(c), PAGES);
}

WORLD_FIXTURE(frozen_write);

CASE(frozen_write, delays_no_splice_or_mmap, .promise = "D20", .needs = NEED_DESTRUCTIVE,
	.world = &on_ext4,
	.title = "splicing from a file and mapping it do not wait for a write that waits for the thaw")
{
	struct client *writer = client(w), *reader = client_number(w, 1),
		      *mapper = client_number(w, 2);
	bool waits, is_read, is_mapped;
	long fd, fds[2];

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse times=2");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	fds[0] = open_ok(reader, "f", O_RDONLY);
	fds[1] = open_ok(mapper, "f", O_RDONLY);
	ASSERT_RET(backing_control(FIFREEZE, NULL), 0);

	client_start_write_by(writer, BY_PREAD, fd, PAGE, 0, NEW);
	waits = client_is_busy(writer);
	client_start_read_by(reader, BY_SPLICE, fds[0], PAGE, PAGE, OLD);
	client_start_call(mapper, mmap, 0, PAGE, PROT_READ, MAP_SHARED, fds[1], 0);
	is_read = client_ends(reader);
	is_mapped = client_ends(mapper);
	EXPECT_RET(backing_control(FITHAW, NULL), 0);

	EXPECT_HOLDS(waits, "the write waits");
	EXPECT_HOLDS(is_read, "splice(2) does not wait");
	EXPECT_HOLDS(is_mapped, "mmap(2) does not wait");
	EXPECT_RET(client_finish(writer), PAGE);
	EXPECT_RET(client_finish(reader), PAGE);
	EXPECT_POSITIVE(client_finish(mapper));
}

WORLD_FIXTURE(copy);

CASE(copy, waits_for_thaw, .promise = "T53", .needs = NEED_DESTRUCTIVE, .world = &on_ext4,
	.today = "that the kernel copies when the server cannot is not promised",
	.title = "the backing filesystem can be frozen after copy_file_range(2) to a file on it; the next copy waits")
{
	struct client *c = client(w);
	long from, to;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	ASSERT_RET(backing_fill_on_disk("g", NEW, PAGES), 0);
	from = open_settled_ok(w, "f", O_RDONLY);
	to = open_settled_ok(w, "g", O_RDWR);
	ASSERT_RET(client_call(c, copy_file_range, from, 0, to, 0, PAGE, 0), PAGE);
	ASSERT_RET(client_freeze_and_thaw(client_number(w, 1), "backing"), 0);

	ASSERT_RET(backing_control(FIFREEZE, NULL), 0);
	client_start_call(c, copy_file_range, from, 0, to, 0, PAGE, 0);
	EXPECT_HOLDS(client_is_busy(c), "the copy waits");
	EXPECT_BACKING_PATTERN("g", NEW, PAGE, PAGE);
	EXPECT_RET(backing_control(FITHAW, NULL), 0);
	EXPECT_RET(client_finish(c), PAGE);
	EXPECT_BACKING_PATTERN("g", OLD, 2 * PAGE, 0);
}

WORLD_FIXTURE(loop_device);

/* A loop device with direct I/O on the passthrough file f, as a descriptor of the case process. */
static int attach_to_f(char *device, size_t size)
{
	int file = open(fuse_path("f"), O_RDWR | O_CLOEXEC), loop;

	if (file < 0)
		return -errno;
	loop = backing_fs_attach_loop(file, LO_FLAGS_DIRECT_IO, device, size);
	close(file);
	return loop;
}

CASE(loop_device, fs_can_be_frozen, .promise = "D21", .needs = NEED_DESTRUCTIVE,
	.world = &on_ext4,
	.title = "the backing filesystem can be frozen after direct writes of a loop device to a passthrough file",
	.fixed_by = "7.3.4 (backing-file: always end a queued write)", .xfail_before = "6.12.118 7.3.4",
	.xfail = "a queued write of a loop device is never ended")
{
	struct client *c = client(w);
	char device[32];
	long fd, loop;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(backing_fill_on_disk("f", OLD, PAGES), 0);
	ASSERT_POSITIVE(loop = attach_to_f(device, sizeof(device)));
	fd = open_ok(c, device, O_WRONLY | O_DIRECT);
	EXPECT_RET(write_times(c, BY_PREAD, fd), TIMES * PAGES);
	EXPECT_CLOSE(c, fd);
	close(loop);
	EXPECT_RET(client_freeze_and_thaw(client_number(w, 1), "backing"), 0);
	EXPECT_BACKING_PATTERN("f", NEW, PAGES, 0);
}

CASE_MAIN()
