/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_NEED_H
#define FPT_NEED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What a case needs of host and kernel. The fixtures define the table. Each need is probed,
 * never concluded from a release, and never by the call that the case is about.
 */
#define NEED_ALWAYS 0 /* every case needs it */

struct need {
	unsigned int bit; /* or NEED_ALWAYS */
	const char *name;
	/* NULL when met, else "CLASS: what is missing (what to do)"; no function: the fixture knows */
	const char *(*missing)(void);
};

extern const struct need need_table[];
extern const size_t need_count;

/* What a case needs that does not say otherwise, by .needs_not. */
extern const unsigned int need_default;

/* The first of @needs that is not met, as need.missing says; else NULL. */
const char *need_missing(unsigned int needs);

#endif
