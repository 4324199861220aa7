// SPDX-License-Identifier: GPL-2.0
/* Files that are open more than once. Promises A5 and A6. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "external/external_helpers.h"
#include "world/overlay.h"

#define ADVICE \
	"of overlapping opens of one file the kernel accepts the second only with the ID of the " \
	"first: keep an ID per inode, count the opens, and either pass all of them through or none" SHOWN_BY( \
		"exec 3<f 4<f && exec 3<&- 5<>f")

EXTERNAL_FIXTURE(overlapping);

static const struct {
	const char *name;
	int flags;
} opens[] = {
	{ .name = "reading", .flags = O_RDONLY },
	{ .name = "writing", .flags = O_WRONLY },
	{ .name = "both", .flags = O_RDWR },
	{ .name = "appending", .flags = O_WRONLY | O_APPEND },
};
#define OPENS (sizeof(opens) / sizeof(opens[0]))

/* The second open while the first goes on. 0 or -errno. */
static long open_twice(struct world *w, const char *path, size_t first, size_t second)
{
	struct client *one = client(w), *two = client_number(w, 1);
	long fd = client_open(one, path, opens[first].flags);
	long again = client_open(two, path, opens[second].flags);

	if (again >= 0)
		client_close(two, again);
	if (fd >= 0)
		client_close(one, fd);
	return needed_open(fd < 0 ? fd : again < 0 ? again : 0);
}

CASE(overlapping, all_access_modes_succeed, .promise = "A5",
	.title = "a file open in any access mode, or for appending, can be opened again in any other",
	.advice = ADVICE)
{
	char what[64];
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), READ);
	EXPECT_CLOSE(w, fd);

	for (size_t first = 0; first < OPENS; first++)
		for (size_t second = 0; second < OPENS; second++) {
			snprintf(what, sizeof(what), "open for %s, then for %s", opens[first].name,
				 opens[second].name);
			_EXPECT_ROWS(0, what, open_twice(w, "f", first, second), since("0", 0));
		}
}

CASE(overlapping, io_continues_after_closes, .promise = "A5",
	.title = "of three overlapping opens of a file, those still open read and write after others are closed",
	.advice = ADVICE)
{
	struct client *c = client(w);
	long first, second, third;

	OPEN_PASSTHROUGH(first, c, OPENED);
	second = open_ok(c, "f", O_RDONLY);
	third = open_ok(c, "f", O_WRONLY);

	EXPECT_CLOSE(c, first);
	EXPECT_WRITE(c, third, "3");
	EXPECT_READ(c, second, "3");
	EXPECT_CLOSE(c, third);
	EXPECT_READ(c, second, "3");
	EXPECT_OPENS(client_open(c, "f", O_RDWR));
}

CASE(overlapping, new_file_opens_again, .promise = "A5",
	.title = "another process can open a new file in any access mode while its creator has it open",
	.advice = ADVICE)
{
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), OPENED);
	fd = needed_open(external_open(client(w), CREATED));
	SKIP_IF_UNSUPPORTED(fd, external_operation());
	ASSERT_POSITIVE(fd);

	for (size_t i = 0; i < OPENS; i++)
		EXPECT_OPENS(client_open(client_number(w, 1), "new", opens[i].flags));
}

CASE(overlapping, o_creat_opens_existing, .promise = "A5",
	.title = "an open with O_CREAT of a file that is already open succeeds",
	.advice = ADVICE)
{
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), OPENED);
	EXPECT_OPENS(client_open(client_number(w, 1), "f", O_RDWR | O_CREAT));
}

CASE(overlapping, o_tmpfile_opens_by_proc_fd, .promise = "A5",
	.title = "an open O_TMPFILE file can be opened again through /proc/self/fd",
	.advice = ADVICE)
{
	struct client *c = client(w);
	char path[32];
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	fd = needed_open(external_open(c, TMPFILE));
	SKIP_IF_UNSUPPORTED(fd, external_operation());
	ASSERT_POSITIVE(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
	EXPECT_OPENS(client_open(c, path, O_RDONLY));
	EXPECT_OPENS(client_open(c, path, O_RDWR));
}

CASE(overlapping, hard_link_opens, .promise = "A5",
	.title = "a file that is open by one name can be opened and read by a hard link",
	.advice = ADVICE)
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_link(c, "f", "also"), "link");
	fd = open_ok(c, "also", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
}

