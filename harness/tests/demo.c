// SPDX-License-Identifier: GPL-2.0
/*
 * Cases with every possible outcome and no fixture. demo.sh runs them and compares what they print
 * and record.
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
	{ "D", "Verdicts", .ref = NULL },
	{ "D1", "expectations decide the outcome", "harness/expect.c: judge_as()",
	  .basis = "README.md" },
	{ "D2", "a failure names its fix", "harness/case_info.c: show_failure()",
	  .basis = "README.md" },
	{ "D3", "a failure can be expected", "harness/case_info.c: case_end()",
	  .basis = "README.md" },
	{ "D4", "a skip has a reason", "harness/case_info.c: case_note_skip()",
	  .basis = "README.md" },
	{ "D5", "a broken case says nothing about the kernel",
	  "harness/case_info.c: case_note_broken()", .basis = "README.md" },
	{ "D6", "expectations depend on the release", "harness/since.c: since_select()",
	  .basis = "README.md" },
	{ "D7", "an accident fails the case", "kselftest_harness.h: __wait_for_test()",
	  .basis = "README.md" },
	{ "D8", "what is not promised can change", "harness/case_info.c: case_is_about_today()",
	  .today = "no document says so" },
	{ 0 },
};

struct world {
	long answer;
};

/* A verb like those of fixtures: acts, logs the step, returns the result. */
static long world_answer(const struct world *w)
{
	step_log("world", "42", "answer");
	return w->answer;
}

#define DEMO_FIXTURE(fixture_name) \
	FIXTURE(fixture_name) \
	{ \
		struct world *w; \
	}; \
	FIXTURE_SETUP(fixture_name) \
	{ \
		static struct world world = { .answer = 42 }; \
\
		self->w = &world; \
		case_begin_here(); \
	} \
	FIXTURE_TEARDOWN(fixture_name) \
	{ \
		case_end_here(); \
	} \
	struct fixture_name##_needs_a_semicolon

DEMO_FIXTURE(verdict);

CASE(verdict, pass, .promise = "D1", .title = "a met expectation passes")
{
	EXPECT_RET(world_answer(w), 42);
	EXPECT_POSITIVE(world_answer(w));
	EXPECT_TEXT("a \"quoted\\ word\"\n", "a \"quoted\\ word\"\n");
	EXPECT_HOLDS(true, "true holds");
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
	EXPECT_HOLDS(false, "true holds");
}

CASE(verdict, fail_by_assert, .promise = "D1", .title = "a failed ASSERT_ ends the case")
{
	ASSERT_RET(-EIO, 0);
	EXPECT_HOLDS(false, "the case has ended");
}

CASE(verdict, fail_by_assert_positive, .promise = "D1", .title = "a failed ASSERT_ ends the case")
{
	ASSERT_POSITIVE(-EIO);
	EXPECT_HOLDS(false, "the case has ended");
}

CASE(verdict, fail_where_fix_is_known, .promise = "D2", .title = "a failure names its fix",
	.fixed_by = "0123456789ab (fuse: do better)", .advice = "apply the fix")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, pass_where_fix_is_known, .promise = "D2", .title = "a success names no fix",
	.fixed_by = "0123456789ab (fuse: do better)")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, xfail, .promise = "D3", .title = "an expected failure is an XFAIL",
	.xfail = "no kernel does it yet")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_by_assert, .promise = "D3", .title = "a failed ASSERT_ is never an XFAIL",
	.xfail = "no kernel does it yet")
{
	ASSERT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_where_broken, .promise = "D3", .title = "a broken case is never an XFAIL",
	.xfail = "no kernel does it yet")
{
	case_note_broken("mount: %s", strerror(EBUSY));
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_in_accident, .promise = "D3", .title = "a crash is never an XFAIL",
	.xfail = "no kernel does it yet")
{
	EXPECT_RET(-EIO, 0);
	raise(SIGSEGV);
}

CASE(verdict, xpass, .promise = "D3", .title = "an unexpected pass is an XPASS",
	.xfail = "no kernel does it yet")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, skip_in_body, .promise = "D4", .title = "a case can skip in its body",
	.abilities = "dance sing",
	.xfail = "a skip is no XFAIL")
{
	CASE_SKIP("config: CONFIG_%s is not set", "DEMO");
	EXPECT_HOLDS(false, "the case has ended");
}

CASE(verdict, fail_before_skip, .promise = "D4", .title = "a failed case is not skipped")
{
	EXPECT_RET(-EIO, 0);
	CASE_SKIP("config: CONFIG_%s is not set", "DEMO");
}

CASE(verdict, fail_before_fixture_skip, .promise = "D4",
	.title = "a failed case is not skipped by a fixture")
{
	EXPECT_RET(-EIO, 0);
	case_skip_now("config: CONFIG_DEMO is not set");
}

CASE(verdict, skip_in_fixture, .promise = "D4", .title = "a fixture can skip a running case")
{
	case_skip_now("config: CONFIG_DEMO is not set");
}

CASE(verdict, broken, .promise = "D5", .title = "a failed set-up is reported as broken")
{
	case_note_broken_by("server", "mount: %s", strerror(EBUSY));
	EXPECT_HOLDS(false, "the world is set up");
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
	EXPECT_HOLDS(false, "the teardown does not run");
}

