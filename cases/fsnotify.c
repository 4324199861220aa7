// SPDX-License-Identifier: GPL-2.0
/*
 * Which marks of inotify and fanotify see passthrough I/O: those of the FUSE file and those of the
 * backing file. Promises P9, D15, T29 to T31.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/io_methods.h"
#include "world/listener.h"
#include "world/watch.h"

#define PAGE sysconf(_SC_PAGESIZE)

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

/* Registers f before anything watches it: the server opens it for that. */
#define register_unwatched_ok(w, times) \
	do { \
		ASSERT_POSITIVE(register_f(w)); \
		open_rule(w, "f reg=reuse times=%d", times); \
	} while (0)

/* --- splice and sendfile ------------------------------------------------------------ */

IO_METHOD_FIXTURE(by_splice);
FIXTURE_VARIANT_ADD(by_splice, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(by_splice, sendfile) { .io_method = BY_SENDFILE };

CASE(by_splice, read_reports_access, .promise = "T29",
	.title = "splice(2) or sendfile(2) from a passthrough file reports ACCESS at the backing file",
	.xfail = "vfs_splice_read() leaves that to its caller, and backing_file_splice_read() does not do it")
{
	int watch, fuse_watch;
	long fd;

	backing_fill_ok("f", OLD, PAGE, 0);
	register_unwatched_ok(w, 1);
	fd = open_settled_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(watch = watch_file(backing_path("f")));
	ASSERT_POSITIVE(fuse_watch = watch_file(fuse_path("f")));

	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, OLD);
	ASSERT_TEXT(watched_events(fuse_watch), "ACCESS");
	EXPECT_TEXT(watched_events(watch), "ACCESS");
}

CASE(by_splice, write_reports_modify, .promise = "T29",
	.title = "splice(2) or sendfile(2) to a passthrough file reports MODIFY at the backing file",
	.xfail = "->splice_write() leaves that to its caller, and backing_file_splice_write() does not do it")
{
	int watch, fuse_watch;
	long fd;

	register_unwatched_ok(w, 1);
	fd = open_settled_ok(w, "f", O_WRONLY);
	ASSERT_POSITIVE(watch = watch_file(backing_path("f")));
	ASSERT_POSITIVE(fuse_watch = watch_file(fuse_path("f")));

	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, NEW);
	ASSERT_TEXT(watched_events(fuse_watch), "MODIFY");
	EXPECT_TEXT(watched_events(watch), "MODIFY");
}

/* --- whose marks -------------------------------------------------------------------- */

WORLD_FIXTURE(directory);

CASE(directory, both_report_name, .promise = "T30",
	.title = "inotify on the directories of both files reports opens, reads, writes and closes with the name")
{
	int watch, fuse_watch;
	long fd;

	register_unwatched_ok(w, 1);
	ASSERT_RET(client_stat(client(w), "f"), 0);
	ASSERT_POSITIVE(watch = watch_file(backing_path("")));
	ASSERT_POSITIVE(fuse_watch = watch_file(fuse_path("")));

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_CLOSE(w, fd);
	EXPECT_TEXT(watched_events(fuse_watch), "OPEN f ACCESS f MODIFY f CLOSE_WRITE f");
	EXPECT_TEXT(watched_events(watch), "OPEN f ACCESS f MODIFY f CLOSE_WRITE f");
}

/* A listener for reads on the whole filesystem of the path. */
static int listen_to_filesystem(const char *path)
{
	int listener = listener_open(FAN_CLASS_NOTIF);
	int err = listener_mark(listener, FAN_MARK_FILESYSTEM, FAN_ACCESS, path);

	return err ? err : listener;
}

static int ignore_reads_of(int listener, const char *path)
{
	return listener_mark(listener, FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY,
			     FAN_ACCESS, path);
}

WORLD_FIXTURE(filesystem_mark);

CASE(filesystem_mark, ignore_mask_of_same_layer, .promise = "T30", .needs = NEED_FANOTIFY,
	.title = "an ignore mask of the FUSE file does not suppress events of the backing filesystem, nor vice versa")
{
	int backing, fuse;
	long fd;

	register_unwatched_ok(w, 3); /* an event of the FUSE file opens it */
	fd = open_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(backing = listen_to_filesystem(backing_path("")));
	ASSERT_POSITIVE(fuse = listen_to_filesystem(fuse_path("")));

	ASSERT_RET(ignore_reads_of(backing, fuse_path("f")), 0);
	ASSERT_RET(ignore_reads_of(fuse, backing_path("f")), 0);
	EXPECT_READ(w, fd, "f");
	EXPECT_RET(listener_queued(backing), 1);
	EXPECT_RET(listener_queued(fuse), 1);

	ASSERT_RET(ignore_reads_of(backing, backing_path("f")), 0);
	EXPECT_READ(w, fd, "f");
	EXPECT_RET(listener_queued(backing), 0);
	EXPECT_RET(listener_queued(fuse), 1);
	close(backing);
	close(fuse);
}

