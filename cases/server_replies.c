// SPDX-License-Identifier: GPL-2.0
/*
 * What the server says of a passthrough file reaches the caller; ENOSYS is said once. Promises D2,
 * T61, T62.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <poll.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/io_methods.h"

#define PAGE sysconf(_SC_PAGESIZE)

/* --- D2: success --------------------------------------------------------------- */

WORLD_FIXTURE(success);

CASE(success, lseek_returns_offset, .promise = "D2", .abilities = "override-reply arbitrary-reply",
	.title = "SEEK_DATA moves to the offset in the reply to LSEEK; read(2) continues there, in the backing file")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", 1, PAGE, 0);
	ASSERT_RET(server_override_reply(w, "LSEEK", "70"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(c, lseek, fd, 5, SEEK_DATA), 70);
	EXPECT_REQUESTS(w, "LSEEK");
	EXPECT_RET(client_call(c, lseek, fd, 0, SEEK_CUR), 70);
	EXPECT_RET(client_read_by(c, BY_READV, fd, PAGE, 70, 1), PAGE - 70);
	EXPECT_REQUESTS(w, "");
}

/* The server replies to each copy of f to g that it has copied @size bytes. */
static void open_to_copy(struct world *w, uint32_t size, long *from, long *to)
{
	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=at-open");
	backing_fill_ok("f", 1, PAGE, 0);
	ASSERT_RET(server_override_reply(w, "COPY_FILE_RANGE_64", "%u", size), 0);
	ASSERT_RET(server_override_reply(w, "COPY_FILE_RANGE", REPLY_FIELDS, reply_fields(size, 0)),
		   0);
	*from = open_settled_ok(w, "f", O_RDWR);
	*to = open_ok(w, "g", O_RDWR);
}

CASE(success, copy_file_range_returns_size, .promise = "D2",
	.abilities = "override-reply arbitrary-reply",
	.title = "copy_file_range(2) returns the size in the reply, and the kernel copies nothing itself")
{
	struct client *c = client(w);
	long from, to;

	open_to_copy(w, 3, &from, &to);

	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, 9, 0), 3);
	EXPECT_BACKING("g", "g");
	EXPECT_READ(w, to, "");
	EXPECT_RET(client_call(c, lseek, to, 0, SEEK_CUR), 3);
}

CASE(success, copied_too_much_eio, .promise = "D2", .abilities = "override-reply arbitrary-reply",
	.title = "copy_file_range(2) fails with EIO if the reply says that more was copied than asked for")
{
	long from, to;

	open_to_copy(w, 10, &from, &to);

	EXPECT_FAILS(client_call(client(w), copy_file_range, from, 0, to, 0, 9, 0), -EIO);
	EXPECT_BACKING("g", "g");
}

CASE(success, punched_hole_is_servers, .promise = "D2", .abilities = "override-reply inspect",
	.title = "a hole that the server says to have punched is in the backing file only if it did punch it")
{
	const int flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", 1, 2 * PAGE, 0);
	ASSERT_RET(server_override_reply(w, "FALLOCATE", "ok"), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(client(w), fallocate, fd, flags, 0, PAGE), 0);
	EXPECT_RET(server_inspect(w, "FALLOCATE", "flags"), flags);
	EXPECT_RET(client_read_by(client(w), BY_PREAD, fd, 2 * PAGE, 0, 1), 2 * PAGE);
	EXPECT_REQUESTS(w, "FALLOCATE");
}

CASE(success, ioctl_returns_result, .promise = "D2", .abilities = "override-reply arbitrary-reply",
	.title = "an unknown ioctl(2) returns the result in the reply to IOCTL")
{
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "IOCTL", REPLY_FIELDS " 0", reply_fields(7, 0)), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(client(w), ioctl, fd, 0x7fff, 0), 7);
	EXPECT_REQUESTS_ABOUT(w, "IOCTL", "IOCTL");
}

