// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record.h"

#define LINE_MAX_BYTES 8192

const char record_true[] = "true", record_false[] = "false";

static int record_fd = -1;
static const char *record_file;
static const char *record_case_name = "";

void record_open(void)
{
	const char *path = getenv("FPT_EVIDENCE");

	if (!path || !*path)
		return;
	record_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (record_fd < 0) {
		fprintf(stderr, "cannot write FPT_EVIDENCE=%s: %s\n", path, strerror(errno));
		exit(1);
	}
	record_file = path;
}

void record_nothing(void)
{
	record_fd = -1;
}

const char *record_path(void)
{
	return record_file;
}

void record_case(const char *full_name)
{
	record_case_name = full_name;
}

struct line {
	char text[LINE_MAX_BYTES];
	size_t size; /* more than fits if the line is too long */
};

static void put(struct line *line, const char *text, size_t size)
{
	if (line->size + size <= sizeof(line->text))
		memcpy(line->text + line->size, text, size);
	line->size += size;
}

static void put_text(struct line *line, const char *text)
{
	put(line, text, strlen(text));
}

static void put_escaped(struct line *line, unsigned char c)
{
	char escaped[8];

	snprintf(escaped, sizeof(escaped), c < ' ' ? "\\u%04x" : "\\%c", c);
	put_text(line, escaped);
}

static void put_string(struct line *line, const char *text)
{
	put_text(line, "\"");
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\' || c < ' ')
			put_escaped(line, c);
		else
			put(line, text, 1);
	}
	put_text(line, "\"");
}

static void put_pair(struct line *line, const char *key, const char *value)
{
	put_text(line, ",");
	put_string(line, key);
	put_text(line, ":");
	if (value == record_true || value == record_false)
		put_text(line, value);
	else
		put_string(line, value);
}

static bool write_line(const struct line *line)
{
	if (line->size <= sizeof(line->text))
		return write(record_fd, line->text, line->size) == (ssize_t)line->size;
	errno = ENOSPC;
	return false;
}

void record(const char *type, ...)
{
	struct line line;
	const char *key;
	va_list pairs;

	if (record_fd < 0)
		return;
	line.size = 0;
	put_text(&line, "{\"type\":");
	put_string(&line, type);
	put_pair(&line, "case", record_case_name);
	va_start(pairs, type);
	while ((key = va_arg(pairs, const char *)))
		put_pair(&line, key, va_arg(pairs, const char *));
	va_end(pairs);
	put_text(&line, "}\n");
	if (!write_line(&line))
		fprintf(stderr, "# evidence lost: %s\n", strerror(errno));
}
