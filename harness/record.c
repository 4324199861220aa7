// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
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

const char *record_path(void)
{
	return record_file;
}

void record_case(const char *full_name)
{
	record_case_name = full_name;
}

static void put_string(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ')
			fprintf(out, "\\u%04x", c);
		else
			putc(c, out);
	}
	putc('"', out);
}

static void put_pair(FILE *out, const char *key, const char *value)
{
	putc(',', out);
	put_string(out, key);
	putc(':', out);
	if (value == record_true || value == record_false)
		fputs(value, out);
	else
		put_string(out, value);
}

void record(const char *type, ...)
{
	char line[LINE_MAX_BYTES];
	const char *key;
	va_list pairs;
	FILE *out;
	long len;

	if (record_fd < 0)
		return;
	out = fmemopen(line, sizeof(line), "w");
	if (!out)
		return;
	fputs("{\"type\":", out);
	put_string(out, type);
	put_pair(out, "case", record_case_name);
	va_start(pairs, type);
	while ((key = va_arg(pairs, const char *)))
		put_pair(out, key, va_arg(pairs, const char *));
	va_end(pairs);
	fputs("}\n", out);
	len = ftell(out);
	if (fclose(out) != 0 || write(record_fd, line, len) != len)
		fprintf(stderr, "# evidence lost: %s\n", strerror(errno));
}
