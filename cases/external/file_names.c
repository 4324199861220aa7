// SPDX-License-Identifier: GPL-2.0
/* Files that change their names while they are open. Row A7. */
#include <fcntl.h>

#include "external/external_helpers.h"

#define OTHER (EXTERNAL_SEED + 1)
#define SOME  12345L

EXTERNAL_FIXTURE(renamed);

CASE(renamed, open_file_works, .promise = "A7",
     .title = "an open file that is renamed can be written, and opened and read by its new name",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd, again;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_DONE(client_rename(c, "f", "moved"), "rename");

	EXPECT_RET(client_write_by(c, BY_PREAD, fd, SOME, 0, OTHER), SOME);
	EXPECT_RET(backing_match("moved", OTHER, SOME, 0), SOME);
	ASSERT_POSITIVE(again = client_open(c, "moved", O_RDWR));
	EXPECT_RET(client_read_by(c, BY_PREAD, again, SOME, 0, OTHER), SOME);
}

CASE(renamed, replaced_file_readable, .promise = "A7",
     .title = "an open file replaced by rename keeps its data; the name opens the new file",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd, other;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	ASSERT_POSITIVE(other = client_open(c, "g", O_RDWR));
	EXPECT_RET(client_write_by(c, BY_PREAD, other, SOME, 0, OTHER), SOME);
	EXPECT_DONE(client_rename(c, "g", "f"), "rename");

	EXPECT_RET(client_read_by(c, BY_PREAD, fd, SOME, 0, EXTERNAL_SEED), SOME);
	ASSERT_POSITIVE(other = client_open(c, "f", O_RDONLY));
	EXPECT_RET(client_read_by(c, BY_PREAD, other, SOME, 0, OTHER), SOME);
}

EXTERNAL_FIXTURE(unlinked);

CASE(unlinked, open_file_works, .promise = "A7",
     .title = "an open file that is unlinked can be read and written",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_DONE(client_unlink(c, "f"), "unlink");

	EXPECT_RET(client_write_by(c, BY_PREAD, fd, SOME, 0, OTHER), SOME);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, SOME, 0, OTHER), SOME);
}

CASE(unlinked, name_reuse_keeps_data_apart, .promise = "A7",
     .title = "a new file under the name of an unlinked open file has data of its own",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd, anew;

	OPEN_PASSED_THROUGH(fd, c, OPENED);
	EXPECT_DONE(client_unlink(c, "f"), "unlink");
	ASSERT_POSITIVE(anew = client_open(c, "f", O_RDWR | O_CREAT | O_EXCL));

	EXPECT_RET(client_write_by(c, BY_PREAD, anew, SOME, 0, OTHER), SOME);
	EXPECT_RET(client_read_by(c, BY_PREAD, fd, SOME, 0, EXTERNAL_SEED), SOME);
	EXPECT_RET(backing_match("f", OTHER, SOME, 0), SOME);
}

EXTERNAL_FIXTURE(o_tmpfile);

CASE(o_tmpfile, link_keeps_data, .promise = "A7",
     .title = "an O_TMPFILE file that is linked has its data under the new name and can be opened by it",
     .needs = NEED_PASSTHROUGH)
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSED_THROUGH(fd, c, TMPFILE);
	EXPECT_RET(client_write_by(c, BY_PREAD, fd, SOME, 0, OTHER), SOME);
	EXPECT_DONE(client_link_fd(c, fd, "named"), "link");

	EXPECT_RET(backing_match("named", OTHER, SOME, 0), SOME);
	EXPECT_POSITIVE(client_open(c, "named", O_RDWR));
}

CASE_MAIN()
