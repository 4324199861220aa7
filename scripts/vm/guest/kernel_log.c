// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "kernel_log.h"
#include "stream_out.h"

static int log_fd = -1;
static char marker[256];

/* Without a newline printk holds the message back until the next one. */
static void mark(const char *what)
{
	char text[sizeof(marker) + 16];

	snprintf(text, sizeof(text), "%s %s\n", marker, what);
	guest_write("/dev/kmsg", text);
}

void kernel_log_begin(const char *text)
{
	snprintf(marker, sizeof(marker), "%s", text);
	log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd >= 0)
		lseek(log_fd, 0, SEEK_END);
	mark("begins");
}

int kernel_log_fd(void)
{
	return log_fd;
}

/* The first line of a record is the message; a truncated record has no newline. */
static void send_message(const char *record, size_t len)
{
	const char *end = memchr(record, '\n', len);

	stream_line(STREAM_LOG, -1, record, end ? (size_t)(end - record) : len);
}

/* Each read(2) returns one record. */
void kernel_log_read(void)
{
	char record[8192];
	ssize_t len;

	while (log_fd >= 0) {
		len = read(log_fd, record, sizeof(record));
		if (len > 0)
			send_message(record, len);
		else if (len == 0 || errno != EPIPE) /* EPIPE: some were overwritten */
			return;
	}
}

void kernel_log_end(void)
{
	mark("ends");
	kernel_log_read();
}
