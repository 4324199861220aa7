// SPDX-License-Identifier: GPL-2.0
/* What an unmount and the end of device and connection release. Promises C7, L. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "world/file_count.h"
#include "world/case_helpers.h"
#include "shared/fuse_uapi.h"

#define PAGE sysconf(_SC_PAGESIZE)
#define RW   (PROT_READ | PROT_WRITE)

/* --- L4, L5, L9: lazy unmount ------------------------------------------------------ */

WORLD_FIXTURE(lazy);

CASE(lazy, open_file_works, .promise = "L5",
	.title = "after a lazy unmount an open file can be read and written, and stat(2) sends GETATTR")
{
	struct statx st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_READ(w, fd, "F");
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_POSITIVE(server_wait(w, "GETATTR", 1));
	EXPECT_BACKING("f", "F");
}

CASE(lazy, open_file_works_without_server, .promise = "L4",
	.title = "after a lazy unmount and a server kill an open file works, and stat(2) fails with ENOTCONN")
{
	struct statx st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	server_kill(&w->server);
	world_wait_disconnected(w, fd);

	EXPECT_WRITE(w, fd, "G");
	EXPECT_READ(w, fd, "G");
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), -ENOTCONN);
	EXPECT_BACKING("f", "G");
}

CASE(lazy, open_file_pins, .promise = "L9",
	.title = "after lazy unmount and server kill the last open file pins the backing file; close frees all IDs")
{
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_PASSES_THROUGH(w);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	server_kill(&w->server);
	world_wait_disconnected(w, fd);

	EXPECT_BACKING_BUSY();
	TODAY(EXPECT_RET(client_close(client(w), fd), -ENOTCONN));
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(lazy, mapping_pins, .promise = "L9",
	.title = "after a lazy unmount, close and server kill a mapping works and pins the backing file until munmap")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(world_umount_lazily("fuse"), 0);
	EXPECT_CLOSE(w, fd);
	server_kill(&w->server);

	TODAY(EXPECT_POKE(w, at, 'F'));
	TODAY(EXPECT_BACKING("f", "F"));
	EXPECT_BACKING_BUSY();
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(lazy, unmounted_backing_fs_works, .promise = "L5",
	.title = "after a lazy unmount of the backing filesystem open file and ID still serve reads, writes and opens")
{
	long first, second;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	first = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_umount_lazily("backing"), 0);

	EXPECT_WRITE(w, first, "F");
	EXPECT_READ(w, first, "F");
	/* umount(2) makes the mount unavailable for new accesses. */
	TODAY(EXPECT_POSITIVE(second = client_open(client(w), "f", O_RDWR)));
	TODAY(EXPECT_READ(w, second, "F"));
}

/* --- C7, L6: the device outlives the mount ------------------------------------------ */

WORLD_FIXTURE(device);

CASE(device, pins_ids_after_umount, .promise = "L6",
	.title = "after close and unmount an unclosed ID pins the backing file until the device closes")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_stop(&w->server), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(device_clone);
FIXTURE_VARIANT(device_clone)
{
	const char *first, *last;
	const char *by_last; /* words of "backing-close" */
};
FIXTURE_VARIANT_ADD(device_clone,
		    clone_closed_last) { .first = "main", .last = "clone", .by_last = "dev=clone" };
FIXTURE_VARIANT_ADD(device_clone,
		    clone_closed_first) { .first = "clone", .last = "main", .by_last = "dev=main" };

