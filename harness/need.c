// SPDX-License-Identifier: GPL-2.0
#include "need.h"

static bool applies(const struct need *need, unsigned int needs)
{
	return need->missing && (need->bit == NEED_ALWAYS || needs & need->bit);
}

const char *need_missing(unsigned int needs)
{
	const char *why = NULL;

	for (size_t i = 0; i < need_count && !why; i++)
		if (applies(&need_table[i], needs))
			why = need_table[i].missing();
	return why;
}
