// SPDX-License-Identifier: GPL-2.0
/* Opens, mappings and writes while a direct write is in flight. Promises W1 to W14. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PARALLEL "flags=direct_io,parallel_direct_writes"

static const struct world_opts on_one_cpu = { .same_cpu = true };
static const struct world_opts with_mmap = { .init = "direct-io-allow-mmap" };

/*
 * Client 0 opens f by the script and writes its first byte; the server holds the WRITE until
 * server_go(). The descriptor, or -errno.
 */
static long begin_direct_write(struct world *w)
{
	long fd = client_open(client(w), "f", O_RDWR), err;

	if (fd < 0)
		return fd;
	err = server_hold(w, "WRITE");
	client_start_write(client(w), fd, "F", 1, 0);
	err = err ?: server_wait(w, "WRITE", 1);
	return err == 1 ? fd : err;
}

#define begin_direct_write_ok(w) POSITIVE_OK("open f, begin to write", begin_direct_write(w))

/* Begins an open of f; when this returns the server has answered it, and it waits or has ended. */
static void begin_open(struct world *w, struct client *c, int opens_before)
{
	client_start_open(c, "f", O_RDWR);
	server_wait(w, "OPEN", opens_before + 1);
	world_settle(&w->server, "fuse");
	client_is_busy(c);
}

/* If the started step waits for the WRITE, lets that go and ends the case. */
#define EXPECT_NO_WAIT(w, client, what) \
	do { \
		bool _ends = client_ends(client); \
		EXPECT_HOLDS(_ends, what); \
		if (!_ends) { \
			server_go(w, "WRITE"); \
			return; \
		} \
	} while (0)

WORLD_FIXTURE(cached_open);
FIXTURE_VARIANT(cached_open)
{
	const char *rule; /* of the cached open */
};
FIXTURE_VARIANT_ADD(cached_open, cached) { .rule = "f" };
FIXTURE_VARIANT_ADD(cached_open, keep_cache) { .rule = "f flags=keep_cache" };
FIXTURE_VARIANT_ADD(cached_open,
		    parallel_without_direct_io) { .rule = "f flags=parallel_direct_writes" };

CASE(cached_open, waits_for_parallel_write, .promise = "W1", .abilities = "hold",
	.title = "a cached open waits for a parallel direct write in flight, then succeeds")
{
	struct client *opener = client_number(w, 1);

	open_rule(w, "f " PARALLEL);
	open_rule(w, "%s", variant->rule);
	begin_direct_write_ok(w);
	begin_open(w, opener, 1);
	EXPECT_HOLDS(client_is_busy(opener), "the cached open waits for the WRITE");

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_POSITIVE(client_finish(opener));
}

WORLD_FIXTURE(open_wait);

CASE(open_wait, not_killable, .promise = "W1", .abilities = "hold",
	.today = "a killable wait would be better",
	.title = "the wait of a cached open for a parallel direct write is not killable")
{
	struct client *opener = client_number(w, 1);

	open_rule(w, "f " PARALLEL);
	begin_direct_write_ok(w);
	begin_open(w, opener, 1);
	EXPECT_RET(client_signal(opener, SIGKILL), 0);
	client_is_busy(opener);
	world_requests(w); /* RELEASE, if it no longer waits */
	EXPECT_HOLDS(client_is_busy(opener), "the killed client has not ended");

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(opener), -EPIPE);
}

CASE(open_wait, for_last_parallel_write, .promise = "W1", .abilities = "hold",
	.title = "a cached open waits for the last of two parallel direct writes in flight")
{
	struct client *opener = client_number(w, 1), *writer = client_number(w, 2);
	long fd;

	open_rule(w, "f times=2 " PARALLEL);
	begin_direct_write_ok(w);
	fd = open_ok(writer, "f", O_RDWR);
	EXPECT_RET(server_hold(w, "WRITE"), 0);
	client_start_write(writer, fd, "G", 1, 0);
	EXPECT_RET(server_wait(w, "WRITE", 2), 2);
	begin_open(w, opener, 2);

	EXPECT_RET(server_go_one(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_HOLDS(client_is_busy(opener), "the cached open waits for the second WRITE");
	EXPECT_RET(server_go_one(w, "WRITE"), 1);
	EXPECT_RET(client_finish(writer), 1);
	EXPECT_POSITIVE(client_finish(opener));
}

CASE(open_wait, not_for_exclusive_write, .promise = "W8", .abilities = "hold",
	.title = "a cached open does not wait for a direct write without PARALLEL_DIRECT_WRITES")
{
	struct client *opener = client_number(w, 1);

	open_rule(w, "f flags=direct_io");
	begin_direct_write_ok(w);
	client_start_open(opener, "f", O_RDWR);
	EXPECT_NO_WAIT(w, opener, "the cached open does not wait");

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_POSITIVE(client_finish(opener));
}

CASE(open_wait, delays_further_writes, .promise = "W5", .abilities = "hold",
	.title = "while a cached open waits for a parallel direct write, a further one waits too")
{
	struct client *opener = client_number(w, 1), *writer = client_number(w, 2);
	long fd;

	open_rule(w, "f times=2 " PARALLEL);
	fd = open_ok(writer, "f", O_RDWR);
	begin_direct_write_ok(w);
	begin_open(w, opener, 2);
	client_start_write(writer, fd, "G", 1, 0);
	EXPECT_HOLDS(client_is_busy(writer), "the second direct write waits");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+direct_io+parallel_direct_writes "
			   "OPEN+direct_io+parallel_direct_writes WRITE OPEN");

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(writer), 1);
	EXPECT_POSITIVE(client_finish(opener));
}

