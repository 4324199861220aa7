// SPDX-License-Identifier: GPL-2.0
/* Files of several writable branches. Promises A12 and A13. */
#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */

#define NEED_BRANCHES() \
	do { \
		if (!role_is_given("source") || !role_is_given("source2")) \
			CASE_SKIP( \
				"config: one branch only (--mount with {source} and {source2})"); \
	} while (0)

#define EXPECT_SECOND_UNCHANGED() EXPECT_UNCHANGED("source2", second_changed())

/* --- A12: each file is one ---------------------------------------------------------------- */

EXTERNAL_FIXTURE(files);

CASE(files, same_inode_number_is_two_files, .promise = "A12",
	.title = "files of two branches with one inode number have their own data while both are open",
	.advice = "an inode number is unique in one filesystem only: tell files apart by device and number")
{
	struct client *c = client(w);
	long fd, other;

	NEED_BRANCHES();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	other = open_ok(c, "second", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, other, PAGE, 0, LOWER_SEED);

	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	EXPECT_BACKING_PATTERN("f", OTHER, PAGE, 0);
	EXPECT_READ_BY(c, BY_PREAD, other, PAGE, 0, LOWER_SEED);
	EXPECT_SECOND_UNCHANGED();
}

CASE(files, write_goes_where_read_comes_from, .promise = "A12",
	.title = "a file that two branches have is written to the branch that it is read from",
	.advice = "choose the branch of a file once for all its opens, and its ID with it")
{
	struct client *c = client(w);
	long in, out;
	bool first;

	NEED_BRANCHES();
	in = open_ok(c, BRANCH_BOTH, O_RDONLY);
	first = client_read_by(c, BY_PREAD, in, PAGE, 0, BRANCH_SEED) == PAGE;
	out = open_ok(c, BRANCH_BOTH, O_WRONLY);
	EXPECT_WRITE_BY(c, BY_PREAD, out, PAGE, 0, OTHER);

	EXPECT_READ_BY(c, BY_PREAD, in, PAGE, 0, OTHER);
	EXPECT_RET(backing_match(BRANCH_BOTH, first ? OTHER : BRANCH_SEED, PAGE, 0), PAGE);
	if (first)
		EXPECT_SECOND_UNCHANGED();
}

/* --- A13: no room, no branch ----------------------------------------------------------- */

#define MORE (2 * SECOND_SIZE)

EXTERNAL_FIXTURE(full_branch);

CASE(full_branch, keeps_data, .promise = "A13",
	.title = "a file that outgrows its branch keeps what was written, in the open file and when opened anew",
	.advice = "a write that finds no room fails in the kernel, and the file system does not see it: move the "
		  "file to another branch at an open that finds it closed, not while it is open for passthrough")
{
	struct client *c = client(w);
	long fd, written;

	NEED_BRANCHES();
	fd = open_ok(c, "second", O_RDWR);
	written = client_write_by(c, BY_PREAD, fd, MORE, 0, OTHER);

	EXPECT_HOLDS(written > 0 || written == -ENOSPC, "the write is short or fails with ENOSPC");
	if (written < 0)
		written = 0;
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, written, 0, OTHER), written);
	EXPECT_CLOSE(c, fd);
	fd = open_ok(c, "second", O_RDONLY);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, written, 0, OTHER), written);
}

/* The number of names in a directory. */
static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count - 2;
}

EXTERNAL_FIXTURE(unmounted_branch);

CASE(unmounted_branch, open_file_works, .promise = "A13",
	.title = "a file whose branch is unmounted lazily while it is open can be read and written",
	.advice = "the kernel has the backing file open: leave the open file alone")
{
	struct client *c = client(w);
	long fd;

	NEED_BRANCHES();
	fd = open_ok(c, "second", O_RDWR);
	ASSERT_RET(world_umount_lazily("second"), 0);

	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	fd = open_ok(c, "f", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, EXTERNAL_SEED);
}

CASE(unmounted_branch, nothing_goes_below, .promise = "A12",
	.today = "nothing forbids a file system to look its branches up by path each time",
	.title = "after a branch is unmounted no new file goes to the directory it was mounted on",
	.advice = "keep a descriptor of each branch and use openat(2): a path may mean another directory later")
{
	struct client *c = client(w);

	NEED_BRANCHES();
	open_ok(c, "second", O_RDWR);
	ASSERT_RET(world_umount_lazily("second"), 0);
	/* what the file system has cached of the first branch does not hide what it does with the next */
	ASSERT_RET(world_set_mount_flags("backing", MS_BIND | MS_RDONLY), 0);

	client_open(c, "anew", O_RDWR | O_CREAT);
	EXPECT_RET(entries(world_path("second", "")), 0);
}

CASE_MAIN()
