/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_LAST_RESORT_H
#define FPT_LAST_RESORT_H

/*
 * Frees processes that SIGKILL cannot end, such as a FUSE server that waits for itself, from a
 * helper process outside of the run's PID namespaces. It exits with the last process that could
 * send it a request.
 */

/* Starts the helper, unless an outer namespace has one. 0 or -errno. */
int last_resort_start(void);

/*
 * Has "1" written to @file when the caller has ended, by whatever cause, or after @ms. 0 or -errno;
 * -ENOTCONN: no helper was started.
 */
int last_resort(int file, int ms);

#endif
