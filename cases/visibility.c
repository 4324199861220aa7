// SPDX-License-Identifier: GPL-2.0
/*
 * Where a backing file is visible, and who can deny access to it. Promises P2, P3, P7 to P9, P11,
 * T32.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/file_count.h"
#include "world/listener.h"
#include "world/proc.h"
#include "world/case_helpers.h"

#define OPENS 2000

/* The number after "@key:" in the fdinfo of the server's device, or -ENODATA. */
static long fdinfo_of_device(const struct world *w, const char *key)
{
	char line[128];
	FILE *file = fopen(proc_path(w->server.pid, "fdinfo/3"), "re");
	long value = -ENODATA;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			sscanf(line + strlen(key), ":%ld", &value);
	if (file)
		fclose(file);
	return value;
}

/* The minor device number of the mount, or -errno. */
static long connection_of(const char *dir)
{
	struct stat st;

	return stat(world_path(dir, ""), &st) < 0 ? -errno : (long)minor(st.st_dev);
}

WORLD_FIXTURE(procfs);

CASE(procfs, in_no_fd_table, .promise = "P2",
	.title = "a registered, open backing file has no file descriptor in the server or the client")
{
	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));

	EXPECT_RET(proc_backing_descriptors(w->server.pid, false), 0);
	EXPECT_RET(proc_backing_descriptors(client(w)->pid, false), 0);
	EXPECT_POSITIVE(client_open(client(w), backing_path("f"), O_RDWR));
	EXPECT_RET(proc_backing_descriptors(client(w)->pid, false), 1);
}

static int64_t do_open_many(void *data)
{
	long *count = data, opened = 0;

	while (opened < *count && open(fuse_path("f"), O_RDONLY | O_CLOEXEC) >= 0)
		opened++;
	return opened;
}

static long open_many(struct world *w, long count)
{
	return client_run(client(w), do_open_many, &count, sizeof(count), "open f %ld times",
			  count);
}

CASE(procfs, backing_not_in_file_nr, .promise = "P2",
	.title = "an open passthrough file counts once in fs.file-nr; its backing file does not count")
{
	long lock, before, more;

	open_rule(w, "f reg=at-lookup times=%d", OPENS);
	EXPECT_RET(client_limit(client(w), RLIMIT_NOFILE, OPENS + 100), 0);
	ASSERT_POSITIVE(lock = file_count_lock());
	before = file_count(lock);
	EXPECT_RET(open_many(w, OPENS), OPENS);
	more = file_count(lock) - before;
	case_note("files", "%ld for %d opens", more, OPENS);
	EXPECT_HOLDS(more > OPENS / 2, "the open files are counted");
	EXPECT_HOLDS(more < OPENS * 3 / 2, "their backing files are not counted too");
}

CASE(procfs, fdinfo_shows_connection, .promise = "P11", .since = "6.16",
	.title = "fdinfo of /dev/fuse shows the connection number, the minor device number of the mount")
{
	long shown = fdinfo_of_device(w, "fuse_connection");

	EXPECT_RET_SINCE(errno_or_0(shown), since("6.9", -ENODATA),
			 since("6.16", 0, "commit (fs: fuse: add dev id to /dev/fuse fdinfo)"));
	if (shown >= 0)
		EXPECT_HOLDS(shown == connection_of("fuse"), "fdinfo shows the connection");
}

static const struct world_opts unmounted = { .unmounted = true };

CASE(procfs, fdinfo_unmounted_is_silent, .promise = "P11", .needs_not = NEED_PASSTHROUGH,
	.since = "any", .world = &unmounted,
	.title = "fdinfo of an unmounted /dev/fuse shows no connection")
{
	EXPECT_RET(fdinfo_of_device(w, "pos"), 0);
	EXPECT_RET(fdinfo_of_device(w, "fuse_connection"), -ENODATA);
}

WORLD_FIXTURE(landlock);

CASE(landlock, registering_task_denied_eio, .promise = "P3", .needs = NEED_LANDLOCK,
	.abilities = "credentials",
	.today = "landlock.rst: a policy for one layer does not restrict the other",
	.title = "an open that Landlock denies to the registering task fails with EIO")
{
	EXPECT_POSITIVE(server_backing_open(w, backing_path("f"), "as=landlock"));
	open_rule(w, "f reg=reuse times=2");

	EXPECT_RET(client_open(client(w), "f", O_RDONLY), -EIO);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough RELEASE");
	EXPECT_POSITIVE(client_open(client(w), "f", O_WRONLY));
}

struct landlock_rules {
	uint64_t handled, allowed; /* LANDLOCK_ACCESS_FS_* */
	char dir[96];
};

/*
 * From now on the client may do what is handled only below the directory, and there what is
 * allowed.
 */