CASE(device_clone, last_one_pins_ids, .promise = "L6", .abilities = "devices",
	.title = "after unmount, whichever of a device and its clone closes last pins the IDs and can close them")
{
	long id;

	EXPECT_RET(server_device(w, "clone", "clone"), 0);
	id = register_ok(w);
	register_file_ok(w, "g", "dev=clone");
	EXPECT_RET(world_umount("fuse"), 0);

	EXPECT_RET(server_close_device(w, variant->first), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_backing_close(w, id, variant->by_last), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_close_device(w, variant->last), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(last_clone);

CASE(last_clone, keeps_connection_alive, .promise = "L6", .abilities = "devices",
	.today = "that a clone outlives the device that it was made of, no document says",
	.title = "a clone alone keeps the connection; after its close opens fail with ECONNABORTED or ENOTCONN")
{
	struct client *waiting = client(w);

	if (server_can(&w->server, "over-io-uring"))
		CASE_SKIP("library: its ring ends with the main device, and requests queued to it "
			  "fail with ECANCELED");
	EXPECT_RET(server_device(w, "clone", "clone"), 0);
	EXPECT_RET(client_stat(waiting, "f"), 0);
	EXPECT_RET(server_close_device(w, "main"), 0);
	EXPECT_POSITIVE(register_backing(w, "g", "dev=clone"));
	client_start_open(waiting, "f", O_RDWR);
	if (!world_wait_unread(w))
		return;
	EXPECT_HOLDS(client_is_busy(waiting), "the open waits for a server");

	EXPECT_RET(server_close_device(w, "clone"), 0);
	EXPECT_RET(client_finish(waiting), -ECONNABORTED);
	EXPECT_RET(client_open(waiting, "f", O_RDWR), -ENOTCONN);
}

WORLD_FIXTURE(other_process);

/* A second connection, whose device both server and case process have open. */
static int open_shared_connection(struct world *w)
{
	int device = world_mount_fuse("other");

	return server_adopt_device(w, "other", device) < 0 ? -EPROTO : device;
}

CASE(other_process, open_device_pins_ids, .promise = "L6", .abilities = "devices",
	.title = "a device open in another process pins the IDs after server kill and unmount until it closes")
{
	int device = open_shared_connection(w);

	ASSERT_POSITIVE(device);
	register_file_ok(w, "f", "dev=other");
	server_kill(&w->server);
	EXPECT_RET(world_umount("other"), 0);

	EXPECT_BACKING_BUSY();
	close(device);
	EXPECT_BACKING_FREE();
}

CASE(other_process, can_close_id, .promise = "C7", .abilities = "devices",
	.title = "another process can close an ID of a killed server, which unpins the backing file at once")
{
	int device = open_shared_connection(w);
	uint32_t id;

	ASSERT_POSITIVE(device);
	id = register_file_ok(w, "f", "dev=other");
	server_kill(&w->server);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(ioctl(device, FUSE_DEV_IOC_BACKING_CLOSE, &id) < 0 ? -errno : 0, 0);
	EXPECT_BACKING_FREE();
	close(device);
}

/* --- L9: the last of mount, device and open file -------------------------------------- */

enum reference { MOUNT, DEVICE, OPEN_FILE };

/* @fd: the open file, -1 once it is closed. */
static long drop_reference(struct world *w, enum reference reference, long fd)
{
	switch (reference) {
	case MOUNT:
		return world_umount_lazily("fuse");
	case DEVICE:
		server_kill(&w->server);
		world_wait_disconnected(w, fd);
		return 0;
	case OPEN_FILE:
		return client_close(client(w), fd);
	}
	return -EINVAL;
}

WORLD_FIXTURE(connection);
FIXTURE_VARIANT(connection)
{
	enum reference order[3];
	long close_result;
};
FIXTURE_VARIANT_ADD(connection, mount_device_file) { .order = { MOUNT, DEVICE, OPEN_FILE },
						     .close_result = -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, mount_file_device) { .order = { MOUNT, OPEN_FILE, DEVICE },
						     .close_result = 0 };
FIXTURE_VARIANT_ADD(connection, device_mount_file) { .order = { DEVICE, MOUNT, OPEN_FILE },
						     .close_result = -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, device_file_mount) { .order = { DEVICE, OPEN_FILE, MOUNT },
						     .close_result = -ENOTCONN };
FIXTURE_VARIANT_ADD(connection, file_mount_device) { .order = { OPEN_FILE, MOUNT, DEVICE },
						     .close_result = 0 };
FIXTURE_VARIANT_ADD(connection, file_device_mount) { .order = { OPEN_FILE, DEVICE, MOUNT },
						     .close_result = 0 };

CASE(connection, freed_with_last_reference, .promise = "L9",
	.title = "unclosed IDs pin backing files until the last of mount, device and open file is gone, in any order")
{
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	fd = open_ok(w, "f", O_RDWR);

	for (int i = 0; i < 3; i++) {
		bool is_file = variant->order[i] == OPEN_FILE;

		EXPECT_BACKING_BUSY();
		if (is_file)
			TODAY(EXPECT_RET(drop_reference(w, OPEN_FILE, fd), variant->close_result));
		else
			EXPECT_RET(drop_reference(w, variant->order[i], fd), 0);
		fd = is_file ? -1 : fd;
	}
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(mount);

CASE(mount, busy_while_file_open, .promise = "L9",
	.title = "an open passthrough file keeps the FUSE mount busy, an unclosed ID does not")
{
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(register_backing(w, "g", ""));
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_PASSES_THROUGH(w);

	EXPECT_RET(world_umount("fuse"), -EBUSY);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_BACKING_BUSY();
}

/* --- L10: fusectl ----------------------------------------------------------------- */

WORLD_FIXTURE(fusectl);

CASE(fusectl, entry_removed_on_umount, .promise = "L10", .needs = NEED_FUSECTL,
	.title = "fusectl lists a connection until unmount, even if a device and an ID remain")
{
	long entry = world_connection();

	register_ok(w);
	EXPECT_RET(world_lists_connection(entry), 1);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_lists_connection(entry), 0);
	EXPECT_BACKING_BUSY();
}

CASE(fusectl, entry_survives_abort_and_kill, .promise = "L10", .needs = NEED_FUSECTL,
	.today = "fuse.rst, Definitions, ends a connection when the daemon dies",
	.title = "fusectl lists an aborted connection whose server was killed until it is unmounted")
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

CASE(fusectl, entry_removed_with_last_user, .promise = "L10", .needs = NEED_FUSECTL,
	.title = "after a lazy unmount fusectl lists the connection until the last open file and mapping are gone")
{
	long entry = world_connection();
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(world_umount_lazily("fuse"), 0);

	EXPECT_RET(world_lists_connection(entry), 1);
	EXPECT_CLOSE(w, fd);
	TODAY(EXPECT_RET(world_lists_connection(entry), 1));
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(world_lists_connection(entry), 0);
}

/* --- L11: many IDs ------------------------------------------------------------------ */

#define MANY 1000

WORLD_FIXTURE(many_ids);
FIXTURE_VARIANT(many_ids)
{
	enum reference order[2];
};
FIXTURE_VARIANT_ADD(many_ids, device_last) { .order = { MOUNT, DEVICE } };
FIXTURE_VARIANT_ADD(many_ids, mount_last) { .order = { DEVICE, MOUNT } };

CASE(many_ids, all_freed_with_connection, .promise = "L11",
	.title = "a thousand unclosed IDs are all freed with the connection")
{
	ASSERT_POSITIVE(file_count_lock());
	TODAY(EXPECT_RET(registered(w, server_cycle(w, backing_path("f"), MANY, "keep")), MANY));

	for (int i = 0; i < 2; i++) {
		EXPECT_BACKING_BUSY();
		EXPECT_RET(drop_reference(w, variant->order[i], -1), 0);
	}
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE_MAIN()
