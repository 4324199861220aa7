// SPDX-License-Identifier: GPL-2.0
/* Other users of the backing file: write access, leases, locks. Promises L12, R32, D2. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "world/case_helpers.h"

/* --- L12: write access --------------------------------------------------------------- */

WORLD_FIXTURE(write_access);

CASE(write_access, held_by_writable_id, .promise = "L12",
	.today = "no document says that an ID holds write access",
	.title = "the ID of a writable fd makes execve(2) fail with ETXTBSY and a read-only remount with EBUSY")
{
	long pid, id;

	ASSERT_RET(backing_program("program"), 0);
	id = register_file_ok(w, "program", "mode=rw");
	EXPECT_RET(client_spawn(client(w), backing_path("program")), -ETXTBSY);
	EXPECT_RET(world_make_readonly("backing"), -EBUSY);

	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_RET(world_make_readonly("backing"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), backing_path("program")));
	EXPECT_RET(client_reap(client(w), pid), 42);
}

CASE(write_access, not_held_by_rdonly_id, .promise = "L12",
	.title = "the ID of an O_RDONLY descriptor blocks neither execve(2) nor a read-only remount")
{
	long pid;

	ASSERT_RET(backing_program("program"), 0);
	register_file_ok(w, "program", "mode=ro");
	ASSERT_POSITIVE(pid = client_spawn(client(w), backing_path("program")));
	EXPECT_RET(world_make_readonly("backing"), 0);
	EXPECT_RET(client_reap(client(w), pid), 42);
}

CASE(write_access, held_by_open_for_writing, .promise = "L12",
	.title = "with the ID of an O_RDONLY fd, only an open for writing makes a read-only remount fail with EBUSY")
{
	long fd;

	register_file_ok(w, "f", "mode=ro");
	open_rule(w, "f reg=reuse times=2");
	open_ok(w, "f", O_RDONLY);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_make_readonly("backing"), -EBUSY);

	EXPECT_CLOSE(w, fd);
	EXPECT_RET(world_make_readonly("backing"), 0);
}

/* --- R32: leases ----------------------------------------------------------------------- */

/* Taken by the case process, which ignores the signal that tells that it is broken. */
static int take_read_lease(const char *name)
{
	int fd = open(backing_path(name), O_RDONLY | O_CLOEXEC);

	signal(SIGIO, SIG_IGN);
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 ? -errno : fd;
}

static int give_up_lease(int fd)
{
	return fcntl(fd, F_SETLEASE, F_UNLCK) < 0 ? -errno : 0;
}

WORLD_FIXTURE(lease);

CASE(lease, write_open_waits, .promise = "R32",
	.title = "an open for writing waits for a read lease on the backing file to end, an open for reading does not")
{
	int leased;

	register_file_ok(w, "f", "mode=ro");
	open_rule(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(leased = take_read_lease("f"));
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDONLY));

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 2), 2);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough"); /* and all are answered */
	EXPECT_HOLDS(client_is_busy(client(w)), "the open for writing waits");
	EXPECT_RET(give_up_lease(leased), 0);
	EXPECT_POSITIVE(client_finish(client(w)));
}

CASE(lease, nonblock_eio, .promise = "R32",
	.title = "with a read lease on the backing file, O_NONBLOCK opens for reading succeed, for writing get EIO")
{
	int leased;

	register_file_ok(w, "f", "mode=ro");
	open_rule(w, "f reg=reuse times=3");
	ASSERT_POSITIVE(leased = take_read_lease("f"));

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR | O_NONBLOCK), -EIO);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDONLY | O_NONBLOCK));
	EXPECT_RET(give_up_lease(leased), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR | O_NONBLOCK));
}

/* --- D2: locks ------------------------------------------------------------------------- */

static const struct flock whole_file = { .l_type = F_WRLCK };

WORLD_FIXTURE(lock);
FIXTURE_VARIANT(lock)
{
	enum client_call call;
	int command;
};
FIXTURE_VARIANT_ADD(lock, flock) { .call = CALL_flock, .command = LOCK_EX | LOCK_NB };
FIXTURE_VARIANT_ADD(lock, posix) { .call = CALL_fcntl, .command = F_SETLK };
FIXTURE_VARIANT_ADD(lock, ofd) { .call = CALL_fcntl, .command = F_OFD_SETLK };

/* The client is a fork and has whole_file at the same address. flock(2) ignores it. */
static long client_lock(struct client *c, long fd, const FIXTURE_VARIANT(lock) * how)
{
	const int64_t args[6] = { fd, how->command, (long)&whole_file };

	return client_run_call(c, how->call, args);
}

CASE(lock, fuse_file_only, .promise = "D2",
	.title = "without server-side locks, a lock conflicts on the FUSE file, not the backing file; nothing is sent")
{
	struct client *other = client_number(w, 1);
	long fd, fd2, backing;

	register_ok(w);
	open_rule(w, "f reg=reuse times=2");
	fd = open_ok(w, "f", O_RDWR);
	fd2 = open_ok(other, "f", O_RDWR);
	backing = open_ok(other, backing_path("f"), O_RDWR);

	EXPECT_RET(client_lock(client(w), fd, variant), 0);
	EXPECT_RET(client_lock(other, fd2, variant), -EAGAIN);
	EXPECT_RET(client_lock(other, backing, variant), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough");
	EXPECT_CLOSE(other, backing);
	EXPECT_PASSES_THROUGH(w);
}

CASE_MAIN()
