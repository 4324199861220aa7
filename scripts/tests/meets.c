// SPDX-License-Identifier: GPL-2.0
/*
 * One case, for vm-boots.sh: in the program that is called "bad" it is the kernel's end
 * while the same case of another program runs, which is well.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../harness/case.h"
#include "../../harness/contract.h"
#include "../../harness/need.h"

#define MEETING "/tmp/meeting"

enum { WAIT_SECONDS = 5 };

const struct contract_row contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V3", "of several that ran, the culprit is found", "scripts/vm/boots.inc: try_alone()" },
	{ 0 },
};

struct world {
	int meeting;
};

FIXTURE(two)
{
	struct world *w, world;
};
FIXTURE_SETUP(two)
{
	const char *missing;

	case_begin_here();
	missing = need_missing(NEED_DESTRUCTIVE);
	if (missing)
		SKIP(, "%s", case_note_skip("%s", missing));
	mkfifo(MEETING, 0600);
	self->w = &self->world;
	self->w->meeting = open(MEETING, O_RDWR | O_CLOEXEC);
}
FIXTURE_TEARDOWN(two)
{
	case_end_here();
}

/* Each waits for the other, who alone never comes, for so long. */
static int meet(int fd, short event)
{
	struct pollfd other = { .fd = fd, .events = event };

	return poll(&other, 1, WAIT_SECONDS * 1000);
}

static int panic(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	return write(fd, "c", 1) < 0 ? -errno : 0;
}

CASE(two, meet, .row = "V3", .title = "the bad one is a crash, the other has its outcome")
{
	if (!strcmp(program_invocation_short_name, "bad")) {
		meet(w->meeting, POLLIN);
		EXPECT_RET(panic(), 0);
	}
	EXPECT_RET(write(w->meeting, "x", 1), 1);
	meet(w->meeting, 0);
}

CASE_MAIN()
