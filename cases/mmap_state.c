// SPDX-License-Identifier: GPL-2.0
/* Effects of mappings on attributes, close, modes and memory. Promises M. */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED   7
#define RW     (PROT_READ | PROT_WRITE)
#define STORED 0xf5

/* 0 or -errno */
static long mmap_page(struct world *w, long fd, int flags)
{
	return errno_or_0(client_mmap(client(w), fd, RW, flags, PAGE, 0));
}

/* --- M2, M7, M14: attributes ------------------------------------------------ */

WORLD_FIXTURE(attributes);

CASE(attributes, kept_by_stores, .promise = "M2",
	.title = "stores in a mapping and msync(2) send no request and leave the cached mtime and size valid")
{
	struct statx before, after;
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &before), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETATTR");

	EXPECT_POKE(w, at, STORED);
	EXPECT_POKE(w, at + 100, STORED);
	EXPECT_RET(client_call(client(w), msync, at, PAGE, MS_SYNC), 0);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &after), 0);
	EXPECT_REQUESTS(w, "");
	EXPECT_HOLDS(!memcmp(&before.stx_mtime, &after.stx_mtime, sizeof(before.stx_mtime)),
		     "the cached mtime is unchanged");
	EXPECT_RET(after.stx_size, before.stx_size);
}

CASE(attributes, invalidated_by_write, .promise = "M2",
	.title = "unlike a store in a mapping, write(2) invalidates the cached attributes: stat(2) sends GETATTR")
{
	struct statx st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETATTR");

	EXPECT_WRITE(w, fd, "g");
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS(w, "GETXATTR GETATTR");
}

#define LONG_AGO 1

static long backing_mtime(void)
{
	struct stat st;

	return stat(backing_path("f"), &st) < 0 ? -errno : st.st_mtime;
}

CASE(attributes, store_changes_mtime, .promise = "M14",
	.title = "after a store in a shared mapping and msync(2), stat(2) shows the new mtime of the backing file",
	.xfail = "the cached mtime stays valid")
{
	const struct timespec long_ago[] = { { .tv_sec = LONG_AGO }, { .tv_sec = LONG_AGO } };
	struct statx st;
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(utimensat(AT_FDCWD, backing_path("f"), long_ago, 0), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	ASSERT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	ASSERT_RET(st.stx_mtime.tv_sec, LONG_AGO);

	ASSERT_RET(client_poke(client(w), at, STORED), 0);
	ASSERT_RET(client_call(client(w), msync, at, PAGE, MS_SYNC), 0);
	ASSERT_RET(backing_mtime() > LONG_AGO, true);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_HOLDS(st.stx_mtime.tv_sec > LONG_AGO, "stat(2) shows the new mtime");
}

WORLD_FIXTURE(access_time);
FIXTURE_VARIANT(access_time)
{
	bool mapped;
	const char *requests; /* of stat(2) */
};
FIXTURE_VARIANT_ADD(access_time, mmap) { .mapped = true, .requests = "GETATTR" };
FIXTURE_VARIANT_ADD(access_time, open_only) { .mapped = false, .requests = "" };

CASE(access_time, invalidated_by_mmap, .promise = "M7",
	.title = "mmap(2), but not open(2) alone, invalidates the cached atime: stat(2) then sends GETATTR")
{
	struct statx st;
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");

	if (variant->mapped)
		mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_fstatx(client(w), fd, 0, &st), 0);
	EXPECT_REQUESTS(w, variant->requests);
}

/* --- M4: close while mapped -------------------------------------------------- */

WORLD_FIXTURE(close_while_mapped);

CASE(close_while_mapped, sends_release_at_once, .promise = "M4",
	.title = "close(2) of a mapped file sends FLUSH and RELEASE at once; the mapping stays usable")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open drop=at-release");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_CLOSE(w, fd);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH RELEASE");

	EXPECT_PEEK(w, at, 'f');
	EXPECT_POKE(w, at, 'F');
	EXPECT_BACKING("f", "F");
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(next_open);
FIXTURE_VARIANT(next_open)
{
	const char *rule;
	bool after_close;
	long result;
};
FIXTURE_VARIANT_ADD(next_open,
		    cached_after_close) { .rule = "f", .after_close = true, .result = 0 };