static int listen_to_mount(const char *path)
{
	int listener = listener_open(FAN_CLASS_NOTIF);
	int err = listener_mark(listener, FAN_MARK_MOUNT, FAN_OPEN | FAN_ACCESS, path);

	return err ? err : listener;
}

WORLD_FIXTURE(mount_mark);

CASE(mount_mark, mount_of_registration, .promise = "T30", .needs = NEED_FANOTIFY,
	.title = "of two mounts of the backing filesystem, the one that the file was registered on reports its events")
{
	int used, unused;
	long fd;

	ASSERT_RET(mount(backing_path(""), world_path("other", ""), NULL, MS_BIND, NULL), 0);
	ASSERT_POSITIVE(registered(w, server_backing_open(w, world_path("other", "f"), "")));
	open_rule(w, "f reg=reuse");
	ASSERT_POSITIVE(used = listen_to_mount(world_path("other", "")));
	ASSERT_POSITIVE(unused = listen_to_mount(backing_path("")));

	fd = open_ok(w, "f", O_RDONLY);
	listener_queued(unused);
	EXPECT_READ(w, fd, "f");
	EXPECT_POSITIVE(listener_queued(used));
	EXPECT_RET(listener_queued(unused), 0);
	close(used);
	close(unused);
}

WORLD_FIXTURE(event);

CASE(event, pid_of_client, .promise = "T30", .needs = NEED_FANOTIFY,
	.title = "an event of the backing file names the client, not the server, and refers to the backing file")
{
	struct listener_event event = { .fd = -1 };
	struct stat of_event = { 0 }, of_backing = { 0 };
	int listener;
	long fd;

	register_unwatched_ok(w, 1);
	fd = open_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(listener = listener_for(FAN_CLASS_NOTIF, FAN_ACCESS, backing_path("f")));

	EXPECT_READ(w, fd, "f");
	ASSERT_RET(listener_take(listener, &event), 0);
	EXPECT_HOLDS(event.pid == client(w)->pid, "the event is of the client");
	EXPECT_RET(fstat(event.fd, &of_event), 0);
	EXPECT_RET(stat(backing_path("f"), &of_backing), 0);
	EXPECT_HOLDS(of_event.st_dev == of_backing.st_dev && of_event.st_ino == of_backing.st_ino,
		     "the descriptor of the event is one of the backing file");
	close(event.fd);
	close(listener);
}

CASE(event, file_handles_of_one_layer, .promise = "T30", .needs = NEED_FANOTIFY,
	.title = "a group that reports file handles marks the backing file or the FUSE file, not both")
{
	int listener;
	long fd;

	register_unwatched_ok(w, 1);
	fd = open_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(listener = listener_open(FAN_CLASS_NOTIF | FAN_REPORT_FID));
	EXPECT_RET(listener_mark(listener, 0, FAN_ACCESS, backing_path("f")), 0);
	EXPECT_FAILS(listener_mark(listener, 0, FAN_ACCESS, fuse_path("f")), -EXDEV);

	EXPECT_READ(w, fd, "f");
	EXPECT_RET(listener_queued(listener), 1);
	close(listener);
	ASSERT_POSITIVE(listener = listener_open(FAN_CLASS_NOTIF | FAN_REPORT_FID));
	EXPECT_RET(listener_mark(listener, 0, FAN_ACCESS, fuse_path("f")), 0);
	EXPECT_READ(w, fd, "f");
	EXPECT_RET(listener_queued(listener), 1);
	close(listener);
}

