// SPDX-License-Identifier: GPL-2.0
/* Commands of FUSE over io_uring that the kernel refuses, beside passthrough. Promise T63. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/io_methods.h"

#define REGISTER    "1"
#define COMMIT	    "2"
#define ADD_QUEUE   "3"
#define ADD_BUFPOOL "4"

#define EXPECT_PASSTHROUGH_WORKS(w) \
	do { \
		long _fd; \
\
		open_rule(w, "f reg=at-open"); \
		_fd = open_settled_ok(w, "f", O_RDWR); \
		EXPECT_READ(w, _fd, "f"); \
		EXPECT_REQUESTS(w, ""); \
	} while (0)

/* --- commands on the ring that serves the mount --------------------------------------- */

WORLD_FIXTURE(refused);
FIXTURE_VARIANT(refused)
{
	const char *words;
	int error, before_7_3;
};
#define REFUSED(name, errno, command) \
	FIXTURE_VARIANT_ADD(refused, name) \
	{ \
		.words = command, .error = -(errno), .before_7_3 = -(errno) \
	}
REFUSED(unknown, EINVAL, "99");
REFUSED(small_entry, EINVAL, COMMIT " sqe64");
REFUSED(commit_unknown_id, ENOENT, COMMIT " id=7");
REFUSED(commit_unknown_queue, EINVAL, COMMIT " qid=60000");
REFUSED(add_unknown_queue, EINVAL, ADD_QUEUE " qid=60000");
REFUSED(add_queue_unknown_flag, EINVAL, ADD_QUEUE " flags=2");
FIXTURE_VARIANT_ADD(refused, add_queue_again) { .words = ADD_QUEUE,
						.error = -EEXIST,
						.before_7_3 = -EINVAL };
REFUSED(add_bufpool_unknown_queue, EINVAL, ADD_BUFPOOL " qid=60000");
REFUSED(add_bufpool_flags, EINVAL, ADD_BUFPOOL " flags=1");
REFUSED(add_bufpool_reserved, EINVAL, ADD_BUFPOOL " reserved=1");
REFUSED(add_bufpool_empty, EINVAL, ADD_BUFPOOL " len=1");
REFUSED(add_bufpool_of_used_queue, EINVAL, ADD_BUFPOOL " len=0x400000");

CASE(refused, passthrough_continues, .promise = "T63", .since = "6.14",
	.abilities = "arbitrary-ring",
	.title = "a command that the kernel refuses on the ring of a mount leaves it, its IDs and passthrough alone")
{
	EXPECT_FAILS_SINCE(server_ring_command(w, variant->words),
			   since("6.14", variant->before_7_3), since("7.3", variant->error));
	EXPECT_PASSTHROUGH_WORKS(w);
	EXPECT_POSITIVE(server_over_ring(w));
}

/* --- commands on a connection without entries, which has no ring once REGISTER was refused ---- */

/* A second connection, which takes requests over no ring. */
static long adopt_other(struct world *w)
{
	int device = world_mount_fuse("other");
	long result = device < 0 ? device : server_adopt_device(w, "other", device);

	close(device);
	return result;
}

WORLD_FIXTURE(no_entries);
FIXTURE_VARIANT(no_entries)
{
	const char *words;
	int error;
};
#define REFUSED_BEFORE(name, errno, command) \
	FIXTURE_VARIANT_ADD(no_entries, name) \
	{ \
		.words = command, .error = -(errno) \
	}
REFUSED_BEFORE(commit, ENOTCONN, COMMIT " dev=other id=7");
REFUSED_BEFORE(register_unknown_queue, EINVAL, REGISTER " dev=other qid=60000");
REFUSED_BEFORE(register_one_segment, EINVAL, REGISTER " dev=other segments=1");
REFUSED_BEFORE(register_endless_segment, EINVAL, REGISTER " dev=other headers=-1");
REFUSED_BEFORE(register_short_headers, EINVAL, REGISTER " dev=other headers=8");
REFUSED_BEFORE(register_short_payload, EINVAL, REGISTER " dev=other payload=4096");

