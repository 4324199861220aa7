// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "harness/main.h"
#include "harness/need.h"
#include "plain_suite.h"

const struct need need_table[] = {
	{ NEED_REALTIME, "realtime", NULL },
	{ NEED_USERNS, "userns", NULL },
};
const size_t need_count = sizeof(need_table) / sizeof(need_table[0]);
const unsigned int need_default;

static const char *host_missing(void)
{
	return getenv("FPT_HOST_MISSING");
}

static const char *subject_missing(void)
{
	return getenv("FPT_SUBJECT") ? NULL : "FPT_SUBJECT is not set";
}

static const char *subject(void)
{
	return getenv("FPT_SUBJECT") ?: "none";
}

static const char *subject_variables(void)
{
	static char text[128];

	snprintf(text, sizeof(text), "FPT_SUBJECT=%s", subject());
	return text;
}

const struct suite suite = {
	.about = "Runs its cases and prints KTAP.",
	.environment = "FPT_SUBJECT      name for the evidence\n"
		       "FPT_HOST_MISSING why nothing can run\n",
	.host_missing = host_missing,
	.subject_missing = subject_missing,
	.subject = subject,
	.subject_variables = subject_variables,
};
