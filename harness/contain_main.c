// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "contain.h"

int main(int argc, char **argv)
{
	int err;

	if (argc < 2 || argv[1][0] == '-') {
		fprintf(stderr, "usage: contain COMMAND [ARGUMENT...]\n"
				"Runs COMMAND so that nothing it starts outlives it.\n");
		return 1;
	}
	err = contain(CONTAIN_OUTPUT_ALSO_OUTSIDE);
	if (err < 0) {
		fprintf(stderr, "contain: cannot make a PID namespace: %s (run as root)\n",
			strerror(-err));
		return 4;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "contain: %s: %s\n", argv[1], strerror(errno));
	return 1;
}
