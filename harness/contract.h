/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CONTRACT_H
#define FPT_CONTRACT_H

/*
 * The contract that cases test: what is promised, row by row, each with the place
 * in the sources that decides it. Strings are static, one sentence or place each,
 * without tabs, quotes and backslashes.
 */
struct contract_row {
	const char *row;     /* "E2"; a heading's is its section's letter, "E" */
	const char *promise; /* one short sentence; a heading's is the section's title */
	const char *ref;     /* "fs/fuse/iomode.c: fuse_file_io_open()"; a heading has none, NULL */
};

/*
 * Each heading followed by its rows, in order; a row without .row ends it. The
 * harness does not know what is promised: a program of cases is linked with it.
 */
extern const struct contract_row contract[];

/* The row of that name; NULL where there is none, as for a heading. */
const struct contract_row *contract_find(const char *row);

/* Prints the table on stdout, tabs between: row, ref ("-" for a heading), promise. */
void contract_show(void);

#endif
