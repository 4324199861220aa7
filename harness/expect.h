/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_EXPECT_H
#define FPT_EXPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "case_info.h"
#include "since.h"

/*
 * Expectations on values or -errno. They print and record errno by name, and record each, met or
 * not. EXPECT_ continues after a failure. ASSERT_ ends the case, is for preconditions of the rest,
 * and is not excused by .xfail or TODAY(). For the case process only.
 *
 *	EXPECT_RET(client_open(w, "f", O_RDWR), -EIO);
 *	EXPECT_RET_SINCE(server_backing_open(w, dir), since("6.9", -EOPNOTSUPP),
 *			 since("6.12", -EISDIR));
 *	EXPECT_TEXT(server_ops(w), "LOOKUP OPEN RELEASE");
 *	EXPECT_HOLDS(second > first, "an ID is greater than the one before");
 */
#define EXPECT_RET(got, want) _EXPECT_ROWS(0, #got, got, since("0", want))
#define ASSERT_RET(got, want) _EXPECT_ROWS(1, #got, got, since("0", want))
#define EXPECT_RET_SINCE(got, ...) \
	do { \
		const struct since_row _since[] = { __VA_ARGS__ }; \
		const size_t _count = sizeof(_since) / sizeof(_since[0]); \
		expect_commits(_since, _count); \
		_EXPECT(expect_ret(#got, got, _since, _count, _AT(0)), 0); \
	} while (0)

/* A value above 0, as IDs are; recorded as "positive". */
#define EXPECT_POSITIVE(got) _EXPECT(expect_positive(#got, got, _AT(0)), 0)
#define ASSERT_POSITIVE(got) _EXPECT(expect_positive(#got, got, _AT(1)), 1)

#define EXPECT_TEXT(got, want)	 _EXPECT(expect_text("expect", #got, got, want, _AT(0)), 0)
#define ASSERT_TEXT(got, want)	 _EXPECT(expect_text("expect", #got, got, want, _AT(1)), 1)
#define EXPECT_HOLDS(cond, what) _EXPECT(expect_holds(what, cond, _AT(0)), 0)

/*
 * Expectations on what a promise of the case does not include, such as the order of checks or the
 * exact number of requests. Unmet, they change the case, see case_is_about_today().
 */
#define TODAY(...) \
	do { \
		case_begin_today(); \
		__VA_ARGS__; \
		case_end_today(); \
	} while (0)

/* Bytes: @got_size may be -errno of what was to get them. @what names them: "backing file f". */
#define EXPECT_CONTENT(what, got, got_size, want, want_size) \
	_EXPECT(expect_content(what, got, got_size, want, want_size, _AT(0)), 0)

/* The value of a call, above 0: else the case ends. */
#define POSITIVE_OK(what, call) \
	({ \
		int64_t _value = call; \
		_EXPECT(expect_positive(what, _value, _AT(1)), 1); \
		_value; \
	})

/* Where an expectation stands. */
struct expect_at {
	const char *file;
	int line;
	bool must; /* even in what is only so today */
};

#define _AT(must) \
	(struct expect_at) \
	{ \
		__FILE__, __LINE__, must \
	}

#define _EXPECT_ROWS(fatal, text, got, ...) \
	do { \
		const struct since_row _rows[] = { __VA_ARGS__ }; \
		_EXPECT(expect_ret(text, got, _rows, sizeof(_rows) / sizeof(_rows[0]), \
				   _AT(fatal)), \
			fatal); \
	} while (0)

#define _EXPECT(met, fatal) \
	do { \
		if (!(met)) { \
			case_running->exit_code = KSFT_FAIL; \
			if (fatal) { \
				case_void_xfail(); \
				__bail(1, case_running); \
			} \
		} \
	} while (0)

/* What is promised changes by a commit that says so: without one the case is broken. */
void expect_commits(const struct since_row *rows, size_t count);

/* Whether the case goes on: they are met, or need not be. */
bool expect_ret(const char *what, int64_t got, const struct since_row *rows, size_t count,
		struct expect_at at);
bool expect_positive(const char *what, int64_t got, struct expect_at at);
bool expect_text(const char *type, const char *what, const char *got, const char *want,
		 struct expect_at at);
bool expect_content(const char *what, const void *got, ssize_t got_size, const void *want,
		    size_t want_size, struct expect_at at);
bool expect_holds(const char *what, bool holds, struct expect_at at);

/*
 * As expect_text(), for texts of which @tolerable says whether their difference is a mere change.
 */
bool expect_text_like(const char *type, const char *what, const char *got, const char *want,
		      bool tolerable, struct expect_at at);

#endif
