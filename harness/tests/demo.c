// SPDX-License-Identifier: GPL-2.0
/*
 * Cases that end in every way in which a case can end. They stand on nothing;
 * demo.sh runs them and compares what is printed and recorded.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/case.h"
#include "harness/contract.h"
#include "harness/step_log.h"
#include "plain_suite.h"

const struct promise contract[] = {
	{ "D", "Verdicts", NULL },
	{ "D1", "expectations decide", "harness/expect.c: judge()" },
	{ "D2", "a failure names its fix", "harness/case_info.c: show_fix()" },
	{ "D3", "a failure may be expected", "harness/case_info.c: case_end()" },
	{ "D4", "a skip has its reason", "harness/case_info.c: case_note_skip()" },
	{ "D5", "a broken case says nothing of the kernel", "harness/case_info.c: case_note_broken()" },
	{ "D6", "releases have rows", "harness/since.c: since_select()" },
	{ "D7", "accidents are no verdicts", "kselftest_harness.h: __wait_for_test()" },
	{ 0 },
};

struct world {
	long answer;
};

/* A verb as fixtures have them: does something, journals it, returns the result. */
static long world_answer(const struct world *w)
{
	step_log("world", "42", "answer");
	return w->answer;
}

#define DEMO_FIXTURE(fixture_name)                                                            \
	FIXTURE(fixture_name)                                                                 \
	{                                                                                     \
		struct world *w;                                                              \
	};                                                                                    \
	FIXTURE_SETUP(fixture_name)                                                           \
	{                                                                                     \
		static struct world world = { .answer = 42 };                                 \
                                                                                              \
		self->w = &world;                                                             \
		case_begin_here();                                                            \
	}                                                                                     \
	FIXTURE_TEARDOWN(fixture_name)                                                        \
	{                                                                                     \
		case_end_here();                                                              \
	}                                                                                     \
	struct fixture_name##_needs_a_semicolon

DEMO_FIXTURE(verdict);

CASE(verdict, pass, .promise = "D1", .title = "what is expected comes")
{
	EXPECT_RET(world_answer(w), 42);
	EXPECT_POSITIVE(world_answer(w));
	EXPECT_TEXT("a \"quoted\\ word\"\n", "a \"quoted\\ word\"\n");
	EXPECT_HOLDS(true, "the truth holds");
	case_note("rate", "%d/%d", 12, 200);
}

CASE(verdict, fail, .promise = "D1", .title = "a failed EXPECT_ does not end the case",
     .needs = NEED_REALTIME | NEED_USERNS, .since = "any")
{
	EXPECT_RET(world_answer(w), -EIO);
	EXPECT_RET(-ENOENT, 0);
	EXPECT_POSITIVE(0);
	EXPECT_POSITIVE(-EBADF);
	EXPECT_TEXT("LOOKUP OPEN", "LOOKUP");
	EXPECT_HOLDS(false, "the truth holds");
}

CASE(verdict, fail_by_assert, .promise = "D1", .title = "a failed ASSERT_ ends the case")
{
	ASSERT_RET(-EIO, 0);
	EXPECT_HOLDS(false, "nothing is expected any more");
}

CASE(verdict, fail_by_assert_positive, .promise = "D1", .title = "a failed ASSERT_ ends the case")
{
	ASSERT_POSITIVE(-EIO);
	EXPECT_HOLDS(false, "nothing is expected any more");
}

CASE(verdict, fail_where_fix_is_known, .promise = "D2", .title = "a failure names its fix",
     .fixed_by = "0123456789ab (fuse: do better)")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, pass_where_fix_is_known, .promise = "D2", .title = "a success does not",
     .fixed_by = "0123456789ab (fuse: do better)")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, xfail, .promise = "D3", .title = "a failure that is expected",
     .xfail = "no kernel does it yet")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_by_assert, .promise = "D3", .title = "a failed ASSERT_ is never expected",
     .xfail = "no kernel does it yet")
{
	ASSERT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_where_broken, .promise = "D3", .title = "a broken case is never expected",
     .xfail = "no kernel does it yet")
{
	case_note_broken("mount: %s", strerror(EBUSY));
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_in_accident, .promise = "D3", .title = "a crash is never expected",
     .xfail = "no kernel does it yet")
{
	EXPECT_RET(-EIO, 0);
	raise(SIGSEGV);
}

