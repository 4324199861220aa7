/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_PLAIN_SUITE_H
#define FPT_PLAIN_SUITE_H

/* For the harness' own tests: a suite without a subject, and two needs that are always met. */
enum {
	NEED_REALTIME = 1 << 0,
	NEED_USERNS = 1 << 1,
};

#endif
