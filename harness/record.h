/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_RECORD_H
#define FPT_RECORD_H

/*
 * The evidence of a run: one JSON object per line, appended to the file $FPT_EVIDENCE with one
 * write(2) each, so that it survives any crash. Evidence has no verdict; KTAP has. Without
 * $FPT_EVIDENCE nothing is recorded. Line types: see README.md.
 */

/* Opens the file, before any unshare(2). Exits with 1 if it cannot. */
void record_open(void);

/* Records nothing more, in this process and its later children. */
void record_nothing(void);

/* The file, or NULL if nothing is recorded. */
const char *record_path(void);

/* Further lines belong to this case; @full_name must stay valid. */
void record_case(const char *full_name);

extern const char record_true[], record_false[];

/*
 * Writes {"type":@type,"case":...,KEY:VALUE,...}. The arguments are pairs of strings, terminated by
 * NULL; record_true and record_false are booleans.
 */
void record(const char *type, ...) __attribute__((sentinel));

#endif
