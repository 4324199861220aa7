/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_MAIN_H
#define FPT_MAIN_H

#include <stdbool.h>

/* @variant is "" where the fixture has none. */
typedef void case_each_fn(const char *fixture, const char *variant, const char *name);

/* What kselftest's header defines anew in each program. */
struct case_runner {
	int (*run)(int argc, char **argv);
	void (*for_each_test)(case_each_fn *each);
	bool (*none_executed)(void);
};

/* What cases run against and on; the fixtures define it. */
struct suite {
	const char *about;	 /* a sentence of --help */
	const char *environment; /* its lines on variables */
	/* Why no case can run on this host, "CLASS: reason (what to do)", or NULL. */
	const char *(*host_missing)(void);
	/* Why there is nothing to run the cases against, or NULL. */
	const char *(*subject_missing)(void);
	/* What they run against: its name for the evidence; the variables of a run by hand. */
	const char *(*subject)(void);
	const char *(*subject_variables)(void);
};

extern const struct suite suite;

/*
 * main() of a program of cases. Exit status: 0 every executed case passed, 1
 * one failed or the arguments are wrong, 4 none could be executed.
 */
int case_main(int argc, char **argv, const struct case_runner *runner);

#endif
