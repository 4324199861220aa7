// SPDX-License-Identifier: GPL-2.0
/* What is left when the connection, the server, the device or the mount goes. Rows L. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"
#include "shared/errname.h"
#include "shared/fuse_uapi.h"

#define PAGE 4096L
#define SEED 7
#define RW   (PROT_READ | PROT_WRITE)

/* --- what an open file is good for ---------------------------------------------- */

static long size_of(struct client *client, long fd)
{
	struct statx st;
	long err = client_fstatx(client, fd, 0, &st);

	return err < 0 ? err : (long)st.stx_size;
}

/*
 * What comes of each call on an open file of one byte. The write makes the cached
 * attributes stale, so that fstat has to ask.
 */
static const char *all_calls(struct client *c, long fd)
{
	const struct {
		const char *name;
		long result;
	} calls[] = {
		{ "write", client_write_by(c, WAY_PREAD, fd, 1, 0, SEED) },
		{ "read", client_read_by(c, WAY_PREAD, fd, 1, 0, SEED) },
		{ "splice", client_write_by(c, WAY_SPLICE, fd, 1, 0, SEED + 1) },
		{ "sendfile", client_read_by(c, WAY_SENDFILE, fd, 1, 0, SEED + 1) },
		{ "store", client_write_by(c, WAY_MMAP_SHARED, fd, 1, 0, SEED) },
		{ "load", client_read_by(c, WAY_MMAP_SHARED, fd, 1, 0, SEED) },
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

#define DATA	   "write 1, read 1, splice 1, sendfile 1, store 1, load 1, "
#define ALL_WORK   DATA "fstat 1, ftruncate 0, fsync 0"
#define DATA_WORKS DATA "fstat ENOTCONN, ftruncate ENOTCONN, fsync ENOTCONN"

WORLD_FIXTURE(alive);

CASE(alive, all_calls_work, .row = "L3",
     .title = "with server and connection alive all calls on an open passthrough file work",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));

	EXPECT_PASSES_THROUGH(w);
	EXPECT_TEXT(all_calls(client(w), fd), ALL_WORK);
	EXPECT_RET(client_close(client(w), fd), 0);
}

/* --- L3: abort --------------------------------------------------------------- */

WORLD_FIXTURE(aborted);

CASE(aborted, open_files_work_on, .row = "L3",
     .title = "after an abort a passthrough file is read, written and mapped as before; what needs "
	      "the server is ENOTCONN: stat, truncate, fsync, close",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(world_abort(), 0);

	EXPECT_TEXT(all_calls(client(w), fd), DATA_WORKS);
	EXPECT_RET(backing_match("f", SEED, 1, 0), 1);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
}

CASE(aborted, no_file_is_opened, .row = "L3",
     .title = "after an abort nothing is opened any more: ENOTCONN, also with a passthrough file of "
	      "the inode open",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	plan(w, "f reg=at-open");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_PASSES_THROUGH(w);
	EXPECT_RET(client_stat(client(w), "g"), 0);
	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(client_open(client(w), "f", O_RDONLY), -ENOTCONN);
	EXPECT_RET(client_open(client(w), "g", O_RDONLY), -ENOTCONN);
	EXPECT_RET(client_open(client(w), "h", O_RDONLY), -ENOTCONN);
}

CASE(aborted, mappings_work_on, .row = "L3",
     .title = "after an abort a mapping of a passthrough file, open or closed, shows and changes the "
	      "backing file",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long fd, open_at, closed_at;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(open_at = client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0));
	EXPECT_RET(world_abort(), 0);
	EXPECT_RET(client_peek(client(w), open_at), 'f');
	ASSERT_POSITIVE(closed_at = client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0));
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);

	EXPECT_RET(client_poke(client(w), closed_at, 'F'), 0);
	EXPECT_RET(client_peek(client(w), open_at), 'F');
	EXPECT_RET(backing_file_is("f", "F"), 1);
}

