/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_NEED_H
#define FPT_NEED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a case needs of the machine. Each need is probed, never concluded from
 * a release, and never by the call that the case is about.
 */
enum {
	NEED_PASSTHROUGH = 1 << 0,    /* INIT offers FUSE_PASSTHROUGH; the world knows */
	NEED_NO_PASSTHROUGH = 1 << 1, /* INIT does not; the world knows */
	NEED_REALTIME = 1 << 2,	      /* SCHED_FIFO may be used */
	NEED_USERNS = 1 << 3,	      /* user namespaces can be made */
	NEED_OVERLAYFS = 1 << 4,
	NEED_FUSECTL = 1 << 5,
	NEED_MEMFD_SECRET = 1 << 6,
	NEED_KALLSYMS = 1 << 7, /* names of kernel functions are readable */
	NEED_SYNC_INIT = 1 << 8, /* FUSE_DEV_IOC_SYNC_INIT, Linux 6.18 */
	NEED_URING = 1 << 9,	 /* INIT offers FUSE_OVER_IO_URING; the world knows */
	NEED_EXT4 = 1 << 10,	 /* ext4, loop devices and mkfs.ext4 */
	NEED_AIO = 1 << 11,	 /* io_setup(2) */
	NEED_IO_URING = 1 << 12, /* io_uring_setup(2), and liburing when the suite was built */
	NEED_DESTRUCTIVE = 1 << 13, /* the case may leave the kernel unusable: FPT_DESTRUCTIVE */
	NEED_LANDLOCK = 1 << 14,
	NEED_FANOTIFY = 1 << 15, /* with permission events */
	NEED_FAULTS = 1 << 16,	 /* allocations fail on demand: failslab, fail-nth */
	NEED_LOCKDEP = 1 << 17, /* that has not reported anything yet */
};

struct need {
	unsigned int bit;
	const char *name;
	/* NULL when met, else "CLASS: what is missing (what to do)" */
	const char *(*missing)(void);
};

extern const struct need need_table[];
extern const size_t need_count;

/* Whether /proc/kallsyms names the function; see NEED_KALLSYMS. */
bool kernel_has_function(const char *name);

/* Whether lockdep looks at locks: until it has something to report. See NEED_LOCKDEP. */
bool kernel_checks_locks(void);

/*
 * The first of @needs that is not met, as need.missing says; else NULL. Nothing can run where
 * IMA measures files: their requests and access times are not those of the contract.
 */
const char *need_missing(unsigned int needs);

#endif
