/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_SINCE_H
#define FPT_SINCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An expectation that an intended kernel change modified: one value for each release that changed
 * it. The newest one not above the running kernel counts. A kernel bug gets none, see
 * case_info.fixed_by.
 */
struct since_row {
	const char *release; /* "6.12" or "6.12.48" */
	int64_t want;
	const char *commit; /* "commit (subject)" that changed it on purpose; "": not known */
};

/*
 * since("6.12", -EISDIR, "commit (subject)"): the rows of a list begin with the oldest, which needs
 * no commit; what is only so today needs none.
 */
#define since(release, want, ...) ((struct since_row) { release, want, "" __VA_ARGS__ })

/* < 0, 0, > 0 if @a is older than, the same as, newer than @b. */
int release_compare(const char *a, const char *b);

/*
 * Whether @release lacks a change that came with @releases: one release, or with stable releases of
 * older series before it, "6.12.109 7.2". A vendor's release does not tell which stable release of
 * its series it contains: 6.17.0-8-generic may lack what came with 6.17.4.
 */
enum lacks { LACKS_NO, LACKS_MAYBE, LACKS_YES };
enum lacks release_lacks(const char *release, const char *releases);

/*
 * Of several @releases, as for release_lacks(), the one that decides for @release; further ones
 * follow it.
 */
const char *release_of_series(const char *release, const char *releases);

/* The running kernel's release, or $FPT_RELEASE if set. */
const char *release_running(void);

/* The one that counts on @release; NULL if all are newer. */
const struct since_row *since_select(const struct since_row *rows, size_t count,
				     const char *release);

/* The same, or another one that @release may contain and that @got fits. */
const struct since_row *since_match(const struct since_row *rows, size_t count, const char *release,
				    int64_t got);

#endif
