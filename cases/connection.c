// SPDX-License-Identifier: GPL-2.0
/* What fuse.rst says of a connection, with passthrough files open. Promises L16, L17. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "world/becomes.h"
#include "world/io_methods.h"

/* In fusectl, by the device number of the mount. */
static long waiting_requests(void)
{
	struct stat st;

	return stat(fuse_path(""), &st) < 0 ? -errno : world_waiting(minor(st.st_dev));
}

static bool waiting_are(long requests)
{
	return waiting_requests() == requests;
}

/*
 * A request counts until the write(2) of its reply returns in the server (fs/fuse/dev.c:
 * fuse_request_end()), for which its sender does not wait.
 */
static long waiting_in_the_end(long expected)
{
	becomes_true(waiting_are, expected);
	return waiting_requests();
}

WORLD_FIXTURE(waiting);

/* The backing file is on a second mount, whose server holds the READ. */
CASE(waiting, counts_no_passthrough_io, .promise = "L17", .needs = NEED_FUSECTL, .abilities = "hold",
	.title = "waiting counts a FSYNC of a passthrough file, and no read of it that waits for the backing file")
{
	struct client *reader = client(w), *syncer = client_number(w, 1);
	long fd, synced;

	register_on_other_ok(w, "no-passthrough");
	open_rule(w, "f reg=reuse times=2");
	fd = open_settled_ok(w, "f", O_RDONLY);
	synced = open_ok(syncer, "f", O_RDONLY);
	EXPECT_RET(other_hold(w, "READ"), 0);
	client_start_read(reader, fd, 1, 0);
	EXPECT_RET(other_server_wait(w, "READ", 1), 1);
	EXPECT_RET(waiting_in_the_end(0), 0);

	EXPECT_RET(server_hold(w, "FSYNC"), 0);
	client_start_call(syncer, fsync, synced);
	EXPECT_RET(server_wait(w, "FSYNC", 1), 1);
	EXPECT_RET(waiting_in_the_end(1), 1);

	EXPECT_RET(server_go(w, "FSYNC"), 1);
	EXPECT_RET(client_finish(syncer), 0);
	EXPECT_RET(other_go(w, "READ"), 1);
	EXPECT_RET(client_finish(reader), 1);
}

WORLD_FIXTURE(forced_umount);

CASE(forced_umount, aborts_connection, .promise = "L16",
	.title = "umount -f aborts the connection even if the mount is busy: requests fail, passthrough reads continue")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDONLY);
	EXPECT_RET(umount2(fuse_path(""), MNT_FORCE) < 0 ? -errno : 0, -EBUSY);

	EXPECT_FAILS(client_stat(client(w), "g"), -ENOTCONN);
	TODAY(EXPECT_READ(w, fd, "f")); /* as L3 */
	client_close(client(w), fd);	/* sends FLUSH */
	EXPECT_RET(world_umount("fuse"), 0);
}

CASE_MAIN()
