// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that ask for a page cache: that of the backing file, or that of FUSE. Promises D9, T4 to
 * T7.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE  sysconf(_SC_PAGESIZE)
#define SEED  7
#define RW    (PROT_READ | PROT_WRITE)
#define USER  1000
#define PAGES 64
#define AHEAD 16 /* pages; also if they have 64 KiB, the device reads them at once */

static const struct world_opts on_ext4 = { .backing = "ext4" };

/* --- mincore(2) ------------------------------------------------------------------ */

struct mincore_arg {
	void *at;
	long pages;
	unsigned char resident[PAGES];
};

static int64_t do_mincore(void *data)
{
	struct mincore_arg *arg = data;

	return mincore(arg->at, arg->pages * PAGE, arg->resident) < 0 ? -errno : 0;
}

/* "-R-": which pages are resident. Static. */
static const char *resident_pages(struct world *w, int64_t at, long pages)
{
	struct mincore_arg arg = { .at = (void *)(uintptr_t)at, .pages = pages };
	static char map[PAGES + 1];
	long err = client_run(client(w), do_mincore, &arg, sizeof(arg), "mincore %ld pages", pages);

	if (err < 0)
		return "mincore failed";
	for (long i = 0; i < pages; i++)
		map[i] = arg.resident[i] & 1 ? 'R' : '-';
	map[pages] = 0;
	return map;
}

/* f has three pages, of which only that in the middle is no hole. */
static long make_holes(void)
{
	if (truncate(backing_path("f"), 0) < 0 || truncate(backing_path("f"), 3 * PAGE) < 0)
		return -errno;
	return backing_fill("f", SEED, PAGE, PAGE);
}

WORLD_FIXTURE(residency);

CASE(residency, mincore_shows_backing_file, .promise = "T4",
	.title = "mincore(2) of a passthrough mapping shows which pages of the backing file are in memory")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(make_holes(), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, 3 * PAGE, 0);
	EXPECT_TEXT(resident_pages(w, at, 3), "-R-");
	EXPECT_POKE(w, at, 1);
	EXPECT_TEXT(resident_pages(w, at, 3), "RR-");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(residency, follows_backing_owner, .promise = "T5",
	.title = "mincore(2) tells an ordinary user nothing if the backing file is not its own, whose FUSE file is")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(make_holes(), 0);
	ASSERT_RET(chown(backing_path("f"), USER, USER), 0);
	ASSERT_RET(client_setuid(client(w), USER), 0);
	fd = open_ok(w, "f", O_RDONLY);
	at = mmap_ok(w, fd, PROT_READ, MAP_SHARED, 3 * PAGE, 0);
	EXPECT_TEXT(resident_pages(w, at, 3), "-R-");
	ASSERT_RET(chown(backing_path("f"), 0, 0), 0);
	EXPECT_TEXT(resident_pages(w, at, 3), "RRR"); /* what mincore(2) says to others */
}

/* --- cachestat(2) ----------------------------------------------------------------- */

struct page_cache {
	uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

struct cachestat_arg {
	int fd;
	uint64_t range[2];
	struct page_cache pages;
};

static int64_t do_cachestat(void *data)
{
	struct cachestat_arg *arg = data;

	return syscall(SYS_cachestat, arg->fd, arg->range, &arg->pages, 0) < 0 ?
		       -errno :
		       (long)arg->pages.cached;
}

/* Pages in the page cache of the client's file, or -errno. */
static long client_cached_pages(struct world *w, int fd)
{
	struct cachestat_arg arg = { .fd = fd };

	return client_run(client(w), do_cachestat, &arg, sizeof(arg), "cachestat fd %d", fd);
}

static struct page_cache backing_cache(void)
{
	struct cachestat_arg arg = { .fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC) };

	do_cachestat(&arg);
	close(arg.fd);
	return arg.pages;
}

#define SKIP_WITHOUT_CACHESTAT() \
	do { \
		if (syscall(SYS_cachestat, -1, NULL, NULL, 0) < 0 && errno == ENOSYS) \
			CASE_SKIP("config: no cachestat(2) (set CONFIG_CACHESTAT_SYSCALL=y)"); \
	} while (0)

/* Drops the clean pages of the backing file f from memory. 0 or an error number. */
static int backing_evict(void)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	int err = fsync(fd) < 0 ? errno : posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);

	close(fd);
	return err;
}

WORLD_FIXTURE(cachestat);

