// SPDX-License-Identifier: GPL-2.0
/* One ID for several opens and several files, several IDs for one file. Rows R12, R13, R15, R17. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "world/case_helpers.h"

#define OPENS 8

/* The first byte that a descriptor reads. */
static char first_byte(struct client *client, long fd)
{
	char byte = 0;

	client_read(client, fd, &byte, 1, 0);
	return byte;
}

WORLD_FIXTURE(same_id);

CASE(same_id, serves_many_opens, .row = "R12",
     .title = "one ID serves many opens of a file by several processes, each sees what another "
	      "writes, and the backing file is free after the last close",
     .needs = NEED_PASSTHROUGH)
{
	long fds[OPENS];

	EXPECT_RET(register_f(w), 1);
	plan(w, "f reg=reuse times=8");
	for (int i = 0; i < OPENS; i++)
		ASSERT_POSITIVE(fds[i] = client_open(client_number(w, i % 2), "f", O_RDWR));
	EXPECT_RET(server_drop(w, 1), 0);

	for (int i = 0; i < OPENS; i++) {
		EXPECT_RET(client_write(client_number(w, i % 2), fds[i], &"01234567"[i], 1, 0), 1);
		EXPECT_RET(first_byte(client(w), fds[0]), '0' + i);
	}
	for (int i = 1; i < OPENS; i++)
		EXPECT_RET(client_close(client_number(w, i % 2), fds[i]), 0);
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), fds[0]), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(same_id, serves_every_access_mode, .row = "R12",
     .title = "one ID serves opens of a file for reading, for writing and for both at a time",
     .needs = NEED_PASSTHROUGH)
{
	long reader, writer;

	EXPECT_RET(register_f(w), 1);
	plan(w, "f reg=reuse times=3");
	ASSERT_POSITIVE(reader = client_open(client(w), "f", O_RDONLY));
	ASSERT_POSITIVE(writer = client_open(client(w), "f", O_WRONLY | O_APPEND));
	ASSERT_POSITIVE(client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_write(client(w), writer, "!", 1, 0), 1);
	EXPECT_RET(backing_file_is("f", "f!"), 1);
	EXPECT_RET(first_byte(client(w), reader), 'f');
	EXPECT_RET(client_write(client(w), reader, "!", 1, 0), -EBADF);
	EXPECT_RET(client_read(client(w), writer, (char[1]){ 0 }, 1, 0), -EBADF);
}

WORLD_FIXTURE(own_id);

CASE(own_id, for_each_open_serves_the_first, .row = "R13",
     .title = "a server that registers the same file anew for each open: the first open succeeds, "
	      "those beside it fail with EIO and are released",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open times=4");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	for (int i = 0; i < 3; i++)
		EXPECT_RET(client_open(client_number(w, 1), "f", O_RDWR), -EIO);
	EXPECT_RET(first_byte(client(w), fd), 'f');
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE "
		      "OPEN+passthrough RELEASE OPEN+passthrough RELEASE");
}

CASE(own_id, for_each_open_in_turn, .row = "R16",
     .title = "a server that registers the same file anew for each open: opens one after the other "
	      "succeed",
     .needs = NEED_PASSTHROUGH)
{
	plan(w, "f reg=at-open drop=at-release times=3");

	EXPECT_RET(client_count_open_errors(client(w), "f", O_RDWR, EIO, 3), 0);
	EXPECT_RET(last_id(w), 3);
}

CASE(own_id, that_was_refused_is_as_good_as_new, .row = "R13",
     .title = "an ID that was refused beside another one serves once that one is closed",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open times=2");
	plan(w, "f reg=reuse");
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(client_close(client(w), fd), 0);
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
}

WORLD_FIXTURE(closed_id);
FIXTURE_VARIANT(closed_id)
{
	const char *row;
};
FIXTURE_VARIANT_ADD(closed_id, itself) { "f reg=reuse" };
FIXTURE_VARIANT_ADD(closed_id, other_id) { "f reg=at-open" };

CASE(closed_id, excludes_all_others, .row = "R15",
     .title = "a passthrough open whose ID was closed: beside it neither that ID nor another one of "
	      "the same file can be used, EIO, and the open goes on",
     .needs = NEED_PASSTHROUGH)
{
	long fd;

	plan(w, "f reg=at-open");
	plan(w, variant->row);
	ASSERT_POSITIVE(fd = client_open(client(w), "f", O_RDWR));
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(first_byte(client(w), fd), 'f');
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough OPEN+passthrough RELEASE");
	EXPECT_RET(client_write(client(w), fd, "F", 1, 0), 1);
	EXPECT_RET(backing_file_is("f", "F"), 1);
}

WORLD_FIXTURE(two_files);

CASE(two_files, share_an_id, .row = "R17",
     .title = "one ID serves opens of two files at a time: both have the content of the registered "
	      "one",
     .needs = NEED_PASSTHROUGH)
{
	long f, g;

	EXPECT_RET(register_f(w), 1);
	plan(w, "f reg=reuse");
	plan(w, "g reg=reuse");
	ASSERT_POSITIVE(f = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(g = client_open(client(w), "g", O_RDWR));
	EXPECT_RET(first_byte(client(w), g), 'f');
	EXPECT_RET(client_write(client(w), g, "F", 1, 0), 1);
	EXPECT_RET(first_byte(client(w), f), 'F');
	EXPECT_RET(backing_file_is("g", "g"), 1);
}

CASE(two_files, each_hold_the_backing_file, .row = "R17",
     .title = "one ID for two files: each open holds the backing file, also when the other and the "
	      "ID are closed",
     .needs = NEED_PASSTHROUGH)
{
	long f, g;

	EXPECT_RET(register_f(w), 1);
	plan(w, "f reg=reuse");
	plan(w, "g reg=reuse");
	ASSERT_POSITIVE(f = client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(g = client_open(client(w), "g", O_RDWR));
	EXPECT_RET(server_drop(w, 1), 0);
	EXPECT_RET(client_close(client(w), f), 0);
	EXPECT_RET(first_byte(client(w), g), 'f');
	EXPECT_RET(world_umount("backing"), -EBUSY);
	EXPECT_RET(client_close(client(w), g), 0);
	EXPECT_RET(world_umount("backing"), 0);
}

CASE(two_files, keep_modes_of_their_own, .row = "R17",
     .title = "a passthrough open of one file leaves cached opens of other files alone",
     .needs = NEED_PASSTHROUGH)
{
	long g;

	plan(w, "f reg=at-open");
	EXPECT_POSITIVE(client_open(client(w), "f", O_RDWR));
	ASSERT_POSITIVE(g = client_open(client(w), "g", O_RDWR));
	EXPECT_RET(first_byte(client(w), g), 'g');
	EXPECT_OPS(w, "LOOKUP OPEN+passthrough LOOKUP OPEN READ");
}

CASE_MAIN()
