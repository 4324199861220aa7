/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_JOURNAL_H
#define FPT_JOURNAL_H

/*
 * What happened in the case that runs, in order: who did what, with which
 * result. Each step goes to the evidence as it happens; a case that fails
 * shows all of them.
 */

void journal_step(const char *who, const char *result, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

/* Prints the steps so far as KTAP diagnostics on stdout. */
void journal_show(void);

#endif
