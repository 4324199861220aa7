// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"

static void take_lines(struct lines *lines, lines_fn *each, void *arg)
{
	size_t done = 0;
	char *end;

	while ((end = memchr(lines->data + done, '\n', lines->len - done))) {
		each(arg, lines->data + done, end - lines->data - done);
		done = end + 1 - lines->data;
	}
	lines->len -= done;
	memmove(lines->data, lines->data + done, lines->len);
	if (lines->len == lines->size)
		lines_end(lines, each, arg);
}

bool lines_read(struct lines *lines, lines_fn *each, void *arg)
{
	ssize_t len;

	while ((len = read(lines->fd, lines->data + lines->len, lines->size - lines->len)) > 0) {
		lines->len += len;
		take_lines(lines, each, arg);
	}
	return len < 0 && (errno == EAGAIN || errno == EINTR);
}

void lines_end(struct lines *lines, lines_fn *each, void *arg)
{
	if (lines->len)
		each(arg, lines->data, lines->len);
	lines->len = 0;
}
