// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compat.h"
#include "expect.h"
#include "record.h"

#define RESULT_MAX 32

static const char *result_text(int64_t result, char *out)
{
	const char *name = result < 0 && result >= -4095 ? strerrorname_np(-result) : NULL;

	if (name)
		snprintf(out, RESULT_MAX, "%s", name);
	else
		snprintf(out, RESULT_MAX, "%" PRId64, result);
	return out;
}

/* @tolerable: what is observed differs in what is only so today, whatever the case is about. */
static bool judge_as(const char *type, const char *what, const char *observed, const char *wanted,
		     bool tolerable, struct expect_at at)
{
	bool met = !strcmp(observed, wanted);
	bool changed =
		!met && !case_is_strict() && (tolerable || (!at.must && case_is_about_today()));
	const char *base = strrchr(at.file, '/');
	char where[128];

	snprintf(where, sizeof(where), "%s:%d", base ? base + 1 : at.file, at.line);
	record(type, "what", what, "observed", observed, "wanted", wanted, "ok",
	       met ? record_true : record_false, "where", where, changed ? "changed" : NULL,
	       record_true, NULL);
	if (changed)
		case_note_changed("%s: got %s, wanted %s", what, observed, wanted);
	else if (!met)
		printf("# %s: %s: got %s, wanted %s\n", where, what, observed, wanted);
	return met || changed;
}

static bool judge(const char *type, const char *what, const char *observed, const char *wanted,
		  struct expect_at at)
{
	return judge_as(type, what, observed, wanted, false, at);
}

static void hint_other_release(int64_t got, const struct since_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool newer = release_compare(rows[i].release, release_running()) > 0;
		const char *why = newer ? "backport?" : "before the change";

		if (rows[i].want == got)
			case_hint("matches since %s (%s)", rows[i].release, why);
	}
}

void expect_commits(const struct since_row *rows, size_t count)
{
	if (case_is_about_today())
		return;
	for (size_t i = 1; i < count; i++)
		if (!*rows[i].commit)
			case_note_broken(
				"what changed in %s needs the commit that changed it, or TODAY()",
				rows[i].release);
}

bool expect_ret(const char *what, int64_t got, const struct since_row *rows, size_t count,
		struct expect_at at)
{
	const struct since_row *row = since_match(rows, count, release_running(), got);
	char observed[RESULT_MAX], wanted[RESULT_MAX];
	bool met;

	result_text(got, observed);
	met = judge("expect", what, observed,
		    row ? result_text(row->want, wanted) : "no expectation for this release", at);
	if (!met)
		hint_other_release(got, rows, count);
	else if (row && release_compare(row->release, release_running()) > 0)
		case_hint("as %s and later", row->release);
	return met;
}

bool expect_positive(const char *what, int64_t got, struct expect_at at)
{
	char observed[RESULT_MAX];

	return judge("expect", what, got > 0 ? "positive" : result_text(got, observed), "positive",
		     at);
}

bool expect_text_like(const char *type, const char *what, const char *got, const char *want,
		      bool tolerable, struct expect_at at)
{
	return judge_as(type, what, got, want, tolerable, at);
}

bool expect_text(const char *type, const char *what, const char *got, const char *want,
		 struct expect_at at)
{
	return judge(type, what, got, want, at);
}

#define SHOWN_BYTES 40

/* In quotes, what cannot be printed as in C; of many bytes the first. */
static void quote(const char *bytes, size_t size, char *out)
{
	size_t shown = size < SHOWN_BYTES ? size : SHOWN_BYTES;

	*out++ = '"';
	for (size_t i = 0; i < shown; i++)
		out += sprintf(out, bytes[i] >= ' ' && bytes[i] <= '~' ? "%c" : "\\x%02x",
			       (unsigned char)bytes[i]);
	*out++ = '"';
	if (shown < size)
		sprintf(out, "... (%zu bytes)", size);
	else
		*out = '\0';
}

static size_t first_difference(const char *a, const char *b, size_t size)
{
	size_t at = 0;

	while (at < size && a[at] == b[at])
		at++;
	return at;
}

bool expect_content(const char *what, const void *got, ssize_t got_size, const void *want,
		    size_t want_size, struct expect_at at)
{
	char observed[SHOWN_BYTES * 4 + 64], wanted[SHOWN_BYTES * 4 + 64];
	bool met = got_size == (ssize_t)want_size && !memcmp(got, want, want_size);

	quote(want, want_size, wanted);
	if (got_size < 0)
		result_text(got_size, observed);
	else
		quote(got, got_size, observed);
	if (!met && got_size > SHOWN_BYTES && want_size > SHOWN_BYTES) {
		size_t common = (size_t)got_size < want_size ? (size_t)got_size : want_size;

		sprintf(observed + strlen(observed), ", differs at %zu",
			first_difference(got, want, common));
	}
	return judge("expect", what, observed, wanted, at);
}

bool expect_holds(const char *what, bool holds, struct expect_at at)
{
	return judge("expect", what, holds ? "true" : "false", "true", at);
}
