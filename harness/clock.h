/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CLOCK_H
#define FPT_CLOCK_H

#include <time.h>

/* For a deadline of several waits. */
static inline long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
