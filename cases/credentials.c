// SPDX-License-Identifier: GPL-2.0
/* Whose credentials opens, reads and writes of the backing file have. Promises P. */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/fuse_uapi.h"
#include "world/becomes.h"
#include "world/case_helpers.h"

#define PAGE sysconf(_SC_PAGESIZE)

enum { ROOT = 0, REGISTERING_TASK = 1001, OTHER_REGISTERING_TASK = 1002, CLIENT = 1003 }; /* uids */

/*
 * The backing file is on a second FUSE mount without passthrough, whose server finds the uid in
 * each request.
 */
static long start_plain_fuse(struct world *w)
{
	return world_start_other(w, "no-passthrough");
}

/* By a task of that uid. O_PATH: the registration itself sends nothing there. */
static long register_plain_f(struct world *w, uid_t uid)
{
	char words[48] = "mode=path";

	if (uid != ROOT)
		snprintf(words, sizeof(words), "mode=path as=fsuid:%u", uid);
	return server_backing_open(w, world_path("other", "f"), words);
}

static long open_as_client(struct world *w, int flags)
{
	long err = client_setuid(client(w), CLIENT);

	return err < 0 ? err : client_open(client(w), "f", flags);
}

#define open_as_client_ok(w, flags) \
	POSITIVE_OK("open f as an ordinary user, " #flags, open_as_client(w, flags))

WORLD_FIXTURE(identity);

CASE(identity, open_as_client, .promise = "P10", .abilities = "inspect credentials",
	.title = "the backing file is opened with the uid of the client")
{
	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_POSITIVE(register_plain_f(w, REGISTERING_TASK));
	chmod(backing_path("f"), 0666);
	open_rule(w, "f reg=reuse");

	EXPECT_POSITIVE(open_as_client(w, O_RDWR));
	EXPECT_RET(other_server_inspect(w, "OPEN", "uid"), CLIENT);
}

CASE(identity, io_as_server, .promise = "P1", .abilities = "inspect",
	.title = "reads and writes of an unprivileged client reach the backing file with the server's uid")
{
	long fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	EXPECT_POSITIVE(register_plain_f(w, ROOT));
	chmod(backing_path("f"), 0666);
	open_rule(w, "f reg=reuse");

	fd = open_as_client_ok(w, O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_RET(other_server_inspect(w, "READ", "uid"), ROOT);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), ROOT);
}

WORLD_FIXTURE(io);
FIXTURE_VARIANT(io)
{
	enum io_method io_method;
	unsigned int needs;
};
FIXTURE_VARIANT_ADD(io, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(io, preadv2_pwritev2) { .io_method = BY_PREADV2 };
FIXTURE_VARIANT_ADD(io, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(io, sendfile) { .io_method = BY_SENDFILE };
FIXTURE_VARIANT_ADD(io, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(io, io_uring) { .io_method = BY_IO_URING, .needs = NEED_IO_URING };

CASE(io, as_registering_task, .promise = "P1", .abilities = "inspect credentials",
	.title = "I/O reaches the backing file with the uid of the registering task, which has since exited")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	EXPECT_RET(start_plain_fuse(w), 0);
	backing_fill_ok("f", 1, PAGE, 0);
	EXPECT_POSITIVE(register_plain_f(w, REGISTERING_TASK));
	open_rule(w, "f reg=reuse");
	chmod(backing_path("f"), 0666);
	fd = open_as_client_ok(w, O_RDWR);

	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, 1);
	EXPECT_RET(other_server_inspect(w, "READ", "uid"), REGISTERING_TASK);
	EXPECT_WRITE_BY(w, variant->io_method, fd, PAGE, 0, 2);
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), REGISTERING_TASK);
	EXPECT_BACKING_PATTERN("f", 2, PAGE, 0);
}

WORLD_FIXTURE(copy);

