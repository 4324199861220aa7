/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_JOB_LIST_H
#define FPT_VM_JOB_LIST_H

#include <stdbool.h>

/*
 * What one boot runs. boots.inc writes it, one entry per line, words separated by tabs; guest and
 * monitor read it and number its jobs from 0.
 *
 *	module FILE			load this module
 *	set FILE VALUE			write VALUE to a file in /proc or /sys, if it exists
 *	env NAME VALUE			environment of the jobs
 *	evidence DIR			a job writes its evidence to DIR/<server>/<program>.jsonl
 *	marker TEXT			written to the kernel log before and after the jobs
 *	limit SECONDS			time limit of a job, 0 for none
 *	parallel N			jobs at once
 *	job SERVER PROGRAM [ARGUMENT...]
 *	needs SERVER FILE VALUE WHY	after the jobs: skip the server's with reason WHY unless FILE
 *					contains VALUE
 *	coverage			send the counters of executed code after the jobs
 *	shell				run a shell on the console instead of jobs
 */
#define JOB_LIST_WORDS 12

struct job_list_line {
	char *word[JOB_LIST_WORDS + 1]; /* starts with the key; ends with NULL */
};

/* Calls @each for lines with @key, or for all if it is NULL. False if there is no such file. */
bool job_list_each(const char *path, const char *key,
		   void (*each)(const struct job_list_line *line, void *arg), void *arg);

#endif
