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
	const char *ops = world_ops(w);

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

WORLD_FIXTURE(copy);

/* f and g passthrough, f of the pattern OLD; no call to copy has been made. */
#define OPEN_BOTH(from, to)                                                                   \
	do {                                                                                  \
		plan(w, "f reg=at-open");                                                     \
		plan(w, "g reg=at-open");                                                     \
		ASSERT_RET(backing_fill("f", OLD, SIZE, 0), 0);                               \
		ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));                \
		ASSERT_POSITIVE(to = client_open_settled(w, "g", O_RDWR));                    \
	} while (0)

CASE(copy, is_the_servers_then_the_kernels, .row = "D2",
     .title = "copy_file_range(2) asks the server, and on ENOSYS copies from backing file to "
	      "backing file",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, SIZE, 0), SIZE);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE");
	EXPECT_RET(backing_match("g", OLD, SIZE, 0), SIZE);
	EXPECT_RET(client_read_by(c, WAY_PREAD, to, SIZE, 0, OLD), SIZE);
}

CASE(copy, is_not_asked_for_again, .row = "D2",
     .title = "copy_file_range(2) does not ask the server again after ENOSYS",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long from, to;

	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, 1, 0), 1);
	world_ops(w);
	EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, SIZE, 0), SIZE - 1);
	EXPECT_OPS(w, "");
	EXPECT_RET(backing_match("g", OLD, SIZE, 0), SIZE);
}

CASE(copy, of_another_filesystems_answer, .row = "D2",
     .title = "copy_file_range(2) copies from backing file to backing file where the server "
	      "answers EXDEV, and asks again next time",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	struct client *c = client(w);
	long from, to;

	ASSERT_RET(server_call(&w->server, -1, "answer COPY_FILE_RANGE EXDEV"), 0);
	OPEN_BOTH(from, to);
	for (int i = 0; i < 2; i++) {
		world_ops(w);
		EXPECT_RET(client_call(c, copy_file_range, from, 0, to, 0, 7, 0), 7);
		EXPECT_HOLDS(has_word(world_ops(w), "COPY_FILE_RANGE"), "the server is asked");
	}
	EXPECT_RET(backing_match("g", OLD, 14, 0), 14);
}

CASE(copy, that_the_server_refuses_fails, .row = "D2",
     .title = "copy_file_range(2) fails with the server's error, and copies nothing",
     .needs = NEED_PASSTHROUGH, .can = "answers")
{
	long from, to;

	ASSERT_RET(server_call(&w->server, -1, "answer COPY_FILE_RANGE EDQUOT"), 0);
	OPEN_BOTH(from, to);
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, SIZE, 0), -EDQUOT);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE");
	EXPECT_RET(backing_file_is("g", "g"), 1);
}

CASE(copy, to_an_ordinary_file_is_sent, .row = "D2",
     .title = "copy_file_range(2) from a passthrough file to one that is not sends WRITE",
     .needs = NEED_PASSTHROUGH)
{
	long from, to;

	plan(w, "f reg=at-open");
	ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));
	ASSERT_POSITIVE(to = client_open_settled(w, "g", O_WRONLY));
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, 1, 0), 1);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE WRITE");
	EXPECT_RET(backing_file_is("g", "f"), 1);
}

CASE(copy, from_an_ordinary_file_is_asked_for, .row = "D2",
     .title = "copy_file_range(2) to a passthrough file from one that is not sends READ",
     .needs = NEED_PASSTHROUGH)
{
	long from, to;

	plan(w, "g reg=at-open");
	ASSERT_POSITIVE(from = client_open_settled(w, "f", O_RDONLY));
	ASSERT_POSITIVE(to = client_open_settled(w, "g", O_WRONLY));
	EXPECT_RET(client_call(client(w), copy_file_range, from, 0, to, 0, 1, 0), 1);
	EXPECT_COPY_OPS(w, "COPY_FILE_RANGE READ");
	EXPECT_RET(backing_file_is("g", "f"), 1);
}

CASE_MAIN()
