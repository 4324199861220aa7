// SPDX-License-Identifier: GPL-2.0
/* FUSE_DEV_IOC_BACKING_OPEN: which types of files. Promises O7, O8, O10, O11, L2. */
#include <errno.h>
#include <fcntl.h>

#include "world/file_types.h"
#include "world/case_helpers.h"

#define NOT_REGULAR_FIXED_BY \
	"6.17, 6.16.8, 6.12.48 (fuse: do not allow mapping a non-regular backing file)"

/* Before 6.12: no O_PATH descriptor, and only files that have both read_iter and write_iter. */
static struct since_row before_6_12(const struct file_type *file)
{
	return since("6.9", file->flags & O_PATH ? -EBADF : -EOPNOTSUPP);
}

static const struct world_opts depth_2 = { .init = "depth=2" };

WORLD_FIXTURE(directory);
FIXTURE_VARIANT(directory)
{
	struct file_type file;
};
FIXTURE_VARIANT_ADD(directory, backing_root) { .file = { .path = "backing", .flags = O_RDONLY } };
FIXTURE_VARIANT_ADD(directory, o_path) { .file = { .path = "backing", .flags = O_PATH } };
FIXTURE_VARIANT_ADD(directory, fuse_root) { .file = { .path = "fuse", .flags = O_RDONLY } };
FIXTURE_VARIANT_ADD(directory, on_overlayfs) { .file = { .make = make_overlay_directory,
							 .needs = NEED_OVERLAYFS } };
FIXTURE_VARIANT_ADD(directory, procfs) { .file = { .path = "/proc", .flags = O_RDONLY } };

CASE(directory, eisdir, .promise = "O7",
	.title = "from 6.12 on, registering a directory fails with EISDIR, whatever its filesystem's stack depth",
	.fixed_by = NOT_REGULAR_FIXED_BY)
{
	SKIP_UNLESS(variant->file.needs);

	EXPECT_FAILS_SINCE(register_file_type(w, &variant->file), before_6_12(&variant->file),
			   since("6.12", -EISDIR));
}

WORLD_FIXTURE(not_regular);
FIXTURE_VARIANT(not_regular)
{
	struct file_type file;
};
FIXTURE_VARIANT_ADD(not_regular, fifo) { .file = { .make = make_fifo } };
FIXTURE_VARIANT_ADD(not_regular, pipe) { .file = { .make = make_pipe } };
FIXTURE_VARIANT_ADD(not_regular, socket) { .file = { .make = make_socket } };
FIXTURE_VARIANT_ADD(not_regular, null_device) { .file = { .path = "/dev/null", .flags = O_RDWR } };
FIXTURE_VARIANT_ADD(not_regular, fuse_device) { .file = { .path = "/dev/fuse", .flags = O_RDWR } };
FIXTURE_VARIANT_ADD(not_regular, symlink) { .file = { .make = make_symlink, .flags = O_PATH } };
FIXTURE_VARIANT_ADD(not_regular, procfs_symlink) { .file = { .path = "/proc/self",
							     .flags = O_PATH | O_NOFOLLOW } };
FIXTURE_VARIANT_ADD(not_regular, eventfd) { .file = { .make = make_eventfd } };
FIXTURE_VARIANT_ADD(not_regular, epoll) { .file = { .make = make_epoll } };
FIXTURE_VARIANT_ADD(not_regular, inotify) { .file = { .make = make_inotify } };
FIXTURE_VARIANT_ADD(not_regular, memfd_secret) { .file = { .make = make_memfd_secret,
							   .needs = NEED_MEMFD_SECRET } };

CASE(not_regular, einval, .promise = "O8",
	.title = "from 6.12 on, registering a file neither regular nor a directory fails with EINVAL",
	.fixed_by = NOT_REGULAR_FIXED_BY)
{
	SKIP_UNLESS(variant->file.needs);

	EXPECT_FAILS_SINCE(register_file_type(w, &variant->file), before_6_12(&variant->file),
			   since("6.12", -EINVAL));
}

WORLD_FIXTURE(rejected_file);
FIXTURE_VARIANT(rejected_file)
{
	struct file_type file;
	long result;
	const char *mount; /* that has the file */
};
FIXTURE_VARIANT_ADD(rejected_file, directory) { .file = { .path = "backing", .flags = O_RDONLY },
						.result = -EISDIR,
						.mount = "backing" };
FIXTURE_VARIANT_ADD(rejected_file,
		    fifo) { .file = { .make = make_fifo }, .result = -EINVAL, .mount = "backing" };
FIXTURE_VARIANT_ADD(rejected_file, stack_too_deep) { .file = { .path = "fuse/f", .flags = O_PATH },
						     .result = -ELOOP,
						     .mount = "fuse" };

