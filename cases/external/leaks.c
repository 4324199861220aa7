// SPDX-License-Identifier: GPL-2.0
/* What the file system releases when files are closed. Promises A8 and A9. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define RW    (PROT_READ | PROT_WRITE)
#define TIMES 50

#define CLOSE_IT \
	"close the ID, and its own descriptor, when the last open file of the inode is released; " \
	"files of CREATE and TMPFILE are open files, too" SHOWN_BY( \
		"head -c 1M </dev/zero >n; rm n; df \"$source\" # is the space of n free again?")

/* --- A8: after the last close --------------------------------------------------------- */

EXTERNAL_FIXTURE(last_close);
FIXTURE_VARIANT(last_close)
{
	enum how how;
};
FIXTURE_VARIANT_ADD(last_close, open_rdonly) { .how = READ };
FIXTURE_VARIANT_ADD(last_close, open_rdwr) { .how = OPENED };
FIXTURE_VARIANT_ADD(last_close, o_creat) { .how = CREATED };

CASE(last_close, unpins_file, .promise = "A8",
	.title = "after its last close nothing holds the backing file open",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	ASSERT_RET(backing_use_begin(&use, how_name(variant->how)), 0);
	EXPECT_RET(backing_use_is_open(&use), 1);

	EXPECT_CLOSE(c, fd);
	EXPECT_UNPINNED(&use);
}

CASE(last_close, unpins_file_opened_twice, .promise = "A8",
	.title = "a backing file opened twice is held until both are closed, then by nothing",
	.advice = CLOSE_IT)
{
	struct client *one = client(w), *two = client_number(w, 1);
	struct backing_use use;
	long fd, other;

	OPEN_PASSTHROUGH(fd, one, variant->how);
	other = open_ok(two, how_name(variant->how), O_RDONLY);
	ASSERT_RET(backing_use_begin(&use, how_name(variant->how)), 0);

	EXPECT_CLOSE(one, fd);
	EXPECT_RET(backing_use_is_open(&use), 1);
	EXPECT_CLOSE(two, other);
	EXPECT_UNPINNED(&use);
}

EXTERNAL_FIXTURE(pins);

CASE(pins, none_after_many_opens, .promise = "A8",
	.title = "after many opens and closes nothing holds the backing file open",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_NO_OPEN_ERRORS(client_count_open_errors(c, "f", O_RDWR, EIO, TIMES));
	EXPECT_CLOSE(c, fd);
	EXPECT_NO_OPEN_ERRORS(client_count_open_errors(c, "f", O_RDONLY, EIO, TIMES));
	EXPECT_UNPINNED(&use);
}

CASE(pins, none_after_concurrent_opens, .promise = "A8",
	.title = "after concurrent opens and closes by several processes nothing holds the backing file open",
	.advice = CLOSE_IT)
{
	struct backing_use use;
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_CLOSE(w, fd);

	for (unsigned int i = 0; i < WORLD_CLIENTS; i++)
		client_start_count_open_errors(client_number(w, i), "f", O_RDWR, EIO, TIMES);
	EXPECT_ALL_OPENS_SUCCEED(w);
	EXPECT_UNPINNED(&use);
}

CASE(pins, none_after_munmap, .promise = "A8",
	.title = "a mapping holds the backing file of a closed file; after munmap nothing does",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	int64_t fd, at;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	at = mmap_ok(c, fd, RW, MAP_SHARED, PAGE, 0);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_CLOSE(c, fd);
	EXPECT_RET(backing_use_is_open(&use), 1);

	EXPECT_RET(client_call(c, munmap, at, PAGE), 0);
	EXPECT_UNPINNED(&use);
}

CASE(pins, none_after_rename_and_close, .promise = "A8",
	.title = "after its last close nothing holds a file that was renamed while open",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_OK_OR_SKIP(client_rename(c, "f", "moved"), "rename");
	EXPECT_CLOSE(c, fd);
	EXPECT_UNPINNED(&use);
}

CASE(pins, none_after_link_and_close, .promise = "A8",
	.title = "after its last close nothing holds an O_TMPFILE file that was linked",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSTHROUGH(fd, c, TMPFILE);
	EXPECT_OK_OR_SKIP(client_link_fd(c, fd, "named"), "link");
	ASSERT_RET(backing_use_begin(&use, "named"), 0);
	EXPECT_CLOSE(c, fd);
	EXPECT_UNPINNED(&use);
}

/* --- A9: unlinked files ---------------------------------------------------------------- */

EXTERNAL_FIXTURE(unlinked);

#define WATCH_ENDS(watch) \
	do { \
		watch = backing_watch_ends(); \
		if (watch < 0) \
			CASE_SKIP("config: no fanotify of filesystems (set CONFIG_FANOTIFY=y)"); \
	} while (0)

CASE(unlinked, o_tmpfile_freed_on_close, .promise = "A9",
	.title = "an O_TMPFILE file is freed on its last close",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSTHROUGH(fd, c, TMPFILE);
	EXPECT_CLOSE(c, fd);
	EXPECT_UNLINKED_UNPINNED(watch);
}

CASE(unlinked, open_file_freed_on_close, .promise = "A9",
	.title = "a file unlinked while open is freed on its last close",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_unlink(c, "f"), "unlink");
	EXPECT_CLOSE(c, fd);
	EXPECT_UNLINKED_UNPINNED(watch);
}

CASE(unlinked, replaced_file_freed_on_close, .promise = "A9",
	.title = "a file replaced by rename while open is freed on its last close",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_rename(c, "g", "f"), "rename");
	EXPECT_CLOSE(c, fd);
	EXPECT_UNLINKED_UNPINNED(watch);
}

CASE(unlinked, closed_file_freed_on_unlink, .promise = "A9",
	.title = "a file that is unlinked after its last close is freed",
	.advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_CLOSE(c, fd);
	EXPECT_OK_OR_SKIP(client_unlink(c, "f"), "unlink");
	EXPECT_UNLINKED_UNPINNED(watch);
}

CASE_MAIN()
