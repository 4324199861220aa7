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

int main(int argc, char **argv)
{
	bool machine = argc == 2 && !strcmp(argv[1], "--machine");
	int err;

	if (argc < 2 || (argv[1][0] == '-' && !machine)) {
		fprintf(stderr, "usage: contain COMMAND [ARGUMENT...]\n"
				"       contain --machine\n"
				"Runs COMMAND so that nothing it starts outlives it. The second says in a line\n"
				"why no case can run on this machine, and exits with 4 then.\n");
		return 1;
	}
	err = contain(CONTAIN_OUTPUT_ALSO_OUTSIDE);
	if (machine && say_machine())
		return 4;
	if (err < 0) {
		fprintf(stderr, "contain: cannot make a PID namespace: %s (run as root)\n",
			strerror(-err));
		return 4;
	}
	if (machine)
		return 0;
	execvp(argv[1], argv + 1);
	fprintf(stderr, "contain: %s: %s\n", argv[1], strerror(errno));
	return 1;
}
