/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_RECORD_H
#define FPT_RECORD_H

/*
 * The evidence of a run: one JSON object a line, appended to the file named by
 * $FPT_EVIDENCE with a single write(2) each, so that what was known survives a
 * crash of anything. Evidence never holds a verdict: the verdict is KTAP's.
 * Without $FPT_EVIDENCE nothing is recorded. Line types: see README.md.
 */

/* Opens the file; before anything is unshared. Exits 1 if it cannot. */
void record_open(void);

/* The file, or NULL where nothing is recorded. */
const char *record_path(void);

/* Every further line belongs to this case; @full_name must stay valid. */
void record_case(const char *full_name);

extern const char record_true[], record_false[];

/*
 * Writes {"type":@type,"case":...,KEY:VALUE,...}. The arguments are pairs of
 * strings and end with NULL; record_true and record_false stand for booleans.
 */
void record(const char *type, ...) __attribute__((sentinel));

#endif
