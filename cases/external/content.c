// SPDX-License-Identifier: GPL-2.0
/* Content and size of passthrough files. Promises A2 to A4. */
#include <fcntl.h>
#include <unistd.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define RW    (PROT_READ | PROT_WRITE)
#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */
#define ODD   12345L

/* --- A2: reading and writing ------------------------------------------------------- */

EXTERNAL_FIXTURE_FOR_EACH_FILE(file_io);

CASE(file_io, written_data_reads_back, .promise = "A2",
	.title = "written data is read back by read and mmap and is in the backing file at once, if that has a name")
{
	struct client *c = client(w);
	const char *name = how_name(variant->how);
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);

	EXPECT_WRITE_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, ODD, OTHER);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, ODD, OTHER);
	EXPECT_READ_BY(c, BY_MMAP_SHARED, fd, EXTERNAL_FILLED, ODD, OTHER);
	if (name)
		EXPECT_RET(backing_match(name, OTHER, EXTERNAL_FILLED, ODD), EXTERNAL_FILLED);
}

CASE(file_io, extending_write_updates_size, .promise = "A2",
	.title = "a write past EOF updates the size that fstat reports")
{
	struct client *c = client(w);
	struct statx st;
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_RET(client_fstatx(c, fd, 0, &st), 0);
	EXPECT_RET(st.stx_size, EXTERNAL_SIZE);

	EXPECT_WRITE_BY(c, BY_PREAD, fd, ODD, EXTERNAL_SIZE, OTHER);
	EXPECT_RET(client_fstatx(c, fd, 0, &st), 0);
	EXPECT_RET(st.stx_size, EXTERNAL_SIZE + ODD);
}

CASE(file_io, ftruncate_moves_eof, .promise = "A2",
	.title = "ftruncate of an open file moves EOF for reads and updates the size")
{
	struct client *c = client(w);
	struct statx st;
	char data[8];
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);

	EXPECT_OK_OR_SKIP(client_call(c, ftruncate, fd, ODD), "truncate");
	EXPECT_RET(client_fstatx(c, fd, 0, &st), 0);
	EXPECT_RET(st.stx_size, ODD);
	EXPECT_RET(client_read(c, fd, data, sizeof(data), ODD - 3), 3);
	EXPECT_RET(client_read(c, fd, data, sizeof(data), ODD), 0);
}

CASE(file_io, fsync_succeeds, .promise = "A2",
	.title = "fsync of a passthrough file succeeds")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, ODD, 0, OTHER);
	EXPECT_OK_OR_SKIP(client_call(c, fsync, fd), "fsync");
}

EXTERNAL_FIXTURE(coherence);

CASE(coherence, between_open_files, .promise = "A2",
	.title = "a write through one open file is read through another at once")
{
	struct client *reader = client(w), *writer = client_number(w, 1);
	long in, out;

	OPEN_PASSTHROUGH(in, reader, OPENED);
	out = open_ok(writer, "f", O_WRONLY);

	EXPECT_READ_BY(reader, BY_PREAD, in, ODD, 0, EXTERNAL_SEED);
	EXPECT_WRITE_BY(writer, BY_PREAD, out, ODD, 0, OTHER);
	EXPECT_READ_BY(reader, BY_PREAD, in, ODD, 0, OTHER);
}

CASE(coherence, from_close_to_open, .promise = "A2",
	.title = "data written before close is read by another process that opens the file next")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, OPENED);
	EXPECT_READ_BY(c, BY_PREAD, fd, ODD, 0, EXTERNAL_SEED);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, ODD, 0, OTHER);
	EXPECT_CLOSE(c, fd);

	fd = open_ok(client_number(w, 1), "f", O_RDONLY);
	EXPECT_READ_BY(client_number(w, 1), BY_PREAD, fd, ODD, 0, OTHER);
}

EXTERNAL_FIXTURE(o_trunc);

