/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_MAIN_H
#define FPT_MAIN_H

#include <stdbool.h>

/* @variant is "" where the fixture has none. */
typedef void case_each_fn(const char *fixture, const char *variant, const char *name);

/* What kselftest's header defines in each program. */
struct case_runner {
	int (*run)(int argc, char **argv);
	void (*for_each_test)(case_each_fn *each);
	bool (*none_executed)(void);
};

/* Subject and host of the cases; defined by the fixtures. */
struct suite {
	const char *about;	 /* one sentence for --help */
	const char *environment; /* lines for --help about variables */
	/* Why no case can run on this host, "CLASS: reason (what to do)", or NULL. */
	const char *(*host_missing)(void);
	/* Why there is no subject to run against, or NULL. */
	const char *(*subject_missing)(void);
	/* The subject: its name for the evidence; the variables of a run by hand. */
	const char *(*subject)(void);
	const char *(*subject_variables)(void);
};

extern const struct suite suite;

/*
 * main() of a program of cases. Exit status: 0 all executed cases passed, 1 a case failed or wrong
 * use, 4 no case could run.
 */
int case_main(int argc, char **argv, const struct case_runner *runner);

#endif