CASE(no_entries, refused_leaves_ids_alone, .promise = "T63", .since = "6.14",
	.abilities = "arbitrary-ring devices",
	.title = "a command refused on a connection without ring entries leaves its IDs, and other mounts, alone")
{
	ASSERT_RET(adopt_other(w), 0);
	register_file_ok(w, "g", "dev=other");

	EXPECT_FAILS(server_ring_command(w, variant->words), variant->error);
	EXPECT_RET(server_backing_close(w, last_id(w), "dev=other"), 0);
	register_file_ok(w, "g", "dev=other");
	EXPECT_PASSTHROUGH_WORKS(w);
}

/* Queues without entries, and pools of buffers: not before 7.3. */
#define ADD_QUEUE_OK(w, command) \
	do { \
		long _added = server_ring_command(w, command); \
\
		if (_added == -EINVAL) \
			CASE_SKIP("kernel: no FUSE_IO_URING_CMD_ADD_QUEUE (Linux 7.3 has it)"); \
		ASSERT_RET(_added, 0); \
	} while (0)

WORLD_FIXTURE(pool);

CASE(pool, payload_of_entry_einval, .promise = "T63", .since = "7.3",
	.abilities = "arbitrary-ring devices",
	.title = "REGISTER with a payload fails if the queue has a pool of buffers; IDs stay usable without a ring")
{
	ASSERT_RET(adopt_other(w), 0);
	ADD_QUEUE_OK(w, ADD_QUEUE " dev=other");
	EXPECT_RET(server_ring_command(w, ADD_BUFPOOL " dev=other len=0x400000"), 0);

	EXPECT_FAILS(server_ring_command(w, REGISTER " dev=other"), -EINVAL);
	EXPECT_FAILS(server_ring_command(w, REGISTER " dev=other"), -EOPNOTSUPP);
	register_file_ok(w, "g", "dev=other");
	EXPECT_PASSTHROUGH_WORKS(w);
}

CASE(pool, zero_copy_without_pool_einval, .promise = "T63", .since = "7.3",
	.abilities = "arbitrary-ring devices",
	.title = "REGISTER fails for a zero-copy queue without a pool of buffers; IDs stay usable without a ring")
{
	ASSERT_RET(adopt_other(w), 0);
	ADD_QUEUE_OK(w, ADD_QUEUE " dev=other flags=1");

	EXPECT_FAILS(server_ring_command(w, REGISTER " dev=other"), -EINVAL);
	register_file_ok(w, "g", "dev=other");
	EXPECT_PASSTHROUGH_WORKS(w);
}

/* --- no connection ---------------------------------------------------------------------- */

WORLD_FIXTURE(no_connection);
static const struct world_opts not_started = { .no_start = true };

CASE(no_connection, before_init_eagain, .promise = "T63", .since = "6.14",
	.abilities = "arbitrary-ring", .world = &not_started,
	.title = "a command before the reply to INIT fails with EAGAIN; the ring and passthrough work after it")
{
	EXPECT_FAILS(server_ring_command(w, REGISTER), -EAGAIN);
	START(w, NULL);
	EXPECT_PASSTHROUGH_WORKS(w);
	EXPECT_POSITIVE(server_over_ring(w));
}

CASE(no_connection, unmounted_device_fails, .promise = "T63", .since = "6.14",
	.abilities = "arbitrary-ring devices",
	.title = "a command on a device that is not mounted fails, and passthrough of the other mount works")
{
	long result;

	ASSERT_RET(server_device(w, "unmounted", "new"), 0);
	result = server_ring_command(w, REGISTER " dev=unmounted");
	EXPECT_HOLDS(result < 0 && result != -EINPROGRESS, "the command fails");
	EXPECT_PASSTHROUGH_WORKS(w);
}

CASE(no_connection, aborted_enotconn, .promise = "T63", .since = "6.14", .needs = NEED_FUSECTL,
	.abilities = "arbitrary-ring",
	.title = "a command after the connection was aborted fails with ENOTCONN; open files pass through")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(world_abort(), 0);
	EXPECT_FAILS(server_ring_command(w, COMMIT " id=7"), -ENOTCONN);
	EXPECT_READ(w, fd, "f");
}

CASE_MAIN()
