// SPDX-License-Identifier: GPL-2.0
/* The numbers that FUSE_DEV_IOC_BACKING_OPEN gives out. Rows I. */
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "world/file_count.h"
#include "world/case_helpers.h"

WORLD_FIXTURE(numbers);

CASE(numbers, begin_at_1, .row = "I1",
     .title = "the first ID of a connection is 1",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(try_register_f(w), 1);
}

CASE(numbers, increase, .row = "I2",
     .title = "each ID is greater than the one before",
     .needs = NEED_PASSTHROUGH)
{
	long first, second;

	ASSERT_POSITIVE(first = register_f(w));
	ASSERT_POSITIVE(second = register_f(w));
	EXPECT_HOLDS(second > first, "the second ID is greater than the first");
}

CASE(numbers, of_closed_ids_are_not_reused, .row = "I2",
     .title = "the number of a closed ID, the last or an earlier one, is not the next one's",
     .needs = NEED_PASSTHROUGH)
{
	long first, second, third;

	ASSERT_POSITIVE(first = register_f(w));
	ASSERT_POSITIVE(second = register_f(w));
	EXPECT_RET(server_backing_close(w, second, ""), 0);
	EXPECT_RET(server_backing_close(w, first, ""), 0);
	ASSERT_POSITIVE(third = register_f(w));
	EXPECT_HOLDS(third > second, "the third ID is greater than the second");
}

CASE(numbers, increase_2000_times, .row = "I2",
     .title = "of 2000 IDs, each closed before the next, every one is greater than all before",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(server_cycle(w, backing_path("f"), 2000, ""), 2000);
}

CASE(numbers, above_65535_open_files, .row = "I6",
     .title = "an ID above 65535 opens the file as the first one does, also in CREATE",
     .needs = NEED_PASSTHROUGH)
{
	for (int i = 0; i < 16; i++)
		ASSERT_RET(server_cycle(w, backing_path("g"), 4096, ""), 4096);
	plan(w, "f reg=at-open");
	plan(w, "new reg=at-open");

	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_POSITIVE(client_open(client(w), "new", O_RDWR | O_CREAT));
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough LOOKUP CREATE+passthrough");
	EXPECT_RET(last_id(w), 65538);
	EXPECT_RET(server_drop(w, 65537), 0);
	EXPECT_PASSES_THROUGH(w);
}

WORLD_FIXTURE(id_space);

CASE(id_space, begins_anew_with_a_mount, .row = "I3",
     .title = "IDs begin at 1 again on a new mount, where the ones of the last mount are unknown",
     .needs = NEED_PASSTHROUGH)
{
	EXPECT_RET(register_f(w), 1);
	ASSERT_RET(world_remount(w), 0);

	EXPECT_RET(server_backing_close(w, 1, ""), -ENOENT);
	EXPECT_RET(register_f(w), 1);
}

CASE(id_space, is_the_connections_own, .row = "I3",
     .title = "two connections at the same time each have an ID 1",
     .needs = NEED_PASSTHROUGH)
{
	ASSERT_RET(world_start_other(w, NULL), 0);

	EXPECT_RET(register_f(w), 1);
	EXPECT_RET(server_call(&w->other, -1, "backing-close 1"), -ENOENT);
	EXPECT_RET(server_call(&w->other, -1, "backing-open path=%s", backing_path("f")), 1);
	EXPECT_RET(server_backing_close(w, 1, ""), 0);
	EXPECT_RET(server_call(&w->other, -1, "backing-close 1"), 0);
}

WORLD_FIXTURE(id_count);

CASE(id_count, is_not_limited_by_rlimit_nofile, .row = "I4",
     .title = "1000 IDs can be held by a server whose RLIMIT_NOFILE is 32",
     .needs = NEED_PASSTHROUGH)
{
	const struct rlimit limit = { 32, 32 };

	ASSERT_POSITIVE(file_count_lock());
	ASSERT_RET(prlimit(w->server.pid, RLIMIT_NOFILE, &limit, NULL), 0);

	EXPECT_RET(server_cycle(w, backing_path("f"), 1000, "keep"), 1000);
	EXPECT_RET(server_backing_close(w, last_id(w), ""), 0);
}

CASE_MAIN()
