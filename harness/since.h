/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_SINCE_H
#define FPT_SINCE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Expectations that an intended change of the kernel moved. A row says from
 * which release on a value is right; the newest row that is not above the
 * running kernel counts. Kernel bugs get no row: see case_info.fixed_by.
 */
struct since_row {
	const char *release; /* "6.12" or "6.12.48" */
	long want;
};

static inline struct since_row since(const char *release, long want)
{
	return (struct since_row){ release, want };
}

/* < 0, 0, > 0 as @a is an older, the same, a newer release than @b. */
int release_compare(const char *a, const char *b);

/*
 * Whether @release lacks what @releases brought: one release, or before it those of
 * older series that got it as well, "6.12.109 7.2".
 */
bool release_lacks(const char *release, const char *releases);

/* The running kernel's release, or $FPT_RELEASE where that is set. */
const char *release_running(void);

/* The row that counts on @release; NULL where every row is newer. */
const struct since_row *since_select(const struct since_row *rows, size_t count,
				     const char *release);

#endif