FIXTURE_VARIANT_ADD(next_open,
		    cached_before_close) { .rule = "f", .after_close = false, .result = -EIO };
FIXTURE_VARIANT_ADD(next_open, other_id_after_close) { .rule = "f reg=at-open",
						       .after_close = true,
						       .result = 0 };
FIXTURE_VARIANT_ADD(next_open, other_id_before_close) { .rule = "f reg=at-open",
							.after_close = false,
							.result = -EIO };

CASE(next_open, ignores_mapping, .promise = "M4",
	.title = "close(2) of a mapped file ends passthrough mode; a cached open or another ID gets EIO only before")
{
	long fd;

	open_rule(w, "f reg=at-open");
	open_rule(w, "%s", variant->rule);
	fd = open_ok(w, "f", O_RDWR);
	mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	if (variant->after_close)
		EXPECT_CLOSE(w, fd);

	EXPECT_RET(errno_or_0(client_open(client(w), "f", O_RDWR)), variant->result);
}

CASE(close_while_mapped, mapping_pins_mount, .promise = "M4",
	.title = "after close(2) the mapping alone keeps the FUSE mount busy until munmap(2)")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDONLY);
	at = mmap_ok(w, fd, PROT_READ, MAP_PRIVATE, PAGE, 0);
	EXPECT_CLOSE(w, fd);
	EXPECT_PASSES_THROUGH(w);

	EXPECT_RET(world_umount("fuse"), -EBUSY);
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- M5: direct I/O --------------------------------------------------- */

WORLD_FIXTURE(direct_io);
FIXTURE_VARIANT(direct_io)
{
	const char *init;
	int flags;
	long after_close; /* result of mmap(2) once the passthrough file is closed */
};
FIXTURE_VARIANT_ADD(direct_io,
		    map_private) { .init = "depth=1", .flags = MAP_PRIVATE, .after_close = 0 };
FIXTURE_VARIANT_ADD(direct_io,
		    map_shared) { .init = "depth=1", .flags = MAP_SHARED, .after_close = -ENODEV };
FIXTURE_VARIANT_ADD(direct_io, map_private_allow_mmap) { .init = "direct-io-allow-mmap",
							 .flags = MAP_PRIVATE,
							 .after_close = 0 };
FIXTURE_VARIANT_ADD(direct_io, map_shared_allow_mmap) { .init = "direct-io-allow-mmap",
							.flags = MAP_SHARED,
							.after_close = 0 };

static const struct world_opts before_init = { .no_start = true };

CASE(direct_io, beside_passthrough_enodev, .promise = "M5", .world = &before_init,
	.title = "while the inode is open for passthrough, mmap(2) of its DIRECT_IO open file fails with ENODEV")
{
	long direct, passthrough;

	START(w, variant->init);
	open_rule(w, "f flags=direct_io");
	open_rule(w, "f reg=at-open");
	direct = open_ok(w, "f", O_RDWR);
	passthrough = open_ok(w, "f", O_RDWR);

	EXPECT_RET(mmap_page(w, direct, variant->flags), -ENODEV);
	EXPECT_RET(mmap_page(w, passthrough, variant->flags), 0);
	EXPECT_CLOSE(w, passthrough);
	EXPECT_RET(mmap_page(w, direct, variant->flags), variant->after_close);
}

/* --- M1, M8: madvise(2) ------------------------------------------------------- */

WORLD_FIXTURE(madvise);

