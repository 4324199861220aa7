/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_THROWAWAY_H
#define FPT_THROWAWAY_H

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/case.h"
#include "harness/contract.h"
#include "world/needs.h"

/* For cases that test vm.sh: they break the kernel and need no world. */

/* THROWAWAY_FIXTURE(name): its cases are skipped unless NEED_DESTRUCTIVE allows breaking the kernel. */
#define THROWAWAY_FIXTURE(fixture_name) \
	struct world { \
		char none; \
	}; \
	FIXTURE(fixture_name) \
	{ \
		struct world *w; \
	}; \
	FIXTURE_SETUP(fixture_name) \
	{ \
		const char *missing; \
\
		case_begin_here(); \
		missing = need_missing(NEED_DESTRUCTIVE); \
		if (missing) \
			SKIP(, "%s", case_note_skip("%s", missing)); \
	} \
	FIXTURE_TEARDOWN(fixture_name) \
	{ \
		case_end_here(); \
	} \
	struct fixture_name##_needs_a_semicolon

/* 0 or -errno. */
static inline int write_file(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int err = write(fd, text, strlen(text)) < 0 ? -errno : 0;

	close(fd);
	return err;
}

#define FREEZER "/tmp/freezer/group"

/* A cgroup v1 freezer: SIGKILL does not end a frozen process. 0 or -errno. */
static inline int freezer_make(void)
{
	if (mkdir("/tmp/freezer", 0755) < 0 ||
	    mount("freezer", "/tmp/freezer", "cgroup", 0, "freezer") < 0 ||
	    mkdir(FREEZER, 0755) < 0)
		return -errno;
	return 0;
}

static inline int freezer_join(void)
{
	return write_file(FREEZER "/tasks", "0");
}

static inline int freezer_freeze(void)
{
	return write_file(FREEZER "/freezer.state", "FROZEN");
}

#endif
