// SPDX-License-Identifier: GPL-2.0
/*
 * One case, for vm-boots.sh: in the program that is called "bad" it is the kernel's end
 * while the same case of another program runs, which is well.
 */
#include <poll.h>

#include "throwaway.h"

#define MEETING "/tmp/meeting"

enum { WAIT_SECONDS = 5 };

const struct promise contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V3", "of several that ran, the culprit is found", "scripts/vm/boots.inc: try_alone()" },
	{ 0 },
};

THROWAWAY_FIXTURE(two);

static int open_meeting(void)
{
	mkfifo(MEETING, 0600);
	return open(MEETING, O_RDWR | O_CLOEXEC);
}

/* Each waits for the other, who alone never comes, for so long. */
static int meet(int fd, short event)
{
	struct pollfd other = { .fd = fd, .events = event };

	return poll(&other, 1, WAIT_SECONDS * 1000);
}

CASE(two, meet, .promise = "V3", .title = "the bad one is a crash, the other has its outcome")
{
	const int meeting = open_meeting();

	if (!strcmp(program_invocation_short_name, "bad")) {
		meet(meeting, POLLIN);
		EXPECT_RET(tell("/proc/sysrq-trigger", "c"), 0);
	}
	EXPECT_RET(write(meeting, "x", 1), 1);
	meet(meeting, 0);
}

CASE_MAIN()
