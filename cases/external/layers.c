// SPDX-License-Identifier: GPL-2.0
/* Files that are copied up when they are changed. Promises A12 and A13. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "external/external_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define OTHER (EXTERNAL_SEED + 1) /* pattern seed */

#define NEW_ID \
	"the upper file is another file than the lower one, with an ID of its own: while the lower one is open " \
	"for passthrough the kernel takes no other ID for its inode, so answer the open with ESTALE after " \
	"the copy-up, and the LOOKUP that follows with a new node" SHOWN_BY( \
		"exec 3<low; echo new >>low; ! tail -n 1 \"$lower/low\" | grep -qx new")

#define NEED_LOWER() \
	do { \
		if (!role_is_given("lower") || !role_is_given("upper")) \
			CASE_SKIP( \
				"config: not a layered file system (--mount with {lower} and {upper})"); \
	} while (0)

#define EXPECT_LOWER_UNCHANGED() EXPECT_UNCHANGED("lower", lower_changed())

/* --- A12: copy-up -------------------------------------------------------------------- */

enum change { WRITE, APPEND, STORE, TRUNCATE, TRUNCATE_RDONLY };

static const int change_flags[] = {
	[WRITE] = O_WRONLY,
	[APPEND] = O_WRONLY | O_APPEND,
	[STORE] = O_RDWR,
	[TRUNCATE] = O_WRONLY | O_TRUNC,
	[TRUNCATE_RDONLY] = O_RDONLY | O_TRUNC,
};

/* Changes the first bytes, all after the last, or the size. A positive number, or -errno of open(2). */
static long change(struct client *c, const char *name, enum change how)
{
	long fd, at;

	fd = client_open(c, name, change_flags[how]);
	if (fd < 0)
		return fd;
	if (how == WRITE)
		client_write_by(c, BY_PREAD, fd, PAGE, 0, OTHER);
	else if (how == APPEND)
		client_write_by(c, BY_READ, fd, PAGE, EXTERNAL_SIZE, OTHER);
	else if (how == STORE) {
		at = client_mmap(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, 0);
		client_poke(c, at, 'm');
	}
	if (how == TRUNCATE_RDONLY && strcmp(lower_changed(), CHANGED_NOTHING))
		case_advise(
			"copy a file up before SETATTR changes it, too: truncate(2) and O_TRUNC need no "
			"OPEN for writing");
	return 1 + client_close(c, fd);
}

static bool is_changed(struct client *c, long fd, enum change how)
{
	char byte = 0;

	switch (how) {
	case WRITE:
		return client_read_by(c, BY_PREAD, fd, PAGE, 0, OTHER) == PAGE;
	case APPEND:
		return client_read_by(c, BY_PREAD, fd, PAGE, EXTERNAL_SIZE, OTHER) == PAGE;
	case STORE:
		return client_read(c, fd, &byte, 1, 0) == 1 && byte == 'm';
	default:
		return client_read(c, fd, &byte, 1, 0) == 0;
	}
}

EXTERNAL_FIXTURE(copy_up);
FIXTURE_VARIANT(copy_up)
{
	enum change how;
};
FIXTURE_VARIANT_ADD(copy_up, write) { .how = WRITE };
FIXTURE_VARIANT_ADD(copy_up, append) { .how = APPEND };
FIXTURE_VARIANT_ADD(copy_up, store) { .how = STORE };
FIXTURE_VARIANT_ADD(copy_up, o_trunc) { .how = TRUNCATE };
FIXTURE_VARIANT_ADD(copy_up, o_rdonly_o_trunc) { .how = TRUNCATE_RDONLY };

static void check_change(struct client *c, const char *name, enum change how)
{
	long fd;

	EXPECT_OPENS(change(c, name, how));
	EXPECT_LOWER_UNCHANGED();
	fd = open_ok(c, name, O_RDONLY);
	EXPECT_HOLDS(is_changed(c, fd, how), "the file has the change");
}

CASE(copy_up, open_file_spares_lower, .promise = "A12",
	.title = "a change of a lower file that is open for reading is in the file, and not in the lower directory",
	.advice = NEW_ID)
{
	NEED_LOWER();
	open_ok(client(w), "low", O_RDONLY);

	check_change(client_number(w, 1), "low", variant->how);
}

