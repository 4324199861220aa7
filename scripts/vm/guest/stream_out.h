/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_STREAM_OUT_H
#define FPT_VM_STREAM_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "stream.h"

/*
 * The guest's side of the stream. Messages are queued in memory until the port accepts them: a
 * slow port blocks no sender.
 */

/* Opens the port, a terminal. */
bool stream_open(const char *path);

/* Poll it for POLLOUT after stream_flush() returned false. */
int stream_fd(void);

/* @job: the job's number, or -1. @text has no newline. */
void stream_line(char type, int job, const char *text, size_t len);
void stream_printf(char type, int job, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes as much as the port accepts without blocking; true if the queue is empty. */
bool stream_flush(void);

/* Blocks until the port has sent everything. */
void stream_end(void);

#endif
