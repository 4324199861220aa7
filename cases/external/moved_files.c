// SPDX-License-Identifier: GPL-2.0
/* New files that may be in a cache first, and be moved later. Promise A12. */
#include <fcntl.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define RW    (PROT_READ | PROT_WRITE)
#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */
#define MORE  (EXTERNAL_SEED + 2)

#define ONE_FILE \
	"the moved file is another file than that in the cache, with an ID of its own: give it a new node, so that " \
	"who has the old one open for reading keeps that, and nobody writes to it"
#define STAYS_WHILE_WRITTEN \
	"move a file when nobody can write to it. A mapping can be stored to after the RELEASE of its file, so do not " \
	"count opens: fcntl(fd, F_SETLEASE, F_RDLCK) on a file opened for reading fails with EAGAIN until then"

#define NEED_CACHE() \
	do { \
		if (!role_is_given("cache")) \
			CASE_SKIP("config: no cache (--mount with {source} and {cache})"); \
	} while (0)

EXTERNAL_FIXTURE(new_file);

CASE(new_file, keeps_data, .promise = "A12",
	.title = "a new file has its data after its last close, in the cache or in the directory that is shown",
	.advice = "copy a file whole before its name leads to the copy")
{
	struct client *c = client(w);
	long fd;

	NEED_CACHE();
	OPEN_PASSTHROUGH(fd, c, CREATED);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, OTHER);
	EXPECT_CLOSE(c, fd);

	fd = open_ok(c, "new", O_RDONLY);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, OTHER);
	EXPECT_BACKING_PATTERN("new", OTHER, EXTERNAL_FILLED, 0);
}

CASE(new_file, with_reader_can_be_changed, .promise = "A12",
	.title = "a change of a new file that is open for reading, and may have moved since, is in the file",
	.advice = ONE_FILE)
{
	struct client *reader = client(w), *writer = client_number(w, 1);
	long in, out;

	NEED_CACHE();
	OPEN_PASSTHROUGH(out, writer, CREATED);
	EXPECT_WRITE_BY(writer, BY_PREAD, out, PAGE, 0, OTHER);
	in = open_ok(reader, "new", O_RDONLY);
	EXPECT_CLOSE(writer, out);

	out = open_ok(writer, "new", O_WRONLY);
	EXPECT_WRITE_BY(writer, BY_PREAD, out, PAGE, 0, MORE);
	EXPECT_BACKING_PATTERN("new", MORE, PAGE, 0);
	EXPECT_HOLDS(client_read_by(reader, BY_PREAD, in, PAGE, 0, OTHER) == PAGE ||
			     client_read_by(reader, BY_PREAD, in, PAGE, 0, MORE) == PAGE,
		     "the reader has old or new data");
	EXPECT_CLOSE(writer, out);
	out = open_ok(writer, "new", O_RDONLY);
	EXPECT_READ_BY(writer, BY_PREAD, out, PAGE, 0, MORE);
}

CASE(new_file, stays_while_open_for_writing, .promise = "A12",
	.title = "what is written to a new file after another process has opened it is in the file",
	.advice = STAYS_WHILE_WRITTEN)
{
	struct client *c = client(w), *reader = client_number(w, 1);
	long fd, in;

	NEED_CACHE();
	OPEN_PASSTHROUGH(fd, c, CREATED);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	in = open_ok(reader, "new", O_RDONLY);

	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, MORE);
	EXPECT_READ_BY(reader, BY_PREAD, in, PAGE, 0, MORE);
	EXPECT_BACKING_PATTERN("new", MORE, PAGE, 0);
}

CASE(new_file, stays_while_mapped, .promise = "A12",
	.title = "what is stored to a new file through a mapping, after its close and another open, is in the file",
	.advice = STAYS_WHILE_WRITTEN)
{
	struct client *c = client(w), *reader = client_number(w, 1);
	int64_t fd, at, in;

	NEED_CACHE();
	OPEN_PASSTHROUGH(fd, c, CREATED);
	at = mmap_ok(c, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_CLOSE(c, fd);
	in = open_ok(reader, "new", O_RDONLY);

	EXPECT_POKE(c, at, 'm');
	EXPECT_READ(reader, in, "m");
	EXPECT_RET(backing_blocks("new", 'm', 1, 0), 1);
}

CASE_MAIN()
