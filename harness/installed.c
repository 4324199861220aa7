// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "installed.h"

const char *installed_path(const char *folder, const char *name)
{
	static char path[PATH_MAX + 64];
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX);

	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len <= 0)
		return NULL;
	snprintf(path + len, 64, "../%s/%s", folder, name);
	if (access(path, X_OK) == 0)
		return path;
	snprintf(path + len, 64, "%s", name);
	return access(path, X_OK) == 0 ? path : NULL;
}
