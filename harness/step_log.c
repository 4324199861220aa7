// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

#include "step_log.h"
#include "record.h"

#define STEPS_SHOWN 200
#define STEP_MAX    256

static char steps[STEPS_SHOWN][STEP_MAX];
static unsigned int step_count;

void step_log(const char *who, const char *result, const char *what, ...)
{
	char text[STEP_MAX];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	record("step", "who", who, "what", text, "result", result, NULL);
	if (step_count < STEPS_SHOWN)
		snprintf(steps[step_count], STEP_MAX, "%s: %.140s = %.80s", who, text, result);
	step_count++;
}

void step_log_show(void)
{
	for (unsigned int i = 0; i < step_count && i < STEPS_SHOWN; i++)
		printf("#     %2u. %s\n", i + 1, steps[i]);
	if (step_count > STEPS_SHOWN)
		printf("#     ... and %u more steps\n", step_count - STEPS_SHOWN);
}