CASE(overlapping, direct_open_comes_first, .promise = "A5",
	.title = "a file opened with O_DIRECT first can be opened again before and after that one is closed",
	.advice = "count for the ID only the opens that were answered with it: a release of another open "
		  "must not close an ID that is in use" SHOWN_BY(
			  "python3 -I -c 'import os; d = os.open(\"f\", os.O_RDWR | os.O_DIRECT); os.open(\"f\", os.O_RDWR); os.close(d); os.open(\"f\", os.O_RDWR)'"))
{
	struct client *c = client(w);
	long fd, direct;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_CLOSE(c, fd);
	direct = needed_open(client_open(c, "f", O_RDWR | O_DIRECT));
	if (direct == -EINVAL)
		CASE_SKIP("library: %s has no O_DIRECT", server_under_test());
	ASSERT_POSITIVE(direct);
	fd = open_ok(c, "f", O_RDWR);

	EXPECT_CLOSE(c, direct);
	external_wait_rest();
	EXPECT_OPENS(client_open(c, "f", O_RDWR));
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
}

CASE(overlapping, o_creat_of_known_file, .promise = "A5",
	.title = "O_CREAT of a name that was just linked to an open file opens it; both can be opened again",
	.advice = "CREATE may name a file that is there, if the name was made behind the kernel: look the "
		  "inode up and count on, do not begin anew" SHOWN_BY(
			  "exec 3<f; cat late; ln \"$source/f\" \"$source/late\"; exec 4<>late 5<f"))
{
	struct client *c = client(w);
	long fd, created;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_RET(client_open(c, "late", O_RDONLY), -ENOENT);
	ASSERT_RET(link(backing_path("f"), backing_path("late")), 0);
	created = needed_open(client_open(c, "late", O_RDWR | O_CREAT));
	SKIP_IF_UNSUPPORTED(created, "O_CREAT");
	EXPECT_HOLDS(created >= 0, "the open with O_CREAT succeeds");

	EXPECT_OPENS(client_open(c, "f", O_RDWR));
	client_close(c, created);
	external_wait_rest();
	EXPECT_OPENS(client_open(c, "f", O_RDWR));
}

/* Puts the backing file onto a stack of filesystems that is too high for any backing file. */
static int raise_backing_file(const char *name)
{
	char raised[32];
	int err = overlay_mount("backing", "one") ?: overlay_mount("one", "two");

	snprintf(raised, sizeof(raised), "two/%s", name);
	if (err)
		return err;
	return mount(world_path(raised, ""), backing_path(name), NULL, MS_BIND, NULL) < 0 ? -errno :
											    0;
}

CASE(overlapping, refused_file_leaves_others, .promise = "A5", .needs = NEED_OVERLAYFS,
	.title = "after the open of a file that cannot be registered, one that is open can be opened again",
	.advice = "a failed registration is about one file: do not turn passthrough off while other files are "
		  "open with it, as the kernel accepts no open of theirs without it")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	ASSERT_RET(raise_backing_file("h"), 0);
	client_open(c, "h", O_RDWR);

	EXPECT_OPENS(client_open(c, "f", O_RDWR));
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);
}

/* --- A6: in parallel -------------------------------------------------------------------- */

#define TIMES 300

EXTERNAL_FIXTURE(parallel);

CASE(parallel, opens_all_succeed, .promise = "A6",
	.title = "parallel opens and closes of one file, for reading, for writing and for both, all succeed",
	.advice = ADVICE)
{
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), READ);
	EXPECT_CLOSE(w, fd);

	for (unsigned int i = 0; i < WORLD_CLIENTS; i++)
		client_start_count_open_errors(client_number(w, i), "f", opens[i % 3].flags, EIO,
					       TIMES);
	EXPECT_ALL_OPENS_SUCCEED(w);
}

CASE(parallel, creates_all_succeed, .promise = "A6",
	.title = "parallel opens of one file with O_CREAT all succeed",
	.advice = ADVICE)
{
	long fd;

	OPEN_PASSTHROUGH(fd, client(w), OPENED);
	fd = client_open(client(w), "another", O_RDWR | O_CREAT);
	SKIP_IF_UNSUPPORTED(fd, "O_CREAT");
	EXPECT_CLOSE(w, fd);
	EXPECT_OK_OR_SKIP(client_unlink(client(w), "another"), "unlink");

	for (unsigned int i = 0; i < WORLD_CLIENTS; i++)
		client_start_count_open_errors(client_number(w, i), "another", O_RDWR | O_CREAT,
					       EIO, TIMES);
	EXPECT_ALL_OPENS_SUCCEED(w);
}

CASE_MAIN()
