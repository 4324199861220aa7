// SPDX-License-Identifier: GPL-2.0
/*
 * An initramfs without root and without a folder to copy everything to: reads lines
 * "NAME<tab>FILE" and writes a cpio archive in which every NAME is a copy of FILE that
 * belongs to root, or a link to TARGET where FILE is "->TARGET". The folders above come
 * by themselves; of a program, what only debuggers want is left out. cpio(1) and strip(1)
 * would take a second more, and the hosts of a matrix have neither.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDERS_MAX 256

static unsigned int inode;
static char *folders[FOLDERS_MAX];
static int folder_count;

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "cpio: %s: %s\n", what, why);
	exit(1);
}

static void pad(size_t written)
{
	for (; written % 4; written++)
		putchar(0);
}

static void put_header(const char *name, unsigned int mode, size_t size)
{
	int len = printf("070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X%s", ++inode,
			 mode, 0, 0, 1, 0, size, 0, 0, 0, 0, strlen(name) + 1, 0, name);

	putchar(0);
	pad(len + 1);
}

static void put_folder(const char *name)
{
	for (int i = 0; i < folder_count; i++)
		if (!strcmp(folders[i], name))
			return;
	if (folder_count == FOLDERS_MAX)
		fail(name, "too many folders");
	folders[folder_count++] = strdup(name);
	put_header(name, S_IFDIR | 0755, 0);
}

static void put_folders_above(char *name)
{
	for (char *slash = name; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		put_folder(name);
	}
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *data;

	if (!file || fstat(fileno(file), &st) < 0)
		fail(path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		fail(path, "not a file");
	data = malloc(st.st_size + 1);
	if (!data || fread(data, 1, st.st_size, file) != (size_t)st.st_size)
		fail(path, "cannot be read");
	fclose(file);
	*size = st.st_size;
	return data;
}

/* What is loaded of a program, which its sections' table need not be; else all. */
static size_t loaded_size(char *data, size_t size)
{
	Elf64_Ehdr *elf = (Elf64_Ehdr *)data;
	Elf64_Phdr *segment = (Elf64_Phdr *)(data + elf->e_phoff);
	size_t end = sizeof(*elf);

	if (size < sizeof(*elf) || memcmp(data, ELFMAG, SELFMAG) ||
	    elf->e_ident[EI_CLASS] != ELFCLASS64 ||
	    (elf->e_type != ET_EXEC && elf->e_type != ET_DYN) ||
	    elf->e_phoff + elf->e_phnum * sizeof(*segment) > size)
		return size;
	for (int i = 0; i < elf->e_phnum; i++)
		if (end < segment[i].p_offset + segment[i].p_filesz)
			end = segment[i].p_offset + segment[i].p_filesz;
	elf->e_shoff = elf->e_shnum = elf->e_shstrndx = 0;
	return end < size ? end : size;
}

static void put_data(const char *name, unsigned int mode, const char *data, size_t size)
{
	put_header(name, mode, size);
	fwrite(data, 1, size, stdout);
	pad(size);
}

static void put_file(const char *name, const char *path)
{
	size_t size;
	char *data = read_file(path, &size);

	size = loaded_size(data, size);
	put_data(name, S_IFREG | 0755, data, size);
	free(data);
}

static void put(char *name, const char *path)
{
	put_folders_above(name);
	if (!strncmp(path, "->", 2))
		put_data(name, S_IFLNK | 0777, path + 2, strlen(path + 2));
	else
		put_file(name, path);
}

int main(int argc, char **argv)
{
	char *line = NULL, *path;
	size_t size = 0;

	/* In a root that others may not enter, no program may be executed by an ordinary user. */
	put_header(".", S_IFDIR | 0755, 0);
	while (getline(&line, &size, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '\t');
		if (!path)
			fail(line, "no file is named");
		*path++ = '\0';
		put(line + strspn(line, "/"), path);
	}
	put_header("TRAILER!!!", 0, 0);
	if (fflush(stdout) || ferror(stdout))
		fail("standard output", strerror(errno));
	return 0;
}
