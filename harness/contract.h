/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CONTRACT_H
#define FPT_CONTRACT_H

/*
 * The contract that cases test: promises, each with the place in the kernel sources that decides
 * it. Strings are static, without tabs, quotes and backslashes.
 */
struct promise {
	const char *id;	  /* "E2"; a heading has its section's letter, "E" */
	const char *text; /* one short sentence; a heading has the section's title */
	const char *ref;  /* "fs/fuse/iomode.c: fuse_file_io_open()"; a heading has none, NULL */
	/*
	 * What promises it: a document, commit, uapi comment or man page, or a program that relies
	 * on it. A promise without basis is only so today, for the reason in .today, and a kernel
	 * that differs has changed, not failed.
	 */
	const char *basis;
	const char *today;
};

/*
 * Each heading followed by its promises, in order; terminated by an entry without .id. Defined by
 * the program, not by the harness.
 */
extern const struct promise contract[];

/* NULL if there is no such promise; headings are none. */
const struct promise *promise_find(const char *id);

/* "must" or "today"; "-" for a heading. */
const char *promise_level(const struct promise *promise);

/*
 * Prints it on stdout, separated by tabs: ID, level, ref, text, basis, reason; "-" for what is
 * NULL.
 */
void contract_print(void);

#endif
