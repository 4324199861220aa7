// SPDX-License-Identifier: GPL-2.0
/* Prints the frequency of the time-stamp counter in kHz. */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(void)
{
	double begun = seconds(), now;
	unsigned long long ticks = __rdtsc();

	do
		now = seconds();
	while (now < begun + 0.02);
	printf("%.0f\n", (__rdtsc() - ticks) / (now - begun) / 1000);
	return 0;
}
