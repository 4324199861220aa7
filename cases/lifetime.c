// SPDX-License-Identifier: GPL-2.0
/* What pins the backing file, alone and after the others are gone. Promises L1, L2. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE sysconf(_SC_PAGESIZE)
#define RW   (PROT_READ | PROT_WRITE)

/* --- L1: ID, open file, mapping ------------------------------------------------- */

enum pin { ID, OPEN_FILE, MAPPING, PINS };

/* @pins: the ID, the client's descriptor, its address. */
static long release(struct world *w, const int64_t pins[PINS], enum pin pin)
{
	switch (pin) {
	case ID:
		return server_drop(w, pins[ID]);
	case OPEN_FILE:
		return client_close(client(w), pins[OPEN_FILE]);
	default:
		return client_call(client(w), munmap, pins[MAPPING], PAGE);
	}
}

WORLD_FIXTURE(backing_file);
FIXTURE_VARIANT(backing_file)
{
	enum pin order[PINS];
};
FIXTURE_VARIANT_ADD(backing_file, id_file_mapping) { .order = { ID, OPEN_FILE, MAPPING } };
FIXTURE_VARIANT_ADD(backing_file, id_mapping_file) { .order = { ID, MAPPING, OPEN_FILE } };
FIXTURE_VARIANT_ADD(backing_file, file_id_mapping) { .order = { OPEN_FILE, ID, MAPPING } };
FIXTURE_VARIANT_ADD(backing_file, file_mapping_id) { .order = { OPEN_FILE, MAPPING, ID } };
FIXTURE_VARIANT_ADD(backing_file, mapping_id_file) { .order = { MAPPING, ID, OPEN_FILE } };
FIXTURE_VARIANT_ADD(backing_file, mapping_file_id) { .order = { MAPPING, OPEN_FILE, ID } };

CASE(backing_file, pinned_until_last_gone, .promise = "L1",
	.title = "the backing file stays pinned until the last of ID, open file and mapping is gone")
{
	int64_t pins[PINS];

	open_rule(w, "f reg=at-open");
	pins[OPEN_FILE] = open_ok(w, "f", O_RDWR);
	ASSERT_POSITIVE(pins[ID] = last_id(w));
	pins[MAPPING] = mmap_ok(w, pins[OPEN_FILE], RW, MAP_SHARED, PAGE, 0);

	for (int i = 0; i < PINS; i++) {
		EXPECT_BACKING_BUSY();
		EXPECT_RET(release(w, pins, variant->order[i]), 0);
	}
	EXPECT_BACKING_FREE();
}

#define OPENS 200

WORLD_FIXTURE(pins);

#define register_fd_ok(w, fd) \
	POSITIVE_OK("register a descriptor", registered(w, server_backing_open_fd(w, fd, "")))

CASE(pins, unused_id, .promise = "L1",
	.title = "an unused ID pins the backing file after the registered descriptor is closed")
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	long id = register_fd_ok(w, fd);

	close(fd);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
}

CASE(pins, second_id, .promise = "L1",
	.title = "of two IDs for one descriptor, the second pins the backing file after the first is closed")
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	long first = register_fd_ok(w, fd), second = register_fd_ok(w, fd);

	close(fd);

	EXPECT_RET(server_drop(w, first), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, second), 0);
	EXPECT_BACKING_FREE();
}

CASE(pins, second_open_file, .promise = "L1",
	.title = "of two open files of an inode, the second pins and reads the backing file after the first is closed")
{
	long first, second;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");
	first = open_ok(w, "f", O_RDWR);
	second = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_CLOSE(w, first);
	EXPECT_BACKING_BUSY();
	EXPECT_READ(w, second, "f");
	EXPECT_CLOSE(w, second);
	EXPECT_BACKING_FREE();
}

CASE(pins, second_inode, .promise = "L1",
	.title = "of two inodes opened with one ID, the second pins and reads its file after the first is closed")
{
	long f, g;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g reg=reuse");
	f = open_ok(w, "f", O_RDWR);
	g = open_ok(w, "g", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_CLOSE(w, f);
	EXPECT_BACKING_BUSY();
	EXPECT_READ(w, g, "f");
	EXPECT_CLOSE(w, g);
	EXPECT_BACKING_FREE();
}

CASE(pins, inode_rejects_other_id_eio, .promise = "L1",
	.today = "a further ID of the same file need not be refused, see R13",
	.title = "until its last close, an inode whose ID was closed keeps its backing file: another ID gets EIO")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse times=2");
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(pins, duplicated_fd, .promise = "L1",
	.title = "a dup(2) descriptor pins the backing file and delays RELEASE after the original is closed")
{
	long fd, copy;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	ASSERT_POSITIVE(copy = client_call(client(w), dup, fd));

	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH");
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, copy);
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

CASE(pins, running_program, .promise = "L1",
	.title = "a program running from a passthrough file pins the backing file until it exits")
{
	long pid;

	open_rule(w, "program reg=at-open");
	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_BACKING_FREE();
}

CASE(pins, none_after_sigkill, .promise = "L1",
	.title = "a killed client's open file and mapping pin nothing; FLUSH and RELEASE are sent")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_POSITIVE(client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0));
	EXPECT_PASSES_THROUGH(w);

	kill(client(w)->pid, SIGKILL);
	client_stop(client(w));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_BACKING_FREE();
	EXPECT_RET(world_umount("fuse"), 0);
}

