// SPDX-License-Identifier: GPL-2.0
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "coverage.h"
#include "job_list.h"
#include "stream_out.h"

#define DEBUGFS "/sys/kernel/debug"
#define GCOV	DEBUGFS "/gcov"

enum {
	CHUNK_BYTES = 8192,
	NAME_BYTES = 512,
	TREE_FDS = 16,
};

static bool is_wanted;

static void want(const struct job_list_line *line, void *unused)
{
	is_wanted = true;
}

static void send_chunk(const char *name, long offset, const unsigned char *data, size_t len)
{
	char text[NAME_BYTES + 2 * CHUNK_BYTES + 1];
	size_t at = snprintf(text, NAME_BYTES, "%s %ld ", name, offset);

	if (at >= NAME_BYTES)
		return;
	for (size_t i = 0; i < len; i++)
		at += sprintf(text + at, "%02x", data[i]);
	stream_line(STREAM_COVERAGE, -1, text, at);
}

static int send_file(const char *path, const struct stat *st, int type, struct FTW *unused)
{
	const char *name = path + sizeof(GCOV) - 1, *dot = strrchr(path, '.');
	unsigned char data[CHUNK_BYTES];
	long offset = 0;
	size_t len;
	FILE *file;

	if (type != FTW_F || !dot || strcmp(dot, ".gcda"))
		return 0;
	file = fopen(path, "re");
	while (file && (len = fread(data, 1, sizeof(data), file))) {
		send_chunk(name, offset, data, len);
		offset += len;
	}
	if (file)
		fclose(file);
	return 0;
}

void coverage_send(const char *job_list)
{
	job_list_each(job_list, "coverage", want, NULL);
	if (!is_wanted)
		return;
	mount("debug", DEBUGFS, "debugfs", 0, NULL);
	if (nftw(GCOV, send_file, TREE_FDS, FTW_PHYS) < 0)
		stream_printf(STREAM_REMARK, -1, "no coverage: the kernel has no " GCOV);
}
