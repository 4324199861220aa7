// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "case_info.h"
#include "contract.h"
#include "main.h"
#include "record.h"
#include "since.h"
#include "step_log.h"

#define CASE_SECONDS 30

static struct case_info *cases;
static const struct case_info *running;
static char running_name[256], text[512], changed[512];
static struct timespec begun;
static bool xfail_holds, set_up_failed, only_today;
static const char *advice;

void (*case_skip_now)(const char *reason);

static void refuse(const struct case_info *info, const char *why)
{
	fprintf(stderr, "%s.%s, line %d: %s\n", info->fixture, info->name, info->line, why);
	exit(1);
}

void case_add(struct case_info *info)
{
	if (!info->promise || !info->title)
		refuse(info, "a case needs .promise and .title");
	if (!promise_find(info->promise)) {
		snprintf(text, sizeof(text), "the contract has no promise %s", info->promise);
		refuse(info, text);
	}
	if (info->xfail && !strcmp(case_level(info), "today"))
		refuse(info, "an expected failure needs a promise that has a basis");
	info->needs |= need_default & ~info->needs_not;
	info->next = cases;
	cases = info;
}

const char *case_level(const struct case_info *info)
{
	return info->today ? "today" : promise_level(promise_find(info->promise));
}

const struct case_info *case_find(const char *fixture, const char *name)
{
	for (const struct case_info *c = cases; c; c = c->next)
		if (!strcmp(c->fixture, fixture) && !strcmp(c->name, name))
			return c;
	return NULL;
}

/*
 * One descriptor per case: the kernel rate-limits the lines of each, and open(2) walks the whole
 * log. One write(2): stdio would seek first, which /dev/kmsg refuses.
 */
static void mark_kernel_log(const char *what)
{
	static int kernel_log = -1;
	char line[320];
	int len = snprintf(line, sizeof(line), "fpt: %s %s %s\n", what, running_name,
			   suite.subject());

	if (kernel_log < 0)
		kernel_log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (kernel_log >= 0 && write(kernel_log, line, len) < 0)
		record("note", "key", "kernel_log", "value", strerror(errno), NULL);
}

const struct case_info *case_begin(const char *fixture, const char *variant, const char *name)
{
	running = case_find(fixture, name);
	xfail_holds = true;
	set_up_failed = false;
	only_today = false;
	*changed = '\0';
	advice = running->advice;
	snprintf(running_name, sizeof(running_name), "%s.%s%s%s.%s", program_invocation_short_name,
		 fixture, *variant ? "." : "", variant, name);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	record_case(running_name);
	record("begin", "promise", running->promise, "level", case_level(running), "title",
	       running->title, "server", suite.subject(), NULL);
	mark_kernel_log("begin");
	return running;
}

void case_hint(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("#   %s\n", text);
	record("hint", "text", text, NULL);
}

/* The commands that show the failure, of SHOWN_BY(), are for the evidence alone. */
static void show_advice(void)
{
	const char *shell = advice ? strchrnul(advice, '\n') : NULL;

	if (!advice)
		return;
	snprintf(text, sizeof(text), "%.*s", (int)(shell - advice), advice);
	printf("#   advice: %s\n", text);
	record("advice", "text", text, "shell", *shell ? shell + 1 : "", NULL);
}

/*
 * The context of a failure, for a reader who has never seen the suite. Indented, which tells it
 * from failure messages: readers of results rely on that.
 */
static void show_failure(void)
{
	printf("#   %s: %s\n", running->promise, running->title);
	printf("#   see %s\n", promise_find(running->promise)->ref);
	if (running->fixed_by)
		case_hint("fixed by %s", running->fixed_by);
	show_advice();
	printf("#   steps:\n");
	step_log_show();
	printf("#   evidence: %s\n", record_path() ?: "none (FPT_EVIDENCE=FILE keeps it)");
	printf("#   kernel log: from \"fpt: begin %s %s\"\n", running_name, suite.subject());
	printf("#   rerun: %s %s --filter %s\n", suite.subject_variables(), program_invocation_name,
	       running_name);
}

static void hint_stable_release(const char *releases, bool has_change)
{
	const char *release = release_of_series(release_running(), releases);
	const char *hint = has_change ? "as %.*s and later" : "as before %.*s";

	case_hint(hint, (int)strcspn(release, " "), release);
}

/* A release that may have the bug fails as expected, or passes as any other. */
static bool is_expected_failure(const struct case_info *info, bool failed)
{
	const char *begun = info->xfail_since ?: "0", *ended = info->xfail_before ?: "99999";
	enum lacks bug = release_lacks(release_running(), begun);
	enum lacks fix = release_lacks(release_running(), ended);

	if (!info->xfail || bug == LACKS_YES || fix == LACKS_NO)
		return false;
	if (bug == LACKS_MAYBE)
		hint_stable_release(begun, failed);
	if (fix == LACKS_MAYBE)
		hint_stable_release(ended, !failed);
	return failed || (bug == LACKS_NO && fix == LACKS_YES);
}

const char *case_end(bool failed)
{
	struct timespec now;
	const char *xfail = NULL;
	char us[24];

	if (failed)
		show_failure();
	if (xfail_holds && is_expected_failure(running, failed))
		xfail = running->xfail;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(us, sizeof(us), "%" PRId64,
		 (int64_t)(now.tv_sec - begun.tv_sec) * 1000000 +
			 (now.tv_nsec - begun.tv_nsec) / 1000);
	record("end", "us", us, NULL);
	mark_kernel_log("end");
	return xfail;
}

bool case_is_strict(void)
{
	return getenv("FPT_STRICT");
}

bool case_is_about_today(void)
{
	return only_today || !strcmp(case_level(running), "today");
}

void case_note_changed(const char *fmt, ...)
{
	size_t size = snprintf(text, sizeof(text), "changed: ");
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + size, sizeof(text) - size, fmt, args);
	va_end(args);
	printf("#   %s\n", text);
	if (!*changed)
		strcpy(changed, text);
}

const char *case_changed(void)
{
	return *changed ? changed : NULL;
}

void case_begin_today(void)
{
	only_today = true;
}

void case_end_today(void)
{
	only_today = false;
}

void case_void_xfail(void)
{
	xfail_holds = false;
}

const char *case_note_skip(const char *fmt, ...)
{
	char class[16] = "";
	const char *reason;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	sscanf(text, "%15[a-z]", class);
	reason = strchr(text, ' ');
	record("skip", "class", class, "reason", reason ? reason + 1 : text, NULL);
	return text;
}

void case_advise(const char *found)
{
	advice = found;
}

void case_note_broken_by(const char *by, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printf("# broken: %s\n", text);
	record("broken", "reason", text, by ? "by" : NULL, by, NULL);
	set_up_failed = true;
	case_void_xfail();
}

bool case_is_broken(void)
{
	return set_up_failed;
}

void case_note(const char *key, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	record("note", "key", key, "value", text, NULL);
}

int deadline_ms(int ms)
{
	const char *given = getenv("FPT_TIMEOUT_MUL");
	double mul = given ? atof(given) : 1;

	return ms * (mul > 0 ? mul : 1);
}

int case_timeout(void)
{
	return (deadline_ms(CASE_SECONDS * 1000) + 999) / 1000;
}