WORLD_FIXTURE(uncached_open);
FIXTURE_VARIANT(uncached_open)
{
	const char *rule;
};
FIXTURE_VARIANT_ADD(uncached_open, passthrough) { .rule = "f reg=at-open" };
FIXTURE_VARIANT_ADD(uncached_open,
		    passthrough_direct_io) { .rule = "f reg=at-open flags=passthrough,direct_io" };
FIXTURE_VARIANT_ADD(uncached_open, direct_io) { .rule = "f flags=direct_io" };
FIXTURE_VARIANT_ADD(uncached_open, parallel_direct_writes) { .rule = "f " PARALLEL };

CASE(uncached_open, does_not_wait, .promise = "W2", .abilities = "hold",
	.title = "a passthrough or direct open and its read do not wait for a parallel direct write in flight")
{
	struct client *opener = client_number(w, 1);
	long fd;

	open_rule(w, "f " PARALLEL);
	open_rule(w, "%s", variant->rule);
	begin_direct_write_ok(w);
	client_start_open(opener, "f", O_RDWR);
	EXPECT_NO_WAIT(w, opener, "the open does not wait");
	ASSERT_POSITIVE(fd = client_finish(opener));
	client_start_read(opener, fd, 1, 0);
	EXPECT_NO_WAIT(w, opener, "the read does not wait");

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_POSITIVE(client_finish(opener));
}

WORLD_FIXTURE(passthrough_io);

CASE(passthrough_io, write_waits_for_direct_write, .promise = "W9", .abilities = "hold",
	.title = "a passthrough write waits for a direct write in flight, a passthrough read does not")
{
	struct client *other = client_number(w, 1);
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse flags=passthrough,direct_io,parallel_direct_writes");
	fd = open_ok(other, "f", O_RDWR);
	begin_direct_write_ok(w);

	client_start_read(other, fd, 1, 0);
	EXPECT_NO_WAIT(w, other, "the passthrough read does not wait");
	EXPECT_RET(client_finish(other), 1);
	client_start_write(other, fd, "G", 1, 0);
	EXPECT_HOLDS(client_is_busy(other), "the passthrough write waits for the WRITE");
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_RET(client_finish(other), 1);
	EXPECT_BACKING("f", "G");
}

