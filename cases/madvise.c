// SPDX-License-Identifier: GPL-2.0
/*
 * madvise(2) of passthrough mappings against the same on a mapping of an ordinary file. Promise T8.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/case_helpers.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED   7
#define RW     (PROT_READ | PROT_WRITE)
#define STORED 0xf5

/* Maps two pages of a file and stores in the second: the address, or -errno. */
static int64_t map_and_store(struct world *w, long fd, int flags)
{
	int64_t at = client_mmap(client(w), fd, RW, flags, 2 * PAGE, 0);
	int64_t err = at < 0 ? at : client_poke(client(w), at + PAGE, STORED);

	return err < 0 ? err : at;
}

struct two_mappings {
	int64_t passthrough, ordinary;
};

/*
 * f is open for passthrough; g, of the same content, is the file of the backing filesystem itself.
 */
static struct two_mappings map_both(struct world *w, int flags)
{
	struct two_mappings at = { -EPROTO, -EPROTO };

	if (!world_open_rule(w, "f reg=at-open") || backing_fill("f", SEED, 2 * PAGE, 0) < 0 ||
	    backing_fill("g", SEED, 2 * PAGE, 0) < 0)
		return at;
	at.passthrough = map_and_store(w, client_open(client(w), "f", O_RDWR), flags);
	at.ordinary = map_and_store(w, client_open(client(w), backing_path("g"), O_RDWR), flags);
	return at;
}

/* The byte at each, or -EFAULT. */
#define EXPECT_SAME_BYTE(w, at, offset) \
	EXPECT_RET(client_peek(client(w), (at).passthrough + (offset)), \
		   client_peek(client(w), (at).ordinary + (offset)))

#define EXPECT_SAME_BYTES(w, at) \
	do { \
		EXPECT_SAME_BYTE(w, at, 0); \
		EXPECT_SAME_BYTE(w, at, 17); \
		EXPECT_SAME_BYTE(w, at, PAGE); \
		EXPECT_SAME_BYTE(w, at, PAGE + 17); \
	} while (0)

WORLD_FIXTURE(advice);
FIXTURE_VARIANT(advice)
{
	int number;
};
#define ADVICE(name, madv) \
	FIXTURE_VARIANT_ADD(advice, name) \
	{ \
		.number = madv \
	}
ADVICE(madv_normal, MADV_NORMAL);
ADVICE(madv_random, MADV_RANDOM);
ADVICE(madv_sequential, MADV_SEQUENTIAL);
ADVICE(madv_willneed, MADV_WILLNEED);
ADVICE(madv_dontneed, MADV_DONTNEED);
ADVICE(madv_dontneed_locked, MADV_DONTNEED_LOCKED);
ADVICE(madv_free, MADV_FREE);
ADVICE(madv_remove, MADV_REMOVE);
ADVICE(madv_dontfork, MADV_DONTFORK);
ADVICE(madv_dofork, MADV_DOFORK);
ADVICE(madv_mergeable, MADV_MERGEABLE);
ADVICE(madv_unmergeable, MADV_UNMERGEABLE);
ADVICE(madv_hugepage, MADV_HUGEPAGE);
ADVICE(madv_nohugepage, MADV_NOHUGEPAGE);
ADVICE(madv_dontdump, MADV_DONTDUMP);
ADVICE(madv_dodump, MADV_DODUMP);
ADVICE(madv_wipeonfork, MADV_WIPEONFORK);
ADVICE(madv_keeponfork, MADV_KEEPONFORK);
ADVICE(madv_cold, MADV_COLD);
ADVICE(madv_pageout, MADV_PAGEOUT);
ADVICE(madv_populate_read, MADV_POPULATE_READ);
ADVICE(madv_populate_write, MADV_POPULATE_WRITE);
ADVICE(madv_guard_install, MADV_GUARD_INSTALL);
ADVICE(madv_guard_remove, MADV_GUARD_REMOVE);

