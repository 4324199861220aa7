/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_LINES_H
#define FPT_VM_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* A descriptor that does not block and is read line by line. */
struct lines {
	int fd;
	char *data; /* of @size bytes, the caller's */
	size_t size, len;
};

typedef void lines_fn(void *arg, const char *line, size_t len);

/*
 * Reads what there is and calls @each for each line, without its newline. A line
 * that does not fit comes in pieces. False at the end of the file.
 */
bool lines_read(struct lines *lines, lines_fn *each, void *arg);

/* For what is left behind the last newline. */
void lines_end(struct lines *lines, lines_fn *each, void *arg);

#endif
