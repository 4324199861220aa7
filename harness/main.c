// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "case_info.h"
#include "contain.h"
#include "contract.h"
#include "main.h"
#include "record.h"

enum { EXIT_FAIL = 1, EXIT_SKIP = 4 };

#define RUN_ARGS_MAX 1024

typedef void case_action(const char *full, const struct case_info *info);

static const struct case_runner *runner;
static const char *filter;
static char *excepted, *only; /* lines, or NULL */
static case_action *action;
static char *run_args[RUN_ARGS_MAX];
static int run_argc;

static const char usage[] =
	"usage: %s [--list | --json | --promises] [--filter GLOB[,GLOB]...]\n"
	"          [--only FILE] [--except FILE]\n"
	"       %s [kselftest option...]\n"
	"%s\n"
	"\n"
	"  --list         list the cases: name, promise, since, needs, abilities, title, level\n"
	"  --json         list them as JSON lines\n"
	"  --promises     print the contract: ID, level, deciding source, promise, basis, reason\n"
	"  --filter GLOB  only cases whose name or promise matches a GLOB\n"
	"  --only FILE    only cases whose names are lines of FILE\n"
	"  --except FILE  exclude cases whose names are lines of FILE\n"
	"  --help         print this help; -h prints kselftest's own options\n"
	"\n"
	"%s"
	"FPT_EVIDENCE     append the evidence to this file (FPT: FUSE passthrough tests)\n"
	"FPT_STRICT       if set, what changed and is not promised fails, too\n"
	"FPT_TIMEOUT_MUL  factor for every deadline, for slow hosts\n"
	"\n"
	"Exit status: 0 passed, 1 failed or wrong use, 4 no case could run.\n";

static void needs_names(unsigned int needs, char *out)
{
	*out = '\0';
	for (size_t i = 0; i < need_count; i++)
		if (needs & need_table[i].bit) {
			if (*out)
				strcat(out, ",");
			strcat(out, need_table[i].name);
		}
	if (!*out)
		strcpy(out, "-");
}

/* Separated by commas, like needs. */
static void ability_names(const char *abilities, char *out, size_t size)
{
	snprintf(out, size, "%s", abilities && *abilities ? abilities : "-");
	for (char *blank = out; (blank = strchr(blank, ' '));)
		*blank = ',';
}

/* The whole file, or NULL. */
static char *read_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	char *lines = NULL;
	size_t size = 0;

	if (!file)
		return NULL;
	/* Names have no such byte. */
	if (getdelim(&lines, &size, '\xff', file) < 0) {
		free(lines);
		lines = ferror(file) ? NULL : strdup("");
	}
	fclose(file);
	return lines;
}

static bool has_line(const char *lines, const char *full)
{
	size_t len = strlen(full);

	for (const char *at = lines; (at = strstr(at, full)); at += len)
		if ((at == lines || at[-1] == '\n') && (at[len] == '\n' || !at[len]))
			return true;
	return false;
}

static bool matches_filter(const char *full, const char *promise)
{
	const char *in_program = strchr(full, '.') + 1;
	char *globs = strdup(filter), *save, *glob;
	bool matches = false;

	for (glob = strtok_r(globs, ",", &save); glob; glob = strtok_r(NULL, ",", &save))
		matches |= !fnmatch(glob, full, 0) || !fnmatch(glob, in_program, 0) ||
			   !fnmatch(glob, promise, 0);
	free(globs);
	return matches;
}

static bool selected(const char *full, const char *promise)
{
	return !(excepted && has_line(excepted, full)) && (!only || has_line(only, full)) &&
	       (!filter || matches_filter(full, promise));
}

static void each_selected(const char *fixture, const char *variant, const char *name)
{
	const struct case_info *info = case_find(fixture, name);
	char full[256];

	snprintf(full, sizeof(full), "%s.%s%s%s.%s", program_invocation_short_name, fixture,
		 *variant ? "." : "", variant, name);
	if (info && selected(full, info->promise))
		action(full, info);
}

