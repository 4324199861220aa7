/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CONTRACT_H
#define FPT_CONTRACT_H

/*
 * The contract that cases test: promise by promise, each with the place
 * in the kernel sources that decides it. Strings are static, one sentence or place each,
 * without tabs, quotes and backslashes.
 */
struct promise {
	const char *id;	  /* "E2"; of a heading its section's letter, "E" */
	const char *text; /* one short sentence; a heading's is the section's title */
	const char *ref;  /* "fs/fuse/iomode.c: fuse_file_io_open()"; a heading has none, NULL */
};

/*
 * Each heading followed by its promises, in order; an entry without .id ends it. The
 * harness does not know what is promised: a program of cases is linked with it.
 */
extern const struct promise contract[];

/* NULL where there is none of that ID, as for a heading. */
const struct promise *promise_find(const char *id);

/* Prints the table on stdout, tabs between: ID, ref ("-" for a heading), text. */
void contract_print(void);

#endif
