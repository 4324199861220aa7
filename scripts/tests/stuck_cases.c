// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that end, but leave a process that cannot be killed: for vm.sh, which has to see
 * that the program has ended. Skipped where no kernel can be thrown away.
 */
#include "throwaway.h"

const struct promise contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V3", "what is left of a program does not hold up others", "scripts/vm/guest/jobs.c: expect_end()" },
	{ 0 },
};

THROWAWAY_FIXTURE(program);

static int leave_a_process(void)
{
	int joined[2], err;
	char byte;

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

static int linger(void)
{
	return freezer_make() ?: leave_a_process() ?: freezer_freeze();
}

CASE(program, lingers, .promise = "V3", .title = "a program has its outcome, though it leaves a process for ever")
{
	EXPECT_RET(linger(), 0);
}

CASE(program, fails_and_lingers, .promise = "V3", .title = "what has failed is not counted again as a death")
{
	EXPECT_RET(linger(), 0);
	EXPECT_RET(-EIO, 0);
}

CASE_MAIN()
