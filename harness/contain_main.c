// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "contain.h"

int main(int argc, char **argv)
{
	bool here = argc > 1 && !strcmp(argv[1], "--not");
	int err = 0;

	argv += here ? 2 : 1;
	if (!*argv || **argv == '-') {
		fprintf(stderr, "usage: contain [--not] COMMAND [ARGUMENT...]\n"
				"Runs COMMAND so that nothing it starts outlives it, and as if its caller had changed\n"
				"neither signals, umask nor limits. With --not it does only the latter.\n");
		return 1;
	}
	if (here)
		inherit_nothing();
	else
		err = contain(CONTAIN_OUTPUT_ALSO_OUTSIDE);
	if (err < 0) {
		fprintf(stderr, "contain: cannot make a PID namespace: %s (run as root)\n",
			strerror(-err));
		return 4;
	}
	execvp(*argv, argv);
	fprintf(stderr, "contain: %s: %s\n", *argv, strerror(errno));
	return 1;
}