CASE(copy, as_registering_task, .promise = "P1", .abilities = "inspect credentials",
	.today = "that the kernel copies when the server cannot is not promised",
	.title = "copy_file_range(2) reads and writes the backing file with the uid of the registering task")
{
	struct client *c = client(w);
	long f, g;

	EXPECT_RET(start_plain_fuse(w), 0);
	backing_fill_ok("f", 1, PAGE, 0);
	EXPECT_POSITIVE(register_plain_f(w, REGISTERING_TASK));
	open_rule(w, "f reg=reuse");
	chmod(backing_path("f"), 0666);
	chmod(backing_path("g"), 0666);
	f = open_as_client_ok(w, O_RDWR);
	g = open_ok(w, "g", O_RDWR);

	EXPECT_RET(client_call(c, copy_file_range, f, 0, g, 0, PAGE, 0), PAGE);
	EXPECT_RET(other_server_inspect(w, "READ", "uid"), REGISTERING_TASK);
	EXPECT_RET(client_call(c, lseek, g, 0, SEEK_SET), 0);
	EXPECT_RET(client_call(c, copy_file_range, g, 0, f, 0, PAGE, 0), PAGE);
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), REGISTERING_TASK);
}

WORLD_FIXTURE(page_fault);
FIXTURE_VARIANT(page_fault)
{
	enum io_method io_method;
};
FIXTURE_VARIANT_ADD(page_fault, mmap_shared) { .io_method = BY_MMAP_SHARED };
FIXTURE_VARIANT_ADD(page_fault, mmap_private) { .io_method = BY_MMAP_PRIVATE };

CASE(page_fault, as_client, .promise = "P4", .abilities = "inspect credentials",
	.title = "a page fault in a mapping reads the backing file with the uid of the client")
{
	long fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	backing_fill_ok("f", 1, PAGE, 0);
	EXPECT_POSITIVE(register_plain_f(w, REGISTERING_TASK));
	open_rule(w, "f reg=reuse");
	chmod(backing_path("f"), 0666);
	fd = open_as_client_ok(w, O_RDWR);

	EXPECT_READ_BY(w, variant->io_method, fd, PAGE, 0, 1);
	EXPECT_RET(other_server_inspect(w, "READ", "uid"), CLIENT);
}

WORLD_FIXTURE(each_id);

CASE(each_id, own_registering_task, .promise = "P5", .abilities = "inspect credentials",
	.title = "writes through two IDs of one file each have the uid of the task that registered the ID")
{
	long first, second, fd;

	EXPECT_RET(start_plain_fuse(w), 0);
	ASSERT_POSITIVE(first = register_plain_f(w, REGISTERING_TASK));
	ASSERT_POSITIVE(second = register_plain_f(w, OTHER_REGISTERING_TASK));
	open_rule(w, "f reg=forged id=%ld", first);
	open_rule(w, "f reg=forged id=%ld", second);

	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), REGISTERING_TASK);
	EXPECT_CLOSE(w, fd);
	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_WRITE(w, fd, "G");
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), OTHER_REGISTERING_TASK);
}

CASE(each_id, uid_outlives_close, .promise = "P5", .abilities = "inspect credentials",
	.title = "after an ID is closed, writes to its open files still have the uid of the registering task")
{
	long fd, id;

	EXPECT_RET(start_plain_fuse(w), 0);
	ASSERT_POSITIVE(id = register_plain_f(w, REGISTERING_TASK));
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_WRONLY);
	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(other_server_inspect(w, "WRITE", "uid"), REGISTERING_TASK);
}

WORLD_FIXTURE(file_permission);

