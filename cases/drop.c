// SPDX-License-Identifier: GPL-2.0
/* When a backing ID is dropped: early, late, never, after its channel. Rows E. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define RACE_OPENS 200

WORLD_FIXTURE(early);

CASE(early, before_reply_fails_open, .row = "E1",
     .title = "an ID closed before the OPEN reply fails the open with EIO",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open drop=before-reply");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(early, while_reply_is_held_fails_open, .row = "E1",
     .title = "an ID closed while the server holds its OPEN reply back fails the open with EIO",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open gate=reply");

	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(server_go(w, "reply"), 1);
	EXPECT_RET(client_finish(client(w)), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

static const struct world_opts same_cpu = { .same_cpu = true };

CASE(early, after_reply_before_client_runs_fails_open, .row = "E2",
     .title = "an ID closed between the OPEN reply and open(2) returning fails the open with EIO",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .world = &same_cpu)
{
	plan(w, "f reg=at-open drop=after-reply fifo");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), -ENOENT);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough RELEASE");
}

CASE(early, unpinned_race_is_won_or_eio, .row = "E10",
     .title = "an ID closed right after the OPEN reply: the open succeeds or fails with EIO",
     .needs = NEED_PASSTHROUGH)
{
	long eio;

	plan(w, "f reg=at-open drop=after-reply times=200");

	eio = client_count_open_errors(client(w), "f", O_RDWR, EIO, RACE_OPENS);
	EXPECT_HOLDS(eio >= 0 && eio <= RACE_OPENS, "every open succeeds or fails with EIO");
	if (server_backing_close(w, last_id(w), "") != -ENOENT)
		case_note_broken("the server has not closed its IDs");
	case_note("eio_rate", "%ld/%d", eio, RACE_OPENS);
}

WORLD_FIXTURE(late);

CASE(late, io_goes_on_after_close_of_id, .row = "E3",
     .title = "an ID closed after open(2) returned: reads and writes of the open file go on",
     .needs = NEED_PASSTHROUGH)
{
	char data[2];
	long fd;

	plan(w, "f reg=at-open");

	fd = client_open(client(w), "f", O_RDWR);
	ASSERT_POSITIVE(fd);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(client_write(client(w), fd, "gh", 2, 0), 2);
	EXPECT_RET(client_read(client(w), fd, data, 2, 0), 2);
	EXPECT_HOLDS(!memcmp(data, "gh", 2), "the read gives what was written");
	EXPECT_RET(backing_file_is("f", "gh"), 1);
}

CASE(late, io_of_ordinary_users_goes_on, .row = "E3",
     .title = "an ID closed after open(2) returned: ordinary users who share it read on",
     .needs = NEED_PASSTHROUGH)
{
	struct client *alice = client(w), *bob = client_number(w, 1);
	long alice_fd, bob_fd;
	char data[1];

	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");

	EXPECT_RET(client_setuid(alice, 1000), 0);
	EXPECT_RET(client_setuid(bob, 1001), 0);
	ASSERT_POSITIVE(alice_fd = client_open(alice, "f", O_RDONLY));
	ASSERT_POSITIVE(bob_fd = client_open(bob, "f", O_RDONLY));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(client_read(alice, alice_fd, data, 1, 0), 1);
	EXPECT_RET(client_read(bob, bob_fd, data, 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough");
}

CASE(late, io_in_user_namespace_goes_on, .row = "E3",
     .title = "an ID closed after open(2) returned: a process in a user namespace reads on",
     .needs = NEED_PASSTHROUGH | NEED_USERNS)
{
	char data[1];
	long fd;

	plan(w, "f reg=at-open");

	EXPECT_RET(client_enter_userns(client(w)), 0);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough");
}

CASE(late, open_with_closed_id_fails, .row = "E3",
     .title = "an ID closed after open(2) returned: a further open with it fails with EIO",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE");
}

CASE(late, closed_at_release_leaves_nothing, .row = "E4",
     .title = "an ID closed at RELEASE: the backing filesystem can be unmounted at once",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open drop=at-release");

	fd = client_open(client(w), "f", O_RDWR);
	ASSERT_POSITIVE(fd);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), 0);
}

WORLD_FIXTURE(never);

CASE(never, held_until_device_is_closed, .row = "E5",
     .title = "an ID never closed holds the backing file until the last device descriptor closes",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_POSITIVE(register_f(w));

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(never, held_until_mount_of_killed_server_goes, .row = "E5",
     .title = "an ID of a killed server holds the backing file until the FUSE mount goes",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_POSITIVE(register_f(w));

	server_kill(&w->server);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(never, held_until_session_ends, .row = "E5",
     .title = "an ID never closed holds the backing file until its session ends, though the server "
	      "lives on",
     .needs = NEED_PASSTHROUGH, .can = "end-session")
{
	long fd;

	plan(w, "f reg=at-open");

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(server_call(&w->server, -1, "end-session"), -EBUSY);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_call(&w->server, -1, "end-session"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(gone);

CASE(gone, closed_channel_makes_no_ioctl, .row = "E6",
     .title = "an ID dropped after its channel was closed: the other connection on the reused "
	      "descriptor number keeps its ID",
     .needs = NEED_PASSTHROUGH, .can = "devices seed")
{
	int other = world_mount_fuse("other");

	EXPECT_RET(server_call(&w->server, other, "device other adopt"), 0);
	close(other);
	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(register_backing(w, "g", "dev=other"), 1);
	EXPECT_RET(server_call(&w->server, -1, "close-device main onto=other"), 0);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_TEXT(server_text(&w->server), "channel-gone");
	EXPECT_RET(server_backing_close(w, 1, "dev=other"), 0);
}

CASE(gone, ended_session_makes_no_ioctl, .row = "E6",
     .title = "an ID dropped after its session has ended: the other connection on the reused "
	      "descriptor number keeps its ID",
     .needs = NEED_PASSTHROUGH, .can = "end-session", .xfail_on = "go-fuse",
     .xfail = "go-fuse 2.8 and 2.9 make the ioctl on the number of a device that they have closed")
{
	int device;

	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(world_start_other(w, ""), 0);
	EXPECT_RET(server_call(&w->other, -1, "backing-open path=%s", backing_path("g")), 1);
	ASSERT_POSITIVE(device = server_device_copy(&w->other));
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(server_call(&w->server, device, "end-session"), 0);
	close(device);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_TEXT(server_text(&w->server), "channel-gone");
	EXPECT_RET(server_call(&w->other, -1, "backing-close 1"), 0);
}

CASE(gone, aborted_connection_still_closes, .row = "E7",
     .title = "an ID dropped after the connection was aborted is closed",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(gone, unmounted_connection_still_closes, .row = "E7",
     .title = "an ID dropped after the unmount, with the device open, is closed",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(gone, second_close_finds_nothing, .row = "E8",
     .title = "an ID that was dropped is unknown to the kernel",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(register_f(w), 1);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(server_drop(w, 1), -ENOENT);
	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
}

CASE(gone, not_linux_is_said, .row = "E9",
     .title = "off Linux a backing ID cannot be created, and the text says why",
     .since = "any", .can = "seed")
{
	EXPECT_RET(server_call(&w->server, -1, "backing-open-elsewhere"), -EOPNOTSUPP);
	EXPECT_TEXT(w->server.reply,
		    "error EOPNOTSUPP backing IDs are only supported on Linux");
}

CASE_MAIN()
