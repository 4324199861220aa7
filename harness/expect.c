// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "record.h"

#define RESULT_MAX 32

static const char *result_text(long result, char *out)
{
	const char *name = result < 0 && result >= -4095 ? strerrorname_np(-result) : NULL;

	if (name)
		snprintf(out, RESULT_MAX, "%s", name);
	else
		snprintf(out, RESULT_MAX, "%ld", result);
	return out;
}

static bool judge(const char *type, const char *what, const char *observed, const char *wanted,
		  const char *file, int line)
{
	bool met = !strcmp(observed, wanted);
	const char *base = strrchr(file, '/');
	char where[128];

	snprintf(where, sizeof(where), "%s:%d", base ? base + 1 : file, line);
	record(type, "what", what, "observed", observed, "wanted", wanted, "ok",
	       met ? record_true : record_false, "where", where, NULL);
	if (!met)
		printf("# %s: %s: got %s, wanted %s\n", where, what, observed, wanted);
	return met;
}

static void hint_other_release(long got, const struct since_row *rows, size_t count)
{
	char text[64];

	for (size_t i = 0; i < count; i++) {
		bool newer = release_compare(rows[i].release, release_running()) > 0;

		if (rows[i].want != got)
			continue;
		snprintf(text, sizeof(text), "matches since %s%s", rows[i].release,
			 newer ? " (backport?)" : ", before it changed");
		printf("# %s\n", text);
		record("hint", "text", text, NULL);
	}
}

bool expect_ret(const char *what, long got, const struct since_row *rows, size_t count,
		const char *file, int line)
{
	const struct since_row *row = since_select(rows, count, release_running());
	char observed[RESULT_MAX], wanted[RESULT_MAX];
	bool met;

	result_text(got, observed);
	met = judge("expect", what, observed,
		    row ? result_text(row->want, wanted) : "nothing known of so old a kernel", file,
		    line);
	if (!met)
		hint_other_release(got, rows, count);
	return met;
}

bool expect_positive(const char *what, long got, const char *file, int line)
{
	char observed[RESULT_MAX];

	return judge("expect", what, got > 0 ? "positive" : result_text(got, observed), "positive",
		     file, line);
}

bool expect_text(const char *type, const char *what, const char *got, const char *want,
		 const char *file, int line)
{
	return judge(type, what, got, want, file, line);
}

bool expect_holds(const char *what, bool holds, const char *file, int line)
{
	return judge("expect", what, holds ? "true" : "false", "true", file, line);
}