CASE(passthrough_io, mode_survives_parallel_writes, .promise = "W3",
	.title = "parallel direct writes to a PASSTHROUGH|DIRECT_IO file leave the inode in passthrough mode")
{
	long fd, further;

	open_rule(w, "f reg=at-open flags=passthrough,direct_io,parallel_direct_writes");
	open_rule(w, "f");
	open_rule(w, "f reg=reuse");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_WRITE(w, fd, "G");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough+direct_io+parallel_direct_writes WRITE WRITE");

	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	further = open_ok(w, "f", O_RDWR);
	EXPECT_CLOSE(w, further);
	EXPECT_CLOSE(w, fd);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE(passthrough_io, parallel_flag_alone_ignored, .promise = "W7",
	.title = "PARALLEL_DIRECT_WRITES without DIRECT_IO does not change writes of a passthrough file")
{
	long fd;

	open_rule(w, "f reg=at-open flags=passthrough,parallel_direct_writes");
	fd = open_ok(w, "f", O_RDWR);

	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough+parallel_direct_writes GETXATTR");
}

/* With NOFLUSH, as up to 6.15 a close that sends FLUSH waits for the write, too. */
WORLD_FIXTURE(brief_passthrough);

CASE(brief_passthrough, leaves_nothing_after_write, .promise = "W4", .abilities = "hold",
	.title = "a passthrough open and close during a parallel direct write leaves no mode and no held backing file")
{
	struct client *opener = client_number(w, 1);
	const char *waits;
	long fd, during;

	open_rule(w, "f " PARALLEL);
	open_rule(w, "f reg=at-open drop=at-release flags=passthrough,noflush");
	fd = begin_direct_write_ok(w);
	during = open_ok(opener, "f", O_RDWR);
	EXPECT_CLOSE(opener, during);
	begin_open(w, opener, 2);
	waits = client_is_busy(opener) ? "yes" : "no";
	case_note("waits", "%s", waits);

	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	during = client_finish(opener);
	EXPECT_HOLDS(during > 0 || during == -EIO, "the cached open succeeds or fails with EIO");
	EXPECT_POSITIVE(client_open(opener, "f", O_RDWR));
	EXPECT_CLOSE(w, fd);
	EXPECT_BACKING_FREE();
}

/* --- W14: on one CPU the waiting open runs last, unless what runs before it has to wait --- */

static int set_scheduler(pid_t pid, int policy)
{
	const struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	return sched_setscheduler(pid, policy, &param) < 0 ? -errno : 0;
}

struct write_then_open {
	int fd;
	char path[128];
};

static int64_t do_write_then_open(void *arg)
{
	const struct write_then_open *a = arg;
	int fd = pwrite(a->fd, "F", 1, 0) == 1 ? open(a->path, O_RDWR | O_CLOEXEC) : -1;

	return fd < 0 ? -errno : fd;
}

/* Begins to write the first byte and, as soon as that is done, to open f. */
static void start_write_then_open(struct client *c, int fd)
{
	struct write_then_open arg = { .fd = fd };

	snprintf(arg.path, sizeof(arg.path), "%s", fuse_path("f"));
	client_begin(c, do_write_then_open, &arg, sizeof(arg), "write, then to open f");
}

WORLD_FIXTURE(open_race);

/* What the opens of f returned. */
struct race {
	long fd; /* of the direct writes of client 1 */
	long cached, passthrough;
};

/* A cached open waits for a direct write of client 1, which then opens f for passthrough. */
static struct race race_opens(struct world *w)
{
	struct client *writer = client_number(w, 1), *opener = client(w);
	const char *first;
	struct race race;

	open_rule(w, "f " PARALLEL);
	open_rule(w, "f");
	open_rule(w, "f reg=at-open");
	race.fd = open_ok(writer, "f", O_RDWR);
	EXPECT_RET(client_be_fifo(writer), 0);
	EXPECT_RET(server_hold(w, "WRITE"), 0);
	start_write_then_open(writer, race.fd);
	EXPECT_RET(server_wait(w, "WRITE", 1), 1);
	EXPECT_RET(client_be_fifo(opener), 0);
	begin_open(w, opener, 1);
	EXPECT_HOLDS(client_is_busy(opener), "the cached open waits for the WRITE");

	EXPECT_RET(set_scheduler(opener->pid, SCHED_OTHER), 0);
	EXPECT_RET(set_scheduler(w->server.pid, SCHED_FIFO), 0);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	race.passthrough = client_finish(writer);
	race.cached = client_finish(opener);
	first = race.passthrough > 0 ? "passthrough" : "cached";
	case_note("first", "%s", first);
	return race;
}

CASE(open_race, one_succeeds_other_eio, .promise = "W14", .needs = NEED_REALTIME,
	.abilities = "hold", .world = &on_one_cpu,
	.title = "of a waiting cached open and a passthrough open at its wake-up, one succeeds, one fails with EIO")
{
	struct race race = race_opens(w);

	EXPECT_HOLDS(race.passthrough > 0 ? race.cached == -EIO :
					    race.passthrough == -EIO && race.cached > 0,
		     "the first succeeds, the other fails with EIO");
}

CASE(open_race, leaves_writes_parallel, .promise = "W6", .needs = NEED_REALTIME,
	.abilities = "hold", .world = &on_one_cpu,
	.title = "after a passthrough open ended the wait of a cached one, and closed, direct writes run in parallel")
{
	struct client *writer = client_number(w, 1), *second = client_number(w, 2);
	struct race race = race_opens(w);
	long second_fd;

	if (race.passthrough > 0)
		EXPECT_CLOSE(writer, race.passthrough);
	if (race.cached > 0)
		EXPECT_CLOSE(w, race.cached);
	open_rule(w, "f " PARALLEL);
	second_fd = open_ok(second, "f", O_RDWR);
	world_requests(w);
	EXPECT_RET(server_hold(w, "WRITE 2"), 0);
	client_start_write(writer, race.fd, "F", 1, 0);
	EXPECT_RET(server_wait(w, "WRITE", 1), 1);
	client_start_write(second, second_fd, "G", 1, 0);
	client_is_busy(second); /* returns when it waits, for the first write or for the server */
	EXPECT_REQUESTS(w, "WRITE WRITE");

	server_go(w, "WRITE");
	if (client_is_busy(second))
		server_go(w, "WRITE");
	EXPECT_RET(client_finish(writer), 1);
	EXPECT_RET(client_finish(second), 1);
}

WORLD_FIXTURE(page_cache);

CASE(page_cache, dropped_by_passthrough_open, .promise = "W12",
	.title = "a passthrough open drops the page cache: a later KEEP_CACHE open reads what was written meanwhile")
{
	long fd;

	open_rule(w, "f");
	open_rule(w, "f reg=at-open");
	open_rule(w, "f flags=keep_cache");
	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fd, "f");
	EXPECT_CLOSE(w, fd);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_CLOSE(w, fd);

	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fd, "F");
}

