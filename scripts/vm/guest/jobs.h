/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_JOBS_H
#define FPT_VM_JOBS_H

#include <stdbool.h>

/*
 * Runs the jobs of the list and streams their output and the kernel log. Returns false if a job
 * cannot be killed: this kernel can run nothing more.
 */
bool jobs_run(const char *job_list);

#endif
