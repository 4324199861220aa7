// SPDX-License-Identifier: GPL-2.0
/* Which IDs FUSE_DEV_IOC_BACKING_OPEN allocates, and who knows them. Promises I, O13. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/fuse_uapi.h"
#include "world/file_count.h"
#include "world/case_helpers.h"

WORLD_FIXTURE(numbers);

CASE(numbers, start_at_1, .promise = "I1",
	.title = "the first ID of a connection is 1")
{
	EXPECT_RET(try_register_f(w), 1);
}

CASE(numbers, increase, .promise = "I2",
	.title = "each ID is greater than the one before")
{
	long first, second;

	ASSERT_POSITIVE(first = register_f(w));
	ASSERT_POSITIVE(second = register_f(w));
	EXPECT_HOLDS(second > first, "the second ID is greater than the first");
}

CASE(numbers, closed_not_reused, .promise = "I2",
	.title = "a closed ID is not reused, whether it was the last one or an earlier one")
{
	long first, second, third;

	ASSERT_POSITIVE(first = register_f(w));
	ASSERT_POSITIVE(second = register_f(w));
	EXPECT_RET(server_backing_close(w, second, ""), 0);
	EXPECT_RET(server_backing_close(w, first, ""), 0);
	ASSERT_POSITIVE(third = register_f(w));
	EXPECT_HOLDS(third > second, "the third ID is greater than the second");
}

CASE(numbers, increase_over_2000_cycles, .promise = "I2",
	.title = "of 2000 IDs, each closed before the next, each is greater than all before")
{
	EXPECT_RET(server_cycle(w, backing_path("f"), 2000, ""), 2000);
}

CASE(numbers, above_65535_work, .promise = "I6",
	.title = "after 65536 IDs, which takes them above 65535, IDs still work in replies to OPEN and CREATE")
{
	long first;

	for (int i = 0; i < 16; i++) /* in calls that each meet their deadline */
		TODAY(EXPECT_RET(server_cycle(w, backing_path("g"), 4096, ""), 4096));
	open_rule(w, "f reg=at-open");
	open_rule(w, "new reg=at-open");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(first = last_id(w));
	TODAY(EXPECT_HOLDS(first > 65535, "the ID is above 65535"));
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough LOOKUP CREATE+passthrough");
	EXPECT_RET(server_drop(w, first), 0);
	EXPECT_PASSES_THROUGH(w);
}

WORLD_FIXTURE(numbering);

CASE(numbering, per_connection, .promise = "I3",
	.title = "the first IDs of two simultaneous connections are the same number; each closes its own")
{
	long id = register_ok(w), other;

	ASSERT_RET(world_start_other(w, NULL), 0);

	EXPECT_RET(other = other_backing_open(w, backing_path("f")), id);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_RET(other_backing_close(w, other), 0);
}

WORLD_FIXTURE(foreign_id);

CASE(foreign_id, previous_mount_enoent, .promise = "O13",
	.title = "a new mount does not know an ID of the previous mount")
{
	long id = register_ok(w);

	ASSERT_RET(world_remount(w), 0);

	EXPECT_FAILS(server_backing_close(w, id, ""), -ENOENT);
}

CASE(foreign_id, other_connection_enoent, .promise = "O13",
	.title = "closing an ID on another connection fails with ENOENT and leaves it open")
{
	long id = register_ok(w);

	ASSERT_RET(world_start_other(w, NULL), 0);

	EXPECT_FAILS(other_backing_close(w, id), -ENOENT);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
}

WORLD_FIXTURE(count);

CASE(count, not_limited_by_rlimit_nofile, .promise = "I4",
	.title = "a server with RLIMIT_NOFILE 32 can hold 1000 IDs")
{
	const struct rlimit limit = { .rlim_cur = 32, .rlim_max = 32 };

	ASSERT_POSITIVE(file_count_lock());
	ASSERT_RET(prlimit(w->server.pid, RLIMIT_NOFILE, &limit, NULL), 0);

	EXPECT_RET(server_cycle(w, backing_path("f"), 1000, "keep"), 1000);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), 0);
}

#define MANY 65536

/* By the case process, without the server's accounts of its IDs. How many, or -errno. */
static long register_many(struct world *w)
{
	int device = server_device_copy(&w->server);
	struct fuse_backing_map map = { .fd = open(backing_path("g"), O_RDONLY | O_CLOEXEC) };
	long count = 0, result = 0;

	while (count < MANY && result >= 0) {
		result = ioctl(device, FUSE_DEV_IOC_BACKING_OPEN, &map);
		count += result > 0;
	}
	result = result < 0 ? -errno : count;
	close(map.fd);
	close(device);
	return result;
}

CASE(count, above_65535_at_once, .promise = "I6",
	.title = "a connection can have 65536 IDs, and one more that passes through")
{
	long fd;

	register_ok(w); /* where the server cannot register, the case is broken */
	ASSERT_RET(register_many(w), MANY);
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR");
}

CASE_MAIN()
