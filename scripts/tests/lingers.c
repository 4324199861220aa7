// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that end, but leave a process that cannot be killed: for vm.sh, which has to see
 * that the program has ended. Skipped where no kernel can be thrown away.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../harness/case.h"
#include "../../harness/contract.h"
#include "../../harness/need.h"

#define GROUP "/tmp/lingers/group"

const struct contract_row contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V3", "what is left of a program does not hold up others", "scripts/vm/jobs.c: expect_end()" },
	{ 0 },
};

struct world {
	const char *missing;
};

FIXTURE(program)
{
	struct world *w;
};
FIXTURE_SETUP(program)
{
	const char *missing;

	case_begin_here();
	missing = need_missing(NEED_DESTRUCTIVE);
	if (missing)
		SKIP(, "%s", case_note_skip("%s", missing));
}
FIXTURE_TEARDOWN(program)
{
	case_end_here();
}

static int tell(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;

	close(fd);
	return err;
}

/* A group of the old kind of cgroups: what is frozen there cannot be killed. */
static int make_group(void)
{
	if (mkdir("/tmp/lingers", 0755) < 0 ||
	    mount("freezer", "/tmp/lingers", "cgroup", 0, "freezer") < 0 || mkdir(GROUP, 0755) < 0)
		return -errno;
	return 0;
}

static int leave_a_process(void)
{
	int joined[2], err;
	char byte;

	if (pipe(joined) < 0)
		return -errno;
	if (fork() == 0) {
		err = tell(GROUP "/tasks", "0");
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
	return make_group() ?: leave_a_process() ?: tell(GROUP "/freezer.state", "FROZEN");
}

CASE(program, lingers, .row = "V3", .title = "a program has its outcome, though it leaves a process for ever")
{
	EXPECT_RET(linger(), 0);
}

CASE(program, fails_and_lingers, .row = "V3", .title = "what has failed is not counted again as a death")
{
	EXPECT_RET(linger(), 0);
	EXPECT_RET(-EIO, 0);
}

CASE_MAIN()