static void list_case(const char *format, const char *full, const struct case_info *info)
{
	char needs[256], abilities[256];

	needs_names(info->needs, needs);
	ability_names(info->abilities, abilities, sizeof(abilities));
	printf(format, full, info->promise, info->since ? info->since : "6.9", needs, abilities,
	       info->title, case_level(info));
}

static void list_line(const char *full, const struct case_info *info)
{
	list_case("%s\t%s\t%s\t%s\t%s\t%s\t%s\n", full, info);
}

/* No text here needs JSON escapes. */
static void list_json(const char *full, const struct case_info *info)
{
	list_case("{\"case\":\"%s\",\"promise\":\"%s\",\"since\":\"%s\",\"needs\":\"%s\","
		  "\"abilities\":\"%s\",\"title\":\"%s\",\"level\":\"%s\"",
		  full, info);
	if (info->known_report[0])
		printf(",\"known_report\":[\"%s\",\"%s\"]", info->known_report[0],
		       info->known_report[1]);
	printf("}\n");
}

static void add_run_arg(const char *full, const struct case_info *info)
{
	if (run_argc + 2 >= RUN_ARGS_MAX)
		return;
	run_args[run_argc++] = strdup("-r");
	run_args[run_argc++] = strdup(strchr(full, '.') + 1);
}

/* kselftest's main() calls exit(0) even if every case was skipped. */
static void skip_when_none_executed(void)
{
	fflush(NULL);
	if (runner->none_executed())
		_exit(EXIT_SKIP);
}

/* Also contains the program: processes that probe the host must not outlive it. */
static bool can_run(void)
{
	int err = contain(CONTAIN_OUTPUT_INSIDE);
	const char *why = suite.host_missing();

	if (!why && err < 0)
		why = "privilege: cannot create a PID namespace (in a container: --privileged)";
	if (why)
		printf("TAP version 13\n1..0 # SKIP %s\n", why);
	return !why;
}

static int run(int argc, char **argv)
{
	const char *why;

	record_open();
	if (!can_run())
		return EXIT_SKIP;
	why = suite.subject_missing();
	if (why) {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, why);
		return EXIT_FAIL;
	}
	atexit(skip_when_none_executed);
	return runner->run(argc, argv);
}

static int run_selected(char *name)
{
	run_args[run_argc++] = name;
	action = add_run_arg;
	runner->for_each_test(each_selected);
	if (run_argc == 1) {
		fprintf(stderr, "%s: no case matches %s, see --list\n", name, filter ?: "*");
		return EXIT_FAIL;
	}
	optind = 1;
	return run(run_argc, run_args);
}

int case_main(int argc, char **argv, const struct case_runner *with)
{
	static const struct option options[] = {
		{ "list", no_argument, NULL, 'L' },
		{ "json", no_argument, NULL, 'J' },
		{ "promises", no_argument, NULL, 'P' },
		{ "filter", required_argument, NULL, 'I' },
		{ "only", required_argument, NULL, 'O' },
		{ "except", required_argument, NULL, 'E' },
		{ "help", no_argument, NULL, 'H' },
		{ 0 },
	};
	char **lines;
	int opt;

	runner = with;
	if (argc < 2 || (argv[1][0] == '-' && argv[1][1] != '-'))
		return run(argc, argv);
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'L':
			action = list_line;
			break;
		case 'J':
			action = list_json;
			break;
		case 'P':
			contract_print();
			return 0;
		case 'I':
			filter = optarg;
			break;
		case 'E':
		case 'O':
			lines = opt == 'E' ? &excepted : &only;
			*lines = read_lines(optarg);
			if (*lines)
				break;
			fprintf(stderr, "%s: cannot read %s: %s\n", program_invocation_short_name,
				optarg, strerror(errno));
			return EXIT_FAIL;
		case 'H':
			printf(usage, program_invocation_short_name, program_invocation_short_name,
			       suite.about, suite.environment);
			return 0;
		default:
			fprintf(stderr, "%s: see --help\n", program_invocation_short_name);
			return EXIT_FAIL;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s', see --help\n",
			program_invocation_short_name, argv[optind]);
		return EXIT_FAIL;
	}
	if (!action)
		return run_selected(argv[0]);
	runner->for_each_test(each_selected);
	return 0;
}
