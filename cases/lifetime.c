// SPDX-License-Identifier: GPL-2.0
/* Who holds the backing file, each alone and after the others went. Rows L. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE 4096L
#define RW   (PROT_READ | PROT_WRITE)

static long map(struct world *w, long fd)
{
	return client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0);
}

/* --- L1, L2: the holders ------------------------------------------------------ */

struct holders {
	long id, fd, address;
};

static long let_go(struct world *w, const struct holders *holders, char holder)
{
	switch (holder) {
	case 'i':
		return server_drop(w, holders->id);
	case 'f':
		return client_close(client(w), holders->fd);
	default:
		return client_call(client(w), munmap, holders->address, PAGE);
	}
}

WORLD_FIXTURE(backing);
FIXTURE_VARIANT(backing)
{
	const char *order; /* ID, file, mapping */
};
FIXTURE_VARIANT_ADD(backing, id_file_mapping) { "ifm" };
FIXTURE_VARIANT_ADD(backing, id_mapping_file) { "imf" };
FIXTURE_VARIANT_ADD(backing, file_id_mapping) { "fim" };
FIXTURE_VARIANT_ADD(backing, file_mapping_id) { "fmi" };
FIXTURE_VARIANT_ADD(backing, mapping_id_file) { "mif" };
FIXTURE_VARIANT_ADD(backing, mapping_file_id) { "mfi" };

