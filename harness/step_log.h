/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_STEP_LOG_H
#define FPT_STEP_LOG_H

/*
 * The steps of the running case, in order: who did what, with which result. Each is recorded as it
 * happens; a failed case prints all of them.
 */

void step_log(const char *who, const char *result, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the steps so far as KTAP diagnostics on stdout. */
void step_log_show(void);

#endif