CASE(cachestat, counts_fuse_pages, .promise = "T6", .world = &on_ext4,
	.title = "cachestat(2) of a passthrough file counts the empty FUSE page cache, not that of the backing file")
{
	long fd;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGES * PAGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGES * PAGE, 0, SEED);
	EXPECT_RET(client_cached_pages(w, fd), 0);
	EXPECT_RET(backing_cache().cached, PAGES);
}

/* --- posix_fadvise(2) -------------------------------------------------------------- */

WORLD_FIXTURE(fadvise);

CASE(fadvise, dontneed_keeps_backing_pages, .promise = "T6", .world = &on_ext4,
	.title = "POSIX_FADV_DONTNEED of a passthrough file drops no page of the backing file")
{
	long fd;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGES * PAGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGES * PAGE, 0, SEED);
	EXPECT_RET(client_call(client(w), fsync, fd), 0);
	EXPECT_RET(client_call(client(w), posix_fadvise, fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	EXPECT_RET(backing_cache().cached, PAGES);
	EXPECT_RET(backing_evict(), 0);
	EXPECT_HOLDS(backing_cache().cached < PAGES,
		     "the same advice on the backing file drops pages");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FSYNC");
}

CASE(fadvise, random_reads_ahead, .promise = "T6", .world = &on_ext4,
	.title = "POSIX_FADV_RANDOM of a passthrough file does not turn off readahead of the backing file")
{
	long fd;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGES * PAGE, 0);
	ASSERT_RET(backing_evict(), 0);
	ASSERT_RET(backing_cache().cached, 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(client(w), posix_fadvise, fd, 0, 0, POSIX_FADV_RANDOM), 0);
	EXPECT_READ_BY(w, BY_PREAD, fd, PAGE, 0, SEED);
	EXPECT_HOLDS(backing_cache().cached > 1, "more than the page that was read is cached");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- RWF_DSYNC, RWF_SYNC ------------------------------------------------------------ */

WORLD_FIXTURE(sync_write);
FIXTURE_VARIANT(sync_write)
{
	int flag;
};
FIXTURE_VARIANT_ADD(sync_write, rwf_dsync) { .flag = RWF_DSYNC };
FIXTURE_VARIANT_ADD(sync_write, rwf_sync) { .flag = RWF_SYNC };

CASE(sync_write, cleans_backing_file, .promise = "D9", .world = &on_ext4,
	.title = "pwritev2(2) with RWF_DSYNC or RWF_SYNC writes its page of the backing file to the device")
{
	struct client *c = client(w);
	long fd;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGE, 0);
	ASSERT_RET(backing_evict(), 0);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, SEED + 1, 0), PAGE);
	EXPECT_POSITIVE(backing_cache().dirty);
	EXPECT_RET(client_pwritev2(c, fd, PAGE, 0, SEED + 2, variant->flag), PAGE);
	EXPECT_RET(backing_cache().dirty + backing_cache().writeback, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR");
}

/* --- madvise(2) and msync(2) -------------------------------------------------------- */

WORLD_FIXTURE(mapping);

CASE(mapping, madv_willneed_reads_ahead, .promise = "T4", .world = &on_ext4,
	.title = "MADV_WILLNEED of a passthrough mapping reads the backing file ahead and sends no READ")
{
	int64_t fd, at;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGES * PAGE, 0);
	ASSERT_RET(backing_evict(), 0);
	ASSERT_RET(backing_cache().cached, 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGES * PAGE, 0);
	EXPECT_RET(client_call(client(w), madvise, at, AHEAD * PAGE, MADV_WILLNEED), 0);
	EXPECT_RET(backing_cache().cached, AHEAD);
	EXPECT_RET(client_cached_pages(w, fd), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(mapping, msync_cleans_backing_file, .promise = "T7", .world = &on_ext4,
	.title = "msync(2) with MS_SYNC writes the dirty pages of the backing file to its device and sends no FSYNC")
{
	int64_t fd, at;

	SKIP_WITHOUT_CACHESTAT();
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGES * PAGE, 0);
	ASSERT_RET(backing_evict(), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGES * PAGE, 0);
	EXPECT_POKE(w, at, 1);
	EXPECT_POSITIVE(backing_cache().dirty); /* of a large folio all */
	EXPECT_RET(client_call(client(w), msync, at, PAGES * PAGE, MS_SYNC), 0);
	EXPECT_RET(backing_cache().dirty + backing_cache().writeback, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
