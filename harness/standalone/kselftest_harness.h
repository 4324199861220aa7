/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_STANDALONE_KSELFTEST_HARNESS_H
#define FPT_STANDALONE_KSELFTEST_HARNESS_H

/*
 * Stands in for the kernel's kselftest_harness.h where no kernel source is at hand (make mounted). It
 * has what harness/case.h and the fixtures use, under the same names and with the same output, and
 * nothing else.
 */
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { KSFT_PASS, KSFT_FAIL, KSFT_XFAIL, KSFT_XPASS, KSFT_SKIP, KSFT_OUTCOMES };

struct __test_results {
	char reason[1024];
};

struct __test_metadata;

struct __fixture_variant_metadata {
	const char *name;
	const void *data;
	struct __fixture_variant_metadata *next;
};

struct __fixture_metadata {
	const char *name;
	struct __test_metadata *tests;
	struct __fixture_variant_metadata *variant;
	struct __fixture_metadata *next;
};

struct __test_metadata {
	const char *name;
	struct __fixture_metadata *fixture;
	void (*fn)(struct __test_metadata *test, const void *variant);
	void (*teardown)(struct __test_metadata *test);
	void *self;
	const void *variant;
	int timeout; /* seconds */
	int exit_code;
	struct __test_results *results; /* shared by the processes of a test */
	struct __test_metadata *next;
};

static struct __fixture_metadata *__fixture_list;

#define _APPEND(list, item) \
	do { \
		__typeof__(item) *_end = &(list); \
		while (*_end) \
			_end = &(*_end)->next; \
		*_end = item; \
	} while (0)

/* Constructors without a priority run in the order of the source. */
#define _REGISTER(name, list, item) \
	static void __attribute__((constructor)) _register_##name(void) \
	{ \
		_APPEND(list, item); \
	} \
	struct _register_##name##_needs_a_semicolon

#define FIXTURE_DATA(fixture_name)    struct _test_data_##fixture_name
#define FIXTURE_VARIANT(fixture_name) struct _fixture_variant_##fixture_name

#define FIXTURE(fixture_name) \
	FIXTURE_VARIANT(fixture_name); \
	static struct __fixture_metadata _##fixture_name##_fixture = { .name = #fixture_name }; \
	_REGISTER(fixture_name, __fixture_list, &_##fixture_name##_fixture); \
	FIXTURE_DATA(fixture_name)

#define _FIXTURE_FUNCTION(fixture_name, function) \
	static void fixture_name##_##function( \
		struct __test_metadata __attribute__((unused)) * _metadata, \
		FIXTURE_DATA(fixture_name) __attribute__((unused)) * self, \
		const FIXTURE_VARIANT(fixture_name) __attribute__((unused)) * variant)
#define FIXTURE_SETUP(fixture_name)    _FIXTURE_FUNCTION(fixture_name, setup)
#define FIXTURE_TEARDOWN(fixture_name) _FIXTURE_FUNCTION(fixture_name, teardown)

