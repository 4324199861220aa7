// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that kill the kernel, and others between them, to test vm.sh. Skipped unless run in a
 * virtual machine.
 */
#include "throwaway.h"

const struct promise contract[] = {
	{ "V", "Virtual machines", .ref = NULL },
	{ "V1", "cases that do not kill the kernel have their outcome",
	  "scripts/vm/boots.inc: run_boots()", .basis = "scripts/vm" },
	{ "V2", "a case that kills the kernel is named", "scripts/vm/boots.inc: after_death()",
	  .basis = "scripts/vm" },
	{ 0 },
};

THROWAWAY_FIXTURE(vm);

CASE(vm, passes_first, .promise = "V1", .title = "the guest has more than one CPU")
{
	EXPECT_RET(sysconf(_SC_NPROCESSORS_ONLN) > 1, true);
}

CASE(vm, panics, .promise = "V2", .title = "a panic is reported as crash with its reason")
{
	EXPECT_RET(write_file("/proc/sysrq-trigger", "c"), 0);
}

CASE(vm, fails, .promise = "V1", .title = "a failure between crashes is reported as failure")
{
	EXPECT_RET(-EIO, 0);
}

CASE(vm, resets, .promise = "V2", .title = "a reset without console output is reported as crash")
{
	EXPECT_RET(write_file("/proc/sysrq-trigger", "b"), 0);
}

CASE(vm, hangs, .promise = "V2", .title = "a kernel without output is reported as timeout")
{
	EXPECT_RET(write_file("/sys/power/state", "freeze"), 0);
}

CASE(vm, panics_without_reboot, .promise = "V2",
	.title = "a panic without reboot is reported as crash with its reason")
{
	EXPECT_RET(write_file("/proc/sys/kernel/panic", "0"), 0);
	EXPECT_RET(write_file("/proc/sysrq-trigger", "c"), 0);
}

/* Joins the freezer before the program forks; only init starts it as a direct child. */
static void __attribute__((constructor)) join_group(void)
{
	if (getppid() == 1 && freezer_make() == 0)
		freezer_join();
}

CASE(vm, unkillable_program, .promise = "V2",
	.title = "a program that cannot be killed is reported as timeout")
{
	EXPECT_RET(freezer_freeze(), 0);
	pause();
}

/* /dev/kmsg escapes each of these bytes as four, and truncates at 2048 without a newline. */
CASE(vm, logs_long_message, .promise = "V1",
	.title = "a truncated kernel message does not block the log")
{
	char text[900] = "<6>";

	memset(text + 3, 'x', sizeof(text) - 4);
	memset(text + 3, 0xff, 400);
	EXPECT_RET(write_file("/dev/kmsg", text), 0);
}

CASE(vm, passes_last, .promise = "V1", .title = "a case after crashes has its outcome")
{
	EXPECT_RET(0, 0);
}

CASE(vm, exceeds_time_limit, .promise = "V2",
	.title = "a program that exceeds its time limit is reported as timeout")
{
	pause();
}

CASE(vm, not_reached, .promise = "V2", .title = "a case after a timeout is reported as incomplete")
{
	EXPECT_RET(0, 0);
}

CASE_MAIN()
