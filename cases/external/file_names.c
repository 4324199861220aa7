// SPDX-License-Identifier: GPL-2.0
/* Files that are renamed, unlinked or linked while they are open. Promises A7 and A12. */
#include <fcntl.h>

#include "external/external_helpers.h"

#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */
#define SOME  12345L

EXTERNAL_FIXTURE(renamed);

CASE(renamed, open_file_works, .promise = "A7",
	.title = "an open file that is renamed can be written, and opened and read by its new name")
{
	struct client *c = client(w);
	long fd, again;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_rename(c, "f", "moved"), "rename");

	EXPECT_WRITE_BY(c, BY_PREAD, fd, SOME, 0, OTHER);
	EXPECT_BACKING_PATTERN("moved", OTHER, SOME, 0);
	again = open_ok(c, "moved", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, again, SOME, 0, OTHER);
}

CASE(renamed, replaced_file_readable, .promise = "A7",
	.title = "an open file replaced by rename keeps its data; the name opens the new file")
{
	struct client *c = client(w);
	long fd, other;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	other = open_ok(c, "g", O_RDWR);
	EXPECT_WRITE_BY(c, BY_PREAD, other, SOME, 0, OTHER);
	EXPECT_OK_OR_SKIP(client_rename(c, "g", "f"), "rename");

	EXPECT_READ_BY(c, BY_PREAD, fd, SOME, 0, EXTERNAL_SEED);
	other = open_ok(c, "f", O_RDONLY);
	EXPECT_READ_BY(c, BY_PREAD, other, SOME, 0, OTHER);
}

CASE(renamed, replacing_file_has_its_data, .promise = "A12",
	.title = "a closed file that replaces an open one by rename has its own data under the new name",
	.advice = "an ID is that of a file, not of a name: keep it with the inode, as the name may stand for "
		  "another file while the old one is open" SHOWN_BY(
			  "echo old >f; echo new >g; exec 3<>f; mv g f; [ \"$(cat f)\" = new ]"))
{
	struct client *c = client(w);
	long fd, other;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	other = open_ok(c, "g", O_RDWR);
	EXPECT_WRITE_BY(c, BY_PREAD, other, SOME, 0, OTHER);
	EXPECT_CLOSE(c, other);
	EXPECT_OK_OR_SKIP(client_rename(c, "g", "f"), "rename");

	other = open_ok(c, "f", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, other, SOME, 0, OTHER);
	EXPECT_WRITE_BY(c, BY_PREAD, other, SOME, SOME, OTHER);
	EXPECT_BACKING_PATTERN("f", OTHER, 2 * SOME, 0);
}

EXTERNAL_FIXTURE(unlinked);

CASE(unlinked, open_file_works, .promise = "A7",
	.title = "an open file that is unlinked can be read and written")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_unlink(c, "f"), "unlink");

	EXPECT_WRITE_BY(c, BY_PREAD, fd, SOME, 0, OTHER);
	EXPECT_READ_BY(c, BY_PREAD, fd, SOME, 0, OTHER);
}

CASE(unlinked, name_reuse_keeps_data_apart, .promise = "A7",
	.title = "a new file under the name of an unlinked open file has data of its own")
{
	struct client *c = client(w);
	long fd, anew;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_OK_OR_SKIP(client_unlink(c, "f"), "unlink");
	anew = open_ok(c, "f", O_RDWR | O_CREAT | O_EXCL);

	EXPECT_WRITE_BY(c, BY_PREAD, anew, SOME, 0, OTHER);
	EXPECT_READ_BY(c, BY_PREAD, fd, SOME, 0, EXTERNAL_SEED);
	EXPECT_BACKING_PATTERN("f", OTHER, SOME, 0);
}

EXTERNAL_FIXTURE(o_tmpfile);

CASE(o_tmpfile, link_keeps_data, .promise = "A7",
	.title = "an O_TMPFILE file that is linked has its data under the new name and can be opened by it")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, TMPFILE);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, SOME, 0, OTHER);
	EXPECT_OK_OR_SKIP(client_link_fd(c, fd, "named"), "link");

	EXPECT_BACKING_PATTERN("named", OTHER, SOME, 0);
	EXPECT_OPENS(client_open(c, "named", O_RDWR));
}

CASE_MAIN()
