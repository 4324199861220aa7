// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that end but leave a process that cannot be killed: vm.sh must notice that the program
 * has ended. Skipped unless run in a virtual machine.
 */
#include "harness/compat.h"
#include "throwaway.h"

const struct promise contract[] = {
	{ "V", "Virtual machines", .ref = NULL },
	{ "V3", "a process left by a program does not block other programs",
	  "scripts/vm/guest/jobs.c: expect_end()", .basis = "scripts/vm" },
	{ 0 },
};

THROWAWAY_FIXTURE(unkillable_child);

static int fork_into_freezer(void)
{
	int joined[2], err;
	char byte = 0;

	if (pipe(joined) < 0)
		return -errno;
	if (fork() == 0) {
		err = freezer_join();
		close_range(0, joined[1] - 1, 0);
		err = write(joined[1], &byte, !err);
		close_range(0, ~0U, 0);
		for (;;)
			pause();
	}
	close(joined[1]);
	return read(joined[0], &byte, 1) == 1 ? 0 : -ECHILD;
}

static int leave_unkillable_child(void)
{
	return freezer_make() ?: fork_into_freezer() ?: freezer_freeze();
}

CASE(unkillable_child, passes, .promise = "V3",
	.title = "a case that leaves an unkillable process passes")
{
	EXPECT_RET(leave_unkillable_child(), 0);
}

CASE(unkillable_child, fails, .promise = "V3",
	.title = "a case that failed is not also counted as a crash")
{
	EXPECT_RET(leave_unkillable_child(), 0);
	EXPECT_RET(-EIO, 0);
}

CASE(unkillable_child, fails_as_expected, .promise = "V3",
	.title = "a case that failed as expected is not counted as a crash",
	.xfail = "the child is frozen")
{
	EXPECT_RET(leave_unkillable_child(), 0);
	EXPECT_RET(-EIO, 0);
}

CASE_MAIN()