/* Each client, a fork, has its own. */
static struct flock getlk = { .l_type = F_WRLCK };
static struct flock third_byte = { .l_type = F_WRLCK, .l_start = 2, .l_len = 1 };
static const struct world_opts with_locks = { .init = "posix-locks" };

WORLD_FIXTURE(lock);

CASE(lock, f_getlk_shows_fuse_lock, .promise = "T50",
	.title = "without POSIX_LOCKS F_GETLK of a passthrough file sends nothing and shows a lock on the FUSE file")
{
	struct client *holder = client_number(w, 1), *c = client(w);
	long held, fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	held = open_ok(holder, "f", O_RDWR);
	fd = open_ok(c, "f", O_RDWR);
	world_requests(w);

	EXPECT_RET(client_call(holder, fcntl, held, F_SETLK, (long)&third_byte), 0);
	EXPECT_RET(client_call(c, fcntl, fd, F_GETLK, (long)&getlk), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_PEEK(c, (long)&getlk.l_type, F_WRLCK);
	EXPECT_PEEK(c, (long)&getlk.l_start, 2);
}

CASE(lock, f_getlk_asks_server, .promise = "T50", .world = &with_locks,
	.abilities = "arbitrary-init override-reply arbitrary-reply",
	.title = "with POSIX_LOCKS F_GETLK sends GETLK, not to the backing file, and shows the lock in its reply")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "GETLK", "5 9 " REPLY_FIELDS, reply_fields(F_WRLCK, 0)),
		   0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(c, fcntl, fd, F_GETLK, (long)&getlk), 0);
	EXPECT_REQUESTS(w, "GETLK");
	EXPECT_PEEK(c, (long)&getlk.l_type, F_WRLCK);
	EXPECT_PEEK(c, (long)&getlk.l_start, 5);
	EXPECT_PEEK(c, (long)&getlk.l_len, 5);
}

/* --- D2: the size of a reply ---------------------------------------------------- */

WORLD_FIXTURE(size);
FIXTURE_VARIANT(size)
{
	const char *lseek; /* struct fuse_lseek_out is one number */
};
FIXTURE_VARIANT_ADD(size, too_short) { .lseek = "ok" };
FIXTURE_VARIANT_ADD(size, too_long) { .lseek = "70 70" };

CASE(size, lseek_fails_eio, .promise = "D2", .abilities = "override-reply arbitrary-reply",
	.title = "SEEK_DATA fails with EIO if the reply to LSEEK is too short or too long; I/O continues")
{
	const long refused = server_can(&w->server, "over-io-uring") ? -EINVAL : -EIO;
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(server_override_reply(w, "LSEEK", "%s", variant->lseek), 0);
	fd = open_settled_ok(w, "f", O_RDWR);

	EXPECT_FAILS(client_call(client(w), lseek, fd, 0, SEEK_DATA), refused);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LSEEK");
}

/* --- D2: ENOSYS ---------------------------------------------------------------- */

WORLD_FIXTURE(enosys);