CASE(copy_up, closed_file_spares_lower, .promise = "A12",
	.title = "a change of a lower file is in the file, and not in the lower directory",
	.advice = NEW_ID)
{
	struct client *c = client(w);
	long fd;

	NEED_LOWER();
	fd = open_ok(c, "low", O_RDONLY);
	EXPECT_CLOSE(c, fd);

	check_change(c, "low", variant->how);
}

CASE(copy_up, link_spares_lower, .promise = "A12",
	.title = "a change of a lower file by one name, open by another, is in the file, not in the lower directory",
	.advice = NEW_ID)
{
	NEED_LOWER();
	open_ok(client(w), "link1", O_RDONLY);

	check_change(client(w), "link2", variant->how);
}

CASE(copy_up, shadowing_file_spares_lower, .promise = "A12",
	.title = "a change of a file of both directories is in the upper one, and not in the lower one",
	.advice = "serve and change the file of the upper directory where there is one")
{
	struct client *c = client(w);
	long fd;

	NEED_LOWER();
	fd = open_ok(c, BRANCH_BOTH, O_RDONLY);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, BRANCH_SEED);

	check_change(c, BRANCH_BOTH, variant->how);
}

EXTERNAL_FIXTURE(reader);

CASE(reader, keeps_old_or_sees_new, .promise = "A12",
	.title = "who has a lower file open reads the old data or the new, during the copy-up and after it",
	.advice = NEW_ID)
{
	struct client *reader = client(w), *writer = client_number(w, 1);
	long in, out;

	NEED_LOWER();
	in = open_ok(reader, "low", O_RDONLY);
	out = open_ok(writer, "low", O_WRONLY);
	EXPECT_WRITE_BY(writer, BY_PREAD, out, EXTERNAL_FILLED, 0, OTHER);

	EXPECT_HOLDS(client_read_by(reader, BY_PREAD, in, EXTERNAL_FILLED, 0, LOWER_SEED) ==
				     EXTERNAL_FILLED ||
			     client_read_by(reader, BY_PREAD, in, EXTERNAL_FILLED, 0, OTHER) ==
				     EXTERNAL_FILLED,
		     "the reader has old or new data");
	EXPECT_LOWER_UNCHANGED();
}

CASE(reader, after_writer_is_coherent, .promise = "A12",
	.title = "a lower file opened for writing, then for reading, is one file, in the upper directory",
	.advice = NEW_ID)
{
	struct client *reader = client(w), *writer = client_number(w, 1);
	long in, out;

	NEED_LOWER();
	out = open_ok(writer, "low", O_WRONLY);
	in = open_ok(reader, "low", O_RDONLY);

	EXPECT_WRITE_BY(writer, BY_PREAD, out, EXTERNAL_FILLED, 0, OTHER);
	EXPECT_READ_BY(reader, BY_PREAD, in, EXTERNAL_FILLED, 0, OTHER);
	EXPECT_BACKING_PATTERN("low", OTHER, EXTERNAL_FILLED, 0);
	EXPECT_LOWER_UNCHANGED();
}

/* --- A12: names ------------------------------------------------------------------------ */

EXTERNAL_FIXTURE(lower_name);

CASE(lower_name, replaced_open_file_readable, .promise = "A12",
	.title = "a lower file replaced by rename while open keeps its data; the name opens the new file",
	.advice = NEW_ID)
{
	struct client *c = client(w);
	long fd, other;

	NEED_LOWER();
	fd = open_ok(c, "low", O_RDONLY);
	other = open_ok(c, "f", O_RDONLY);
	EXPECT_OK_OR_SKIP(client_rename(c, "f", "low"), "rename");

	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, LOWER_SEED);
	EXPECT_READ_BY(c, BY_PREAD, other, PAGE, 0, EXTERNAL_SEED);
	other = open_ok(c, "low", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, other, PAGE, 0, EXTERNAL_SEED);
	EXPECT_LOWER_UNCHANGED();
}

