/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_EXPECT_H
#define FPT_EXPECT_H

#include <stdbool.h>
#include <sys/types.h>

#include "case_info.h"
#include "since.h"

/*
 * Expectations on values or -errno. They print and record errno by name, and record each, met or
 * not. EXPECT_ continues after a failure. ASSERT_ ends the case, is for preconditions of the rest, and
 * is not excused by .xfail. For the case process only.
 *
 *	EXPECT_RET(client_open(w, "f", O_RDWR), -EIO);
 *	EXPECT_RET_SINCE(server_backing_open(w, dir), since("6.9", -EOPNOTSUPP),
 *			 since("6.12", -EISDIR));
 *	EXPECT_TEXT(server_ops(w), "LOOKUP OPEN RELEASE");
 *	EXPECT_HOLDS(second > first, "an ID is greater than the one before");
 */
#define EXPECT_RET(got, want)	   _EXPECT_ROWS(0, #got, got, since("0", want))
#define ASSERT_RET(got, want)	   _EXPECT_ROWS(1, #got, got, since("0", want))
#define EXPECT_RET_SINCE(got, ...) _EXPECT_ROWS(0, #got, got, __VA_ARGS__)

/* A value above 0, as IDs are; recorded as "positive". */
#define EXPECT_POSITIVE(got) _EXPECT(expect_positive(#got, got, _WHERE), 0)
#define ASSERT_POSITIVE(got) _EXPECT(expect_positive(#got, got, _WHERE), 1)

#define EXPECT_TEXT(got, want)	 _EXPECT(expect_text("expect", #got, got, want, _WHERE), 0)
#define ASSERT_TEXT(got, want)	 _EXPECT(expect_text("expect", #got, got, want, _WHERE), 1)
#define EXPECT_HOLDS(cond, what) _EXPECT(expect_holds(what, cond, _WHERE), 0)

/* Bytes: @got_size may be -errno of what was to get them. @what names them: "backing file f". */
#define EXPECT_CONTENT(what, got, got_size, want, want_size) \
	_EXPECT(expect_content(what, got, got_size, want, want_size, _WHERE), 0)

/* The value of a call, above 0: else the case ends. */
#define POSITIVE_OK(what, call) \
	({ \
		long _value = call; \
		_EXPECT(expect_positive(what, _value, _WHERE), 1); \
		_value; \
	})

#define _WHERE __FILE__, __LINE__

#define _EXPECT_ROWS(fatal, text, got, ...) \
	do { \
		const struct since_row _rows[] = { __VA_ARGS__ }; \
		_EXPECT(expect_ret(text, got, _rows, sizeof(_rows) / sizeof(_rows[0]), _WHERE), \
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

bool expect_ret(const char *what, long got, const struct since_row *rows, size_t count,
		const char *file, int line);
bool expect_positive(const char *what, long got, const char *file, int line);
bool expect_text(const char *type, const char *what, const char *got, const char *want,
		 const char *file, int line);
bool expect_content(const char *what, const void *got, ssize_t got_size, const void *want,
		    size_t want_size, const char *file, int line);
bool expect_holds(const char *what, bool holds, const char *file, int line);

#endif
