/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_LAST_RESORT_H
#define FPT_LAST_RESORT_H

/*
 * Frees what SIGKILL cannot end, such as a FUSE server that waits for itself. A process outside of
 * the PID namespaces of a run, which no end of them reaches, does it. It ends with the last
 * process that could ask it for something.
 */

/* Starts that process, unless an outer namespace has one. 0 or -errno. */
int last_resort_start(void);

/*
 * "1" is written to @file once the caller has ended, however that happened, or @ms have passed.
 * 0 or -errno; -ENOTCONN: nothing was started.
 */
int last_resort(int file, int ms);

#endif