CASE(event, descriptor_is_silent, .promise = "P9", .needs = NEED_FANOTIFY,
	.title = "opening and reading the file of an event raises no event on the backing file",
	.fixed_by = "7.3.4 (backing_file_open() keeps FMODE_NONOTIFY)",
	.xfail = "the backing file of the event's file reports",
	.xfail_since = "6.14",
	.xfail_before = "7.3.4")
{
	struct listener_event event = { .fd = -1 };
	int listener, watch;
	char byte;
	long fd;

	register_unwatched_ok(w, 2);
	fd = open_ok(w, "f", O_RDONLY);
	ASSERT_POSITIVE(listener = listener_for(FAN_CLASS_NOTIF, FAN_ACCESS, fuse_path("f")));
	ASSERT_POSITIVE(watch = watch_file(backing_path("f")));

	EXPECT_READ(w, fd, "f");
	ASSERT_TEXT(watched_events(watch), "ACCESS");
	ASSERT_RET(listener_take(listener, &event), 0);
	EXPECT_TEXT(watched_events(watch), "");
	EXPECT_RET(read(event.fd, &byte, 1), 1);
	EXPECT_TEXT(watched_events(watch), "");
	close(event.fd);
	close(listener);
}

WORLD_FIXTURE(exec);

CASE(exec, open_exec_on_backing, .promise = "T30", .needs = NEED_FANOTIFY,
	.title = "running a passthrough file reports OPEN_EXEC at the backing file; opening it does not")
{
	int listener;
	long fd, pid;

	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(register_backing(w, "program", ""));
	open_rule(w, "program reg=reuse times=2");
	ASSERT_POSITIVE(
		listener = listener_for(FAN_CLASS_NOTIF, FAN_OPEN_EXEC, backing_path("program")));

	fd = open_ok(w, "program", O_RDONLY);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(listener_queued(listener), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_RET(listener_queued(listener), 1);
	EXPECT_RET(client_reap(client(w), pid), 42);
	close(listener);
}

/* --- permission events ---------------------------------------------------------------- */

/* 1: the descriptor of an event is one of the FUSE mount, 0: of the backing filesystem. */
static long is_fuse_file(int fd)
{
	struct stat of_event, of_mount;

	if (fstat(fd, &of_event) < 0 || stat(fuse_path(""), &of_mount) < 0)
		return -errno;
	return of_event.st_dev == of_mount.st_dev;
}

WORLD_FIXTURE(permission);

CASE(permission, fuse_file_asked_first, .promise = "T31", .needs = NEED_FANOTIFY,
	.title = "a read asks the listeners of the FUSE file, then of the backing file; if the first deny, no others")
{
	int listener;
	long fd, first, second;

	register_unwatched_ok(w, 3);
	ASSERT_POSITIVE(
		listener = listener_for(FAN_CLASS_CONTENT, FAN_ACCESS_PERM, backing_path("f")));
	ASSERT_RET(listener_mark(listener, 0, FAN_ACCESS_PERM, fuse_path("f")), 0);
	fd = open_ok(w, "f", O_RDONLY);

	client_start_read(client(w), fd, 1, 0);
	ASSERT_POSITIVE(first = listener_next(listener));
	EXPECT_RET(is_fuse_file(first), 1);
	EXPECT_RET(listener_respond(listener, first, FAN_ALLOW), 1);
	ASSERT_POSITIVE(second = listener_next(listener));
	EXPECT_RET(is_fuse_file(second), 0);
	EXPECT_RET(listener_respond(listener, second, FAN_ALLOW), 1);
	EXPECT_RET(client_finish(client(w)), 1);

	client_start_read(client(w), fd, 1, 0);
	EXPECT_RET(listener_serve(listener, client(w), FAN_DENY, 0), 1);
	EXPECT_FAILS(client_finish(client(w)), -EPERM);
	close(listener);
}

IO_METHOD_FIXTURE(access_permission);
EACH_CALL(access_permission);

CASE(access_permission, denied_on_backing_file, .promise = "T31", .needs = NEED_FANOTIFY,
	.title = "a read by any system call fails if a listener denies it on the backing file")
{
	int listener;
	long fd;

	SKIP_UNLESS(variant->needs);
	backing_fill_ok("f", OLD, PAGE, 0);
	register_unwatched_ok(w, 1);
	ASSERT_POSITIVE(
		listener = listener_for(FAN_CLASS_CONTENT, FAN_ACCESS_PERM, backing_path("f")));
	fd = open_settled_ok(w, "f", O_RDONLY);

	client_start_read_by(client(w), variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_DENY, 0));
	EXPECT_FAILS(client_finish(client(w)), -EPERM);
	client_start_read_by(client(w), variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_POSITIVE(listener_serve(listener, client(w), FAN_ALLOW, 0));
	EXPECT_RET(client_finish(client(w)), PAGE);
	close(listener);
}

CASE_MAIN()
