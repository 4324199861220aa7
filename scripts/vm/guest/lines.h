/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_LINES_H
#define FPT_VM_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* Reads a nonblocking descriptor line by line. */
struct lines {
	int fd;
	char *data; /* @size bytes, owned by the caller */
	size_t size, len;
};

typedef void lines_fn(void *arg, const char *line, size_t len);

/*
 * Reads what is available and calls @each for each line, without its newline. A line that does
 * not fit is passed in pieces. False at the end of the file.
 */
bool lines_read(struct lines *lines, lines_fn *each, void *arg);

/* Passes on what follows the last newline. */
void lines_end(struct lines *lines, lines_fn *each, void *arg);

#endif