CASE(enosys, flush_is_sent_once, .promise = "D2", .abilities = "override-reply",
	.title = "after ENOSYS close(2) of a passthrough file sends no FLUSH, and the last one RELEASE")
{
	long fds[2];

	ASSERT_RET(server_override_reply(w, "FLUSH", "ENOSYS"), 0);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	for (int i = 0; i < 2; i++)
		fds[i] = open_ok(w, "f", O_RDWR);
	world_requests(w);

	EXPECT_CLOSE(w, fds[0]);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_WRITE(w, fds[1], "F");
	EXPECT_CLOSE(w, fds[1]);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS(w, "GETXATTR RELEASE");
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE(enosys, tmpfile_is_sent_once, .promise = "D2", .abilities = "tmpfile",
	.title = "after ENOSYS O_TMPFILE fails with EOPNOTSUPP and sends nothing; the ID of the reply pins nothing")
{
	open_rule(w, "#tmpfile reg=at-open error=ENOSYS");

	for (int i = 0; i < 2; i++)
		EXPECT_RET(client_open(client(w), "", O_RDWR | O_TMPFILE), -EOPNOTSUPP);
	EXPECT_REQUESTS(w, "TMPFILE+passthrough");
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

/* --- T61: poll ----------------------------------------------------------------- */

#define POLLED 100 /* its descriptor in the client, a fork, which has this at the same address */

static struct pollfd polled = { .fd = POLLED, .events = POLLPRI };

WORLD_FIXTURE(poll);

CASE(poll, notification_wakes, .promise = "T61", .abilities = "notify override-reply arbitrary-reply inspect",
	.title = "poll(2) of a passthrough file waits for what the server says; NOTIFY_POLL has it ask again")
{
	struct client *poller = client(w);
	char words[32];
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	ASSERT_RET(client_call(poller, dup2, fd, POLLED), POLLED);
	ASSERT_RET(server_override_reply(w, "POLL", "0"), 0);

	client_start_call(poller, poll, (long)&polled, 1, -1);
	EXPECT_RET(server_wait(w, "POLL", 1), 1);
	EXPECT_RET(server_inspect(w, "POLL", "flags"), FUSE_POLL_SCHEDULE_NOTIFY);
	ASSERT_RET(server_override_reply(w, "POLL", REPLY_FIELDS, reply_fields(POLLPRI, 0)), 0);
	snprintf(words, sizeof(words), "poll %lld", (long long)server_inspect(w, "POLL", "handle"));
	EXPECT_RET(server_notify(w, "poll 0"), 0);
	EXPECT_RET(server_notify(w, words), 0);
	EXPECT_RET(client_finish(poller), 1);
	EXPECT_RET(server_wait(w, "POLL", 2), 2);

	EXPECT_READ(w, fd, "f");
	EXPECT_CLOSE(w, POLLED);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(server_notify(w, words), 0);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE(poll, abort_wakes_all, .promise = "T61", .needs = NEED_FUSECTL,
	.abilities = "override-reply arbitrary-reply",
	.title = "aborting the connection ends poll(2) of each passthrough file that waits in it")
{
	static const char *const names[] = { "f", "g" };

	ASSERT_RET(server_override_reply(w, "POLL", "0"), 0);
	for (int i = 0; i < 2; i++) {
		struct client *poller = client_number(w, i);

		open_rule(w, "%s reg=at-open", names[i]);
		ASSERT_RET(client_call(poller, dup2, open_ok(poller, names[i], O_RDWR), POLLED),
			   POLLED);
		client_start_call(poller, poll, (long)&polled, 1, -1);
		EXPECT_RET(server_wait(w, "POLL", i + 1), i + 1);
	}

	EXPECT_RET(world_abort(), 0);
	for (int i = 0; i < 2; i++)
		EXPECT_RET(client_finish(client_number(w, i)), 1);
}

/* --- T62: prune ---------------------------------------------------------------- */

WORLD_FIXTURE(prune);

CASE(prune, leaves_open_file_alone, .promise = "T62", .since = "6.18", .abilities = "notify",
	.title = "NOTIFY_PRUNE forgets a closed file, whose next open sends LOOKUP, and leaves an open one alone")
{
	long fds[2];

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse times=2");
	fds[0] = open_settled_ok(w, "f", O_RDWR);

	EXPECT_RET(server_notify(w, "prune f"), 0);
	EXPECT_WRITE(w, fds[0], "F");
	fds[1] = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fds[1], "F");
	EXPECT_REQUESTS_ABOUT(w, "LOOKUP", "OPEN+passthrough");
	for (int i = 0; i < 2; i++)
		EXPECT_CLOSE(w, fds[i]);
	EXPECT_RET(server_wait(w, "RELEASE", 2), 2);
	world_requests(w);
	EXPECT_RET(server_notify(w, "prune f"), 0);
	EXPECT_READ(w, open_ok(w, "f", O_RDONLY), "F");
	EXPECT_REQUESTS_ABOUT(w, "LOOKUP", "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