CASE(aborted, holds_no_more_than_before, .row = "L3",
     .title = "after an abort the backing file is held as before, by ID and open file, and let go "
	      "with the last of them, though the FUSE mount stays",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(aborted, waiting_open_fails, .row = "L3",
     .title = "an abort ends an open that waits for its reply: ECONNABORTED; the ID that the reply "
	      "would have named is closed as ever",
     .needs = NEED_PASSTHROUGH | NEED_FUSECTL)
{
	plan(w, "f reg=at-open gate=reply");
	client_start_open(client(w), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", 1), 1);
	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(client_finish(client(w)), -ECONNABORTED);
	EXPECT_RET(server_go(w, "reply"), 1);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

/* --- L4: no server ------------------------------------------------------------- */

static long kill_server(struct world *w)
{
	server_kill(&w->server);
	world_wait_disconnected(w, -1);
	return 0;
}

static long close_device(struct world *w)
{
	long err = server_call(&w->server, -1, "close-device main");

	world_wait_disconnected(w, -1);
	return err;
}

WORLD_FIXTURE(without_server);
FIXTURE_VARIANT(without_server)
{
	long (*end)(struct world *w);
};
FIXTURE_VARIANT_ADD(without_server, killed) { kill_server };
FIXTURE_VARIANT_ADD(without_server, device_closed) { close_device };

#define SKIP_UNLESS_DEVICES()                                                                  \
	do {                                                                                  \
		if (variant->end == close_device && !server_can(&w->server, "devices"))       \
			CASE_SKIP("library: cannot close its device alone");                  \
	} while (0)

CASE(without_server, open_files_work_on, .row = "L4",
     .title = "with the server killed, or its device closed, a passthrough file is read, written "
	      "and mapped as before; what needs the server is ENOTCONN",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS_DEVICES();
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(variant->end(w), 0);

	EXPECT_TEXT(all_calls(client(w), fd), DATA_WORKS);
	EXPECT_RET(backing_match("f", SEED, 1, 0), 1);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -ENOTCONN);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);
}

CASE(without_server, ids_stay_until_the_mount_goes, .row = "L4",
     .title = "with the server killed, or its device closed, IDs hold their files until the FUSE "
	      "mount goes, also when all files are closed",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	SKIP_UNLESS_DEVICES();
	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(variant->end(w), 0);
	EXPECT_RET(client_close(client(w), fd), -ENOTCONN);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

WORLD_FIXTURE(stopped);

CASE(stopped, data_needs_no_server, .row = "L4",
     .title = "while the server is stopped a passthrough file is read, written and mapped",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), fd, "f", 1, 0), 1); /* asks for a capability, once */
	EXPECT_RET(server_pause(&w->server), 0);

	EXPECT_RET(client_write_by(client(w), WAY_PREAD, fd, 1, 0, SEED), 1);
	EXPECT_RET(client_read_by(client(w), WAY_PREAD, fd, 1, 0, SEED), 1);
	EXPECT_RET(client_read_by(client(w), WAY_MMAP_SHARED, fd, 1, 0, SEED), 1);
	EXPECT_RET(server_resume(&w->server), 0);
}

/* --- L7: RELEASE not answered ---------------------------------------------------- */

WORLD_FIXTURE(release);

CASE(release, unanswered_delays_nothing, .row = "L7",
     .title = "a RELEASE that is not answered: close(2) has returned, the backing file is let go, "
	      "and the inode is opened in another mode",
     .needs = NEED_PASSTHROUGH, .can = "hold")
{
	long fd;

	plan(w, "f reg=at-open");
	plan(w, "f");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_RET(server_hold(w, "RELEASE"), 0);

	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(server_go(w, "RELEASE"), 1);
}

CASE(release, unanswered_does_not_hold_the_mount, .row = "L7",
     .title = "a RELEASE that is not answered does not keep the FUSE mount busy",
     .needs = NEED_PASSTHROUGH, .can = "hold")
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_hold(w, "RELEASE"), 0);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);

	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE_MAIN()