static int64_t do_enter_landlock(void *data)
{
	const struct landlock_rules *rules = data;
	struct landlock_ruleset_attr attr = { .handled_access_fs = rules->handled };
	struct landlock_path_beneath_attr below = { .allowed_access = rules->allowed };
	int ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	below.parent_fd = open(rules->dir, O_PATH | O_CLOEXEC);
	if (ruleset < 0 ||
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &below, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return -errno;
	return 0;
}

#define READ_AND_WRITE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

static long restrict_client(struct client *c, uint64_t handled, uint64_t allowed, const char *dir)
{
	struct landlock_rules rules = { .handled = handled, .allowed = allowed };

	snprintf(rules.dir, sizeof(rules.dir), "%s", dir);
	return client_run(c, do_enter_landlock, &rules, sizeof(rules), "allow by Landlock only %s",
			  dir);
}

static long confine_to(struct client *c, const char *dir)
{
	return restrict_client(c, READ_AND_WRITE, READ_AND_WRITE, dir);
}

CASE(landlock, client_rules_do_not_apply, .promise = "P8", .needs = NEED_LANDLOCK,
	.title = "Landlock rules of the client do not apply to the backing file: open and read succeed")
{
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_RET(confine_to(client(w), fuse_path("")), 0);

	EXPECT_RET(client_open(client(w), backing_path("f"), O_RDONLY), -EACCES);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
}

CASE(landlock, backing_rules_do_not_apply, .promise = "T32", .needs = NEED_LANDLOCK,
	.title = "a Landlock rule that allows the backing files to the client does not allow the FUSE files")
{
	ASSERT_POSITIVE(register_f(w));
	EXPECT_RET(confine_to(client(w), backing_path("")), 0);

	EXPECT_FAILS(client_open(client(w), "f", O_RDONLY), -EACCES);
	EXPECT_REQUESTS(w, "LOOKUP");
	EXPECT_POSITIVE(client_open(client(w), backing_path("f"), O_RDONLY));
}

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* Linux 6.2 */
#endif

CASE(landlock, truncation_of_open_file, .promise = "T32", .needs = NEED_LANDLOCK,
	.title = "ftruncate(2) fails if Landlock forbids truncation where the passthrough file was opened; writes work")
{
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(restrict_client(client(w), READ_AND_WRITE | LANDLOCK_ACCESS_FS_TRUNCATE,
				   READ_AND_WRITE, fuse_path("")),
		   0);

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_FAILS(client_call(client(w), ftruncate, fd, 0), -EACCES);
	EXPECT_REQUESTS(w, "");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

/* A listener for permission events of the backing file f: a descriptor, or -errno. */
static int listen_for(unsigned int events)
{
	return listener_for(FAN_CLASS_CONTENT, events, backing_path("f"));
}

WORLD_FIXTURE(fanotify);

CASE(fanotify, open_denied_eio, .promise = "P3", .needs = NEED_FANOTIFY,
	.title = "an open whose backing file a fanotify listener allows succeeds; one that it denies fails with EIO")
{
	int listener;

	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(listener = listen_for(FAN_OPEN_PERM));

	client_start_open(client(w), "f", O_RDONLY);
	EXPECT_RET(listener_respond_to_next(listener, FAN_DENY), 1);
	EXPECT_FAILS(client_finish(client(w)), -EIO);
	client_start_open(client(w), "f", O_RDONLY);
	EXPECT_RET(listener_respond_to_next(listener, FAN_ALLOW), 1);
	EXPECT_POSITIVE(client_finish(client(w)));
	close(listener);
}

CASE(fanotify, read_denied_eperm, .promise = "P7", .needs = NEED_FANOTIFY,
	.title = "a passthrough read that a fanotify listener denies on the backing file fails with EPERM")
{
	int listener;
	long fd;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(listener = listen_for(FAN_ACCESS_PERM));
	fd = open_ok(w, "f", O_RDONLY);

	client_start_read(client(w), fd, 1, 0);
	EXPECT_RET(listener_respond_to_next(listener, FAN_DENY), 1);
	EXPECT_RET(client_finish(client(w)), -EPERM);
	client_start_read(client(w), fd, 1, 0);
	EXPECT_RET(listener_respond_to_next(listener, FAN_ALLOW), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	close(listener);
}

/*
 * Reads a byte in another process. 1 or -errno; -ETIME: it blocks, as its read raises an event that
 * the listener would have to respond to.
 */
static long read_in_child(int fd, int listener)
{
	struct pollfd first[] = { { .events = POLLIN }, { .fd = listener, .events = POLLIN } };
	pid_t pid = fork();
	int status;
	char byte;

	if (pid == 0)
		_exit(pread(fd, &byte, 1, 0) == 1 ? 0 : errno);
	first[0].fd = pidfd_open(pid, 0);
	if (poll(first, 2, deadline_ms(4000)) == 0 || first[1].revents)
		kill(pid, SIGKILL);
	close(first[0].fd);
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status))
		return -ETIME;
	return WEXITSTATUS(status) ? -WEXITSTATUS(status) : 1;
}

CASE(fanotify, no_nested_event, .promise = "P9", .needs = NEED_FANOTIFY,
	.title = "a read through the file descriptor of a fanotify event raises no event on the backing file",
	.fixed_by = "7.3.4 (backing_file_open() keeps FMODE_NONOTIFY)",
	.xfail = "the event would wait for its own listener",
	.xfail_since = "6.14",
	.xfail_before = "7.3.4")
{
	long fd, file;
	int listener;

	EXPECT_POSITIVE(register_f(w));
	open_rule(w, "f reg=reuse times=2");
	ASSERT_POSITIVE(listener = listen_for(FAN_ACCESS_PERM));
	ASSERT_RET(listener_mark(listener, 0, FAN_ACCESS_PERM, fuse_path("f")), 0);
	fd = open_ok(w, "f", O_RDONLY);

	client_start_read(client(w), fd, 1, 0);
	ASSERT_POSITIVE(file = listener_next(listener));
	EXPECT_RET(read_in_child(file, listener), 1);
	EXPECT_RET(listener_respond(listener, file, FAN_ALLOW), 1);
	EXPECT_RET(listener_respond_to_next(listener, FAN_ALLOW), 1);
	EXPECT_RET(client_finish(client(w)), 1);
	close(listener);
}

CASE_MAIN()
