// SPDX-License-Identifier: GPL-2.0
/*
 * One case, for vm-boots.sh: in the program "bad" it panics the kernel while the same case of
 * another program is running.
 */
#include <poll.h>

#include "throwaway.h"

#define MEETING "/tmp/meeting"

enum { WAIT_SECONDS = 5 };

const struct promise contract[] = {
	{ "V", "Virtual machines", .ref = NULL },
	{ "V3", "of several running cases, the culprit is found",
	  "scripts/vm/boots.inc: try_alone()", .basis = "scripts/vm" },
	{ 0 },
};

THROWAWAY_FIXTURE(concurrent_run);

static int open_meeting(void)
{
	mkfifo(MEETING, 0600);
	return open(MEETING, O_RDWR | O_CLOEXEC);
}

/* Waits for the other program until the timeout: alone, it never arrives. */
static int meet(int fd, short event)
{
	struct pollfd other = { .fd = fd, .events = event };

	return poll(&other, 1, WAIT_SECONDS * 1000);
}

CASE(concurrent_run, only_bad_panics, .promise = "V3",
	.title = "the bad program is reported as crash, the other one passes")
{
	const int meeting = open_meeting();

	if (!strcmp(program_invocation_short_name, "bad")) {
		meet(meeting, POLLIN);
		EXPECT_RET(write_file("/proc/sysrq-trigger", "c"), 0);
	}
	EXPECT_RET(write(meeting, "x", 1), 1);
	meet(meeting, 0);
}

CASE_MAIN()
