// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that are the kernel's end, between others that are not: for vm.sh, which runs
 * them where a kernel can be thrown away. They are skipped elsewhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../harness/case.h"
#include "../../harness/contract.h"
#include "../../harness/need.h"

const struct contract_row contract[] = {
	{ "V", "Virtual machines", NULL },
	{ "V1", "what is well has its outcome", "scripts/vm/boots.inc: run_boots()" },
	{ "V2", "what is the kernel's end is named", "scripts/vm/boots.inc: after_death()" },
	{ 0 },
};

struct world {
	const char *missing;
};

FIXTURE(machine)
{
	struct world *w;
};
FIXTURE_SETUP(machine)
{
	const char *missing;

	case_begin_here();
	missing = need_missing(NEED_DESTRUCTIVE);
	if (missing)
		SKIP(, "%s", case_note_skip("%s", missing));
}
FIXTURE_TEARDOWN(machine)
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

CASE(machine, is_well_at_first, .row = "V1", .title = "a case before all accidents has its outcome")
{
	EXPECT_RET(0, 0);
}

CASE(machine, panics, .row = "V2", .title = "a panic is a crash with its reason")
{
	EXPECT_RET(tell("/proc/sysrq-trigger", "c"), 0);
}

CASE(machine, fails, .row = "V1", .title = "a failure between accidents is one")
{
	EXPECT_RET(-EIO, 0);
}

CASE(machine, resets, .row = "V2", .title = "a reset without a word is a crash")
{
	EXPECT_RET(tell("/proc/sysrq-trigger", "b"), 0);
}

CASE(machine, freezes, .row = "V2", .title = "silence is a timeout")
{
	EXPECT_RET(tell("/sys/power/state", "freeze"), 0);
}

CASE(machine, panics_and_stays, .row = "V2", .title = "a panic that ends nothing is a crash with its reason")
{
	EXPECT_RET(tell("/proc/sys/kernel/panic", "0"), 0);
	EXPECT_RET(tell("/proc/sysrq-trigger", "c"), 0);
}

/*
 * A frozen group of the old kind of cgroups cannot be killed either. The guest's first
 * process starts this one, which joins the group before it makes others.
 */
static void __attribute__((constructor)) join_group(void)
{
	if (getppid() != 1 || mkdir("/tmp/freezer", 0755) < 0 ||
	    mount("freezer", "/tmp/freezer", "cgroup", 0, "freezer") < 0)
		return;
	mkdir("/tmp/freezer/group", 0755);
	tell("/tmp/freezer/group/tasks", "0");
}

CASE(machine, cannot_be_killed, .row = "V2", .title = "a program that cannot be killed is a timeout")
{
	EXPECT_RET(tell("/tmp/freezer/group/freezer.state", "FROZEN"), 0);
	pause();
}

CASE(machine, is_well_at_last, .row = "V1", .title = "a case behind accidents has its outcome")
{
	EXPECT_RET(0, 0);
}

CASE(machine, stays, .row = "V2", .title = "a program has its time limit")
{
	pause();
}

CASE(machine, is_not_reached, .row = "V2", .title = "what is behind that is incomplete")
{
	EXPECT_RET(0, 0);
}

CASE_MAIN()
