// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "stream_out.h"

static int port = -1;
static char *queue;
static size_t queue_len, queue_size;

bool stream_open(const char *path)
{
	struct termios raw;

	port = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (port < 0 || tcgetattr(port, &raw) < 0)
		return false;
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	raw.c_cflag |= CLOCAL;
	return tcsetattr(port, TCSANOW, &raw) == 0;
}

int stream_fd(void)
{
	return port;
}

static void add(const char *data, size_t len)
{
	size_t size = queue_size ?: 65536;
	char *bigger;

	while (queue_len + len > size)
		size *= 2;
	if (size > queue_size) {
		bigger = realloc(queue, size);
		if (!bigger)
			return; /* the OOM killer acts long before */
		queue = bigger;
		queue_size = size;
	}
	memcpy(queue + queue_len, data, len);
	queue_len += len;
}

void stream_line(char type, int job, const char *text, size_t len)
{
	char head[16] = { type, ' ' };

	if (job >= 0)
		snprintf(head + 1, sizeof(head) - 1, "%d ", job);
	add(head, strlen(head));
	add(text, len);
	add("\n", 1);
}

void stream_printf(char type, int job, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	stream_line(type, job, text, strlen(text));
}

bool stream_flush(void)
{
	size_t done = 0;
	ssize_t len;

	while (done < queue_len && (len = write(port, queue + done, queue_len - done)) > 0)
		done += len;
	queue_len -= done;
	memmove(queue, queue + done, queue_len);
	return !queue_len;
}

void stream_end(void)
{
	fcntl(port, F_SETFL, 0);
	stream_flush();
	tcdrain(port);
}
