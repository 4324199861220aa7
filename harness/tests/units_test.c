// SPDX-License-Identifier: GPL-2.0
/* The parts of the harness that work without a case. */
#include <kselftest_harness.h>
#include <fcntl.h>
#include <stdarg.h>

#include "harness/case_info.h"
#include "harness/contract.h"
#include "harness/step_log.h"
#include "harness/record.h"
#include "harness/since.h"

const struct promise contract[] = {
	{ "E", "A section", .ref = NULL },
	{ "E1", "a promise", "file.c: function()", .basis = "README.md" },
	{ "E10", "another", "file.c: other()", .today = "no document says so" },
	{ 0 },
};

TEST(a_promise_with_a_basis_is_a_must)
{
	EXPECT_STREQ("-", promise_level(&contract[0]));
	EXPECT_STREQ("must", promise_level(&contract[1]));
	EXPECT_STREQ("today", promise_level(&contract[2]));
}

TEST(release_compare_is_numeric)
{
	EXPECT_LT(release_compare("6.9", "6.12"), 0);
	EXPECT_GT(release_compare("7.0", "6.99.99"), 0);
	EXPECT_LT(release_compare("6.12", "6.12.1"), 0);
	EXPECT_EQ(0, release_compare("6.12", "6.12.0"));
	EXPECT_EQ(0, release_compare("6.12.48+deb13-amd64", "6.12.48"));
	EXPECT_EQ(0, release_compare("6.18-rc2", "6.18"));
}

