// SPDX-License-Identifier: GPL-2.0
/*
 * Backing files on every filesystem that can be made here: at "other", while the FUSE mount shows
 * the tmpfs at "backing", whose file f has one byte. Promises D1, D3, D8, D13, R20, T58.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fsverity.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/backing_fs.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE  sysconf(_SC_PAGESIZE)
#define PAGES (21 * PAGE) /* a third and a seventh, readv(2) segments, are whole pages */

#define FILE_ON_OTHER "../other/f" /* for the backing_*() functions */

struct filesystem {
	const char *type, *options;
};

#define EACH_WRITABLE_FILESYSTEM(fixture) \
	FIXTURE_VARIANT(fixture) \
	{ \
		struct filesystem fs; \
	}; \
	FIXTURE_VARIANT_ADD(fixture, tmpfs) { .fs = { "tmpfs", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, huge_tmpfs) { .fs = { "tmpfs", "huge=always" } }; \
	FIXTURE_VARIANT_ADD(fixture, ramfs) { .fs = { "ramfs", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, ext4) { .fs = { "ext4", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, xfs) { .fs = { "xfs", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, btrfs) { .fs = { "btrfs", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, vfat) \
	{ \
		.fs = { "vfat", NULL } \
	}

#define EACH_READ_ONLY_FILESYSTEM(fixture) \
	FIXTURE_VARIANT(fixture) \
	{ \
		struct filesystem fs; \
	}; \
	FIXTURE_VARIANT_ADD(fixture, erofs) { .fs = { "erofs", NULL } }; \
	FIXTURE_VARIANT_ADD(fixture, squashfs) \
	{ \
		.fs = { "squashfs", NULL } \
	}

static const char *missing(const struct filesystem *fs)
{
	if (fs->options && access("/sys/kernel/mm/transparent_hugepage", F_OK) < 0)
		return "config: no huge pages (set CONFIG_TRANSPARENT_HUGEPAGE=y)";
	return backing_fs_missing(fs->type);
}

#define SKIP_IF_MISSING(fs) \
	do { \
		const char *_missing = missing(fs); \
		if (_missing) \
			CASE_SKIP("%s", _missing); \
	} while (0)

/*
 * Mounts the filesystem at "other"; a file f there, of @size bytes of pattern OLD, is on it in the
 * end: a read-only filesystem is made of it, another gets it. 0 or -errno.
 */
static int mount_with_f(const struct filesystem *fs, bool read_only, size_t size)
{
	int err = read_only ? backing_fill(FILE_ON_OTHER, OLD, size, 0) : 0;

	err = err   ?:
		      backing_fs_mount(fs->type, fs->options, world_path("other", ""),
				       world_path("image", ""));
	if (err || read_only)
		return err;
	return backing_fill(FILE_ON_OTHER, OLD, size, 0);
}

/* Registers it, for one further open rule "f reg=reuse". */
static long register_on(struct world *w, const struct filesystem *fs, bool read_only, size_t size)
{
	int err = mount_with_f(fs, read_only, size);

	if (err < 0) {
		case_note_broken("cannot make %s: %s", fs->type, strerror(-err));
		return -EPROTO;
	}
	return registered(w, server_backing_open(w, world_path("other", "f"), "mode=ro"));
}

static bool method_is_there(enum io_method method)
{
	return !(method == BY_AIO && need_missing(NEED_AIO)) &&
	       !(method == BY_IO_URING && need_missing(NEED_IO_URING));
}

/* Methods that differ in nothing that a filesystem sees are not tried with each. */
static const enum io_method methods[] = { BY_PREAD,	  BY_READV,	   BY_SPLICE, BY_SENDFILE,
					  BY_MMAP_SHARED, BY_MMAP_PRIVATE, BY_AIO,    BY_IO_URING };
#define METHODS (sizeof(methods) / sizeof(methods[0]))

static void expect_reads(struct world *w, long fd, uint32_t seed)
{
	for (size_t i = 0; i < METHODS; i++)
		if (method_is_there(methods[i]))
			EXPECT_READ_BY(w, methods[i], fd, PAGES, 0, seed);
}

/* Each with a pattern of its own. */
static void expect_writes(struct world *w, long fd)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (!method_is_there(methods[i]) || methods[i] == BY_MMAP_PRIVATE)
			continue;
		EXPECT_WRITE_BY(w, methods[i], fd, PAGES, 0, NEW + i);
		EXPECT_BACKING_PATTERN_EXACTLY(FILE_ON_OTHER, NEW + i, PAGES, 0);
	}
}

WORLD_FIXTURE(writable);
EACH_WRITABLE_FILESYSTEM(writable);

CASE(writable, every_method_bypasses_server, .promise = "D1",
	.title = "on each filesystem every method reads and writes the backing file and sends no request")
{
	long fd;

	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, false, PAGES));
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDWR);

	expect_reads(w, fd, OLD);
	expect_writes(w, fd);
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING("f", "f");
}

CASE(writable, append_follows_growth, .promise = "D8",
	.title = "on each filesystem an append goes to the EOF of the backing file, though it grew outside FUSE")
{
	long fd;

	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, false, PAGE));
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_WRONLY | O_APPEND);
	backing_fill_ok(FILE_ON_OTHER, OLD, 5, PAGE);

	EXPECT_WRITE_BY(w, BY_READ, fd, 7, PAGE + 5, NEW);
	EXPECT_BACKING_PATTERN(FILE_ON_OTHER, OLD, PAGE + 5, 0);
	EXPECT_BACKING_PATTERN_EXACTLY(FILE_ON_OTHER, NEW, 7, PAGE + 5);
}

