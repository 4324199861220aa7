// SPDX-License-Identifier: GPL-2.0
/* One ID for several opens and files, several IDs for one file. Promises R12, R13, R15 to R17. */
#include <errno.h>
#include <fcntl.h>

#include "world/case_helpers.h"

#define OPENS 8

WORLD_FIXTURE(one_id);

CASE(one_id, serves_concurrent_opens, .promise = "R12",
	.title = "one ID serves eight opens by two processes: one reads all writes, the last close unpins the file")
{
	long fds[OPENS], id = register_ok(w);

	open_rule(w, "f reg=reuse times=%d", OPENS);
	for (int i = 0; i < OPENS; i++)
		fds[i] = open_ok(client_number(w, i % 2), "f", O_RDWR);
	EXPECT_RET(server_drop(w, id), 0);

	for (int i = 0; i < OPENS; i++) {
		const char digit[] = { '0' + i, '\0' };

		EXPECT_WRITE(client_number(w, i % 2), fds[i], digit);
		EXPECT_READ(w, fds[0], digit);
	}
	for (int i = 1; i < OPENS; i++)
		EXPECT_CLOSE(client_number(w, i % 2), fds[i]);
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, fds[0]);
	EXPECT_BACKING_FREE();
}

CASE(one_id, serves_every_access_mode, .promise = "R12",
	.title = "one ID serves O_RDONLY, O_WRONLY and O_RDWR opens at once, each limited to its own access mode")
{
	long reader, writer;
	char data[1];

	register_ok(w);
	open_rule(w, "f reg=reuse times=3");
	reader = open_ok(w, "f", O_RDONLY);
	writer = open_ok(w, "f", O_WRONLY | O_APPEND);
	open_ok(w, "f", O_RDWR);
	EXPECT_WRITE(w, writer, "!");
	EXPECT_BACKING("f", "f!");
	EXPECT_READ(w, reader, "f");
	EXPECT_RET(client_write(client(w), reader, "!", 1, 0), -EBADF);
	EXPECT_RET(client_read(client(w), writer, data, 1, 0), -EBADF);
}

WORLD_FIXTURE(id_per_open);

#define SAME_FILE_REFUSED \
	.today = \
		"that two IDs of the same file exclude each other is optional for the author of the feature"

CASE(id_per_open, overlapping_open_eio, .promise = "R13", SAME_FILE_REFUSED,
	.title = "with an ID registered per open, overlapping opens after the first send RELEASE and fail with EIO")
{
	long fd;

	open_rule(w, "f reg=at-open times=4");
	fd = open_ok(w, "f", O_RDWR);
	for (int i = 0; i < 3; i++)
		EXPECT_RET(client_open(client_number(w, 1), "f", O_RDWR), -EIO);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE "
			   "OPEN+passthrough RELEASE OPEN+passthrough RELEASE");
}

CASE(id_per_open, sequential_opens_succeed, .promise = "R16",
	.title = "with an ID registered per open, opens of the file one after the other succeed")
{
	open_rule(w, "f reg=at-open drop=at-release times=3");

	EXPECT_RET(client_count_open_errors(client(w), "f", O_RDWR, EIO, 3), 0);
}

CASE(id_per_open, refused_id_stays_usable, .promise = "R13",
	.title = "an ID of another file, refused while the first one's was in use, works once that file is closed")
{
	long fd;

	register_ok(w);
	open_rule(w, "f reg=reuse times=3");
	fd = open_ok(w, "f", O_RDWR);
	register_file_ok(w, "g", "");
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_CLOSE(w, fd);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ(w, fd, "g");
}

WORLD_FIXTURE(closed_id_in_use);

/* Opens f with an ID that is closed then; the file keeps working while a second open fails. */
static void expect_second_open_refused(struct world *w, const char *second)
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "%s", second);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_READ(w, fd, "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE");
	EXPECT_WRITE(w, fd, "F");
	EXPECT_BACKING("f", "F");
}

CASE(closed_id_in_use, same_id_eio, .promise = "R15",
	.title = "a file open with a closed ID keeps working; a second open with that ID fails with EIO")
{
	expect_second_open_refused(w, "f reg=reuse");
}

CASE(closed_id_in_use, new_id_eio, .promise = "R13", SAME_FILE_REFUSED,
	.title = "a file open with a closed ID keeps working; a second open with a new ID fails with EIO")
{
	expect_second_open_refused(w, "f reg=at-open");
}

WORLD_FIXTURE(two_files);

CASE(two_files, share_one_id, .promise = "R17",
	.title = "one ID serves concurrent opens of two files; both have the content of the registered file")
{
	long f, g;

	register_ok(w);
	open_rule(w, "f reg=reuse");
	open_rule(w, "g reg=reuse");
	f = open_ok(w, "f", O_RDWR);
	g = open_ok(w, "g", O_RDWR);
	EXPECT_READ(w, g, "f");
	EXPECT_WRITE(w, g, "F");
	EXPECT_READ(w, f, "F");
	EXPECT_BACKING("g", "g");
}

CASE(two_files, remaining_open_pins, .promise = "R17",
	.title = "with one ID for two files, one open pins the backing file after the other open and the ID are closed")
{
	long f, g, id = register_ok(w);

	open_rule(w, "f reg=reuse");
	open_rule(w, "g reg=reuse");
	f = open_ok(w, "f", O_RDWR);
	g = open_ok(w, "g", O_RDWR);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_CLOSE(w, f);
	EXPECT_READ(w, g, "f");
	EXPECT_BACKING_BUSY();
	EXPECT_CLOSE(w, g);
	EXPECT_BACKING_FREE();
}

CASE(two_files, modes_are_independent, .promise = "R17",
	.title = "a passthrough open of one file does not affect a cached open of another, which still sends READ")
{
	long g;

	open_rule(w, "f reg=at-open");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	g = open_ok(w, "g", O_RDWR);
	EXPECT_READ(w, g, "g");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough LOOKUP OPEN READ");
}

CASE_MAIN()