CASE(madvise, remove_punches_backing_file, .promise = "M8",
	.title = "MADV_REMOVE punches a hole in the backing file and sends no FALLOCATE")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, 2 * PAGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);

	EXPECT_RET(client_call(client(w), madvise, at, PAGE, MADV_REMOVE), 0);
	EXPECT_PEEK(w, at, 0);
	EXPECT_RET(backing_match("f", SEED, 1, 0), 0);
	EXPECT_BACKING_PATTERN("f", SEED, PAGE, PAGE);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(madvise, fallocate_sends_request, .promise = "M8",
	.title = "unlike MADV_REMOVE, punching a hole by fallocate(2) sends FALLOCATE")
{
	long fd;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);

	EXPECT_RET(client_call(client(w), fallocate, fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       0, PAGE),
		   -EOPNOTSUPP);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR FALLOCATE");
}

WORLD_FIXTURE(madvise_hint);
FIXTURE_VARIANT(madvise_hint)
{
	int advice;
};
FIXTURE_VARIANT_ADD(madvise_hint, madv_willneed) { .advice = MADV_WILLNEED };
FIXTURE_VARIANT_ADD(madvise_hint, madv_populate_read) { .advice = MADV_POPULATE_READ };
FIXTURE_VARIANT_ADD(madvise_hint, madv_populate_write) { .advice = MADV_POPULATE_WRITE };
FIXTURE_VARIANT_ADD(madvise_hint, madv_dontneed) { .advice = MADV_DONTNEED };

CASE(madvise_hint, sends_no_request, .promise = "M1",
	.title = "madvise(2) that reads ahead, populates or drops pages sends no request and loses no store")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);

	EXPECT_POKE(w, at, 'F');
	EXPECT_RET(client_call(client(w), madvise, at, PAGE, variant->advice), 0);
	EXPECT_PEEK(w, at, 'F');
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- M9: backing files without mmap(2) ----------------------------------------- */

WORLD_FIXTURE(unmappable_backing);

CASE(unmappable_backing, mmap_enodev, .promise = "M9", .since = "6.12",
	.title = "mmap(2) of a backing file that cannot be mapped pins nothing and fails with ENODEV")
{
	long id, fd;

	EXPECT_RET(world_start_other(w, "no-passthrough"), 0);
	other_open_rule(w, "f flags=direct_io");
	ASSERT_POSITIVE(id = server_backing_open(w, world_path("other", "f"), "mode=path"));
	open_rule(w, "f reg=reuse");
	fd = open_ok(w, "f", O_RDWR);

	EXPECT_RET(mmap_page(w, fd, MAP_SHARED), -ENODEV);
	EXPECT_CLOSE(w, fd);
	EXPECT_RET(server_drop(w, id), 0);
	EXPECT_RET(world_umount("other"), 0);
}

/* --- M10: executable --------------------------------------------------------- */

WORLD_FIXTURE(prot_exec);
FIXTURE_VARIANT(prot_exec)
{
	const char *noexec_mount;
	long result;
	bool unspecified; /* mmap(2) does not say which mount of a stack counts */
};
FIXTURE_VARIANT_ADD(prot_exec, no_noexec) { .noexec_mount = NULL };
FIXTURE_VARIANT_ADD(prot_exec, fuse_noexec) { .noexec_mount = "fuse", .result = -EPERM };
FIXTURE_VARIANT_ADD(prot_exec, backing_noexec) { .noexec_mount = "backing", .unspecified = true };

static int make_noexec(const char *dir)
{
	return mount(NULL, world_path(dir, ""), NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL) < 0 ?
		       -errno :
		       0;
}

CASE(prot_exec, follows_fuse_mount, .promise = "M10",
	.title = "noexec on the FUSE mount, not on the backing mount, makes a PROT_EXEC mapping fail with EPERM")
{
	long fd, result;

	open_rule(w, "f reg=at-open");
	if (variant->noexec_mount)
		EXPECT_RET(make_noexec(variant->noexec_mount), 0);
	fd = open_ok(w, "f", O_RDONLY);
	EXPECT_PASSES_THROUGH(w);

	result =
		errno_or_0(client_mmap(client(w), fd, PROT_READ | PROT_EXEC, MAP_PRIVATE, PAGE, 0));
	if (variant->unspecified)
		TODAY(EXPECT_RET(result, variant->result));
	else
		EXPECT_RET(result, variant->result);
}

CASE_MAIN()
