/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_NEED_H
#define FPT_NEED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Requirements of a case on host and kernel; the fixtures define the table. Each is probed, never
 * derived from a release, and never with the call under test.
 */
#define NEED_ALWAYS 0 /* of every case */

struct need {
	unsigned int bit; /* or NEED_ALWAYS */
	const char *name;
	/* NULL if met, else "CLASS: what is missing (what to do)"; without it the fixture checks */
	const char *(*missing)(void);
};

extern const struct need need_table[];
extern const size_t need_count;

/* Needs of every case, unless .needs_not excludes them. */
extern const unsigned int need_default;

/* need.missing() of the first of @needs that is not met; else NULL. */
const char *need_missing(unsigned int needs);

#endif
