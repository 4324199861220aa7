// SPDX-License-Identifier: GPL-2.0
/* copy_file_range(2) between passthrough files. Row D2. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* seeds */

#define SIZE (300 * 1024 + 7L) /* more than a pipe holds */

/* From 6.18 on, COPY_FILE_RANGE_64 is asked for first. The text is what comes after it. */
static const char *ops_after_64(struct world *w, bool *asked)
{
	static const char first[] = "COPY_FILE_RANGE_64";
	const char *ops = world_requests(w);

	*asked = has_word(ops, first);
	return *asked ? ops + strlen(first) : ops;
}

#define EXPECT_COPY_OPS(w, want)                                                              \
	do {                                                                                  \
		bool _asked;                                                                  \
		const char *_rest = ops_after_64(w, &_asked);                                 \
                                                                                              \
		EXPECT_TEXT(_rest + strspn(_rest, " "), want);                                \
		if (server_can(&(w)->server, "all-requests"))                                 \
			EXPECT_RET_SINCE(_asked, since("6.9", 0), since("6.18", 1));          \
	} while (0)

WORLD_FIXTURE(copy_file_range);

/* f and g passthrough, f of the pattern OLD; no call to copy has been made. */
#define OPEN_BOTH(from, to)                                                                   \
	do {                                                                                  \
		open_rule(w, "f reg=at-open");                                                     \
		open_rule(w, "g reg=at-open");                                                     \
		backing_fill_ok("f", OLD, SIZE, 0);                               \
		ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));                \
		ASSERT_POSITIVE(to = client_open_settled(w, "g", O_RDWR));                    \
	} while (0)

CASE(copy_file_range, copies_in_kernel_on_enosys, .promise = "D2",
	.title = "copy_file_range(2) sends COPY_FILE_RANGE; on ENOSYS the kernel copies between the backing files")
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, SIZE, 0), SIZE);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE");
	EXPECT_BACKING_PATTERN("g", OLD, SIZE, 0);
	EXPECT_READ_BY(c, BY_PREAD, to, SIZE, 0, OLD);
}

CASE(copy_file_range, not_resent_after_enosys, .promise = "D2",
	.title = "after ENOSYS copy_file_range(2) sends nothing and copies between the backing files")
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, 1, 0), 1);
	world_requests(w);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, SIZE, 0), SIZE - 1);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING_PATTERN("g", OLD, SIZE, 0);
}

CASE(copy_file_range, copies_and_resends_on_exdev, .promise = "D2",
	.abilities = "override-reply",
	.title = "if COPY_FILE_RANGE fails with EXDEV, the data is copied all the same; the next call sends it again")
{
	struct client *c = client(w);
	long from, to;

	ASSERT_RET(server_answer(w, "COPY_FILE_RANGE", "EXDEV"), 0);
	OPEN_BOTH(from, to);
	for (int i = 0; i < 2; i++) {
		world_requests(w);
		EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, 7, 0), 7);
		EXPECT_HOLDS(has_word(world_requests(w), "COPY_FILE_RANGE"), "the server is asked");
	}
	EXPECT_BACKING_PATTERN("g", OLD, 14, 0);
}

CASE(copy_file_range, server_error_edquot, .promise = "D2",
	.abilities = "override-reply",
	.title = "when the server answers EDQUOT, copy_file_range(2) copies nothing and fails with EDQUOT")
{
	long from, to;

	ASSERT_RET(server_answer(w, "COPY_FILE_RANGE", "EDQUOT"), 0);
	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, SIZE, 0), -EDQUOT);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE");
	EXPECT_BACKING("g", "g");
}

CASE(copy_file_range, to_ordinary_file_sends_write, .promise = "D2",
	.title = "copy_file_range(2) from a passthrough file to a file without passthrough sends WRITE, not READ")
{
	long from, to;

	open_rule(w, "f reg=at-open");
	ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));
	ASSERT_POSITIVE(to = client_open_settled(w, "g", O_WRONLY));
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, 1, 0), 1);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE WRITE");
	EXPECT_BACKING("g", "f");
}

CASE(copy_file_range, from_ordinary_file_sends_read, .promise = "D2",
	.title = "copy_file_range(2) from a file without passthrough to a passthrough file sends READ, not WRITE")
{
	long from, to;

	open_rule(w, "g reg=at-open");
	ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));
	ASSERT_POSITIVE(to = client_open_settled(w, "g", O_WRONLY));
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, 1, 0), 1);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE READ");
	EXPECT_BACKING("g", "f");
}

CASE_MAIN()
