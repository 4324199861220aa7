// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "contain.h"
#include "machine.h"

/* What scripts/run.sh asks before it begins. */
static int say_machine(void)
{
	const char *why = machine_missing();

	if (!why)
		return 0;
	puts(strchr(why, ' ') + 1);
	return 4;
}

static int run(char **command)
{
	execvp(*command, command);
	fprintf(stderr, "contain: %s: %s\n", *command, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	bool machine = argc == 2 && !strcmp(argv[1], "--machine");
	bool here = argc > 2 && !strcmp(argv[1], "--no-namespace");
	int err;

	argv += here ? 2 : 1;
	if (!machine && (!*argv || **argv == '-')) {
		fprintf(stderr, "usage: contain [--no-namespace] COMMAND [ARGUMENT...]\n"
				"       contain --machine\n"
				"Runs COMMAND so that nothing it starts outlives it, and as if its caller had changed\n"
				"neither signals, umask nor limits. With --no-namespace it does only the latter.\n"
				"--machine says in a line why no case can run on this machine, and exits with 4 then.\n");
		return 1;
	}
	if (here) {
		inherit_nothing();
		return run(argv);
	}
	err = contain(CONTAIN_OUTPUT_ALSO_OUTSIDE);
	if (machine && say_machine())
		return 4;
	if (err < 0) {
		fprintf(stderr, "contain: cannot make a PID namespace: %s (run as root)\n",
			strerror(-err));
		return 4;
	}
	return machine ? 0 : run(argv);
}
