// SPDX-License-Identifier: GPL-2.0
/* Open files that another process changes in the directory that is shown. Promise A2. */
#include <fcntl.h>
#include <unistd.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define RW    (PROT_READ | PROT_WRITE)
#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */
#define ODD   12345L
#define END   EXTERNAL_SIZE

#define NO_COPY \
	"an open file is the file of the directory, not a copy of it, and others may change it: register that " \
	"file, and keep none of its data"
#define ASK_IT \
	"others may change a file, and writes that are passed through do: answer GETATTR with the attributes " \
	"that the file has now" SHOWN_BY( \
		"exec 3<f; head -c 10000 /dev/zero >\"$source/f\"; test \"$(stat -c %s f)\" = 10000")

static void expect_size(struct client *c, long fd, long size)
{
	struct statx st;

	EXPECT_RET(client_fstatx(c, fd, AT_STATX_FORCE_SYNC, &st), 0);
	EXPECT_RET(st.stx_size, size);
}

EXTERNAL_FIXTURE(truncated);

CASE(truncated, reads_end_at_new_eof, .promise = "A2",
	.title = "reads of an open file that is truncated in its directory end at the new EOF",
	.advice = NO_COPY)
{
	struct client *c = client(w);
	char data[8];
	long fd;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);

	ASSERT_RET(truncate(backing_path("f"), ODD), 0);
	EXPECT_RET(client_read(c, fd, data, sizeof(data), ODD - 3), 3);
	EXPECT_RET(client_read(c, fd, data, sizeof(data), ODD), 0);
	EXPECT_RET(client_read(c, fd, data, sizeof(data), END - 8), 0);
}

CASE(truncated, loads_past_eof_raise_sigbus, .promise = "A2",
	.title = "loads past the new EOF of a mapped file that is truncated in its directory raise SIGBUS",
	.advice = NO_COPY)
{
	struct client *c = client(w);
	int64_t fd, at;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	at = mmap_ok(c, fd, RW, MAP_SHARED, 2 * PAGE, 0);
	EXPECT_POKE(c, at + PAGE, 'm');

	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	EXPECT_PEEK(c, at + PAGE, -EFAULT);
	EXPECT_POKE(c, at, 'm');
}

CASE(truncated, write_leaves_hole, .promise = "A2",
	.title = "a write past EOF of an open file that is truncated in its directory leaves a hole of zeros",
	.advice = NO_COPY)
{
	struct client *c = client(w);
	char data[1] = { 'x' };
	long fd;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);

	ASSERT_RET(truncate(backing_path("f"), ODD), 0);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 2 * ODD, OTHER);
	EXPECT_RET(client_read(c, fd, data, 1, ODD), 1);
	EXPECT_RET(data[0], 0);
	EXPECT_BACKING_PATTERN_EXACTLY("f", OTHER, PAGE, 2 * ODD);
}

CASE(truncated, size_is_reported, .promise = "A2",
	.today = "a file system may keep attributes of its own, and nothing says for how long",
	.title = "statx with AT_STATX_FORCE_SYNC returns the size of a file that was truncated in its directory",
	.advice = ASK_IT)
{
	struct client *c = client(w);
	long fd;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);

	ASSERT_RET(truncate(backing_path("f"), ODD), 0);
	expect_size(c, fd, ODD);
}

EXTERNAL_FIXTURE(grown);

CASE(grown, data_is_read, .promise = "A2",
	.title = "data that is appended to an open file in its directory is read, by read and by mmap",
	.advice = NO_COPY)
{
	struct client *c = client(w);
	long fd;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, EXTERNAL_SEED);

	backing_fill_ok("f", OTHER, ODD, END);
	EXPECT_READ_BY(c, BY_PREAD, fd, ODD, END, OTHER);
	EXPECT_READ_BY(c, BY_MMAP_SHARED, fd, ODD, END, OTHER);
}

CASE(grown, append_goes_to_new_eof, .promise = "A3",
	.title = "an append to an open file that has grown in its directory goes to the new EOF",
	.advice = NO_COPY)
{
	struct client *c = client(w);
	long fd, log;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);
	log = open_ok(c, "f", O_WRONLY | O_APPEND);

	backing_fill_ok("f", OTHER, ODD, END);
	EXPECT_WRITE_BY(c, BY_READ, log, PAGE, END + ODD, OTHER);
	EXPECT_BACKING_PATTERN_EXACTLY("f", OTHER, ODD + PAGE, END);
	EXPECT_READ_BY(c, BY_PREAD, fd, ODD + PAGE, END, OTHER);
}

CASE(grown, size_is_reported, .promise = "A2",
	.today = "a file system may keep attributes of its own, and nothing says for how long",
	.title = "statx with AT_STATX_FORCE_SYNC returns the size of a file that has grown in its directory",
	.advice = ASK_IT)
{
	struct client *c = client(w);
	long fd;

	SKIP_IF_LAYERED();
	OPEN_PASSTHROUGH(fd, c, OPENED);

	backing_fill_ok("f", OTHER, ODD, END);
	expect_size(c, fd, END + ODD);
}

CASE_MAIN()
