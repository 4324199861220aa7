// SPDX-License-Identifier: GPL-2.0
/* What works and what is held once connection, server or device are gone. Promises D1, L. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "world/case_helpers.h"
#include "world/proc.h"
#include "shared/errname.h"

#define PAGE sysconf(_SC_PAGESIZE)
#define SEED 7
#define RW   (PROT_READ | PROT_WRITE)

/* --- calls on an open file ------------------------------------------------------ */

static long size_of(struct client *client, long fd)
{
	struct statx st;
	long err = client_fstatx(client, fd, 0, &st);

	return err < 0 ? err : (long)st.stx_size;
}

/*
 * The result of each call on an open file of one byte. The write invalidates the cached
 * attributes, so that fstat sends GETATTR.
 */
static const char *results_of_all_calls(struct client *c, long fd)
{
	const struct {
		const char *name;
		long result;
	} calls[] = {
		{ "write", client_write_by(c, BY_PREAD, fd, 1, 0, SEED) },
		{ "read", client_read_by(c, BY_PREAD, fd, 1, 0, SEED) },
		{ "splice", client_write_by(c, BY_SPLICE, fd, 1, 0, SEED + 1) },
		{ "sendfile", client_read_by(c, BY_SENDFILE, fd, 1, 0, SEED + 1) },
		{ "store", client_write_by(c, BY_MMAP_SHARED, fd, 1, 0, SEED) },
		{ "load", client_read_by(c, BY_MMAP_SHARED, fd, 1, 0, SEED) },
		{ "fstat", size_of(c, fd) },
		{ "ftruncate", client_call(c, ftruncate, fd, 1) },
		{ "fsync", client_call(c, fsync, fd) },
	};
	static char text[256];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		char name[RESULT_NAME_MAX];

		len += snprintf(text + len, sizeof(text) - len, "%s%s %s", i ? ", " : "",
				calls[i].name, result_name(calls[i].result, name));
	}
	return text;
}

#define DATA_IO	  "write 1, read 1, splice 1, sendfile 1, store 1, load 1, "
#define ALL_WORK  DATA_IO "fstat 1, ftruncate 0, fsync 0"
#define DATA_ONLY DATA_IO "fstat ENOTCONN, ftruncate ENOTCONN, fsync ENOTCONN"

WORLD_FIXTURE(connected);

CASE(connected, all_calls_work, .promise = "L3",
	.title = "all calls on an open passthrough file work while server and connection are alive")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);

	EXPECT_PASSES_THROUGH(w);
	EXPECT_TEXT(results_of_all_calls(client(w), fd), ALL_WORK);
	EXPECT_CLOSE(w, fd);
}

/* --- an ID that is dropped after the end of the connection ------------------------ */

/*
 * A server may close clones of its device then, as fuser does, and nothing closes an ID that one of
 * them made: DROP_CHANNEL_GONE. @devices: how many descriptors of the device the server had before.
 * What is observed is the same either way.
 */
static long drop_last_id(struct world *w, long devices)
{
	long dropped = server_drop(w, last_id(w));
	bool is_gone =
		dropped == DROP_CHANNEL_GONE && proc_fuse_descriptors(w->server.pid) < devices;

	if (dropped == DROP_CHANNEL_GONE && !is_gone)
		case_hint("the server says channel-gone and has closed no device");
	_EXPECT_ROWS(0, "drop the last ID", is_gone ? 0 : dropped, since("0", 0));
	return dropped;
}

/* At once, or when the server has closed all its devices and FUSE is unmounted. */
static void expect_unpinned(struct world *w, long dropped)
{
	if (dropped == DROP_CHANNEL_GONE) {
		if (world_umount("backing") != -EBUSY)
			EXPECT_HOLDS(false, "an ID that is not closed pins the backing file");
		if (server_end_session(w) < 0 || world_umount("fuse") == -EBUSY)
			EXPECT_HOLDS(false, "the session ends, and nothing uses the mount");
	}
	EXPECT_BACKING_FREE();
}

/* --- L1, L3, L15: abort ------------------------------------------------------- */

WORLD_FIXTURE(aborted);

CASE(aborted, open_file_data_works, .promise = "L3", .needs = NEED_FUSECTL,
	.title = "after an abort data I/O and mmap work; fstat, ftruncate, fsync and close fail with ENOTCONN")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_abort(), 0);

	EXPECT_TEXT(results_of_all_calls(client(w), fd), DATA_ONLY);
	EXPECT_BACKING_PATTERN("f", SEED, 1, 0);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
}

CASE(aborted, open_enotconn, .promise = "L15", .needs = NEED_FUSECTL,
	.title = "after an abort an open, even of an inode with an open passthrough file, fails with ENOTCONN")
{
	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_PASSES_THROUGH(w);
	EXPECT_RET(client_stat(client(w), "g"), 0);
	EXPECT_RET(world_abort(), 0);

	EXPECT_FAILS(client_open(client(w), "f", O_RDONLY), -ENOTCONN);
	EXPECT_FAILS(client_open(client(w), "g", O_RDONLY), -ENOTCONN);
	EXPECT_FAILS(client_open(client(w), "h", O_RDONLY), -ENOTCONN);
}