CASE(o_trunc, empties_open_file, .promise = "A2",
	.title = "O_TRUNC empties a file that is already open; what is written after it is read there, too")
{
	struct client *c = client(w);
	char data[1];
	long fd, emptied;

	OPEN_PASSTHROUGH(fd, c, OPENED);

	emptied = needed_open(client_open(c, "f", O_RDWR | O_TRUNC));
	SKIP_IF_UNSUPPORTED(emptied, "O_TRUNC");
	ASSERT_POSITIVE(emptied);
	EXPECT_RET(client_read(c, fd, data, 1, 0), 0);
	EXPECT_WRITE(c, emptied, "new");
	EXPECT_READ_AT(c, fd, 2, "w");
	EXPECT_BACKING("f", "new");
}

/* --- A3: appending ------------------------------------------------------------------- */

#define PIECE  64
#define PIECES 500

EXTERNAL_FIXTURE(append);

CASE(append, alternating_in_order, .promise = "A3",
	.title = "alternating appends by two processes are concatenated in order")
{
	struct client *one = client(w), *two = client_number(w, 1);
	const long end = EXTERNAL_SIZE;
	long fd, a, b;

	OPEN_PASSTHROUGH(fd, one, OPENED);
	a = open_ok(one, "f", O_WRONLY | O_APPEND);
	b = open_ok(two, "f", O_WRONLY | O_APPEND);

	EXPECT_WRITE_BY(one, BY_READ, a, ODD, end, OTHER);
	EXPECT_WRITE_BY(two, BY_READ, b, ODD, end + ODD, OTHER);
	EXPECT_WRITE_BY(one, BY_READ, a, ODD, end + 2 * ODD, OTHER);
	EXPECT_BACKING_PATTERN_EXACTLY("f", OTHER, 3 * ODD, end);
}

CASE(append, concurrent_none_lost_or_torn, .promise = "A3",
	.title = "concurrent appends by two processes are all present, each whole")
{
	struct client *one = client(w), *two = client_number(w, 1);
	long fd, a, b;

	OPEN_PASSTHROUGH(fd, one, OPENED);
	a = open_ok(one, "f", O_WRONLY | O_APPEND);
	b = open_ok(two, "f", O_WRONLY | O_APPEND);

	client_start_append(one, a, 'a', PIECE, PIECES);
	client_start_append(two, b, 'b', PIECE, PIECES);
	EXPECT_RET(client_finish(one), PIECES);
	EXPECT_RET(client_finish(two), PIECES);
	EXPECT_RET(backing_blocks("f", 'a', PIECE, EXTERNAL_SIZE), PIECES);
	EXPECT_RET(backing_blocks("f", 'b', PIECE, EXTERNAL_SIZE), PIECES);
}

CASE(append, new_file_in_order, .promise = "A3",
	.title = "appends to a new file are concatenated in order")
{
	struct client *c = client(w);
	long fd;

	OPEN_PASSTHROUGH(fd, c, CREATED);
	fd = open_ok(c, "log", O_WRONLY | O_APPEND | O_CREAT | O_EXCL);

	EXPECT_WRITE_BY(c, BY_READ, fd, ODD, 0, OTHER);
	EXPECT_WRITE_BY(c, BY_READ, fd, ODD, ODD, OTHER);
	EXPECT_BACKING_PATTERN_EXACTLY("log", OTHER, 2 * ODD, 0);
}

/* --- A4: mappings ---------------------------------------------------------------------- */

EXTERNAL_FIXTURE_FOR_EACH_FILE(shared_mapping);

CASE(shared_mapping, coherent_with_read_write, .promise = "A4",
	.title = "read returns what was stored to a shared mapping; a load returns what was written to the file")
{
	struct client *c = client(w);
	int64_t fd, at;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	at = mmap_ok(c, fd, RW, MAP_SHARED, PAGE, 0);

	EXPECT_POKE(c, at, 'm');
	EXPECT_READ(c, fd, "m");
	EXPECT_WRITE_AT(c, fd, 1, "w");
	EXPECT_PEEK(c, at + 1, 'w');
}

CASE(shared_mapping, works_after_close, .promise = "A4",
	.title = "loads and stores through a shared mapping work after close")
{
	struct client *c = client(w);
	int64_t fd, at;

	OPEN_PASSTHROUGH(fd, c, variant->how);
	at = mmap_ok(c, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_CLOSE(c, fd);

	EXPECT_POKE(c, at, 'm');
	EXPECT_PEEK(c, at, 'm');
}

CASE_MAIN()
