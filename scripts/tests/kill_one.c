// SPDX-License-Identifier: GPL-2.0
/*
 * Kills one process of a running suite and waits until everything that depends on it is gone: the
 * whole run, or the victim's world, which shares one mount namespace. Orphans remain below the init
 * of the run's PID namespace. Init is stopped meanwhile: its exit would make the kernel kill what
 * the world leaks.
 */
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_SECONDS 10
#define PROCESSES	 4096
#define CONNECTIONS	 64
#define NO_VICTIM	 3

struct process {
	pid_t pid, parent;
	char comm[32];
	bool ours;
	ino_t mounts; /* its mount namespace; 0 if it is exiting */
};

struct connection {
	unsigned int number;
	ino_t dir; /* in fusectl; differs for a later connection of the same number */
};

/* Snapshot of the last scan(). */
static struct process processes[PROCESSES];
static int count;

/* All processes seen so far that must end. */
static struct process members[PROCESSES];
static struct pollfd ends[PROCESSES + 1];
static int member_count;
static struct connection connections[CONNECTIONS];
static int connection_count;
static int mounts; /* inotify(7); a mount is removed after its connection */

static const char *control, *server;
static pid_t outer;
static time_t deadline;

static const char *proc(pid_t pid, const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return path;
}

static ino_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static ino_t connection_dir(unsigned int number)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/%u", control, number);
	return inode(path);
}

/* By inode: the link's text depends on the mount namespace. */
static bool runs_server(pid_t pid)
{
	return inode(server) && inode(proc(pid, "exe")) == inode(server);
}

/* False for zombies. */
static bool alive(struct process *p)
{
	FILE *stat = fopen(proc(p->pid, "stat"), "re");
	bool alive = stat && fscanf(stat, "%*d (%31[^)]) %*1[^ZX] %d", p->comm, &p->parent) == 2;

	if (stat)
		fclose(stat);
	return alive;
}

static const struct process *find(pid_t pid)
{
	for (int i = 0; i < count; i++)
		if (processes[i].pid == pid)
			return &processes[i];
	return NULL;
}

static bool is_member(pid_t pid)
{
	for (int i = 0; i < member_count; i++)
		if (members[i].pid == pid)
			return true;
	return false;
}

static bool is_ours(const struct process *p)
{
	while (p && p->pid != outer && !is_member(p->parent))
		p = find(p->parent);
	return p;
}

static void scan(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	count = 0;
	while ((entry = readdir(dir)) && count < PROCESSES) {
		processes[count].pid = atoi(entry->d_name);
		if (isdigit(entry->d_name[0]) && alive(&processes[count]))
			count++;
	}
	closedir(dir);
	for (int i = 0; i < count; i++) {
		struct process *p = &processes[i];

		p->ours = is_ours(p);
		p->mounts = p->ours ? inode(proc(p->pid, "ns/mnt")) : 0;
	}
}

static const char *role(const struct process *p)
{
	const struct process *parent = find(p->parent);

	if (p->pid == outer)
		return "run";
	if (!p->mounts || p->mounts == inode("/proc/self/ns/mnt"))
		return "";
	if (runs_server(p->pid))
		return "server";
	return parent && parent->mounts == p->mounts ? "client" : "case";
}

static const struct process *find_victim(const char *wanted)
{
	scan();
	for (int i = 0; i < count; i++)
		if (!strcmp(role(&processes[i]), wanted))
			return &processes[i];
	return NULL;
}

static void add_connection(unsigned int number)
{
	const struct connection found = { number, connection_dir(number) };

	for (int i = 0; i < connection_count; i++)
		if (connections[i].dir == found.dir)
			return;
	if (found.dir && connection_count < CONNECTIONS)
		connections[connection_count++] = found;
}

static void add_connections(pid_t pid)
{
	FILE *info = fopen(proc(pid, "mountinfo"), "re");
	char line[4096], point[200], path[300];
	unsigned int number;

	while (info && fgets(line, sizeof(line), info)) {
		if (!strstr(line, " - fuse ") ||
		    sscanf(line, "%*d %*d %*d:%u %*s %199s", &number, point) != 2)
			continue;
		add_connection(number);
		snprintf(path, sizeof(path), "%s%s", proc(pid, "root"), point);
		inotify_add_watch(mounts, path, IN_DELETE_SELF);
	}
	if (info)
		fclose(info);
}

static pid_t init_of_run(void)
{
	for (int i = 0; i < count; i++)
		if (processes[i].parent == outer)
			return processes[i].pid;
	return outer;
}

static bool must_end_with(const struct process *victim, const struct process *p)
{
	return p->ours && (victim->pid == outer || !p->mounts || p->mounts == victim->mounts);
}

