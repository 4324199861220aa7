/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_COVERAGE_H
#define FPT_VM_COVERAGE_H

/* Streams the counters of executed code if the job list asks for them and the kernel has them. */
void coverage_send(const char *job_list);

#endif
