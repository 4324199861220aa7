/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CASE_INFO_H
#define FPT_CASE_INFO_H

#include <stdbool.h>

#include "need.h"

struct world; /* what a case stands on: the fixtures' own business */

/* What is known of a case before it runs. Strings are static. */
struct case_info {
	const char *fixture, *name; /* kselftest's names, set by CASE() */
	const char *promise;	    /* its ID in the contract, see contract.h, "E2"; mandatory */
	const char *title;	    /* what the kernel does, one sentence; mandatory */
	const char *since;	    /* first release that makes it, or "any"; NULL: "6.9" */
	const char *fixed_by;	    /* "commit (subject)", shown where the case fails */
	const char *advice;	    /* what to look at in the program under test where it fails */
	const char *xfail;	    /* why every known kernel fails it today, see case_void_xfail() */
	const char *xfail_since;    /* not every kernel: no one that release_lacks() this, */
	const char *xfail_before;   /* and only those that release_lacks() this */
	const char *xfail_on;	    /* only on what case_note_library() calls so: it is at fault */
	const char *abilities;	    /* words that the hello of the server must have */
	/*
	 * A kernel log report that is known and does not fail the case that causes it: EREs for
	 * its first line and for one of the next five. Without backslashes and quotes.
	 */
	const char *known_report[2];
	unsigned int needs;	    /* NEED_* beside need_default, which case_add() adds; */
	unsigned int needs_not;	    /* but for these */
	const void *world;	    /* options for the fixture */
	int line;
	struct case_info *next;
};

void case_add(struct case_info *info);

/* NULL where the program has no such case. */
const struct case_info *case_find(const char *fixture, const char *name);

/* Opens the case's evidence and marks the kernel log. Returns its metadata. */
const struct case_info *case_begin(const char *fixture, const char *variant, const char *name);

/* Closes them; returns the reason why a failure is expected, else NULL. */
const char *case_end(bool failed);

/*
 * Records why the case does not run and returns that reason: "CLASS: text",
 * CLASS being cap, config, kernel, library or privilege.
 */
const char *case_note_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Ends the case that runs, at once, as skipped for that reason. What it stands on ends with its
 * process. NULL where no case runs.
 */
extern void (*case_skip_now)(const char *reason);

/* What to look at, where it fails, in place of .advice. The text is static. */
void case_advise(const char *advice);

/* The test's own set-up failed, which says nothing of the kernel. */
void case_note_broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Whether it did: such a case fails at its end, whatever it has found. */
bool case_is_broken(void);

/*
 * From here on a failure is one, whatever .xfail says: that excuses only an
 * expectation that is not met. Called where an ASSERT_ fails, which is about what
 * the case stands on, where the set-up is broken, and where it cannot be taken down.
 */
void case_void_xfail(void);

/* On what the case runs; the name is copied. */
void case_note_library(const char *name);

/* A figure or fact for the evidence that no expectation is about. */
void case_note(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Milliseconds of a wait's deadline, times $FPT_TIMEOUT_MUL. */
int deadline_ms(int ms);

/* Seconds after which kselftest ends a case that nothing else ended. */
int case_timeout(void);

#endif
