/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CASE_INFO_H
#define FPT_CASE_INFO_H

#include <stdbool.h>

#include "need.h"

struct world; /* defined by the fixtures */

/* The declaration of a case. Strings are static. */
struct case_info {
	const char *fixture, *name; /* kselftest's names, set by CASE() */
	const char *promise;	    /* its ID in the contract, see contract.h, "E2"; mandatory */
	const char *title;	    /* what the kernel does, one sentence; mandatory */
	const char *today;	    /* why this is not promised although the promise is */
	const char *since;	    /* first release that keeps it, or "any"; NULL: "6.9" */
	const char *fixed_by;	    /* "commit (subject)", printed when the case fails */
	const char *advice;	    /* what to check in an external file system when it fails */
	/*
	 * Why every known kernel breaks what is promised, see case_void_xfail(); not if it is only
	 * so today.
	 */
	const char *xfail;
	const char *xfail_since;  /* not kernels that release_lacks() this, */
	const char *xfail_before; /* only kernels that release_lacks() this; of LACKS_MAYBE both */
	const char *abilities;	  /* that the hello of the server must have, separated by blanks */
	/*
	 * A kernel log report that is known and does not fail the case that causes it: EREs for
	 * its first line and for one of the next five. Without backslashes and quotes.
	 */
	const char *known_report[2];
	unsigned int needs;	/* NEED_* beside need_default, which case_add() adds; */
	unsigned int needs_not; /* but for these */
	const void *world;	/* options for the fixture */
	int line;
	struct case_info *next;
};

void case_add(struct case_info *info);

/* NULL if the program has no such case. */
const struct case_info *case_find(const char *fixture, const char *name);

/* "must" or "today": what is only so today in its promise or by itself. */
const char *case_level(const struct case_info *info);

/* Begins the evidence of the case and marks the kernel log. Returns its declaration. */
const struct case_info *case_begin(const char *fixture, const char *variant, const char *name);

/* Ends both; returns the reason of an expected failure, else NULL. */
const char *case_end(bool failed);

/* $FPT_STRICT: what is only so today is tested as if it were promised. */
bool case_is_strict(void);

/* Whether the next expectation of the running case is about what is only so today. */
bool case_is_about_today(void);

/* What a reader of the verdict should know. */
void case_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Records an expectation that is met no longer and need not be. */
void case_note_changed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "changed: " and the first such expectation; NULL if there is none. */
const char *case_changed(void);

/* For TODAY(): until its end, expectations are only about what is so today. */
void case_begin_today(void);
void case_end_today(void);

/*
 * Records and returns the reason of a skip: "CLASS: text", CLASS being cap, config, kernel, library
 * or privilege.
 */
const char *case_note_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Skips the running case at once, with a reason as above; its world ends with its process. NULL if
 * no case runs.
 */
extern void (*case_skip_now)(const char *reason);

/* Replaces .advice. The text is static. */
void case_advise(const char *advice);

/*
 * Records that the set-up failed, which says nothing about the kernel. @by: what failed, see
 * "broken" in README.md, or NULL.
 */
#define case_note_broken(...) case_note_broken_by(NULL, __VA_ARGS__)
void case_note_broken_by(const char *by, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether the set-up failed: such a case fails at its end, whatever its expectations. */
bool case_is_broken(void);

/*
 * .xfail no longer applies: it excuses an unmet expectation only. Called when an ASSERT_ fails,
 * when the set-up is broken, and when the teardown fails.
 */
void case_void_xfail(void);

/* Records a value that no expectation is about. */
void case_note(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* @ms times $FPT_TIMEOUT_MUL. */
int deadline_ms(int ms);

/* Seconds after which kselftest ends a case. */
int case_timeout(void);

#endif