TEST(release_lacks_compares_series_first)
{
	EXPECT_EQ(LACKS_YES, release_lacks("7.3.3", "7.3.4"));
	EXPECT_EQ(LACKS_NO, release_lacks("7.3.4-amd64", "7.3.4"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.12.108", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_NO, release_lacks("6.12.109", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.18.44", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.1.9", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_NO, release_lacks("7.2", "6.12.109 7.2"));
}

TEST(release_lacks_maybe_what_a_vendor_took)
{
	EXPECT_EQ(LACKS_MAYBE, release_lacks("6.17.0-8-generic", "6.17.4"));
	EXPECT_EQ(LACKS_MAYBE, release_lacks("6.12.0-55.el10.x86_64", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.17.0-8-generic", "6.12.109 7.2"));
	EXPECT_EQ(LACKS_NO, release_lacks("6.17.0-8-generic", "6.17"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.18.0-rc2", "6.18.3"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.18.0", "6.18.3"));
	EXPECT_EQ(LACKS_YES, release_lacks("6.18.2-300.fc43", "6.18.3"));
}

TEST(since_select_newest_not_above)
{
	const struct since_row values[] = { since("6.12", 2), since("6.9", 1), since("6.12.4", 3) };

	EXPECT_EQ(NULL, since_select(values, 3, "6.8.12"));
	EXPECT_EQ(1, since_select(values, 3, "6.9")->want);
	EXPECT_EQ(1, since_select(values, 3, "6.11.99")->want);
	EXPECT_EQ(2, since_select(values, 3, "6.12.3-amd64")->want);
	EXPECT_EQ(3, since_select(values, 3, "6.12.4")->want);
	EXPECT_EQ(3, since_select(values, 3, "7.0")->want);
}

TEST(since_match_takes_what_a_vendor_may_have)
{
	const struct since_row values[] = { since("6.9", 1), since("6.12.4", 2), since("6.13", 3) };

	EXPECT_EQ(1, since_match(values, 3, "6.12.0-55.el10", 1)->want);
	EXPECT_EQ(2, since_match(values, 3, "6.12.0-55.el10", 2)->want);
	EXPECT_EQ(1, since_match(values, 3, "6.12.0-55.el10", 3)->want);
	EXPECT_EQ(1, since_match(values, 3, "6.12.3", 2)->want);
}

TEST(release_running_kernel_or_variable)
{
	setenv("FPT_RELEASE", "6.6.6", 1);
	EXPECT_STREQ("6.6.6", release_running());
	setenv("FPT_RELEASE", "", 1);
	EXPECT_LT(0, release_compare(release_running(), "2.6"));
}

TEST(deadlines_have_a_factor)
{
	unsetenv("FPT_TIMEOUT_MUL");
	EXPECT_EQ(100, deadline_ms(100));
	EXPECT_EQ(30, case_timeout());
	setenv("FPT_TIMEOUT_MUL", "3", 1);
	EXPECT_EQ(300, deadline_ms(100));
	EXPECT_EQ(90, case_timeout());
	setenv("FPT_TIMEOUT_MUL", "0.01", 1);
	EXPECT_EQ(1, deadline_ms(100));
	EXPECT_EQ(1, case_timeout());
	setenv("FPT_TIMEOUT_MUL", "much", 1);
	EXPECT_EQ(100, deadline_ms(100));
}

/* Runs write_it() in a process; returns its exit status and what it wrote to @fd. */
static int output_of(void (*write_it)(void), int fd, char *text, size_t size)
{
	int out[2], status, len = 0;
	ssize_t got;
	pid_t pid;

	fflush(NULL);
	if (pipe(out) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], fd);
		write_it();
		fflush(NULL);
		_exit(0);
	}
	close(out[1]);
	while ((got = read(out[0], text + len, size - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	close(out[0]);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void add_untitled(void)
{
	case_add(&(struct case_info) { .fixture = "f", .name = "c", .line = 7, .promise = "E1" });
}

static void add_without_promise(void)
{
	case_add(&(struct case_info) { .fixture = "f", .name = "c", .line = 7, .title = "t" });
}

static void add_with_unknown_promise(void)
{
	case_add(&(struct case_info) {
		.fixture = "f", .name = "c", .line = 7, .promise = "E2", .title = "t" });
}

TEST(promise_find_without_headings)
{
	EXPECT_EQ(&contract[1], promise_find("E1"));
	EXPECT_EQ(&contract[2], promise_find("E10"));
	EXPECT_EQ(NULL, promise_find("E"));
	EXPECT_EQ(NULL, promise_find("E2"));
	EXPECT_EQ(NULL, promise_find(""));
}

TEST(case_with_unknown_promise_is_refused)
{
	char said[256];

	EXPECT_EQ(1, output_of(add_with_unknown_promise, STDERR_FILENO, said, sizeof(said)));
	EXPECT_STREQ("f.c, line 7: the contract has no promise E2\n", said);
}

TEST(case_without_title_or_promise_is_refused)
{
	char said[256];

	EXPECT_EQ(1, output_of(add_untitled, STDERR_FILENO, said, sizeof(said)));
	EXPECT_STREQ("f.c, line 7: a case needs .promise and .title\n", said);
	EXPECT_EQ(1, output_of(add_without_promise, STDERR_FILENO, said, sizeof(said)));
	EXPECT_STREQ("f.c, line 7: a case needs .promise and .title\n", said);
}

static void record_odd_text(void)
{
	setenv("FPT_EVIDENCE", "/dev/stdout", 1);
	record_open();
	record_case("p.f.c");
	record("note", "yes", record_true, "no", record_false, "text", "true", NULL);
	record("note", "q\"", "a\\b\"c", "control", "\t\n\x01\x1f", "utf-8", "\xc3\xa4", NULL);
}

TEST(record_escapes_for_json)
{
	char said[512];

	EXPECT_EQ(0, output_of(record_odd_text, STDOUT_FILENO, said, sizeof(said)));
	EXPECT_STREQ("{\"type\":\"note\",\"case\":\"p.f.c\",\"yes\":true,\"no\":false,"
		     "\"text\":\"true\"}\n"
		     "{\"type\":\"note\",\"case\":\"p.f.c\",\"q\\\"\":\"a\\\\b\\\"c\","
		     "\"control\":\"\\u0009\\u000a\\u0001\\u001f\",\"utf-8\":\"\xc3\xa4\"}\n",
		     said);
}

static void record_too_much(void)
{
	char value[10000];

	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	dup2(STDOUT_FILENO, STDERR_FILENO);
	setenv("FPT_EVIDENCE", "/dev/stdout", 1);
	record_open();
	record("note", "value", value, NULL);
	record("note", "value", "y", NULL);
}

TEST(record_reports_a_lost_line)
{
	char said[20000];

	EXPECT_EQ(0, output_of(record_too_much, STDOUT_FILENO, said, sizeof(said)));
	EXPECT_STREQ("# evidence lost: No space left on device\n"
		     "{\"type\":\"note\",\"case\":\"\",\"value\":\"y\"}\n",
		     said);
}

static void record_nowhere(void)
{
	unsetenv("FPT_EVIDENCE");
	record_open();
	record("note", "value", "y", NULL);
}

TEST(record_without_file_prints_nothing)
{
	char said[64];

	EXPECT_EQ(0, output_of(record_nowhere, STDOUT_FILENO, said, sizeof(said)));
	EXPECT_STREQ("", said);
}

static void show_two_steps(void)
{
	step_log("client0", "EIO", "open %s", "f");
	step_log("server", "ok 1", "go a");
	step_log_show();
}

static void show_too_many_steps(void)
{
	for (int i = 1; i <= 203; i++)
		step_log("client0", "0", "step %d", i);
	step_log_show();
}

TEST(step_log_in_order)
{
	char said[256];

	EXPECT_EQ(0, output_of(show_two_steps, STDOUT_FILENO, said, sizeof(said)));
	EXPECT_STREQ("#      1. client0: open f = EIO\n"
		     "#      2. server: go a = ok 1\n",
		     said);
}

TEST(step_log_counts_omitted_steps)
{
	char said[20000];

	EXPECT_EQ(0, output_of(show_too_many_steps, STDOUT_FILENO, said, sizeof(said)));
	EXPECT_NE(NULL, strstr(said, "#     200. client0: step 200 = 0\n"
				     "#     ... and 3 more steps\n"));
	EXPECT_EQ(NULL, strstr(said, "step 201"));
}

TEST_HARNESS_MAIN