CASE(file_permission, client_not_checked, .promise = "P1",
	.title = "a client that may not open the backing file can read and write it through the mount")
{
	long fd;

	open_rule(w, "f reg=at-open");
	EXPECT_RET(chmod(backing_path("f"), 0600), 0);

	fd = open_as_client_ok(w, O_RDWR);
	EXPECT_RET(client_open(client(w), backing_path("f"), O_RDWR), -EACCES);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE(file_permission, registering_task_not_checked, .promise = "P1", .abilities = "credentials",
	.today = "overlayfs.rst, Permission model, checks what the stashed credentials allow",
	.title = "reads and writes through an ID work even if the registering task may not access the backing file")
{
	long fd;

	EXPECT_POSITIVE(server_backing_open(w, backing_path("f"), "as=fsuid:1001"));
	EXPECT_RET(chmod(backing_path("f"), 0600), 0);
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "f");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

static const struct world_opts on_ext4 = { .backing = "ext4" };
static const struct world_opts killpriv = { .init = "killpriv" };

WORLD_FIXTURE(capabilities);

CASE(capabilities, root_fills_reserved_blocks, .promise = "P6",
	.world = &on_ext4,
	.title = "an unprivileged client can write to blocks reserved for root through an ID that root registered")
{
	long fd, full;

	open_rule(w, "f reg=at-open");
	EXPECT_RET(chmod(backing_path("g"), 0666), 0);
	fd = open_as_client_ok(w, O_RDWR);
	full = open_ok(w, backing_path("g"), O_RDWR);

	EXPECT_RET(client_call(client(w), fallocate, full, 0, 0, 1 << 30), -ENOSPC);
	EXPECT_RET(client_write(client(w), full, "G", 1, 1 << 30), -ENOSPC);
	EXPECT_WRITE_AT(w, fd, 1 << 20, "F");
}

CASE(capabilities, no_cap_fsetid_clears_setuid, .promise = "P6", .abilities = "credentials",
	.world = &killpriv,
	.title = "a write through an ID registered without CAP_FSETID clears the backing file's setuid bit")
{
	struct stat st = { 0 };
	long fd;

	EXPECT_POSITIVE(server_backing_open(w, backing_path("f"), "as=fsuid:1001"));
	EXPECT_RET(chmod(backing_path("f"), 04777), 0);
	open_rule(w, "f reg=reuse");

	fd = open_as_client_ok(w, O_RDWR);
	EXPECT_WRITE(w, fd, "F");
	EXPECT_RET(stat(backing_path("f"), &st), 0);
	EXPECT_RET(st.st_mode & 07777, 0777);
}

/*
 * --- L2: what holds the credentials of the registering task. A Landlock rule of theirs holds the
 * inode of the backing file, even if that is unlinked: it can be freed once they are.
 */

static long free_inodes(void)
{
	struct statfs st;

	return statfs(backing_path(""), &st) < 0 ? -errno : (long)st.f_ffree;
}

/* The kernel frees credentials after a grace period, and their rules in a workqueue. */
static bool inodes_are_free(long count)
{
	return free_inodes() >= count;
}

WORLD_FIXTURE(landlock_rule);
FIXTURE_VARIANT(landlock_rule)
{
	const char *rule; /* of the client's opens, or NULL */
	int flags;
};
FIXTURE_VARIANT_ADD(landlock_rule, unused_id) { .rule = NULL };
FIXTURE_VARIANT_ADD(landlock_rule, open_file) { .rule = "f reg=reuse times=2", .flags = O_WRONLY };
FIXTURE_VARIANT_ADD(landlock_rule,
		    rejected_flags) { .rule = "f reg=reuse times=2 flags=passthrough,keep_cache",
				      .flags = O_WRONLY };
FIXTURE_VARIANT_ADD(landlock_rule, denied_to_registering_task) { .rule = "f reg=reuse times=2",
								 .flags = O_RDONLY };

CASE(landlock_rule, freed_with_id_and_files, .promise = "L2", .needs = NEED_LANDLOCK,
	.abilities = "credentials", .since = "6.12",
	.title = "once ID and open files are gone, the credentials of the registering task are freed")
{
	long id, before;

	ASSERT_POSITIVE(before = free_inodes());
	id = register_file_ok(w, "f", "mode=path as=landlock");
	ASSERT_RET(client_stat(client(w), "f"), 0); /* the server can look it up no longer after */
	ASSERT_RET(unlink(backing_path("f")), 0);
	for (int i = 0; variant->rule && i < 2; i++) {
		if (i == 0)
			open_rule(w, "%s", variant->rule);
		client_close(client(w), client_open(client(w), "f", variant->flags));
	}
	client_stop(client(w));
	TODAY(EXPECT_RET(free_inodes() - before, 0));
	EXPECT_RET(server_backing_close(w, id, ""), 0);
	EXPECT_HOLDS(becomes_true(inodes_are_free, before + 1),
		     "the inode of the unlinked backing file is freed");
}

/* --- L2: likewise of a session keyring, which they hold and nothing else does ------------ */

struct registration {
	long id, keyring; /* or -errno */
};

static struct registration register_with_keyring(int device, int file)
{
	struct fuse_backing_map map = { .fd = file };
	struct registration done;

	done.keyring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
	if (done.keyring < 0)
		return (struct registration) { .id = -errno, .keyring = -errno };
	done.id = ioctl(device, FUSE_DEV_IOC_BACKING_OPEN, &map);
	if (done.id < 0)
		done.id = -errno;
	return done;
}

/* A task with a session keyring of its own registers the backing file f, and exits. */
static struct registration register_by_child(struct world *w)
{
	int device = server_device_copy(&w->server), done_pipe[2], file;
	struct registration done = { .id = -EPIPE };
	pid_t pid;

	file = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	if (pipe2(done_pipe, O_CLOEXEC) < 0)
		return done;
	pid = fork();
	if (pid == 0) {
		done = register_with_keyring(device, file);
		_exit(write(done_pipe[1], &done, sizeof(done)) < 0);
	}
	close(done_pipe[1]);
	if (read(done_pipe[0], &done, sizeof(done)) != sizeof(done))
		done.id = -EPIPE;
	close(done_pipe[0]);
	close(file);
	close(device);
	waitpid(pid, NULL, 0);
	return done;
}

static bool is_no_key(long key)
{
	return syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, NULL, 0) < 0 && errno == ENOKEY;
}

