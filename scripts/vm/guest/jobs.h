/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_JOBS_H
#define FPT_VM_JOBS_H

#include <stdbool.h>

/*
 * Runs the jobs of the plan, and streams what they say and the kernel log meanwhile.
 * False where one cannot be killed, after which nothing more can be run here.
 */
bool jobs_run(const char *plan);

#endif
