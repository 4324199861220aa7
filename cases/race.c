// SPDX-License-Identifier: GPL-2.0
/*
 * Concurrent clients: what holds in every interleaving. How often a race went either way is a
 * note, never an expectation. Promises R12, R13, E10, W1, D8, I5, C7, L3 to L5.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define OPENS	       100 /* of each client */
#define WRITES	       200 /* of each client */
#define APPENDS	       500 /* of each client */
#define STRESS_THREADS 4
#define STRESS_IDS     2000 /* of each thread */

/* Until when a client opens: the next open then fails, and not with EIO. */
enum end { WHILE_CONNECTED, UNTIL_DISCONNECTED, UNTIL_RING_ENDS, UNTIL_DETACHED };

struct opens {
	char path[128];
	enum end end;
	long count;
};

static bool is_end(enum end end, int error)
{
	switch (end) {
	case UNTIL_DISCONNECTED:
		return error == ENOTCONN || error == ECONNABORTED;
	case UNTIL_RING_ENDS: /* requests queued to an io_uring that ends are cancelled */
		return is_end(UNTIL_DISCONNECTED, error) || error == ECANCELED;
	case UNTIL_DETACHED:
		return error == ENOENT;
	case WHILE_CONNECTED:
		break;
	}
	return false;
}

static enum end end_of_connection(const struct world *w)
{
	return server_can(&w->server, "over-io-uring") ? UNTIL_RING_ENDS : UNTIL_DISCONNECTED;
}

/*
 * Opens, reads and closes in a loop. How many opens failed with EIO, or -errno of what must not
 * happen: another error, -EBADMSG for a failed read, -ETIME where the end does not come.
 */
static int64_t do_opens(void *data)
{
	const struct opens *opens = data;
	long eio = 0;
	char byte;

	for (long i = 0; i < opens->count; i++) {
		int fd = open(opens->path, O_RDWR | O_CLOEXEC), error = errno;

		if (fd < 0 && is_end(opens->end, error))
			return eio;
		if (fd < 0 && error != EIO)
			return -error;
		eio += fd < 0;
		if (fd >= 0 && pread(fd, &byte, 1, 0) != 1)
			return -EBADMSG;
		close(fd);
	}
	return opens->end == WHILE_CONNECTED ? eio : -ETIME;
}

static void begin_opens_of(struct client *c, enum end end, long count)
{
	struct opens opens = { .end = end, .count = count };

	snprintf(opens.path, sizeof(opens.path), "%s", fuse_path("f"));
	client_begin(c, do_opens, &opens, sizeof(opens), "open, read and close f in a loop");
}

static void begin_opens(struct world *w, enum end end, long count)
{
	for (int i = 0; i < WORLD_CLIENTS; i++)
		begin_opens_of(client_number(w, i), end, count);
}

/* How many opens of all clients failed with EIO, or the first -errno. */
static long finish_opens(struct world *w)
{
	long eio = 0, error = 0;

	for (int i = 0; i < WORLD_CLIENTS; i++) {
		long result = client_finish(client_number(w, i));

		if (result < 0 && !error)
			error = result;
		eio += result;
	}
	return error ?: eio;
}

WORLD_FIXTURE(opens);

