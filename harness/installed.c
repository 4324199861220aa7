// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "installed.h"

static char folder_of_program[PATH_MAX];

/* At start, as in another mount namespace the path of /proc/self/exe may not exist. */
static void __attribute__((constructor)) find_folder_of_program(void)
{
	ssize_t len = readlink("/proc/self/exe", folder_of_program, PATH_MAX - 1);

	while (len > 0 && folder_of_program[len - 1] != '/')
		len--;
	folder_of_program[len > 0 ? len : 0] = '\0';
}

const char *installed_path(const char *folder, const char *name)
{
	static char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s../%s/%s", folder_of_program, folder, name);
	if (access(path, X_OK) == 0)
		return path;
	snprintf(path, sizeof(path), "%s%s", folder_of_program, name);
	return access(path, X_OK) == 0 ? path : NULL;
}
