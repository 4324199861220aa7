/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_STEP_LOG_H
#define FPT_STEP_LOG_H

/*
 * What happened in the case that runs, in order: who did what, with which
 * result. Each step goes to the evidence as it happens; a case that fails
 * shows all of them.
 */

void step_log(const char *who, const char *result, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the steps so far as KTAP diagnostics on stdout. */
void step_log_show(void);

#endif
