// SPDX-License-Identifier: GPL-2.0
/*
 * Kills one process of a running suite and waits until everything that stood
 * or fell with it is gone. A world's processes know each other by their mount
 * namespace: that holds also for one that has left its parent.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_SECONDS 20
#define MAX		 4096
#define NO_VICTIM	 3

struct process {
	pid_t pid, parent;
	char comm[32];
	ino_t mounts; /* of the suite: its mount namespace; else 0 */
	bool server;
};

struct connection {
	unsigned int number;
	ino_t dir; /* in fusectl; tells it from a later one of this number */
};

static struct process table[MAX];
static int count;
static struct pollfd ends[MAX];
static const struct process *group[MAX];
static int members;
static struct connection connections[MAX];
static int connected;

static const char *role, *control, *server;
static pid_t outer;
static time_t deadline;

static ino_t inode(const char *fmt, ...)
{
	char path[300];
	struct stat st;
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static bool runs_server(pid_t pid)
{
	char path[32], exe[4096];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	len = readlink(path, exe, sizeof(exe) - 1);
	exe[len > 0 ? len : 0] = '\0';
	return !strcmp(exe, server);
}

static void read_table(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	count = 0;
	while ((entry = readdir(proc)) && count < MAX) {
		struct process *p = &table[count];
		char path[300];
		FILE *stat;

		if (!isdigit(entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		stat = fopen(path, "re");
		/* Not of one that is dead already and only waits for its parent. */
		if (stat && fscanf(stat, "%d (%31[^)]) %*1[^ZX] %d", &p->pid, p->comm,
				   &p->parent) == 3)
			count++;
		if (stat)
			fclose(stat);
	}
	closedir(proc);
}

static struct process *find(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (table[i].pid == pid)
			return &table[i];
	return NULL;
}

static bool below_outer(const struct process *p)
{
	while (p && p->pid != outer)
		p = find(p->parent);
	return p;
}

static void scan(void)
{
	read_table();
	for (int i = 0; i < count; i++) {
		struct process *p = &table[i];

		p->mounts = below_outer(p) ? inode("/proc/%d/ns/mnt", p->pid) : 0;
		p->server = p->mounts && runs_server(p->pid);
	}
}

static const char *role_of(const struct process *p)
{
	static ino_t shared;
	const struct process *parent = find(p->parent);

	if (!shared)
		shared = inode("/proc/self/ns/mnt");
	if (p->pid == outer)
		return "run";
	if (!p->mounts || p->mounts == shared)
		return "";
	if (p->server)
		return "server";
	return parent && parent->mounts == p->mounts ? "client" : "case";
}

static const struct process *find_victim(void)
{
	scan();
	for (int i = 0; i < count; i++)
		if (!strcmp(role_of(&table[i]), role))
			return &table[i];
	return NULL;
}

static void note_connections(pid_t pid)
{
	char path[32], line[4096];
	FILE *mounts;

	snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	mounts = fopen(path, "re");
	while (mounts && fgets(line, sizeof(line), mounts)) {
		struct connection *c = &connections[connected];

		if (strstr(line, " - fuse ") && connected < MAX &&
		    sscanf(line, "%*d %*d %*d:%u", &c->number) == 1 &&
		    (c->dir = inode("%s/%u", control, c->number)))
			connected++;
	}
	if (mounts)
		fclose(mounts);
}

/* What must end: all of the run, or the world that the victim is of. */
static void note_group(const struct process *victim)
{
	for (int i = 0; i < count; i++) {
		const struct process *p = &table[i];
		int fd;

		if (!p->mounts || (victim->pid != outer && p->mounts != victim->mounts))
			continue;
		fd = syscall(SYS_pidfd_open, p->pid, 0);
		if (fd < 0)
			continue;
		ends[members] = (struct pollfd){ .fd = fd, .events = POLLIN };
		group[members++] = p;
		note_connections(p->pid);
	}
}

static int ms_left(void)
{
	long left = deadline - time(NULL);

	return left > 0 ? left * 1000 : 0;
}

/* How many lines came; -1 at their end. Blocks. */
static int take_lines(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char text[4096];
	ssize_t len;
	int lines = 0;

	if (poll(&ready, 1, ms_left()) == 0)
		error(1, 0, "the run says nothing any more");
	len = read(fd, text, sizeof(text));
	for (ssize_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return len > 0 ? lines : -1;
}

static void wait_for_group(int lines)
{
	int left = members;

	while (left) {
		ends[members] = (struct pollfd){ .fd = lines, .events = POLLIN };
		if (poll(ends, members + 1, ms_left()) == 0)
			return;
		if (ends[members].revents && take_lines(lines) < 0)
			lines = -1;
		for (int i = 0; i < members; i++)
			if (ends[i].revents) {
				close(ends[i].fd);
				ends[i].fd = -1;
				left--;
			}
	}
}

static int report_left(void)
{
	int left = 0;

	for (int i = 0; i < members; i++)
		if (ends[i].fd >= 0 && ++left)
			printf("left behind: process %d (%s)\n", group[i]->pid, group[i]->comm);
	for (int i = 0; i < connected; i++)
		if (inode("%s/%u", control, connections[i].number) == connections[i].dir && ++left)
			printf("left behind: FUSE connection %u\n", connections[i].number);
	return left ? 1 : 0;
}

int main(int argc, char **argv)
{
	const char *mul = getenv("FPT_TIMEOUT_MUL");
	const struct process *victim;
	int fd, lines, status;

	if (argc != 7)
		error(1, 0, "usage: kill_one run|case|server|client PID LINES FIFO FUSECTL SERVER");
	role = argv[1];
	outer = atoi(argv[2]);
	lines = atoi(argv[3]);
	fd = open(argv[4], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	control = argv[5];
	server = argv[6];
	deadline = time(NULL) + DEADLINE_SECONDS * (mul && atoi(mul) > 0 ? atoi(mul) : 1);

	while (lines > 0 || !(victim = find_victim())) {
		int came = take_lines(fd);

		if (came < 0)
			return NO_VICTIM;
		lines -= came;
	}
	note_group(victim);
	kill(victim->pid, SIGKILL);
	wait_for_group(fd);
	status = report_left();
	printf("killed %s, %d processes and %d connections in all\n", role, members, connected);
	fflush(stdout);
	while (take_lines(fd) >= 0)
		;
	return status;
}