#define FIXTURE_VARIANT_ADD(fixture_name, variant_name) \
	extern const FIXTURE_VARIANT(fixture_name) _##fixture_name##_##variant_name##_data; \
	static struct __fixture_variant_metadata _##fixture_name##_##variant_name##_variant = { \
		.name = #variant_name, .data = &_##fixture_name##_##variant_name##_data \
	}; \
	_REGISTER(fixture_name##_##variant_name, _##fixture_name##_fixture.variant, \
		  &_##fixture_name##_##variant_name##_variant); \
	const FIXTURE_VARIANT(fixture_name) _##fixture_name##_##variant_name##_data =

#define TEST_F_TIMEOUT(fixture_name, test_name, seconds) \
	_FIXTURE_FUNCTION(fixture_name, test_name); \
	static void _##fixture_name##_##test_name##_teardown(struct __test_metadata *test) \
	{ \
		fixture_name##_teardown(test, test->self, test->variant); \
	} \
	static void _##fixture_name##_##test_name##_run(struct __test_metadata *test, \
							const void *variant) \
	{ \
		static FIXTURE_DATA(fixture_name) self; \
		test->self = &self; \
		fixture_name##_setup(test, &self, variant); \
		if (test->exit_code) \
			return; \
		fixture_name##_##test_name(test, &self, variant); \
		test->teardown(test); \
	} \
	static struct __test_metadata _##fixture_name##_##test_name##_test = { \
		.name = #test_name, \
		.fixture = &_##fixture_name##_fixture, \
		.fn = _##fixture_name##_##test_name##_run, \
		.teardown = _##fixture_name##_##test_name##_teardown, \
	}; \
	_REGISTER(fixture_name##_##test_name, _##fixture_name##_fixture.tests, \
		  &_##fixture_name##_##test_name##_test); \
	static void __attribute__((constructor)) _limit_##fixture_name##_##test_name(void) \
	{ \
		_##fixture_name##_##test_name##_test.timeout = seconds; \
	} \
	_FIXTURE_FUNCTION(fixture_name, test_name)

#define SKIP(statement, ...) \
	do { \
		snprintf(_metadata->results->reason, sizeof(_metadata->results->reason), \
			 __VA_ARGS__); \
		_metadata->exit_code = KSFT_SKIP; \
		statement; \
	} while (0)

static inline void __bail(int fatal, struct __test_metadata *test)
{
	if (!fatal)
		return;
	test->teardown(test);
	abort();
}

/* --- running ----------------------------------------------------------------- */

static struct {
	unsigned int number, outcomes[KSFT_OUTCOMES];
} __ksft;

static inline unsigned int ksft_test_num(void)
{
	return __ksft.number;
}

static inline int ksft_get_xskip_cnt(void)
{
	return __ksft.outcomes[KSFT_SKIP];
}

static inline int __outcome_of(const char *name, int status)
{
	int outcome = WIFEXITED(status) ? WEXITSTATUS(status) : KSFT_FAIL;

	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
		printf("# %s: Test terminated by assertion\n", name);
	else if (WIFSIGNALED(status))
		printf("# %s: Test terminated unexpectedly by signal %d\n", name, WTERMSIG(status));
	else if (outcome == KSFT_FAIL || outcome >= KSFT_OUTCOMES)
		printf("# %s: Test failed\n", name);
	return outcome < KSFT_OUTCOMES ? outcome : KSFT_FAIL;
}

static inline int __wait_for_test(const struct __test_metadata *test, pid_t pid)
{
	struct pollfd end = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	bool late = poll(&end, 1, test->timeout * 1000) == 0;
	int status;

	close(end.fd);
	if (late)
		kill(-pid, SIGKILL);
	waitpid(pid, &status, 0);
	if (!late)
		return __outcome_of(test->name, status);
	printf("# %s: Test terminated by timeout\n", test->name);
	return KSFT_FAIL;
}

static inline void __print_result(const char *full, int outcome, const char *reason)
{
	static const char *const words[KSFT_OUTCOMES] = {
		[KSFT_XFAIL] = " # XFAIL ", [KSFT_XPASS] = " # XPASS ", [KSFT_SKIP] = " # SKIP "
	};

	__ksft.outcomes[outcome]++;
	printf("%sok %u %s%s%s\n", outcome == KSFT_FAIL ? "not " : "", ++__ksft.number, full,
	       words[outcome] ?: "", words[outcome] ? reason : "");
}

static inline void __run_test(struct __test_metadata *test, const char *full)
{
	pid_t pid;

	test->results->reason[0] = '\0';
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		test->fn(test, test->variant);
		fflush(NULL);
		_exit(test->exit_code);
	}
	setpgid(pid, pid);
	__print_result(full, pid < 0 ? KSFT_FAIL : __wait_for_test(test, pid),
		       test->results->reason);
}

/* Arguments are "-r NAME" for each test that is to run; without any, all are. */
static inline bool __test_enabled(int argc, char **argv, const char *full)
{
	for (int i = 2; i < argc; i += 2)
		if (!strcmp(argv[i], full))
			return true;
	return argc < 2;
}

typedef void __each_test(struct __test_metadata *test, const char *full);

static inline unsigned int __for_each_enabled(int argc, char **argv, __each_test *each)
{
	static const struct __fixture_variant_metadata none = { .name = "" };
	unsigned int count = 0;
	char full[1024];

	for (struct __fixture_metadata *f = __fixture_list; f; f = f->next)
		for (const struct __fixture_variant_metadata *v = f->variant ?: &none; v;
		     v = v->next)
			for (struct __test_metadata *t = f->tests; t; t = t->next) {
				snprintf(full, sizeof(full), "%s%s%s.%s", f->name,
					 *v->name ? "." : "", v->name, t->name);
				if (!__test_enabled(argc, argv, full))
					continue;
				count++;
				t->variant = v->data;
				if (each)
					each(t, full);
			}
	return count;
}

static inline int __check_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2)
		if (strcmp(argv[i], "-r") || i + 1 == argc) {
			fprintf(stderr, "%s: unexpected argument '%s': this build takes -r NAME\n",
				*argv, argv[i]);
			return KSFT_FAIL;
		}
	return KSFT_PASS;
}

static struct __test_results *__results;

static inline void __share_results(struct __test_metadata *test, const char *full)
{
	test->results = __results;
	__run_test(test, full);
}

static inline int test_harness_run(int argc, char **argv)
{
	if (__check_arguments(argc, argv) != KSFT_PASS)
		return KSFT_FAIL;
	__results = mmap(NULL, sizeof(*__results), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setlinebuf(stdout); /* nothing is lost by a test that aborts */
	printf("TAP version 13\n1..%u\n", __for_each_enabled(argc, argv, NULL));
	__for_each_enabled(argc, argv, __share_results);
	printf("# Totals: pass:%u fail:%u xfail:%u xpass:%u skip:%u error:0\n",
	       __ksft.outcomes[KSFT_PASS], __ksft.outcomes[KSFT_FAIL], __ksft.outcomes[KSFT_XFAIL],
	       __ksft.outcomes[KSFT_XPASS], __ksft.outcomes[KSFT_SKIP]);
	return __ksft.outcomes[KSFT_FAIL] ? KSFT_FAIL : KSFT_PASS;
}

#endif