WORLD_FIXTURE(session_keyring);
FIXTURE_VARIANT(session_keyring)
{
	const char *flags; /* of the replies to opens; NULL: there are none */
	bool read_only;	   /* the backing filesystem: it refuses them */
	long result;	   /* of open(2) */
};
FIXTURE_VARIANT_ADD(session_keyring, unused_id) { .flags = NULL };
FIXTURE_VARIANT_ADD(session_keyring, open_file) { .flags = "passthrough" };
FIXTURE_VARIANT_ADD(session_keyring, rejected_flags) { .flags = "passthrough,keep_cache",
						       .result = -EIO };
FIXTURE_VARIANT_ADD(session_keyring,
		    refused_open) { .flags = "passthrough", .read_only = true, .result = -EIO };

CASE(session_keyring, freed_with_id_and_files, .promise = "L2", .abilities = "arbitrary-id",
	.title = "once ID and open files are gone, the session keyring of the registering task is freed")
{
	struct registration by_child;
	long fd;

	register_file_ok(w, "g", "mode=ro"); /* where the server cannot, the case is broken */
	by_child = register_by_child(w);
	if (by_child.keyring < 0)
		CASE_SKIP("config: no task can have a session keyring (set CONFIG_KEYS=y; in a "
			  "container: allow keyctl(2))");
	ASSERT_POSITIVE(by_child.id);
	if (variant->read_only)
		ASSERT_RET(world_make_readonly("backing"), 0);
	for (int i = 0; variant->flags && i < 2; i++) {
		open_rule(w, "f reg=forged id=%ld flags=%s", by_child.id, variant->flags);
		fd = client_open(client(w), "f", O_RDWR);
		TODAY(EXPECT_RET(errno_or_0(fd), variant->result)); /* other cases are about it */
		client_close(client(w), fd);
	}
	client_stop(client(w));
	TODAY(EXPECT_HOLDS(!is_no_key(by_child.keyring), "the ID holds the keyring"));
	EXPECT_RET(server_backing_close(w, by_child.id, ""), 0);
	EXPECT_HOLDS(becomes_true(is_no_key, by_child.keyring), "the keyring is freed");
}

CASE_MAIN()
