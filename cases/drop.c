// SPDX-License-Identifier: GPL-2.0
/* A backing ID that is dropped early, late, never, or after its channel. Promises E. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define RACE_OPENS 200

WORLD_FIXTURE(early);

CASE(early, before_reply_eio, .promise = "E1",
	.title = "an open with an ID closed before the OPEN reply fails with EIO")
{
	open_rule(w, "f reg=at-open drop=before-reply");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(early, reply_held_back_eio, .promise = "E1",
	.title = "an open with an ID closed while the server holds back the OPEN reply fails with EIO")
{
	open_rule(w, "f reg=at-open gate=reply");

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(server_go(w, "reply"), 1);
	EXPECT_FAILS(client_finish(client(w)), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

static const struct world_opts one_cpu = { .same_cpu = true };

CASE(early, drop_after_reply_eio, .promise = "E2", .needs = NEED_REALTIME, .world = &one_cpu,
	.title = "an open with an ID closed after the OPEN reply, before open(2) returns, fails with EIO")
{
	long result;

	open_rule(w, "f reg=at-open drop=after-reply fifo");

	result = client_open(client(w), "f", O_RDWR);
	if (result > 0 && strstr(world_requests(w), " preempted")) {
		case_note_broken("the server was preempted before it closed the ID");
		return;
	}
	EXPECT_RET(result, -EIO);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
	if (result < 0)
		EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
}

WORLD_FIXTURE(drop_after_reply);

CASE(drop_after_reply, ok_or_eio, .promise = "E10",
	.title = "an open with an ID closed right after the OPEN reply succeeds or fails with EIO, and leaks nothing")
{
	long eio;

	open_rule(w, "f reg=at-open drop=after-reply times=%d", RACE_OPENS);

	eio = client_count_open_errors(client(w), "f", O_RDWR, EIO, RACE_OPENS);
	TODAY(EXPECT_RET(errno_or_0(eio), 0));
	if (server_backing_close(w, last_id(w), "") != -ENOENT)
		case_note_broken_by("server", "the server did not close its IDs");
	EXPECT_BACKING_FREE();
	case_note("eio_rate", "%ld/%d", eio, RACE_OPENS);
}

WORLD_FIXTURE(late);

CASE(late, io_continues_after_drop, .promise = "E3",
	.title = "closing an ID after open(2) returned does not affect the open file")
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_WRITE(w, fd, "gh");
	EXPECT_READ(w, fd, "gh");
	EXPECT_BACKING("f", "gh");
}

CASE(late, ordinary_users_keep_reading, .promise = "E3",
	.title = "closing an ID after open(2) returned does not affect reads of ordinary users who share it")
{
	struct client *alice = client(w), *bob = client_number(w, 1);
	long alice_fd, bob_fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	EXPECT_RET(client_setuid(alice, 1000), 0);
	EXPECT_RET(client_setuid(bob, 1001), 0);
	alice_fd = open_ok(alice, "f", O_RDONLY);
	bob_fd = open_ok(bob, "f", O_RDONLY);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_READ(alice, alice_fd, "f");
	EXPECT_READ(bob, bob_fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough");
}

CASE(late, userns_keeps_reading, .promise = "E3", .needs = NEED_USERNS,
	.title = "closing an ID after open(2) returned does not affect reads from a user namespace")
{
	long fd;

	open_rule(w, "f reg=at-open");

	EXPECT_RET(client_enter_userns(client(w)), 0);
	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(late, next_open_eio, .promise = "E3",
	.title = "a further open with an ID closed after open(2) returned fails with EIO")
{
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE");
}

CASE(late, at_release_unpins, .promise = "E4",
	.title = "an ID closed at RELEASE leaves nothing pinned: the backing filesystem can be unmounted at once")
{
	long fd;

	open_rule(w, "f reg=at-open drop=at-release");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

/* That an ID alone pins is no promise. If it does not, the backing filesystem is gone now. */
static bool id_pins(void)
{
	int err = world_umount("backing");

	TODAY(_EXPECT_ROWS(0, "umount the backing filesystem", err, since("0", -EBUSY)));
	return err < 0;
}

WORLD_FIXTURE(not_dropped);

CASE(not_dropped, pins_until_device_close, .promise = "E5",
	.title = "an ID that is not closed pins the backing file until the last device descriptor is closed")
{
	register_ok(w);

	if (!id_pins())
		return;
	EXPECT_RET(world_umount("fuse"), 0);
	if (!id_pins())
		return;
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(not_dropped, killed_pins_until_umount, .promise = "E5",
	.title = "an ID of a killed server pins the backing file until the FUSE mount is unmounted")
{
	register_ok(w);

	server_kill(&w->server);
	if (!id_pins())
		return;
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(not_dropped, pins_until_session_end, .promise = "E5", .abilities = "end-session",
	.title = "an ID that is not closed pins the backing file until its session ends, though the server lives on")
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_end_session(w), -EBUSY);
	EXPECT_RET(world_umount("fuse"), 0);
	if (!id_pins())
		return;
	EXPECT_RET(server_end_session(w), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(teardown);

CASE(teardown, closed_channel_no_ioctl, .promise = "E6", .abilities = "devices backing-id-library",
	.title = "dropping an ID of a closed channel closes no ID of the connection that reuses its fd number")
{
	int other = world_mount_fuse("other");
	long id, other_id;

	EXPECT_RET(server_adopt_device(w, "other", other), 0);
	close(other);
	id = register_ok(w);
	other_id = register_file_ok(w, "g", "dev=other");
	EXPECT_RET(server_close_device_onto(w, "main", "other"), 0);

	EXPECT_RET(errno_or_0(server_drop(w, id)), 0);
	EXPECT_TEXT(server_text(&w->server), "channel-gone");
	EXPECT_RET(server_backing_close(w, other_id, "dev=other"), 0);
}

CASE(teardown, drop_after_abort_closes, .promise = "E7", .needs = NEED_FUSECTL,
	.title = "dropping an ID after the connection was aborted closes it")
{
	long id = register_ok(w);

	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
}

CASE(teardown, drop_after_umount_closes, .promise = "E7",
	.title = "dropping an ID after umount, with the device still open, closes it")
{
	long id = register_ok(w);

	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
}

CASE(teardown, second_drop_enoent, .promise = "E8",
	.title = "a dropped ID is unknown to the kernel: dropping or closing it again fails with ENOENT")
{
	long id = register_ok(w);

	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_FAILS(server_drop(w, id), -ENOENT);
	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

WORLD_FIXTURE(non_linux);

CASE(non_linux, create_fails, .promise = "E9", .needs_not = NEED_PASSTHROUGH, .abilities = "backing-id-library",
	.since = "any",
	.title = "creating a backing ID on a non-Linux system fails with EOPNOTSUPP and a message that says why")
{
	EXPECT_RET(server_backing_open_non_linux(w), -EOPNOTSUPP);
	EXPECT_TEXT(w->server.reply, "error EOPNOTSUPP backing IDs are only supported on Linux");
}

CASE_MAIN()
