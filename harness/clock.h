/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CLOCK_H
#define FPT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* For a deadline of several waits. */
static inline int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
