// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job_list.h"

static void split(char *text, struct job_list_line *line)
{
	int n = 0;

	text[strcspn(text, "\n")] = '\0';
	while (text && n < JOB_LIST_WORDS)
		line->word[n++] = strsep(&text, "\t");
	line->word[n] = NULL;
}

bool job_list_each(const char *path, const char *key,
		   void (*each)(const struct job_list_line *line, void *arg), void *arg)
{
	FILE *file = fopen(path, "re");
	struct job_list_line line;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		return false;
	while (getline(&text, &size, file) > 0) {
		split(text, &line);
		if (!key || !strcmp(line.word[0], key))
			each(&line, arg);
	}
	free(text);
	fclose(file);
	return true;
}
