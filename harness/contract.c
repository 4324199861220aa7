// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "contract.h"

const struct contract_row *contract_find(const char *row)
{
	for (const struct contract_row *r = contract; r->row; r++)
		if (r->ref && !strcmp(r->row, row))
			return r;
	return NULL;
}

void contract_show(void)
{
	for (const struct contract_row *r = contract; r->row; r++)
		printf("%s\t%s\t%s\n", r->row, r->ref ? r->ref : "-", r->promise);
}