WORLD_FIXTURE(inode_mode);
FIXTURE_VARIANT(inode_mode)
{
	const char *rule;	/* of both files */
	const char *other_mode; /* open rule of later opens */
};
FIXTURE_VARIANT_ADD(inode_mode, cached) { .rule = "f times=2",
					  .other_mode = "f reg=at-open times=2" };
FIXTURE_VARIANT_ADD(inode_mode, passthrough) { .rule = "f reg=at-lookup times=2",
					       .other_mode = "f times=2" };

CASE(inode_mode, lasts_until_last_close_eio, .promise = "W13",
	.title = "until both files of a cached or passthrough inode close, an open for the other mode fails with EIO")
{
	long fd, second;

	open_rule(w, "%s", variant->rule);
	fd = open_ok(w, "f", O_RDWR);
	second = open_ok(w, "f", O_RDWR);
	open_rule(w, "%s", variant->other_mode);

	EXPECT_CLOSE(w, fd);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_CLOSE(w, second);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(mapping);

/* Maps f, which client 1 has opened, while the server holds a WRITE; whether that waits for it. */
static bool mapping_waits(struct world *w, int flags)
{
	struct client *mapper = client_number(w, 1);
	bool waits;
	long fd;

	open_rule(w, "f times=2 " PARALLEL);
	fd = open_ok(mapper, "f", O_RDWR);
	begin_direct_write_ok(w);

	client_start_call(mapper, mmap, 0, 1, PROT_READ, flags, fd, 0);
	waits = client_is_busy(mapper);
	EXPECT_RET(server_go(w, "WRITE"), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	EXPECT_POSITIVE(client_finish(mapper));
	return waits;
}

CASE(mapping, shared_waits, .promise = "W10", .abilities = "hold", .world = &with_mmap,
	.title = "the first shared mapping of a DIRECT_IO file waits for a parallel direct write in flight")
{
	EXPECT_HOLDS(mapping_waits(w, MAP_SHARED), "the shared mapping waits for the WRITE");
}

CASE(mapping, private_does_not_wait, .promise = "W10", .abilities = "hold", .world = &with_mmap,
	.today = "no document says so of private mappings",
	.title = "a private mapping of a DIRECT_IO file does not wait for a parallel direct write in flight")
{
	EXPECT_HOLDS(!mapping_waits(w, MAP_PRIVATE), "the private mapping does not wait");
}

CASE(mapping, two_count_as_one_user, .promise = "W11", .world = &with_mmap,
	.title = "a DIRECT_IO file mapped shared twice counts once: after its release a passthrough open succeeds")
{
	struct client *mapper = client_number(w, 1);
	int64_t fd, first, second;

	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open times=2");
	fd = open_ok(mapper, "f", O_RDWR);
	first = mmap_ok(mapper, fd, PROT_READ, MAP_SHARED, 1, 0);
	second = mmap_ok(mapper, fd, PROT_READ, MAP_SHARED, 1, 0);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);

	EXPECT_RET(client_call(mapper, munmap, first, 1), 0);
	EXPECT_RET(client_call(mapper, munmap, second, 1), 0);
	EXPECT_CLOSE(mapper, fd);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

CASE_MAIN()
