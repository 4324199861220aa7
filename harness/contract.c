// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "contract.h"

const struct promise *promise_find(const char *id)
{
	for (const struct promise *p = contract; p->id; p++)
		if (p->ref && !strcmp(p->id, id))
			return p;
	return NULL;
}

const char *promise_level(const struct promise *promise)
{
	if (!promise->ref)
		return "-";
	return promise->today ? "today" : "must";
}

void contract_print(void)
{
	for (const struct promise *p = contract; p->id; p++)
		printf("%s\t%s\t%s\t%s\t%s\t%s\n", p->id, promise_level(p), p->ref ?: "-", p->text,
		       p->basis ?: "-", p->today ?: "-");
}
