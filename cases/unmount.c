// SPDX-License-Identifier: GPL-2.0
/* The end of mount, device and connection, and what it lets go. Rows L. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "world/file_count.h"
#include "world/case_helpers.h"
#include "shared/fuse_uapi.h"

#define PAGE 4096L
#define RW   (PROT_READ | PROT_WRITE)

/* --- L5: lazy unmount ------------------------------------------------------------ */

WORLD_FIXTURE(lazily);

CASE(lazily, unmounted_files_work_on, .row = "L5",
     .title = "after a lazy unmount an open passthrough file is read and written, and the server is "
	      "asked what is its own; without the server reads and writes go on",
     .needs = NEED_PASSTHROUGH)
{
	char data[1];
	struct statx st;
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_RET(server_wait(w, "GETATTR", 1), 1);

	server_kill(&w->server);
	world_wait_disconnected(w, fd);
	EXPECT_RET(client_write(client(w), fd, "G", 1, 0), 1);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), -ENOTCONN);
	EXPECT_RET(backing_file_is("f", "G"), 1);
}

CASE(lazily, unmounted_is_held_by_the_file, .row = "L5",
     .title = "after a lazy unmount, with the device closed, the last open file holds the backing "
	      "file and the IDs",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_PASSES_THROUGH(w);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	server_kill(&w->server);
	world_wait_disconnected(w, fd);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(lazily, unmounted_is_held_by_the_mapping, .row = "L5",
     .title = "after a lazy unmount, with the device and the file closed, a mapping holds the "
	      "backing file and the IDs, and works on",
     .needs = NEED_PASSTHROUGH)
{
	long fd, at;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(at = client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0));
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	EXPECT_RET(client_close(client(w), fd), 0);
	server_kill(&w->server);

	EXPECT_RET(client_poke(client(w), at, 'F'), 0);
	EXPECT_RET(backing_file_is("f", "F"), 1);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(lazily, unmounted_backing_serves_on, .row = "L5",
     .title = "after a lazy unmount of the backing filesystem its file is opened by its ID, read "
	      "and written",
     .needs = NEED_PASSTHROUGH)
{
	char data[1];
	long fd;

	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	plan(w, "f reg=reuse");
	EXPECT_RET(world_umount_lazily("backing"), 0);

	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_RET(client_read(client(w), fd, data, 1, 0), 1);
	EXPECT_HOLDS(*data == 'F', "the read gives what was written");
}

/* --- L6: the device outlives the mount ---------------------------------------------- */

WORLD_FIXTURE(device);

CASE(device, holds_ids_of_closed_files, .row = "L6",
     .title = "after files were closed and FUSE was unmounted, an ID that was not closed holds the "
	      "backing file until the device closes",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(clone);
FIXTURE_VARIANT(clone)
{
	const char *first, *last;
};
FIXTURE_VARIANT_ADD(clone, closed_last) { "main", "clone" };
FIXTURE_VARIANT_ADD(clone, closed_first) { "clone", "main" };

CASE(clone, holds_ids_too, .row = "L6",
     .title = "of a device and its clone, whichever closes last holds the IDs of the unmounted "
	      "connection, and can still close them",
     .needs = NEED_PASSTHROUGH, .can = "devices")
{
	EXPECT_RET(server_device(w, "clone", "clone"), 0);
	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(register_backing(w, "g", "dev=clone"), 2);
	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_call(&w->server, -1, "close-device %s", variant->first), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_call(&w->server, -1, "backing-close 1 dev=%s", variant->last), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_call(&w->server, -1, "close-device %s", variant->last), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

static const struct world_opts same_cpu = { .same_cpu = true };

WORLD_FIXTURE(last_clone);

CASE(last_clone, keeps_the_connection, .row = "L6",
     .title = "a mounted connection lives until the last of the device and its clone closes: then "
	      "opens are ENOTCONN",
     .needs = NEED_PASSTHROUGH | NEED_REALTIME, .can = "devices", .world = &same_cpu)
{
	struct client *waiting = client(w);

	if (server_can(&w->server, "over-io-uring"))
		CASE_SKIP("library: its ring dies with main, and requests that reach it are "
			  "ECANCELED");
	EXPECT_RET(client_be_fifo(waiting), 0);
	EXPECT_RET(server_device(w, "clone", "clone"), 0);
	EXPECT_RET(client_stat(waiting, "f"), 0);
	EXPECT_RET(server_call(&w->server, -1, "close-device main"), 0);
	EXPECT_RET(register_backing(w, "g", "dev=clone"), 1);
	client_start_open(waiting, "f", O_RDWR);
	if (!world_wait_unread(w))
		return;
	EXPECT_HOLDS(client_is_busy(waiting), "the open waits for a server");

	EXPECT_RET(server_call(&w->server, -1, "close-device clone"), 0);
	EXPECT_RET(client_finish(waiting), -ECONNABORTED);
	EXPECT_RET(client_open(waiting, "f", O_RDWR), -ENOTCONN);
}

WORLD_FIXTURE(elsewhere);

/* A second connection whose device the case process keeps open, too. */
static int open_shared_connection(struct world *w)
{
	int device = world_mount_fuse("other");

	return server_call(&w->server, device, "device other adopt") < 0 ? -EPROTO : device;
}

CASE(elsewhere, open_device_holds_ids, .row = "L6",
     .title = "a device that another process has open keeps connection and IDs when the server is "
	      "killed",
     .needs = NEED_PASSTHROUGH, .can = "devices")
{
	int device = open_shared_connection(w);

	ASSERT_POSITIVE(device);
	EXPECT_RET(register_backing(w, "f", "dev=other"), 1);
	server_kill(&w->server);
	EXPECT_RET(world_umount("other"), 0);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	close(device);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(elsewhere, an_id_is_closed, .row = "L6",
     .title = "an ID is closed by another process than the one that made it and was killed, and "
	      "lets its file go at once",
     .needs = NEED_PASSTHROUGH, .can = "devices")
{
	int device = open_shared_connection(w);
	uint32_t id = 1;

	ASSERT_POSITIVE(device);
	EXPECT_RET(register_backing(w, "f", "dev=other"), 1);
	server_kill(&w->server);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(ioctl(device, FUSE_DEV_IOC_BACKING_CLOSE, &id) < 0 ? -errno : 0, 0);
	EXPECT_RET(world_umount("backing"), 0);
	close(device);
}

/* --- L9: the last of mount, device and open file -------------------------------------- */

/* @fd: -1 when it was closed. */
static long let_go(struct world *w, long fd, char holder)
{
	switch (holder) {
	case 'm':
		return world_umount_lazily("fuse");
	case 'd':
		server_kill(&w->server);
		world_wait_disconnected(w, fd);
		return 0;
	default:
		return client_close(client(w), fd);
	}
}

WORLD_FIXTURE(connection);
FIXTURE_VARIANT(connection)
{
	const char *order; /* mount, device, file */
	long close;
};
FIXTURE_VARIANT_ADD(connection, mount_device_file) { "mdf", -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, mount_file_device) { "mfd", 0 };
FIXTURE_VARIANT_ADD(connection, device_mount_file) { "dmf", -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, device_file_mount) { "dfm", -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, file_mount_device) { "fmd", 0 };
FIXTURE_VARIANT_ADD(connection, file_device_mount) { "fdm", 0 };

CASE(connection, goes_with_the_last_of_three, .row = "L9",
     .title = "the IDs that were never closed go with the connection, and that with the last of "
	      "mount, device and open file, in whatever order the others went",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));

	for (const char *holder = variant->order; *holder; holder++) {
		EXPECT_RET(world_umount("backing"), -EBUSY);
		EXPECT_RET(let_go(w, fd, *holder), *holder == 'f' ? variant->close : 0);
		fd = *holder == 'f' ? -1 : fd;
	}
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(mount);

CASE(mount, is_busy_with_open_files, .row = "L9",
     .title = "an open passthrough file keeps the FUSE mount busy, its ID does not",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_PASSES_THROUGH(w);

	EXPECT_RET(world_umount("fuse"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
}

/* --- L10: fusectl ----------------------------------------------------------------- */

WORLD_FIXTURE(entry);

CASE(entry, goes_with_the_mount, .row = "L10",
     .title = "fusectl lists a connection until its mount goes: with the server killed, too, and not "
	      "any more when only device and IDs are left",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long entry = world_connection();

	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(world_lists_connection(entry), 1);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_lists_connection(entry), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
}

CASE(entry, outlives_server_and_abort, .row = "L10",
     .title = "fusectl lists a connection that was aborted and whose server was killed, until it is "
	      "unmounted",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long entry = world_connection();

	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(client_stat(client(w), "f"), -ENOTCONN);
	EXPECT_RET(world_lists_connection(entry), 1);
	server_kill(&w->server);
	EXPECT_RET(world_lists_connection(entry), 1);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_lists_connection(entry), 0);
}

CASE(entry, goes_with_the_last_file, .row = "L10",
     .title = "after a lazy unmount fusectl lists the connection until the last passthrough file "
	      "and the last mapping go",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long entry = world_connection(), fd, at;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(at = client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0));
	EXPECT_RET(world_umount_lazily("fuse"), 0);

	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(world_lists_connection(entry), 1);
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(world_lists_connection(entry), 0);
}

/* --- L11: many IDs ------------------------------------------------------------------ */

#define MANY 1000

WORLD_FIXTURE(many_ids);
FIXTURE_VARIANT(many_ids)
{
	const char *order; /* mount, device */
};
FIXTURE_VARIANT_ADD(many_ids, end_with_the_device) { "md" };
FIXTURE_VARIANT_ADD(many_ids, end_with_the_mount) { "dm" };

CASE(many_ids, are_all_let_go, .row = "L11",
     .title = "a thousand IDs that were never closed are all let go with the connection",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_POSITIVE(file_count_lock());
	EXPECT_RET(registered(w, server_cycle(w, backing_path("f"), MANY, "keep")), MANY);

	for (const char *holder = variant->order; *holder; holder++) {
		EXPECT_RET(world_umount("backing"), -EBUSY);
		EXPECT_RET(let_go(w, -1, *holder), 0);
	}
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE_MAIN()
