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

/*
 * main() of a program of cases. Exit status: 0 every executed case passed, 1
 * one failed or the arguments are wrong, 4 none could be executed.
 */
int case_main(int argc, char **argv, const struct case_runner *runner);

#endif