CASE(opens, one_id_all_succeed, .promise = "R12",
	.title = "concurrent opens of one inode with one ID all succeed and leak nothing")
{
	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse times=%d", OPENS * WORLD_CLIENTS);

	begin_opens(w, WHILE_CONNECTED, OPENS);
	EXPECT_RET(finish_opens(w), 0);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE(opens, distinct_ids_one_ok_others_eio, .promise = "R13",
	.today = "that two IDs of the same file exclude each other is optional for the author of the feature",
	.title = "of four concurrent opens with an ID each, one succeeds; the others send RELEASE and fail with EIO")
{
	long results[WORLD_CLIENTS];
	int winner = 0;

	open_rule(w, "f reg=at-open drop=at-release gate=all times=%d", WORLD_CLIENTS);
	EXPECT_RET(client_stat(client(w), "f"), 0);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		client_start_open(client_number(w, i), "f", O_RDWR);
	EXPECT_RET(server_wait(w, "OPEN", WORLD_CLIENTS), WORLD_CLIENTS);
	EXPECT_RET(server_go(w, "all"), WORLD_CLIENTS);
	for (int i = 0; i < WORLD_CLIENTS; i++) {
		results[i] = client_finish(client_number(w, i));
		winner = results[i] > 0 ? i : winner;
	}
	EXPECT_POSITIVE(results[winner]);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		if (i != winner)
			EXPECT_RET(results[i], -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough OPEN+passthrough "
			   "OPEN+passthrough RELEASE RELEASE RELEASE");
	client_stop(client_number(w, winner));
	EXPECT_REQUESTS(w, "FLUSH RELEASE");
	EXPECT_BACKING_FREE();
}

CASE(opens, distinct_ids_ok_or_eio, .promise = "R13",
	.title = "concurrent opens of one inode, each with its own ID, leak nothing; each succeeds or fails with EIO")
{
	long eio;

	open_rule(w, "f reg=at-open drop=at-release times=%d", OPENS * WORLD_CLIENTS);

	begin_opens(w, WHILE_CONNECTED, OPENS);
	eio = finish_opens(w);
	EXPECT_HOLDS(eio != -EBADMSG, "an open file can be read");
	TODAY(EXPECT_RET(errno_or_0(eio), 0));
	case_note("eio_rate", "%ld/%d", eio, OPENS * WORLD_CLIENTS);
	world_requests(w); /* waits for every RELEASE */
	EXPECT_BACKING_FREE();
}

CASE(opens, drop_after_reply_ok_or_eio, .promise = "E10",
	.title = "concurrent opens whose IDs are closed after the reply leak nothing; each succeeds or fails with EIO")
{
	long eio;

	open_rule(w, "f reg=at-open drop=after-reply times=%d", OPENS * WORLD_CLIENTS);

	begin_opens(w, WHILE_CONNECTED, OPENS);
	eio = finish_opens(w);
	EXPECT_HOLDS(eio != -EBADMSG, "an open file can be read");
	TODAY(EXPECT_RET(errno_or_0(eio), 0));
	case_note("eio_rate", "%ld/%d", eio, OPENS * WORLD_CLIENTS);
	EXPECT_BACKING_FREE();
}

/* How many of WRITES writes to the first byte succeed before one fails, or -errno of the first. */
static int64_t do_writes(void *data)
{
	const long *fd = data;
	long done = 0;

	while (done < WRITES && pwrite(*fd, "F", 1, 0) == 1)
		done++;
	return done ?: -errno;
}

static void begin_writes(struct client *c)
{
	long fd = client_open(c, "f", O_RDWR);

	client_begin(c, do_writes, &fd, sizeof(fd), "write to %ld in a loop", fd);
}

/* Parallel direct writes of two clients, while two others open and close the file. */
WORLD_FIXTURE(parallel_direct_writes);
FIXTURE_VARIANT(parallel_direct_writes)
{
	const char *rule; /* of the opens */
};
FIXTURE_VARIANT_ADD(parallel_direct_writes, cached) { .rule = "f" };
FIXTURE_VARIANT_ADD(parallel_direct_writes, passthrough) { .rule = "f reg=reuse" };

CASE(parallel_direct_writes, opens_and_writes_succeed, .promise = "W1",
	.title = "opens during parallel direct writes all succeed, and so do the writes")
{
	open_rule(w, "f times=2 flags=direct_io,parallel_direct_writes");
	open_rule(w, "%s times=%d", variant->rule, 2 * OPENS);
	EXPECT_POSITIVE(register_f(w));

	begin_writes(client_number(w, 0));
	begin_writes(client_number(w, 1));
	begin_opens_of(client_number(w, 2), WHILE_CONNECTED, OPENS);
	begin_opens_of(client_number(w, 3), WHILE_CONNECTED, OPENS);
	EXPECT_RET(client_finish(client_number(w, 0)), WRITES);
	EXPECT_RET(client_finish(client_number(w, 1)), WRITES);
	EXPECT_RET(client_finish(client_number(w, 2)), 0);
	EXPECT_RET(client_finish(client_number(w, 3)), 0);
}

#define BLOCK 64 /* bytes of one append */

WORLD_FIXTURE(append);

CASE(append, concurrent_none_lost_or_torn, .promise = "D8",
	.title = "concurrent appends by four clients are all present, each whole, and the cached size counts them all")
{
	long fds[WORLD_CLIENTS];
	struct statx st;

	register_ok(w);
	open_rule(w, "f reg=reuse times=%d", WORLD_CLIENTS);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		fds[i] = open_ok(client_number(w, i), "f", O_WRONLY | O_APPEND);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		client_start_append(client_number(w, i), fds[i], 'a' + i, BLOCK, APPENDS);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		EXPECT_RET(client_finish(client_number(w, i)), APPENDS);
	for (int i = 0; i < WORLD_CLIENTS; i++)
		EXPECT_RET(backing_blocks("f", 'a' + i, BLOCK, strlen("f")), APPENDS);
	EXPECT_RET(client_fstatx(client(w), fds[0], AT_STATX_DONT_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, strlen("f") + WORLD_CLIENTS * APPENDS * BLOCK);
	EXPECT_PASSES_THROUGH(w);
}

/* Each ID is closed by one call alone. Once it is, its number may return, but does not so far. */
static void expect_each_closed_once(struct world *w)
{
	const long all = STRESS_IDS * STRESS_THREADS;
	long registered = 0, distinct = 0, closed = 0;

	sscanf(server_text(&w->server), "%ld distinct %ld closed %ld", &registered, &distinct,
	       &closed);
	EXPECT_RET(registered, all);
	TODAY(EXPECT_RET(distinct, all));
	EXPECT_RET(closed, all);
}

WORLD_FIXTURE(stress);

CASE(stress, ids_returned_and_closed_once, .promise = "I5", .abilities = "stress",
	.title = "concurrent ioctls on /dev/fuse and its clones return each ID once and close each ID once")
{
	EXPECT_POSITIVE(server_stress(w, backing_path("f"), STRESS_IDS, STRESS_THREADS));
	expect_each_closed_once(w);
	EXPECT_RET(server_drop(w, register_ok(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE(stress, ioctls_survive_abort, .promise = "C7", .needs = NEED_FUSECTL, .abilities = "stress",
	.title = "registering and closing continue across an abort: each ID is returned once and closed once")
{
	unsigned int stress = server_start_stress(w, backing_path("f"), STRESS_IDS, STRESS_THREADS);

	EXPECT_RET(world_abort(), 0);
	EXPECT_POSITIVE(server_finish(&w->server, stress));
	expect_each_closed_once(w);
	EXPECT_BACKING_FREE();
}

CASE(stress, ioctls_survive_umount, .promise = "C7", .abilities = "stress",
	.title = "registering and closing continue across an unmount: each ID is returned once and closed once")
{
	unsigned int stress = server_start_stress(w, backing_path("f"), STRESS_IDS, STRESS_THREADS);

	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_POSITIVE(server_finish(&w->server, stress));
	expect_each_closed_once(w);
	EXPECT_BACKING_FREE();
}

/* The end of the connection during opens and reads. */
WORLD_FIXTURE(teardown);

CASE(teardown, abort_fails_opens_only, .promise = "L3", .needs = NEED_FUSECTL,
	.title = "opens racing an abort succeed or fail with EIO or a disconnect errno; reads succeed; nothing leaks")
{
	long id;

	open_rule(w, "f reg=at-open drop=after-reply times=any");
	begin_opens(w, end_of_connection(w), 1000 * OPENS);
	EXPECT_HOLDS(server_wait(w, "OPEN", 20) >= 20, "20 opens reach the server");
	EXPECT_RET(world_abort(), 0);

	EXPECT_RET(errno_or_0(finish_opens(w)), 0);
	ASSERT_POSITIVE(id = register_f(w));
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_BACKING_FREE();
}

CASE(teardown, server_kill_fails_opens_only, .promise = "L4",
	.title = "opens racing a server kill succeed or fail with EIO or a disconnect errno; reads succeed; no leak")
{
	open_rule(w, "f reg=at-open times=any");
	EXPECT_POSITIVE(register_f(w));
	begin_opens(w, end_of_connection(w), 1000 * OPENS);
	EXPECT_HOLDS(server_wait(w, "OPEN", 20) >= 20, "20 opens reach the server");
	server_kill(&w->server);

	EXPECT_RET(errno_or_0(finish_opens(w)), 0);
	EXPECT_RET(world_umount("fuse"), 0);
	EXPECT_RET(world_umount_freed(w, "backing"), 0);
}

CASE(teardown, lazy_umount_fails_nothing, .promise = "L5",
	.title = "opens racing a lazy unmount succeed until they fail with ENOENT; reads succeed; only the ID stays")
{
	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse times=any");
	begin_opens(w, UNTIL_DETACHED, 1000 * OPENS);
	EXPECT_HOLDS(server_wait(w, "OPEN", 20) >= 20, "20 opens reach the server");
	EXPECT_RET(world_umount_lazily("fuse"), 0);

	EXPECT_RET(finish_opens(w), 0);
	EXPECT_BACKING_BUSY();
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_BACKING_FREE();
}

CASE_MAIN()
