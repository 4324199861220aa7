// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errname.h"

#define ERRNO_MAX 4095

const char *result_name(long result, char *name)
{
	const char *symbol = NULL;

	if (result < 0 && result >= -ERRNO_MAX)
		symbol = strerrorname_np(-result);
	if (symbol)
		snprintf(name, RESULT_NAME_MAX, "%s", symbol);
	else
		snprintf(name, RESULT_NAME_MAX, "%ld", result);
	return name;
}

long result_parse(const char *name)
{
	char *end;
	long value = strtol(name, &end, 10);

	if (end != name && !*end)
		return value;
	for (int err = 1; err <= ERRNO_MAX; err++) {
		const char *symbol = strerrorname_np(err);

		if (symbol && !strcmp(symbol, name))
			return -err;
	}
	return -EPROTO;
}