CASE(backing, is_held_until_all_have_let_go, .row = "L1",
     .title = "ID, open file and mapping each hold the backing file, in whatever order the others "
	      "let go, and nothing does after the last",
     .needs = NEED_PASSTHROUGH)
{
	struct holders holders;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(holders.fd = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(holders.id = last_id(w));
	ASSERT_POSITIVE(holders.address = map(w, holders.fd));

	for (const char *holder = variant->order; *holder; holder++) {
		EXPECT_RET(world_umount("backing"), -EBUSY);
		EXPECT_RET(let_go(w, &holders, *holder), 0);
	}
	EXPECT_RET(world_umount("backing"), 0);
}

WORLD_FIXTURE(holder);

CASE(holder, is_the_id, .row = "L1",
     .title = "an ID that nobody uses holds the backing file, of which no descriptor is open any more",
     .needs = NEED_PASSTHROUGH)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);

	EXPECT_RET(registered(w, server_backing_open_fd(w, fd, "")), 1);
	close(fd);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_each_id, .row = "L1",
     .title = "two IDs of one descriptor hold the backing file each by itself",
     .needs = NEED_PASSTHROUGH)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);

	EXPECT_RET(registered(w, server_backing_open_fd(w, fd, "")), 1);
	EXPECT_RET(registered(w, server_backing_open_fd(w, fd, "")), 2);
	close(fd);

	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_drop(w, 2), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_each_open_file, .row = "L1",
     .title = "each of two open files of an inode holds the backing file and reads on, whichever "
	      "was opened first",
     .needs = NEED_PASSTHROUGH)
{
	char data[1];
	long first, second;

	plan(w, "f reg=at-open");
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(first = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(second = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_RET(client_close(client(w), first), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_read(client(w), second, data, 1, 0), 1);
	EXPECT_RET(client_close(client(w), second), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_each_inode, .row = "L1",
     .title = "two inodes that were opened with one ID hold its backing file each by itself",
     .needs = NEED_PASSTHROUGH)
{
	char data[1];
	long f, g;

	plan(w, "f reg=at-open");
	plan(w, "g reg=reuse");
	ASSERT_POSITIVE(f = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(g = client_open(client(w), "g", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_RET(client_close(client(w), f), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_read(client(w), g, data, 1, 0), 1);
	EXPECT_HOLDS(*data == 'f', "it is the file of the ID that is read");
	EXPECT_RET(client_close(client(w), g), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_the_inode_of_the_first_id, .row = "L1",
     .title = "an inode keeps the backing file of its first passthrough open until the last one "
	      "closes, though its ID is closed: another ID is EIO until then, and not after",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_POSITIVE(register_f(w));
	plan(w, "f reg=reuse times=2");
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(holder, is_the_last_descriptor, .row = "L1",
     .title = "a descriptor that was duplicated holds the backing file after the first is closed",
     .needs = NEED_PASSTHROUGH)
{
	long fd, copy;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	ASSERT_POSITIVE(copy = client_call(client(w), dup, fd));

	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough FLUSH");
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), copy), 0);
	EXPECT_OPS(w, "FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_a_running_program, .row = "L1",
     .title = "a program that runs from a passthrough file holds the backing file until it ends",
     .needs = NEED_PASSTHROUGH)
{
	long pid;

	plan(w, "program reg=at-open");
	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_RET(server_drop(w, last_id(w)), 0);

	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(holder, is_no_killed_client, .row = "L1",
     .title = "a client that is killed lets go of open files and mappings: FLUSH and RELEASE are "
	      "sent, nothing is held",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_POSITIVE(map(w, fd));
	EXPECT_PASSES_THROUGH(w);

	kill(client(w)->pid, SIGKILL);
	client_stop(client(w));
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

CASE(holder, is_nobody_after_many, .row = "L2",
     .title = "after 200 passthrough opens, each with an ID of its own, nothing is held",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open drop=at-release times=200");

	EXPECT_RET(client_count_open_errors(client(w), "f", O_RDWR, EIO, 200), 0);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	world_ops(w);
	EXPECT_RET(world_umount("backing"), 0);
}

/* --- L1: one above the other ---------------------------------------------------- */

static const struct world_opts depth_2 = { .init = "depth=2" };

WORLD_FIXTURE(two_levels);

CASE(two_levels, hold_each_other, .row = "L1",
     .title = "a file that is open through two passthrough mounts holds the lower mount and the file "
	      "at the bottom, without an ID, and once it is closed each level is let go",
     .since = "6.12", .needs = NEED_PASSTHROUGH, .world = &depth_2)
{
	long fd;

	EXPECT_RET(world_start_other(w, "depth=1"), 0);
	EXPECT_RET(server_call(&w->other, -1, "plan f reg=at-open"), 0);
	EXPECT_RET(server_backing_open(w, world_path("other", "f"), "mode=path"), 1);
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(server_call(&w->other, -1, "drop 1"), 0);

	EXPECT_RET(world_umount("other"), -EBUSY);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(world_umount("other"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- L2: opens that failed ----------------------------------------------------- */

WORLD_FIXTURE(failed_open);
FIXTURE_VARIANT(failed_open)
{
	const char *first, *second; /* rows of the plan; the second fails */
};
FIXTURE_VARIANT_ADD(failed_open, beside_cached) { "f", "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open, beside_another_id) { "f reg=at-open", "f reg=at-open" };
FIXTURE_VARIANT_ADD(failed_open, with_keep_cache) {
	"f flags=direct_io", "f reg=at-open flags=passthrough,keep_cache"
};
FIXTURE_VARIANT_ADD(failed_open, with_closed_id) {
	"f flags=direct_io", "f reg=at-open drop=before-reply"
};
FIXTURE_VARIANT_ADD(failed_open, without_passthrough) { "f reg=at-open", "f" };

CASE(failed_open, holds_nothing, .row = "L2",
     .title = "an open that fails because of its ID or flags holds nothing: once the first file is "
	      "closed and the IDs are, the backing filesystem is unmounted",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, variant->first);
	plan(w, variant->second);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(client_close(client(w), fd), 0);

	for (long id = last_id(w); id > 0; id--)
		server_backing_close(w, id, "");
	EXPECT_RET(world_umount("backing"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

WORLD_FIXTURE(refused_open);

CASE(refused_open, holds_nothing, .row = "L2",
     .title = "an open for writing that fails because the backing filesystem is read-only holds "
	      "nothing",
     .since = "6.12", .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(server_backing_open(w, backing_path("f"), "mode=path"), 1);
	plan(w, "f reg=reuse");
	EXPECT_RET(world_make_readonly("backing"), 0);

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE_MAIN()
