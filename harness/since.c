// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "since.h"

int release_compare(const char *a, const char *b)
{
	int va[3] = { 0 }, vb[3] = { 0 };

	sscanf(a, "%d.%d.%d", &va[0], &va[1], &va[2]);
	sscanf(b, "%d.%d.%d", &vb[0], &vb[1], &vb[2]);
	for (int i = 0; i < 3; i++)
		if (va[i] != vb[i])
			return va[i] - vb[i];
	return 0;
}

static bool same_series(const char *a, const char *b)
{
	int va[2] = { 0 }, vb[2] = { 0 };

	sscanf(a, "%d.%d", &va[0], &va[1]);
	sscanf(b, "%d.%d", &vb[0], &vb[1]);
	return va[0] == vb[0] && va[1] == vb[1];
}

/* "6.17.0-8-generic": a vendor counts its builds, and keeps the stable releases in it to itself. */
static bool sublevel_is_hidden(const char *release)
{
	int level = -1, digit = 0;

	return sscanf(release, "%*d.%*d.%d-%1d", &level, &digit) == 2 && level == 0;
}

const char *release_of_series(const char *release, const char *releases)
{
	const char *next;

	while ((next = strchr(releases, ' ')) && !same_series(release, releases))
		releases = next + 1;
	return releases;
}

enum lacks release_lacks(const char *release, const char *releases)
{
	const char *change = release_of_series(release, releases);

	if (release_compare(release, change) >= 0)
		return LACKS_NO;
	return sublevel_is_hidden(release) && same_series(release, change) ? LACKS_MAYBE :
									     LACKS_YES;
}

const char *release_running(void)
{
	static struct utsname uts;
	const char *given = getenv("FPT_RELEASE");

	if (given && *given)
		return given;
	uname(&uts);
	return uts.release;
}

const struct since_row *since_select(const struct since_row *rows, size_t count,
				     const char *release)
{
	const struct since_row *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (release_compare(rows[i].release, release) <= 0 &&
		    (!best || release_compare(rows[i].release, best->release) > 0))
			best = &rows[i];
	return best;
}

const struct since_row *since_match(const struct since_row *rows, size_t count, const char *release,
				    int64_t got)
{
	const struct since_row *selected = since_select(rows, count, release);

	if (selected && selected->want == got)
		return selected;
	for (size_t i = 0; i < count; i++)
		if (rows[i].want == got && release_lacks(release, rows[i].release) == LACKS_MAYBE)
			return &rows[i];
	return selected;
}
