/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CASE_H
#define FPT_CASE_H

#include <kselftest_harness.h>

/* Of the case that runs; set by case_begin_here(). */
static struct __test_metadata *case_running;

#include "case_info.h"
#include "expect.h"
#include "main.h"

/*
 * CASE() declares one promise of the kernel and the test of it:
 *
 *	CASE(unknown_id, enoent, .promise = "C5",
 *		.title = "closing an unknown ID fails with ENOENT")
 *	{
 *		EXPECT_RET(server_backing_close(w, 12345, ""), -ENOENT);
 *	}
 *
 * The first argument is a FIXTURE() with a member struct world *w, which is @w in the body, next to
 * kselftest's @variant. The fixture defines struct world. Title and promise are mandatory, and the
 * promise is one of contract.h; otherwise the program refuses to run.
 */
#define CASE(fixture_name, case_name, ...) \
	static struct case_info _##fixture_name##_##case_name##_info = { \
		.fixture = #fixture_name, .name = #case_name, .line = __LINE__, __VA_ARGS__ \
	}; \
	static void __attribute__((constructor)) _##fixture_name##_##case_name##_add(void) \
	{ \
		case_add(&_##fixture_name##_##case_name##_info); \
	} \
	static void _##fixture_name##_##case_name##_body( \
		struct __test_metadata *_metadata, struct world *w, \
		const FIXTURE_VARIANT(fixture_name) * variant); \
	TEST_F_TIMEOUT(fixture_name, case_name, case_timeout()) \
	{ \
		_##fixture_name##_##case_name##_body(_metadata, self->w, variant); \
	} \
	static void _##fixture_name##_##case_name##_body( \
		struct __test_metadata *_metadata __attribute__((unused)), \
		struct world *w __attribute__((unused)), \
		const FIXTURE_VARIANT(fixture_name) * variant __attribute__((unused)))

/* Skips the case with a reason as for case_note_skip(), unless it has failed. */
#define CASE_SKIP(...) \
	do { \
		struct __test_metadata *_metadata = case_running; \
		if (_metadata->exit_code == KSFT_FAIL) \
			return; \
		SKIP(return, "%s", case_note_skip(__VA_ARGS__)); \
	} while (0)

static inline const char *case_variant_name(const struct __test_metadata *test, const void *variant)
{
	const struct __fixture_variant_metadata *v;

	for (v = test->fixture->variant; v; v = v->next)
		if (v->data == variant)
			return v->name;
	return "";
}

/* Calls @each for all cases, in order; for --list. */
static inline void case_visit_tests(case_each_fn *each)
{
	static const struct __fixture_variant_metadata no_variant = { .name = "" };
	const struct __fixture_variant_metadata *v;
	const struct __fixture_metadata *f;
	const struct __test_metadata *t;

	for (f = __fixture_list; f; f = f->next)
		for (v = f->variant ?: &no_variant; v; v = v->next)
			for (t = f->tests; t; t = t->next)
				each(f->name, v->name, t->name);
}

static inline bool case_none_executed(void)
{
	int skipped = ksft_get_xskip_cnt();

	return skipped && skipped == (int)ksft_test_num();
}

#define case_explain(why) \
	snprintf(_metadata->results->reason, sizeof(_metadata->results->reason), "%s", why)

/*
 * In FIXTURE_TEARDOWN: prints the context of a failure, turns an expected one and a change of what
 * is not promised into XFAIL.
 */
#define case_end_here() \
	do { \
		if (case_is_broken()) \
			_metadata->exit_code = KSFT_FAIL; \
		const char *_xfail = case_end(_metadata->exit_code == KSFT_FAIL); \
		const char *_changed = case_changed(); \
		if (_xfail && _metadata->exit_code != KSFT_SKIP) { \
			case_explain(_xfail); \
			_metadata->exit_code = \
				_metadata->exit_code == KSFT_FAIL ? KSFT_XFAIL : KSFT_XPASS; \
		} else if (_changed && _metadata->exit_code == KSFT_PASS) { \
			case_explain(_changed); \
			_metadata->exit_code = KSFT_XFAIL; \
		} \
	} while (0)

/* case_skip_now(): kselftest takes outcome and reason from exit status and shared memory. */
static inline void case_exit_as_skipped(const char *reason)
{
	struct __test_metadata *_metadata = case_running;

	if (_metadata->exit_code != KSFT_FAIL) {
		case_explain(case_note_skip("%s", reason));
		_metadata->exit_code = KSFT_SKIP;
	}
	case_end_here();
	fflush(NULL);
	_exit(_metadata->exit_code);
}

/* In FIXTURE_SETUP, before anything can skip or fail: begins the evidence. */
#define case_begin_here() \
	(case_running = _metadata, case_skip_now = case_exit_as_skipped, \
	 case_begin(_metadata->fixture->name, case_variant_name(_metadata, variant), \
		    _metadata->name))

#define CASE_MAIN() \
	int main(int argc, char **argv) \
	{ \
		static const struct case_runner runner = { \
			.run = test_harness_run, \
			.for_each_test = case_visit_tests, \
			.none_executed = case_none_executed, \
		}; \
		return case_main(argc, argv, &runner); \
	}

#endif
