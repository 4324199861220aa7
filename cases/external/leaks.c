// SPDX-License-Identifier: GPL-2.0
/* What a file system lets go when files are closed. Rows A8 and A9. */
#include <errno.h>
#include <fcntl.h>

#include "external/external_helpers.h"

#define PAGE  4096L
#define RW    (PROT_READ | PROT_WRITE)
#define TIMES 50

#define CLOSE_IT                                                                              \
	"close the ID, and its own descriptor, when the last open file of the inode is released; " \
	"files of CREATE and TMPFILE are open files, too"

/* --- A8: after the last close --------------------------------------------------------- */

MOUNTED_FIXTURE(closed);
FIXTURE_VARIANT(closed)
{
	enum how how;
};
FIXTURE_VARIANT_ADD(closed, read) { READ };
FIXTURE_VARIANT_ADD(closed, opened) { OPENED };
FIXTURE_VARIANT_ADD(closed, created) { CREATED };

CASE(closed, files_are_let_go, .row = "A8",
     .title = "after its last close nothing has the backing file open",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSED_THROUGH(fd, c, variant->how);
	ASSERT_RET(backing_use_begin(&use, how_name(variant->how)), 0);
	EXPECT_RET(backing_use_is_open(&use), 1);

	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

CASE(closed, twice_open_files_are_let_go, .row = "A8",
     .title = "a file that was open twice is held until both are closed, and then by nothing",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *one = client(w), *two = client_number(w, 1);
	struct backing_use use;
	long fd, other;

	OPEN_PASSED_THROUGH(fd, one, variant->how);
	ASSERT_POSITIVE(other = client_open(two, how_name(variant->how), O_RDONLY));
	ASSERT_RET(backing_use_begin(&use, how_name(variant->how)), 0);

	EXPECT_RET(client_close(one, fd), 0);
	EXPECT_RET(backing_use_is_open(&use), 1);
	EXPECT_RET(client_close(two, other), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

MOUNTED_FIXTURE(last);

CASE(last, of_many_opens_lets_go, .row = "A8",
     .title = "after many opens and closes nothing has the backing file open",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_RET(client_count_open_errors(c, "f", O_RDWR, EIO, TIMES), 0);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_RET(client_count_open_errors(c, "f", O_RDONLY, EIO, TIMES), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

CASE(last, of_a_crowd_lets_go, .row = "A8",
     .title = "after processes have opened and closed one file at once nothing has it open",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct backing_use use;
	long fd;

	OPEN_PASSED_THROUGH(fd, client(w), OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_RET(client_close(client(w), fd), 0);

	for (unsigned int i = 0; i < WORLD_CLIENTS; i++)
		client_start_count_open_errors(client_number(w, i), "f", O_RDWR, EIO, TIMES);
	for (unsigned int i = 0; i < WORLD_CLIENTS; i++)
		client_finish(client_number(w, i));
	EXPECT_HELD_BY_NOTHING(&use);
}

CASE(last, mapping_lets_go, .row = "A8",
     .title = "a file that is closed is held by its mapping, and after that by nothing",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd, at;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	ASSERT_POSITIVE(at = client_mmap(c, fd, RW, MAP_SHARED, PAGE, 0));
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_RET(backing_use_is_open(&use), 1);

	EXPECT_RET(client_call(c, munmap, at, PAGE), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

CASE(last, close_of_renamed_file_lets_go, .row = "A8",
     .title = "a file that was renamed while it was open is held by nothing after its last close",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	ASSERT_RET(backing_use_begin(&use, "f"), 0);
	EXPECT_DONE(client_rename(c, "f", "moved"), "rename");
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

CASE(last, close_of_file_that_got_a_name_lets_go, .row = "A8",
     .title = "an O_TMPFILE file that was linked is held by nothing after its last close",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	struct backing_use use;
	long fd;

	OPEN_PASSED_THROUGH(fd, c, TMPFILE);
	EXPECT_DONE(client_link_fd(c, fd, "named"), "link");
	ASSERT_RET(backing_use_begin(&use, "named"), 0);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_HELD_BY_NOTHING(&use);
}

/* --- A9: files without a name ---------------------------------------------------------- */

MOUNTED_FIXTURE(nameless);

#define WATCH_ENDS(watch)                                                                     \
	do {                                                                                  \
		watch = backing_watch_ends();                                                 \
		if (watch < 0)                                                                \
			CASE_SKIP("config: no fanotify of a filesystem (set CONFIG_FANOTIFY=y)"); \
	} while (0)

CASE(nameless, tmpfile_is_freed, .row = "A9",
     .title = "the space of an O_TMPFILE file is free after its last close",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSED_THROUGH(fd, c, TMPFILE);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_UNNAMED_HELD_BY_NOTHING(watch);
}

CASE(nameless, unlinked_file_is_freed, .row = "A9",
     .title = "the space of a file that was unlinked while it was open is free after its last close",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_DONE(client_unlink(c, "f"), "unlink");
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_UNNAMED_HELD_BY_NOTHING(watch);
}

CASE(nameless, replaced_file_is_freed, .row = "A9",
     .title = "the space of a file that was replaced while it was open is free after its last close",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_DONE(client_rename(c, "g", "f"), "rename");
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_UNNAMED_HELD_BY_NOTHING(watch);
}

CASE(nameless, closed_file_is_freed, .row = "A9",
     .title = "the space of a file that is unlinked after its last close is free",
     .needs = NEED_PASSTHROUGH, .advice = CLOSE_IT)
{
	struct client *c = client(w);
	int watch;
	long fd;

	WATCH_ENDS(watch);
	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_RET(client_close(c, fd), 0);
	EXPECT_DONE(client_unlink(c, "f"), "unlink");
	EXPECT_UNNAMED_HELD_BY_NOTHING(watch);
}

CASE_MAIN()
