/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_STREAM_OUT_H
#define FPT_VM_STREAM_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "stream.h"

/*
 * The guest's end of the stream. What is said waits in memory until the port takes
 * it: nobody who says something is held up by a slow port.
 */

/* Opens the port. */
bool stream_open(void);

/* To poll for POLLOUT when stream_flush() returned false. */
int stream_fd(void);

/* @job: its number, or -1 where the line is about none. @text has no newline. */
void stream_line(char type, int job, const char *text, size_t len);
void stream_say(char type, int job, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes what the port takes without waiting; true if nothing is left. */
bool stream_flush(void);

/* Waits until all is on its way out of the machine. */
void stream_end(void);

#endif
