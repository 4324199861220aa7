/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_PLAN_H
#define FPT_VM_PLAN_H

#include <stdbool.h>

/*
 * What a boot is for, as boots.inc writes it: lines of words between tabs. Both ends
 * of the stream read it, and number its jobs from 0.
 *
 *	module FILE			load it
 *	set FILE VALUE			write to a file of /proc or /sys, if it is there
 *	env NAME VALUE			for the jobs
 *	evidence DIR			where jobs find DIR/<server>/<program>.jsonl to write to
 *	marker TEXT			stands in the kernel log before and after the jobs
 *	limit SECONDS			of a job, 0 is none
 *	parallel N			jobs at once
 *	needs SERVER FILE VALUE WHY	without VALUE in FILE the server's jobs are skipped: WHY
 *	job SERVER PROGRAM [ARGUMENT...]
 *	shell				a prompt on the console instead of jobs
 */
#define PLAN_WORDS 12

struct plan_line {
	char *word[PLAN_WORDS + 1]; /* from the key on; NULL behind the last */
};

/* Calls @each for each line with the key, or for all if it is NULL. False: no such file. */
bool plan_each(const char *path, const char *key,
	       void (*each)(const struct plan_line *line, void *arg), void *arg);

#endif
