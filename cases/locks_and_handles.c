// SPDX-License-Identifier: GPL-2.0
/* Locks, poll and file handles of passthrough files. Promises T50 to T52. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "shared/fuse_uapi.h"
#include "world/io_methods.h"

static const struct world_opts with_locks = { .init = "flock-locks posix-locks" };

/* --- T50: locks ------------------------------------------------------------------ */

static struct flock whole_file = { .l_type = F_WRLCK };

/* Whether this process can lock the backing file: by flock(2) and as POSIX lock. */
static bool backing_is_unlocked(void)
{
	int fd = open(backing_path("f"), O_RDWR | O_CLOEXEC);
	bool unlocked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
			fcntl(fd, F_SETLK, &whole_file) == 0;

	close(fd);
	return unlocked;
}

WORLD_FIXTURE(locks);

CASE(locks, flock_is_unlocked_by_release, .promise = "T50", .world = &with_locks,
	.abilities = "arbitrary-init override-reply inspect",
	.title = "with FLOCK_LOCKS flock(2) of a passthrough file sends SETLK, and RELEASE has FLOCK_UNLOCK")
{
	long fd;

	open_rule(w, "f reg=at-open times=2");
	ASSERT_RET(server_override_reply(w, "SETLK", "ok"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(client(w), flock, fd, LOCK_EX | LOCK_NB), 0);
	EXPECT_REQUESTS(w, "SETLK");
	EXPECT_HOLDS(backing_is_unlocked(), "the backing file is not locked");
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(server_inspect(w, "RELEASE", "release-flags"), FUSE_RELEASE_FLOCK_UNLOCK);

	EXPECT_CLOSE(w, open_ok(w, "f", O_RDWR));
	EXPECT_RET(server_wait(w, "RELEASE", 2), 2);
	EXPECT_RET(server_inspect(w, "RELEASE", "release-flags"), 0);
}

CASE(locks, posix_lock_is_servers, .promise = "T50", .world = &with_locks,
	.abilities = "arbitrary-init override-reply",
	.title = "with POSIX_LOCKS, F_SETLK sends SETLK and returns its error; nothing locks the backing file")
{
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "SETLK", "ok"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETLK, (long)&whole_file), 0);
	EXPECT_HOLDS(backing_is_unlocked(), "the backing file is not locked");
	ASSERT_RET(server_override_reply(w, "SETLK", "EAGAIN"), 0);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETLK, (long)&whole_file), -EAGAIN);
	EXPECT_REQUESTS(w, "SETLK SETLK");
}

CASE(locks, f_setlkw_waits_for_server, .promise = "T50", .world = &with_locks,
	.abilities = "arbitrary-init override-reply hold",
	.title = "with POSIX_LOCKS, F_SETLKW waits until the server answers SETLKW; nothing locks the backing file")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "SETLKW", "ok"), 0);
	ASSERT_RET(server_hold(w, "SETLKW"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	client_start_call(c, fcntl, fd, F_SETLKW, (long)&whole_file);
	EXPECT_RET(server_wait(w, "SETLKW", 1), 1);
	EXPECT_HOLDS(client_is_busy(c), "F_SETLKW waits");
	EXPECT_RET(server_go(w, "SETLKW"), 1);
	EXPECT_RET(client_finish(c), 0);
	EXPECT_HOLDS(backing_is_unlocked(), "the backing file is not locked");
}

CASE(locks, killed_client_unlocks, .promise = "T50", .world = &with_locks,
	.abilities = "arbitrary-init override-reply inspect",
	.title = "with FLOCK_LOCKS, RELEASE of a file that a killed client had locked by flock(2) has FLOCK_UNLOCK")
{
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "SETLK", "ok"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), flock, fd, LOCK_SH | LOCK_NB), 0);

	EXPECT_RET(client_signal(client(w), SIGKILL), 0);
	client_stop(client(w));
	EXPECT_REQUESTS(w, "SETLK FLUSH RELEASE");
	EXPECT_RET(server_inspect(w, "RELEASE", "release-flags"), FUSE_RELEASE_FLOCK_UNLOCK);
}

/* --- T51: poll ---------------------------------------------------------------------- */

#define POLLED 100 /* its descriptor in the client, a fork, which has this at the same address */

static struct pollfd polled = { .fd = POLLED, .events = POLLIN };

WORLD_FIXTURE(polled_file);

CASE(polled_file, released_by_close, .promise = "T51",
	.title = "a passthrough file that a task waited for by poll(2) is released and unpinned by its last close")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), dup2, fd, POLLED), POLLED);

	EXPECT_RET(client_call(client(w), poll, (long)&polled, 1, -1), 1);
	EXPECT_REQUESTS_ABOUT(w, "POLL", "LOOKUP OPEN+passthrough POLL");
	EXPECT_READ(w, fd, "f");
	EXPECT_CLOSE(w, POLLED);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

/* --- T52: file handles -------------------------------------------------------------------- */

/* The client, a fork, fills its copy in and opens the file by it. */
static union {
	struct file_handle handle;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
} named = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
static int mount_id;

static long name_to_handle(struct client *c, const char *path)
{
	return client_call(c, name_to_handle_at, AT_FDCWD, (long)path, (long)&named,
			   (long)&mount_id, 0);
}

static long open_named(struct client *c, long dir, int flags)
{
	return client_call(c, open_by_handle_at, dir, (long)&named, flags);
}

WORLD_FIXTURE(handle);

CASE(handle, open_passes_through, .promise = "T52",
	.title = "open_by_handle_at(2) of a FUSE file sends OPEN, which a server can answer with passthrough")
{
	const char *path = fuse_path("f");
	long dir, fd;

	open_rule(w, "f reg=at-open");
	dir = open_ok(w, "", O_RDONLY | O_DIRECTORY);
	ASSERT_RET(name_to_handle(client(w), path), 0);

	fd = open_named(client(w), dir, O_RDWR);
	ASSERT_POSITIVE(fd);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_PASSES_THROUGH(w);
}

CASE(handle, ended_connection_estale, .promise = "T52",
	.title = "a file handle of an ended connection without EXPORT_SUPPORT: ESTALE in the next one")
{
	const char *path = fuse_path("f");
	long dir;

	ASSERT_RET(name_to_handle(client(w), path), 0);
	ASSERT_RET(world_remount(w), 0);
	dir = open_ok(w, fuse_path(""), O_RDONLY | O_DIRECTORY);

	EXPECT_RET(open_named(client(w), dir, O_RDWR), -ESTALE);
	EXPECT_REQUESTS_ABOUT(w, "LOOKUP", "OPENDIR");
}

WORLD_FIXTURE(fid_only);
static const struct world_opts fid_only = { .init = "fid-only" };

CASE(fid_only, open_by_handle_fails, .promise = "T52", .world = &fid_only,
	.abilities = "arbitrary-init",
	.title = "with NO_EXPORT_SUPPORT passthrough works, and opening by a file handle fails")
{
	const char *path = fuse_path("f");
	long dir, fd;

	open_rule(w, "f reg=at-open");
	dir = open_ok(w, "", O_RDONLY | O_DIRECTORY);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_PASSES_THROUGH(w);
	EXPECT_CLOSE(w, fd); /* else another open would fail for its mode */

	EXPECT_HOLDS(name_to_handle(client(w), path) < 0 || open_named(client(w), dir, O_RDWR) < 0,
		     "the file cannot be opened by a handle");
}

CASE_MAIN()