CASE(pins, none_after_200_opens, .promise = "L2",
	.title = "after 200 passthrough opens, each with its own ID, nothing is pinned")
{
	open_rule(w, "f reg=at-open drop=at-release times=%d", OPENS);

	EXPECT_RET(client_count_open_errors(client(w), "f", O_RDWR, EIO, OPENS), 0);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	world_requests(w); /* when it returns, the server has handled each RELEASE */
	EXPECT_BACKING_FREE();
}

/* --- L1: nested passthrough ------------------------------------------------------- */

static const struct world_opts depth_2 = { .init = "depth=2" };

WORLD_FIXTURE(nested);

CASE(nested, open_file_pins_both_levels, .promise = "L1", .since = "6.12", .world = &depth_2,
	.title = "with all IDs closed, a nested passthrough file pins the lower mount and the bottom file until close")
{
	long id, fd;

	EXPECT_RET(world_start_other(w, "depth=1"), 0);
	other_open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(id = server_backing_open(w, world_path("other", "f"), "mode=path"));
	open_rule(w, "f reg=reuse");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_RET(other_drop(w, other_last_id(w)), 0);

	TODAY(EXPECT_RET(world_umount("other"), -EBUSY));
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, fd);
	EXPECT_BACKING_FREE();
	EXPECT_RET(world_umount("other"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- L2: failed opens ---------------------------------------------------------------- */

/* If it succeeds, the file is closed: whether anything is pinned shows all the same. */
#define EXPECT_OPEN_FAILS_EIO(w, path) \
	TODAY(EXPECT_RET(client_count_open_errors(client(w), path, O_RDWR, EIO, 1), 1))

WORLD_FIXTURE(failed_open);
FIXTURE_VARIANT(failed_open)
{
	const char *first, *second; /* open rules; the second open fails */
};
FIXTURE_VARIANT_ADD(failed_open, while_cached_open) { .first = "f", .second = "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open, while_other_id_open) { .first = "f reg=at-open",
							.second = "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open,
		    keep_cache) { .first = "f flags=direct_io",
				  .second = "f reg=at-open flags=passthrough,keep_cache" };
FIXTURE_VARIANT_ADD(failed_open, closed_id) { .first = "f flags=direct_io",
					      .second = "f reg=at-open drop=before-reply" };
FIXTURE_VARIANT_ADD(failed_open, cached_while_passthrough) { .first = "f reg=at-open",
							     .second = "f" };

CASE(failed_open, pins_nothing, .promise = "L2",
	.title = "an open that fails with EIO pins nothing once the first open file and all IDs are closed")
{
	long fd, first_id;

	open_rule(w, "%s", variant->first);
	open_rule(w, "%s", variant->second);
	fd = open_ok(w, "f", O_RDWR);
	first_id = last_id(w);
	EXPECT_OPEN_FAILS_EIO(w, "f");
	EXPECT_CLOSE(w, fd);

	server_backing_close(w, first_id, "");
	server_backing_close(w, last_id(w), "");
	EXPECT_BACKING_FREE();
	EXPECT_RET(world_umount("fuse"), 0);
}

WORLD_FIXTURE(read_only_backing);

CASE(read_only_backing, failed_open_pins_nothing, .promise = "L2", .since = "6.12",
	.title = "an open for writing fails with EIO on a read-only backing filesystem and pins nothing")
{
	long id = register_file_ok(w, "f", "mode=path");

	open_rule(w, "f reg=reuse");
	EXPECT_RET(world_make_readonly("backing"), 0);

	EXPECT_OPEN_FAILS_EIO(w, "f");
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
	EXPECT_RET(world_umount("fuse"), 0);
}

WORLD_FIXTURE(executed_backing);

CASE(executed_backing, failed_open_pins_no_mount, .promise = "L2",
	.title = "an open for writing of an executed backing file fails with EIO and does not pin the FUSE mount")
{
	struct client *runner = client_number(w, 1);
	long pid, id;

	ASSERT_RET(backing_program("program"), 0);
	id = register_file_ok(w, "program", "mode=ro");
	ASSERT_POSITIVE(pid = client_spawn(runner, backing_path("program")));
	open_rule(w, "program reg=reuse");

	EXPECT_OPEN_FAILS_EIO(w, "program");
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(client_reap(runner, pid), 42);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_BACKING_FREE();
}

CASE_MAIN()
