// SPDX-License-Identifier: GPL-2.0
/* A detached FUSE mount on the filesystem of its backing files. Promise L8. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define END_DEADLINE_MS 3000

/* A tmpfs "parent" with a file f, and the FUSE mount moved to a directory of it. */
static int mount_below_parent(void)
{
	int fd = -1;

	if (mkdir(world_path("parent", ""), 0755) == 0 &&
	    mount("parent", world_path("parent", ""), "tmpfs", 0, NULL) == 0 &&
	    mkdir(world_path("parent", "fuse"), 0755) == 0 &&
	    mount(fuse_path(""), world_path("parent", "fuse"), NULL, MS_MOVE, NULL) == 0)
		fd = open(world_path("parent", "f"), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : close(fd);
}

static int unmount_lazily(void)
{
	return world_umount_lazily("parent");
}

/* In another mount namespace, since rmdir(2) of a mountpoint fails with EBUSY in this one. */
static int remove_mountpoint(void)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNS) < 0 || unmount_lazily() < 0 ||
		      rmdir(world_path("parent", "")) < 0);
	waitpid(pid, &status, 0);
	return status ? -EPROTO : 0;
}

/* An inotify descriptor that reports the end of the inode, or -errno. */
static int watch_inode(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC);

	return inotify_add_watch(fd, path, IN_DELETE_SELF) < 0 ? -errno : fd;
}

static bool is_freed(int watch)
{
	struct pollfd fd = { .fd = watch, .events = POLLIN };

	return poll(&fd, 1, deadline_ms(END_DEADLINE_MS)) == 1;
}

WORLD_FIXTURE(unclosed_id);

static void expect_freed_with_server(struct world *w, int (*detach)(void))
{
	int watch;

	ASSERT_RET(mount_below_parent(), 0);
	ASSERT_POSITIVE(watch = watch_inode(world_path("parent", "")));
	ASSERT_POSITIVE(server_backing_open(w, world_path("parent", "f"), ""));

	ASSERT_RET(detach(), 0);
	ASSERT_RET(server_stop(&w->server), 0);
	EXPECT_HOLDS(is_freed(watch), "the filesystem of the backing file is freed");
}

CASE(unclosed_id, lazy_umount_frees_fs, .promise = "L8",
	.title = "server exit frees a backing filesystem unmounted lazily with FUSE on it and an ID unclosed")
{
	expect_freed_with_server(w, unmount_lazily);
}

CASE(unclosed_id, removed_mountpoint_frees_fs, .promise = "L8", .needs = NEED_DESTRUCTIVE,
	.title = "server exit frees a backing filesystem with its mountpoint removed, FUSE on it and an ID unclosed",
	.fixed_by = "7.3 (umount_tree() leaves no mount connected)",
	.xfail = "mount, connection and ID pin each other forever",
	.xfail_before = "7.3")
{
	expect_freed_with_server(w, remove_mountpoint);
}

CASE_MAIN()
