// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that are the kernel's end, between others that are not: for vm.sh, which runs
 * them where a kernel can be thrown away. They are skipped elsewhere.
 */
#include "throwaway.h"

const struct promise contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V1", "what is well has its outcome", "scripts/vm/boots.inc: run_boots()" },
	{ "V2", "what is the kernel's end is named", "scripts/vm/boots.inc: after_death()" },
	{ 0 },
};

THROWAWAY_FIXTURE(machine);

CASE(machine, is_well_at_first, .promise = "V1", .title = "before all accidents the machine has its processors")
{
	EXPECT_RET(sysconf(_SC_NPROCESSORS_ONLN) > 1, true);
}

CASE(machine, panics, .promise = "V2", .title = "a panic is a crash with its reason")
{
	EXPECT_RET(tell("/proc/sysrq-trigger", "c"), 0);
}

CASE(machine, fails, .promise = "V1", .title = "a failure between accidents is one")
{
	EXPECT_RET(-EIO, 0);
}

CASE(machine, resets, .promise = "V2", .title = "a reset without console output is a crash")
{
	EXPECT_RET(tell("/proc/sysrq-trigger", "b"), 0);
}

CASE(machine, freezes, .promise = "V2", .title = "silence is a timeout")
{
	EXPECT_RET(tell("/sys/power/state", "freeze"), 0);
}

CASE(machine, panics_and_stays, .promise = "V2", .title = "a panic that ends nothing is a crash with its reason")
{
	EXPECT_RET(tell("/proc/sys/kernel/panic", "0"), 0);
	EXPECT_RET(tell("/proc/sysrq-trigger", "c"), 0);
}

/* The guest's first process starts this one, which joins the group before it makes others. */
static void __attribute__((constructor)) join_group(void)
{
	if (getppid() == 1 && freezer_make() == 0)
		freezer_join();
}

CASE(machine, cannot_be_killed, .promise = "V2", .title = "a program that cannot be killed is a timeout")
{
	EXPECT_RET(freezer_freeze(), 0);
	pause();
}

/* What is no letter is read as four bytes, and the kernel gives 2048, with no end of the line. */
CASE(machine, logs_more_than_is_read, .promise = "V1", .title = "a message of the kernel that is cut short holds up nothing")
{
	char text[900] = "<6>";

	memset(text + 3, 'x', sizeof(text) - 4);
	memset(text + 3, 0xff, 400);
	EXPECT_RET(tell("/dev/kmsg", text), 0);
}

CASE(machine, is_well_at_last, .promise = "V1", .title = "a case behind accidents has its outcome")
{
	EXPECT_RET(0, 0);
}

CASE(machine, stays, .promise = "V2", .title = "a program has its time limit")
{
	pause();
}

CASE(machine, is_not_reached, .promise = "V2", .title = "what is behind that is incomplete")
{
	EXPECT_RET(0, 0);
}

CASE_MAIN()