CASE(unfit, skips, .promise = "D4", .title = "a set-up that cannot be made skips the case")
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
FIXTURE_VARIANT_ADD(release, vendor_first) { "6.12.0-55.el10", -EOPNOTSUPP };
FIXTURE_VARIANT_ADD(release, vendor_second) { "6.12.0-55.el10", -EISDIR };
FIXTURE_VARIANT_ADD(release, vendor_neither) { "6.12.0-55.el10", -EBADF };

CASE(release, newest_counts, .promise = "D6", .title = "the newest expectation not above the release counts",
	.since = "6.9")
{
	setenv("FPT_RELEASE", variant->running, 1);
	EXPECT_RET_SINCE(variant->observed, since("6.9", -EOPNOTSUPP),
			 since("6.12.4", -EISDIR, "0123456789ab (fuse: directories)"));
}

CASE(verdict, promise_without_commit, .promise = "D6",
	.title = "what is promised changes by a commit only")
{
	EXPECT_RET_SINCE(0, since("0", 0), since("999.1", 0));
}

CASE(verdict, today_without_commit, .promise = "D8",
	.title = "what is only so today changes without one")
{
	EXPECT_RET_SINCE(0, since("0", 0), since("999.1", 0));
}

CASE(verdict, today_without_row, .promise = "D8",
	.title = "a release without an expectation has changed, too")
{
	EXPECT_RET_SINCE(-EIO, since("999.1", 0));
}

DEMO_FIXTURE(accident);

CASE(accident, segfault, .promise = "D7", .title = "a crash fails the case")
{
	raise(SIGSEGV);
}

CASE(accident, killed, .promise = "D7", .title = "a SIGKILL fails the case")
{
	raise(SIGKILL);
}

CASE(accident, timeout, .promise = "D7", .title = "a hang fails the case")
{
	for (;;)
		pause();
}

CASE(verdict, xfail_before_release, .promise = "D3",
	.title = "a failure is expected before .xfail_before", .xfail = "fixed later",
	.xfail_since = "5.1", .xfail_before = "999.1")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_xfail_before_release, .promise = "D3",
	.title = "a pass before .xfail_since is a PASS", .xfail = "broken later",
	.xfail_since = "999.1")
{
	EXPECT_RET(0, 0);
}

DEMO_FIXTURE(vendor);
FIXTURE_VARIANT(vendor)
{
	long observed;
};
FIXTURE_VARIANT_ADD(vendor, has_bug) { -EIO };
FIXTURE_VARIANT_ADD(vendor, has_fix) { 0 };

CASE(vendor, may_have_bug, .promise = "D3",
	.title = "what a vendor's release may have fails as expected, or passes", .xfail = "fixed later",
	.xfail_before = "6.12.4 999.1")
{
	setenv("FPT_RELEASE", "6.12.0-55.el10", 1);
	EXPECT_RET(variant->observed, 0);
}

CASE(verdict, no_xfail_since_release, .promise = "D3",
	.title = "a failure from .xfail_before on is a FAIL", .xfail = "fixed long ago",
	.xfail_before = "5.1")
{
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, today_pass, .promise = "D8", .title = "what is as today is a PASS")
{
	EXPECT_RET(0, 0);
}

CASE(verdict, today_changed, .promise = "D8", .title = "what is not as today has changed")
{
	EXPECT_RET(-EIO, 0);
	EXPECT_TEXT("LOOKUP OPEN", "LOOKUP");
}

CASE(verdict, today_by_itself, .promise = "D1", .title = "a case can ask for more than is promised",
	.today = "the errno is not promised")
{
	EXPECT_HOLDS(false, "EPERM comes before EFAULT");
}

CASE(verdict, today_in_part, .promise = "D1", .title = "an expectation can ask for more than is promised")
{
	TODAY(EXPECT_RET(-EIO, -EPERM));
	EXPECT_RET(0, 0);
}

CASE(verdict, no_change_after_today, .promise = "D1", .title = "TODAY() ends")
{
	TODAY(EXPECT_RET(-EIO, -EPERM));
	EXPECT_RET(-EIO, 0);
}

CASE(verdict, no_change_by_assert, .promise = "D8", .title = "a failed ASSERT_ is never a change")
{
	ASSERT_RET(-EIO, 0);
}

CASE(verdict, no_change_where_broken, .promise = "D8", .title = "a broken case is never a change")
{
	EXPECT_RET(-EIO, 0);
	case_note_broken("mount: %s", strerror(EBUSY));
}

CASE(verdict, no_change_in_accident, .promise = "D8", .title = "a crash is never a change")
{
	EXPECT_RET(-EIO, 0);
	raise(SIGSEGV);
}

CASE(verdict, no_change_by_skip, .promise = "D8", .title = "a skip after a change is a skip")
{
	EXPECT_RET(-EIO, 0);
	CASE_SKIP("config: CONFIG_%s is not set", "DEMO");
}

CASE(verdict, xfail_and_changed, .promise = "D3", .title = "an unmet promise takes precedence over a change",
	.xfail = "no kernel does it yet")
{
	TODAY(EXPECT_RET(-EIO, -EPERM));
	EXPECT_RET(-EIO, 0);
}

CASE_MAIN()