CASE(advice, shared_acts_as_on_backing_file, .promise = "T8",
	.title = "madvise(2) of a shared passthrough mapping returns and does what it does to an ordinary file's")
{
	struct two_mappings at = map_both(w, MAP_SHARED);

	ASSERT_POSITIVE(at.passthrough);
	ASSERT_POSITIVE(at.ordinary);
	EXPECT_RET(client_call(client(w), madvise, at.passthrough, 2 * PAGE, variant->number),
		   client_call(client(w), madvise, at.ordinary, 2 * PAGE, variant->number));
	EXPECT_SAME_BYTES(w, at);
	EXPECT_RET(backing_match("f", SEED, 2 * PAGE, 0), backing_match("g", SEED, 2 * PAGE, 0));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(advice, private_acts_as_on_backing_file, .promise = "T8",
	.title = "madvise(2) of a private passthrough mapping returns and does what it does to an ordinary file's")
{
	struct two_mappings at = map_both(w, MAP_PRIVATE);

	ASSERT_POSITIVE(at.passthrough);
	ASSERT_POSITIVE(at.ordinary);
	EXPECT_RET(client_call(client(w), madvise, at.passthrough, 2 * PAGE, variant->number),
		   client_call(client(w), madvise, at.ordinary, 2 * PAGE, variant->number));
	EXPECT_SAME_BYTES(w, at);
	EXPECT_BACKING_PATTERN("f", SEED, 2 * PAGE, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- of another process ------------------------------------------------------------- */

static long advise_client(struct world *w, int64_t at, int advice)
{
	const struct iovec range = { .iov_base = (void *)(uintptr_t)at, .iov_len = 2 * PAGE };
	int pidfd = pidfd_open(client(w)->pid, 0);
	long result = syscall(SYS_process_madvise, pidfd, &range, 1, advice, 0);

	result = result < 0 ? -errno : result;
	close(pidfd);
	return result;
}

WORLD_FIXTURE(process_madvise);
FIXTURE_VARIANT(process_madvise)
{
	int number;
};
FIXTURE_VARIANT_ADD(process_madvise, madv_willneed) { .number = MADV_WILLNEED };
FIXTURE_VARIANT_ADD(process_madvise, madv_cold) { .number = MADV_COLD };
FIXTURE_VARIANT_ADD(process_madvise, madv_pageout) { .number = MADV_PAGEOUT };

CASE(process_madvise, acts_as_on_backing_file, .promise = "T8",
	.title = "process_madvise(2) of a passthrough mapping returns and does what it does to an ordinary file's")
{
	struct two_mappings at = map_both(w, MAP_SHARED);

	ASSERT_POSITIVE(at.passthrough);
	ASSERT_POSITIVE(at.ordinary);
	EXPECT_RET(advise_client(w, at.passthrough, variant->number), 2 * PAGE);
	EXPECT_RET(advise_client(w, at.ordinary, variant->number), 2 * PAGE);
	EXPECT_SAME_BYTES(w, at);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- huge pages --------------------------------------------------------------------- */

#define HUGE (2L << 20)

static const struct world_opts huge_tmpfs = { .backing_options = "huge=advise" };

static long collapse(struct world *w, long fd)
{
	int64_t at = client_mmap(client(w), fd, RW, MAP_SHARED, HUGE, 0);

	return at < 0 ? at : client_call(client(w), madvise, at, HUGE, MADV_COLLAPSE);
}

WORLD_FIXTURE(huge_tmpfs_file);

/* Whether there is a huge page to be had is another matter: then the error is not EINVAL. */
CASE(huge_tmpfs_file, can_be_collapsed, .promise = "T8", .world = &huge_tmpfs,
	.title = "MADV_COLLAPSE of a passthrough mapping is supported where it is for the backing file")
{
	long fd, ordinary;

	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) < 0)
		CASE_SKIP("config: no huge pages (set CONFIG_TRANSPARENT_HUGEPAGE=y)");
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, HUGE, 0);
	backing_fill_ok("g", SEED, HUGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	ordinary = open_ok(w, backing_path("g"), O_RDWR);
	EXPECT_RET(collapse(w, fd) == -EINVAL, collapse(w, ordinary) == -EINVAL);
	EXPECT_BACKING_PATTERN("f", SEED, HUGE, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE_MAIN()