CASE(aborted, mappings_work, .promise = "L3", .needs = NEED_FUSECTL,
	.title = "after an abort mappings read and write the backing file, even with the passthrough file closed")
{
	int64_t fd, open_at, closed_at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	open_at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(world_abort(), 0);
	EXPECT_PEEK(w, open_at, 'f');
	closed_at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);

	EXPECT_POKE(w, closed_at, 'F');
	EXPECT_PEEK(w, open_at, 'F');
	EXPECT_BACKING("f", "F");
}

CASE(aborted, last_reference_unpins, .promise = "L1", .needs = NEED_FUSECTL,
	.title = "after an abort ID and open file pin the backing file until both are gone, though FUSE stays mounted")
{
	long fd, devices, dropped;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	devices = proc_fuse_descriptors(w->server.pid);
	EXPECT_RET(world_abort(), 0);

	EXPECT_BACKING_BUSY();
	dropped = drop_last_id(w, devices);
	EXPECT_BACKING_BUSY();
	TODAY(EXPECT_RET(client_close(client(w), fd), -ENOTCONN));
	expect_unpinned(w, dropped);
}

CASE(aborted, pending_open_econnaborted, .promise = "L15", .needs = NEED_FUSECTL,
	.title = "after an abort the ID of a pending open can still be closed; the open fails with ECONNABORTED")
{
	long devices, dropped;

	open_rule(w, "f reg=at-open gate=reply");
	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	devices = proc_fuse_descriptors(w->server.pid);
	EXPECT_RET(world_abort(), 0);

	EXPECT_FAILS(client_finish(client(w)), -ECONNABORTED);
	EXPECT_RET(server_go(w, "reply"), 1);
	dropped = drop_last_id(w, devices);
	expect_unpinned(w, dropped);
}

/* --- L4, L9, D1: no server ----------------------------------------------------- */

static long kill_server(struct world *w)
{
	server_kill(&w->server);
	world_wait_disconnected(w, -1);
	return 0;
}

static long close_device(struct world *w)
{
	long err = server_close_device(w, "main");

	world_wait_disconnected(w, -1);
	return err;
}

WORLD_FIXTURE(server_gone);
FIXTURE_VARIANT(server_gone)
{
	long (*end)(struct world * w);
	const char *abilities;
};
FIXTURE_VARIANT_ADD(server_gone, killed) { .end = kill_server, .abilities = "" };
FIXTURE_VARIANT_ADD(server_gone, device_closed) { .end = close_device, .abilities = "devices" };

CASE(server_gone, open_file_data_works, .promise = "L4",
	.title = "after the server dies or closes its device, data I/O and mmap work; other calls fail with ENOTCONN")
{
	long fd;

	SKIP_UNLESS_ABLE(w, variant->abilities);
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(variant->end(w), 0);

	EXPECT_TEXT(results_of_all_calls(client(w), fd), DATA_ONLY);
	EXPECT_BACKING_PATTERN("f", SEED, 1, 0);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -ENOTCONN);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
}

CASE(server_gone, ids_pin_until_umount, .promise = "L9",
	.title = "after the server dies or closes its device, IDs of closed files pin backing files until FUSE unmount")
{
	long fd;

	SKIP_UNLESS_ABLE(w, variant->abilities);
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(variant->end(w), 0);
	TODAY(EXPECT_RET(client_close(client(w), fd), -ENOTCONN));

	EXPECT_BACKING_BUSY();
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(server_stopped);

CASE(server_stopped, data_io_works, .promise = "D1",
	.title = "reads, writes and mmap loads of a passthrough file work while the server is stopped")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "f"); /* sends GETXATTR, once */
	EXPECT_RET(server_pause(&w->server), 0);

	EXPECT_WRITE_BY(w, BY_PREAD, fd, 1, 0, SEED);
	EXPECT_READ_BY(w, BY_PREAD, fd, 1, 0, SEED);
	EXPECT_READ_BY(w, BY_MMAP_SHARED, fd, 1, 0, SEED);
	EXPECT_RET(server_resume(&w->server), 0);
}

/* --- L7: RELEASE not answered ---------------------------------------------------- */

WORLD_FIXTURE(unanswered_release);

/* Until RELEASE has reached the server, which holds it. */
static void begin_close(struct world *w, long fd)
{
	client_start_close(client(w), fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_HOLDS(!client_is_busy(client(w)), "close(2) does not wait for the reply");
}

static void end_close(struct world *w)
{
	EXPECT_RET(server_go(w, "RELEASE"), 1);
	EXPECT_RET(client_finish(client(w)), 0);
}

CASE(unanswered_release, delays_nothing, .promise = "L7", .abilities = "hold",
	.title = "an unanswered RELEASE does not delay close(2), unpinning the backing file or a cached open")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	begin_close(w, fd);
	EXPECT_POSITIVE(client_open(client_number(w, 1), "f", O_RDWR));
	EXPECT_BACKING_FREE();
	end_close(w);
}

CASE(unanswered_release, mount_not_busy, .promise = "L7", .abilities = "hold",
	.title = "an unanswered RELEASE does not keep the FUSE mount busy")
{
	long fd, devices, dropped;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);
	begin_close(w, fd);
	devices = proc_fuse_descriptors(w->server.pid);

	EXPECT_RET(world_umount("fuse"), 0);
	end_close(w);
	dropped = drop_last_id(w, devices);
	expect_unpinned(w, dropped);
}

CASE_MAIN()