CASE(rejected_file, not_pinned, .promise = "L2", .since = "6.12",
	.title = "a file that is rejected as a backing file is not pinned: its filesystem can be unmounted",
	.fixed_by = NOT_REGULAR_FIXED_BY)
{
	EXPECT_FAILS(register_file_type(w, &variant->file), variant->result);
	world_requests(w); /* when it returns, the server has closed its descriptor */

	EXPECT_RET(world_umount(variant->mount), 0);
}

WORLD_FIXTURE(regular_file);
FIXTURE_VARIANT(regular_file)
{
	struct file_type file;
};
FIXTURE_VARIANT_ADD(regular_file, o_rdonly) { .file = { .path = "backing/f", .flags = O_RDONLY } };
FIXTURE_VARIANT_ADD(regular_file, o_wronly) { .file = { .path = "backing/f", .flags = O_WRONLY } };
FIXTURE_VARIANT_ADD(regular_file, o_rdwr) { .file = { .path = "backing/f", .flags = O_RDWR } };
FIXTURE_VARIANT_ADD(regular_file, o_path) { .file = { .path = "backing/f", .flags = O_PATH } };
FIXTURE_VARIANT_ADD(regular_file, unlinked) { .file = { .make = make_unlinked } };
FIXTURE_VARIANT_ADD(regular_file,
		    o_tmpfile) { .file = { .path = "backing", .flags = O_TMPFILE | O_RDWR } };
FIXTURE_VARIANT_ADD(regular_file, memfd) { .file = { .make = make_memfd } };
FIXTURE_VARIANT_ADD(regular_file, plain_fuse) { .file = { .make = make_on_plain_fuse } };
FIXTURE_VARIANT_ADD(regular_file,
		    sysfs) { .file = { .path = "/sys/kernel/fscaps", .flags = O_RDONLY } };

CASE(regular_file, can_be_registered, .promise = "O10",
	.title = "a regular file can be registered, whatever its access mode and links (O_PATH: from 6.12 on)")
{
	EXPECT_RET_SINCE(errno_or_0(register_file_type(w, &variant->file)),
			 since("6.9", variant->file.flags & O_PATH ? -EBADF : 0),
			 since("6.12", 0, O_PATH_ALLOWED_BY));
}

WORLD_FIXTURE(same_fd);

CASE(same_fd, distinct_ids, .promise = "O10",
	.title = "a descriptor registered twice gets two distinct IDs, and each is closed separately")
{
	int fd = open(backing_path("f"), O_RDWR | O_CLOEXEC);
	long first, second;

	ASSERT_POSITIVE(first = server_backing_open_fd(w, fd, ""));
	ASSERT_POSITIVE(second = server_backing_open_fd(w, fd, ""));
	EXPECT_HOLDS(first != second, "the two IDs differ");
	EXPECT_RET(server_backing_close(w, first, ""), 0);
	EXPECT_RET(server_backing_close(w, second, ""), 0);
}

WORLD_FIXTURE(unreadable_file);
FIXTURE_VARIANT(unreadable_file)
{
	struct file_type file;
};
FIXTURE_VARIANT_ADD(unreadable_file, pidfd) { .file = { .make = make_pidfd } };
/* Not ns/mnt: the connection would pin the namespace that pins its mount (seen on 6.18). */
FIXTURE_VARIANT_ADD(unreadable_file,
		    uts_namespace) { .file = { .path = "/proc/self/ns/uts", .flags = O_RDONLY } };

CASE(unreadable_file, read_einval, .promise = "O11", .since = "6.12",
	.title = "a regular file that cannot be read can be registered; reads fail with EINVAL")
{
	long id, fd;
	char byte;

	EXPECT_POSITIVE(id = register_file_type(w, &variant->file));
	if (id < 0)
		return;
	open_rule(w, "f reg=reuse");

	/* read-only: these inodes may be immutable, which 7.3.4 and later respect */
	EXPECT_POSITIVE(fd = client_open(client(w), "f", O_RDONLY));
	EXPECT_RET(client_read(client(w), fd, &byte, 1, 0), -EINVAL);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(procfs_file);
FIXTURE_VARIANT(procfs_file)
{
	struct file_type file;
};
FIXTURE_VARIANT_ADD(procfs_file,
		    task_status) { .file = { .path = "/proc/self/status", .flags = O_RDONLY } };
FIXTURE_VARIANT_ADD(procfs_file,
		    system_version) { .file = { .path = "/proc/version", .flags = O_RDONLY } };
FIXTURE_VARIANT_ADD(procfs_file,
		    sysctl) { .file = { .path = "/proc/sys/kernel/ostype", .flags = O_RDONLY } };

CASE(procfs_file, eloop, .promise = "O11", .since = "6.12", .world = &depth_2,
	.title = "registering a procfs file fails with ELOOP even with max_stack_depth 2")
{
	EXPECT_RET(register_file_type(w, &variant->file), -ELOOP);
}

CASE_MAIN()