/* Returns the number of new processes that must end. */
static int add_members(const struct process *victim)
{
	int known = member_count;

	for (int i = 0; i < count && member_count < PROCESSES; i++) {
		const struct process *p = &processes[i];
		int fd;

		if (!must_end_with(victim, p) || is_member(p->pid))
			continue;
		fd = syscall(SYS_pidfd_open, p->pid, 0);
		if (fd < 0)
			continue;
		add_connections(p->pid);
		members[member_count] = *p;
		ends[member_count++] = (struct pollfd) { .fd = fd, .events = POLLIN };
	}
	return member_count - known;
}

static void begin_deadline(void)
{
	const char *mul = getenv("FPT_TIMEOUT_MUL");

	deadline = time(NULL) + DEADLINE_SECONDS * (mul && atoi(mul) > 0 ? atoi(mul) : 1);
}

static int remaining_ms(void)
{
	time_t seconds = deadline - time(NULL);

	return seconds > 0 ? seconds * 1000 : 0;
}

/* Returns the number of lines read; -1 at EOF. Blocks. */
static int take_lines(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char text[4096];
	ssize_t len;
	int lines = 0;

	if (poll(&ready, 1, remaining_ms()) == 0)
		errx(1, "no output of the run before the deadline");
	len = read(fd, text, sizeof(text));
	for (ssize_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	return len > 0 ? lines : -1;
}

/* Unlike poll(2), also true if the FIFO never had a writer. */
static bool is_at_end(int fd)
{
	char skipped;

	return read(fd, &skipped, 1) == 0;
}

/* False at the deadline. */
static bool wait_for_members(int lines)
{
	int pending = 0;

	for (int i = 0; i < member_count; i++)
		pending += ends[i].fd >= 0;
	while (pending) {
		ends[member_count] = (struct pollfd) { .fd = lines, .events = POLLIN };
		if (poll(ends, member_count + 1, remaining_ms()) == 0)
			return false;
		if (ends[member_count].revents && take_lines(lines) < 0)
			lines = -1;
		for (int i = 0; i < member_count; i++)
			if (ends[i].revents) {
				close(ends[i].fd);
				ends[i].fd = -1;
				pending--;
			}
	}
	return true;
}

static int count_connections(void)
{
	int n = 0;

	for (int i = 0; i < connection_count; i++)
		n += connection_dir(connections[i].number) == connections[i].dir;
	return n;
}

/* They end with the last process, except over io_uring, where a kernel worker ends them later. */
static void wait_for_connections(void)
{
	struct pollfd gone = { .fd = mounts, .events = POLLIN };
	char events[4096];

	while (count_connections() && poll(&gone, 1, remaining_ms()) > 0)
		if (read(mounts, events, sizeof(events)) <= 0)
			return;
}

static int report_leaked(void)
{
	int leaked = 0;

	for (int i = 0; i < member_count; i++)
		if (ends[i].fd >= 0 && ++leaked)
			printf("leaked: process %d (%s)\n", members[i].pid, members[i].comm);
	for (int i = 0; i < connection_count; i++)
		if (connection_dir(connections[i].number) == connections[i].dir && ++leaked)
			printf("leaked: FUSE connection %u\n", connections[i].number);
	return leaked ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct process victim;
	const struct process *found;
	int fd, lines, status;
	pid_t init;

	if (argc != 7)
		errx(1, "usage: kill_one run|case|server|client PID LINES FIFO FUSECTL SERVER");
	outer = atoi(argv[2]);
	lines = atoi(argv[3]);
	fd = open(argv[4], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	control = argv[5];
	server = argv[6];

	mounts = inotify_init1(IN_CLOEXEC);
	begin_deadline();
	while (lines > 0 || !(found = find_victim(argv[1]))) {
		int taken = take_lines(fd);

		if (taken < 0)
			return NO_VICTIM;
		lines -= taken;
	}
	victim = *found;
	init = init_of_run();
	if (victim.pid != outer)
		kill(init, SIGSTOP);
	add_members(&victim);
	kill(victim.pid, SIGKILL);
	/* Scan again: processes may have been forked between scan and kill. */
	while (wait_for_members(fd)) {
		scan();
		if (!add_members(&victim))
			break;
	}
	wait_for_connections();
	status = report_leaked();
	printf("killed %s: %d processes and %d connections had to end\n", argv[1], member_count,
	       connection_count);
	fflush(stdout);
	kill(init, SIGCONT);
	begin_deadline();
	while (!is_at_end(fd) && take_lines(fd) >= 0)
		;
	return status;
}
