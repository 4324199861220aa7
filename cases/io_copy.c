// SPDX-License-Identifier: GPL-2.0
/* copy_file_range(2) between passthrough files. Promise D2. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define SIZE (75 * sysconf(_SC_PAGESIZE) + 7) /* more than a pipe holds */

/* Requests without COPY_FILE_RANGE_64, which 6.18 and newer send first. */
static const char *without_64(const char *requests)
{
	static const char first[] = "COPY_FILE_RANGE_64";

	if (!has_word(requests, first))
		return requests;
	requests += strlen(first);
	return requests + strspn(requests, " ");
}

#define ADDS_64 "commit 7a37f55af7af (fuse: add COPY_FILE_RANGE_64 that allows large copies)"

/* Not every server logs a request that it does not know. */
#define EXPECT_COPY_REQUESTS(w, want) \
	do { \
		const char *_requests = world_requests(w); \
\
		EXPECT_TEXT(without_64(_requests), want); \
		if (server_can(&(w)->server, "all-requests")) \
			EXPECT_RET_SINCE(has_word(_requests, "COPY_FILE_RANGE_64"), \
					 since("6.9", false), since("6.18", true, ADDS_64)); \
	} while (0)

/*
 * By as many calls as it takes, each from and to the file positions. The bytes copied, or -errno.
 */
static long copy(struct client *c, int from, int to, long size)
{
	long done = 0, len;

	do {
		len = client_call(c, copy_file_range, from, 0, to, 0, size - done, 0);
		done += len > 0 ? len : 0;
	} while (len > 0 && done < size);
	return done ?: len;
}

/* As libfuse has it (fuse_lowlevel.h), on ENOSYS the call fails with EOPNOTSUPP. */
#define NO_FALLBACK "that the kernel copies when the server cannot is not promised"

WORLD_FIXTURE(copy_file_range);

/* f and g are passthrough, f of the pattern OLD. */
#define OPEN_BOTH(from, to) \
	do { \
		open_rule(w, "f reg=at-open"); \
		open_rule(w, "g reg=at-open"); \
		backing_fill_ok("f", OLD, SIZE, 0); \
		from = open_settled_ok(w, "f", O_RDONLY); \
		to = open_settled_ok(w, "g", O_RDWR); \
	} while (0)

CASE(copy_file_range, copies_in_kernel_on_enosys, .promise = "D2",
	.title = "copy_file_range(2) sends COPY_FILE_RANGE; on ENOSYS the kernel copies between the backing files",
	.today = NO_FALLBACK)
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	EXPECT_RET(copy(c, from, to, SIZE), SIZE);
	EXPECT_COPY_REQUESTS(w, "COPY_FILE_RANGE");
	EXPECT_BACKING_PATTERN("g", OLD, SIZE, 0);
	EXPECT_READ_BY(c, BY_PREAD, to, SIZE, 0, OLD);
}

CASE(copy_file_range, not_resent_after_enosys, .promise = "D2",
	.title = "after ENOSYS copy_file_range(2) sends nothing and copies between the backing files")
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	TODAY(EXPECT_RET(copy(c, from, to, 1), 1));
	world_requests(w);
	TODAY(EXPECT_RET(copy(c, from, to, SIZE), SIZE - 1));
	EXPECT_REQUESTS(w, "");
	TODAY(EXPECT_BACKING_PATTERN("g", OLD, SIZE, 0));
}

CASE(copy_file_range, copies_and_resends_on_exdev, .promise = "D2", .abilities = "override-reply",
	.title = "if COPY_FILE_RANGE fails with EXDEV, the data is copied all the same; the next call sends it again",
	.today = NO_FALLBACK)
{
	struct client *c = client(w);
	long from, to;

	ASSERT_RET(server_override_reply(w, "COPY_FILE_RANGE", "EXDEV"), 0);
	OPEN_BOTH(from, to);
	for (int i = 0; i < 2; i++) {
		world_requests(w);
		EXPECT_RET(copy(c, from, to, 7), 7);
		EXPECT_TEXT(without_64(world_requests(w)), "COPY_FILE_RANGE");
	}
	EXPECT_BACKING_PATTERN("g", OLD, 14, 0);
}

CASE(copy_file_range, server_error_edquot, .promise = "D2", .abilities = "override-reply",
	.title = "when the server answers EDQUOT, copy_file_range(2) copies nothing and fails with EDQUOT")
{
	long from, to;

	ASSERT_RET(server_override_reply(w, "COPY_FILE_RANGE", "EDQUOT"), 0);
	OPEN_BOTH(from, to);
	EXPECT_RET(copy(client(w), from, to, SIZE), -EDQUOT);
	EXPECT_COPY_REQUESTS(w, "COPY_FILE_RANGE");
	EXPECT_BACKING("g", "g");
}

CASE(copy_file_range, to_ordinary_file_sends_write, .promise = "D2",
	.title = "copy_file_range(2) from a passthrough file to a file without passthrough sends WRITE, not READ",
	.today = NO_FALLBACK)
{
	long from, to;

	open_rule(w, "f reg=at-open");
	from = open_settled_ok(w, "f", O_RDONLY);
	to = open_settled_ok(w, "g", O_WRONLY);
	EXPECT_RET(copy(client(w), from, to, 1), 1);
	EXPECT_COPY_REQUESTS(w, "COPY_FILE_RANGE WRITE");
	EXPECT_BACKING("g", "f");
}

CASE(copy_file_range, from_ordinary_file_sends_read, .promise = "D2",
	.title = "copy_file_range(2) from a file without passthrough to a passthrough file sends READ, not WRITE",
	.today = NO_FALLBACK)
{
	long from, to;

	open_rule(w, "g reg=at-open");
	from = open_settled_ok(w, "f", O_RDONLY);
	to = open_settled_ok(w, "g", O_WRONLY);
	EXPECT_RET(copy(client(w), from, to, 1), 1);
	EXPECT_COPY_REQUESTS(w, "COPY_FILE_RANGE READ");
	EXPECT_BACKING("g", "f");
}

CASE_MAIN()