CASE(writable, truncation_outside_shortens, .promise = "D3",
	.title = "on each filesystem reads end and stores fault at the EOF of a backing file truncated outside FUSE")
{
	struct client *c = client(w);
	int64_t fd, map;

	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, false, PAGES));
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDWR);
	map = mmap_ok(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGES, 0);
	EXPECT_PEEK(c, map + PAGE, pattern_byte(OLD, PAGE));
	ASSERT_RET(truncate(world_path("other", "f"), 7), 0);

	EXPECT_RET(client_read_by(c, BY_PREAD, fd, PAGES, 0, OLD), 7);
	EXPECT_RET(client_read_by(c, BY_SPLICE, fd, PAGES, 7, OLD), 0);
	EXPECT_RET(client_peek(c, map + PAGE), -EFAULT);
	EXPECT_RET(client_poke(c, map + PAGE, 'x'), -EFAULT);
	EXPECT_POKE(c, map + 6, pattern_byte(NEW, 6));
	EXPECT_BACKING_PATTERN_EXACTLY(FILE_ON_OTHER, NEW, 1, 6);
	EXPECT_REQUESTS(w, "");
}

/* Whether it does direct I/O at all. */
static bool has_direct_io(int access)
{
	int fd = open(world_path("other", "f"), access | O_DIRECT | O_CLOEXEC);

	close(fd);
	return fd >= 0;
}

static const enum io_method direct_methods[] = { BY_PREAD, BY_READV, BY_AIO, BY_IO_URING };
#define DIRECT_METHODS (sizeof(direct_methods) / sizeof(direct_methods[0]))

CASE(writable, direct_io_if_filesystem_has_it, .promise = "D13",
	.title = "O_DIRECT works by every method if the backing filesystem has direct I/O, else the open fails")
{
	long fd;

	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, false, PAGES));
	open_rule(w, "f reg=reuse");
	if (!has_direct_io(O_RDWR)) {
		EXPECT_FAILS(client_open(client(w), "f", O_RDWR | O_DIRECT), -EIO);
		return;
	}
	fd = open_settled_ok(w, "f", O_RDWR | O_DIRECT);
	for (size_t i = 0; i < DIRECT_METHODS; i++) {
		if (!method_is_there(direct_methods[i]))
			continue;
		EXPECT_WRITE_BY(w, direct_methods[i], fd, PAGES, 0, NEW + i);
		EXPECT_READ_BY(w, direct_methods[i], fd, PAGES, 0, NEW + i);
		EXPECT_BACKING_PATTERN(FILE_ON_OTHER, NEW + i, PAGES, 0);
	}
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(read_only);
EACH_READ_ONLY_FILESYSTEM(read_only);

CASE(read_only, every_method_bypasses_server, .promise = "D1",
	.title = "on a read-only filesystem every method reads the backing file and sends no request")
{
	long fd;

	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, true, PAGES));
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDONLY);

	expect_reads(w, fd, OLD);
	EXPECT_REQUESTS(w, "");
}

CASE(read_only, write_open_eio, .promise = "R20",
	.title = "opening a file on a read-only filesystem type for writing fails with EIO and leaves nothing behind")
{
	SKIP_IF_MISSING(&variant->fs);
	ASSERT_POSITIVE(register_on(w, &variant->fs, true, PAGES));
	open_rule(w, "f reg=reuse");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	world_requests(w);
	EXPECT_RET(world_umount("other"), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- fs-verity ----------------------------------------------------------------------- */

static const struct filesystem with_verity = { "btrfs", NULL };

/* Of f at "other". 0 or -errno. */
static int enable_verity(void)
{
	struct fsverity_enable_arg arg = { .version = 1,
					   .hash_algorithm = FS_VERITY_HASH_ALG_SHA256,
					   .block_size = PAGE };
	int fd = open(world_path("other", "f"), O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || ioctl(fd, FS_IOC_ENABLE_VERITY, &arg) < 0 ? -errno : 0;

	close(fd);
	return err;
}

#define SKIP_WITHOUT_VERITY(err) \
	do { \
		if ((err) == -ENOTTY || (err) == -EOPNOTSUPP) \
			CASE_SKIP("config: no fs-verity (set CONFIG_FS_VERITY=y)"); \
	} while (0)

WORLD_FIXTURE(verity);

CASE(verity, file_is_read_only, .promise = "T58",
	.title = "a backing file with fs-verity is read by every method; opens for writing fail with EIO")
{
	long fd;
	int err;

	SKIP_IF_MISSING(&with_verity);
	ASSERT_POSITIVE(register_on(w, &with_verity, false, PAGES));
	err = enable_verity();
	SKIP_WITHOUT_VERITY(err);
	ASSERT_RET(err, 0);
	open_rule(w, "f reg=reuse times=2");

	EXPECT_FAILS(client_open(client(w), "f", O_RDWR), -EIO);
	fd = open_settled_ok(w, "f", O_RDONLY);
	expect_reads(w, fd, OLD);
	EXPECT_REQUESTS(w, "");
}

CASE(verity, enable_etxtbsy_while_open, .promise = "T58",
	.title = "enabling fs-verity fails with ETXTBSY while a passthrough file is open for writing, and works after")
{
	long fd;
	int err;

	SKIP_IF_MISSING(&with_verity);
	ASSERT_POSITIVE(register_on(w, &with_verity, false, PAGES));
	open_rule(w, "f reg=reuse");
	fd = open_settled_ok(w, "f", O_RDWR);
	err = enable_verity();
	SKIP_WITHOUT_VERITY(err);

	EXPECT_RET(err, -ETXTBSY);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_RET(enable_verity(), 0);
}

CASE_MAIN()