CASE(verdict, xpass, .promise = "D3", .title = "a success where failure is expected",
     .xfail = "no kernel does it yet")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, skip_in_body, .promise = "D4", .title = "a case that finds out late",
     .abilities = "dance sing",
     .xfail = "a skip is no expected failure")
{
	CASE_SKIP("config: CONFIG_%s is not set", "DEMO");
	EXPECT_HOLDS(false, "nothing is expected any more");
}

CASE(verdict, fail_before_skip, .promise = "D4", .title = "a case that has failed is not skipped")
{
	EXPECT_RET(-EIO, 0);
	CASE_SKIP("config: CONFIG_%s is not set", "DEMO");
}

CASE(verdict, fail_before_skip_in_a_fixture, .promise = "D4",
     .title = "a case that has failed is not skipped by what it calls")
{
	EXPECT_RET(-EIO, 0);
	case_skip_now("config: CONFIG_DEMO is not set");
}

CASE(verdict, skip_in_a_fixture, .promise = "D4", .title = "what a case calls may find out late")
{
	case_skip_now("config: CONFIG_DEMO is not set");
}

CASE(verdict, broken, .promise = "D5", .title = "the test's own set-up fails")
{
	case_note_broken("mount: %s", strerror(EBUSY));
	EXPECT_HOLDS(false, "the world stands");
}

FIXTURE(unfit)
{
	struct world *w;
};
FIXTURE_VARIANT(unfit)
{
	const char *reason;
};
FIXTURE_VARIANT_ADD(unfit, cap) { "cap: the server cannot" };
FIXTURE_VARIANT_ADD(unfit, config) { "config: no module (modprobe it)" };
FIXTURE_VARIANT_ADD(unfit, kernel) { "kernel: too old" };
FIXTURE_VARIANT_ADD(unfit, library) { "library: cannot do \"that\"" };
FIXTURE_VARIANT_ADD(unfit, privilege) { "privilege: no" };
FIXTURE_SETUP(unfit)
{
	self->w = NULL;
	case_begin_here();
	SKIP(, "%s", case_note_skip("%s", variant->reason));
	case_end(false);
}
FIXTURE_TEARDOWN(unfit)
{
	EXPECT_HOLDS(false, "there is nothing to tear down");
}

CASE(unfit, is_skipped, .promise = "D4", .title = "a world that cannot be made skips the case")
{
	EXPECT_HOLDS(false, "the body does not run");
}

DEMO_FIXTURE(release);
FIXTURE_VARIANT(release)
{
	const char *running;
	long observed;
};
FIXTURE_VARIANT_ADD(release, before_all) { "6.6.119", -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(release, first) { "6.9.0-rc3", -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(release, first_backported) { "6.12.3", -EISDIR };
FIXTURE_VARIANT_ADD(release, second) { "6.12.4+deb13-amd64", -EISDIR };
FIXTURE_VARIANT_ADD(release, second_unchanged) { "6.18", -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(release, neither) { "6.18", -EBADF };

CASE(release, chooses_the_row, .promise = "D6", .title = "the newest row not above the kernel counts",
     .since = "6.9")
{
	setenv("FPT_RELEASE", variant->running, 1);
	EXPECT_RET_SINCE(variant->observed, since("6.12.4", -EISDIR), since("6.9", -EOPNOTSUPP));
}

DEMO_FIXTURE(accident);

CASE(accident, segfault, .promise = "D7", .title = "the case's process crashes")
{
	raise(SIGSEGV);
}

CASE(accident, killed, .promise = "D7", .title = "the case's process is killed")
{
	raise(SIGKILL);
}

CASE(accident, timeout, .promise = "D7", .title = "the case's process hangs")
{
	for (;;)
		pause();
}

CASE(verdict, xfail_before_release, .promise = "D3",
     .title = "a failure that is expected of kernels before a release", .xfail = "mended later",
     .xfail_since = "5.1", .xfail_before = "999.1")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_before_release, .promise = "D3",
     .title = "a failure that is expected of newer kernels only", .xfail = "broken later",
     .xfail_since = "999.1")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, no_xfail_since_release, .promise = "D3",
     .title = "a failure that is expected of older kernels only", .xfail = "mended long ago",
     .xfail_before = "5.1")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, xfail_on_backend, .promise = "D3", .title = "a failure that is expected on this library",
     .xfail = "the library does not do it yet", .xfail_on = "this")
{
	case_note_library("this");
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_on_another, .promise = "D3",
     .title = "a failure that is expected on another library only",
     .xfail = "that library does not do it yet", .xfail_on = "that")
{
	case_note_library("this");
	EXPECT_RET(-EIO, 0);
}

CASE_MAIN()