CASE(lower_name, renamed_open_file_can_be_changed, .promise = "A12",
	.title = "a lower file renamed while open is changed by its new name, and not in the lower directory",
	.advice = NEW_ID)
{
	struct client *c = client(w);
	long fd;

	NEED_LOWER();
	open_ok(c, "low", O_RDONLY);
	EXPECT_OK_OR_SKIP(client_rename(c, "low", "moved"), "rename");

	fd = open_ok(c, "moved", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, LOWER_SEED);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	EXPECT_BACKING_PATTERN("moved", OTHER, PAGE, 0);
	EXPECT_LOWER_UNCHANGED();
}

CASE(lower_name, reused_name_keeps_data_apart, .promise = "A12",
	.title = "a new file under the name of an unlinked lower file that is open has data of its own",
	.advice = NEW_ID)
{
	struct client *c = client(w);
	long fd, anew;

	NEED_LOWER();
	fd = open_ok(c, "low", O_RDONLY);
	EXPECT_OK_OR_SKIP(client_unlink(c, "low"), "unlink");
	anew = open_ok(c, "low", O_RDWR | O_CREAT | O_EXCL);

	EXPECT_WRITE_BY(c, BY_PREAD, anew, PAGE, 0, OTHER);
	EXPECT_READ_BY(c, BY_PREAD, fd, PAGE, 0, LOWER_SEED);
	EXPECT_BACKING_PATTERN("low", OTHER, PAGE, 0);
	EXPECT_LOWER_UNCHANGED();
}

/* --- A13: no copy-up ------------------------------------------------------------------- */

#define ROOM (EXTERNAL_FILLED / 2) /* not for a whole copy */

#define ALL_OR_NOTHING \
	"make the copy under another name, and rename it when it is whole; if that fails, fail the open with " \
	"the same error, and remove the half copy: do not write to the lower file instead"

static int fill_up(void)
{
	struct statvfs st;
	int fd = open(backing_path("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), err;

	if (fd < 0 || fstatvfs(fd, &st) < 0)
		return -errno;
	err = fallocate(fd, 0, 0, (off_t)(st.f_bavail * st.f_bsize) - ROOM) < 0 ? -errno : 0;
	close(fd);
	return err;
}

static int forbid(bool full)
{
	return full ? fill_up() : world_set_mount_flags("backing", MS_BIND | MS_RDONLY);
}

static int allow(bool full)
{
	return full ? unlink(backing_path("filler")) : world_set_mount_flags("backing", MS_BIND);
}

static const struct world_opts small = { .backing_options = "size=8m" };

EXTERNAL_FIXTURE(no_copy_up);
FIXTURE_VARIANT(no_copy_up)
{
	bool full;
	long error;
};
FIXTURE_VARIANT_ADD(no_copy_up, full) { .full = true, .error = -ENOSPC };
FIXTURE_VARIANT_ADD(no_copy_up, read_only) { .error = -EROFS };

CASE(no_copy_up, fails_and_leaves_file, .promise = "A13", .world = &small,
	.title = "with the upper directory full or read-only, writing opens of a lower file fail; it stays as it was",
	.advice = ALL_OR_NOTHING)
{
	struct client *c = client(w);
	long fd;

	NEED_LOWER();
	ASSERT_RET(forbid(variant->full), 0);

	EXPECT_FAILS(client_open(c, "low", O_RDWR), variant->error);
	EXPECT_LOWER_UNCHANGED();
	fd = open_ok(c, "low", O_RDONLY);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, LOWER_SEED);
}

CASE(no_copy_up, works_later, .promise = "A13", .world = &small,
	.title = "a lower file whose copy-up failed can be changed once there is room",
	.advice = ALL_OR_NOTHING)
{
	struct client *c = client(w);
	long fd;

	NEED_LOWER();
	ASSERT_RET(forbid(variant->full), 0);
	client_open(c, "low", O_RDWR);
	ASSERT_RET(allow(variant->full), 0);

	fd = open_ok(c, "low", O_RDWR);
	EXPECT_READ_BY(c, BY_PREAD, fd, EXTERNAL_FILLED, 0, LOWER_SEED);
	EXPECT_WRITE_BY(c, BY_PREAD, fd, PAGE, 0, OTHER);
	EXPECT_BACKING_PATTERN("low", OTHER, PAGE, 0);
	EXPECT_LOWER_UNCHANGED();
}

CASE_MAIN()
