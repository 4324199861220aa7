// SPDX-License-Identifier: GPL-2.0
/* Reads, writes and mappings when an allocation in the kernel fails. Promises X3 to X5. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/fault_injection_helpers.h"
#include "world/io_methods.h"

enum { SEED = 1 };

#define PAGE   sysconf(_SC_PAGESIZE)
#define SIZE   (3 * PAGE)
#define OFFSET (100 * PAGE) /* where the page cache needs more than one node */
#define PIECE  CLIENT_DATA_MAX

static const struct world_opts on_disk = { .backing = "ext4" };

/* Drops the cached pages of the backing file, which is on disk. 0 or -errno. */
static int drop_pages(void)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	err = err ?: -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return err;
}

/* Makes all of the backing file one hole, without a page in memory. 0 or -errno. */
static int make_hole(void)
{
	const char *path = backing_path("f");

	return truncate(path, 0) < 0 || truncate(path, OFFSET + SIZE) < 0 ? -errno : 0;
}

/* --- one system call ---------------------------------------------------------------- */

typedef int64_t call_fn(struct client *c, long fd);

static int64_t call_read(struct client *c, long fd)
{
	char data[PIECE];

	return client_read(c, fd, data, sizeof(data), OFFSET);
}

static int64_t call_write(struct client *c, long fd)
{
	static const char data[PIECE];

	return client_write(c, fd, data, sizeof(data), OFFSET);
}

static int64_t call_map(struct client *c, long fd)
{
	return client_mmap(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, OFFSET);
}

/* What each try does to a file that was just opened, and to the backing file before that. */
static call_fn *call;
static int (*prepare)(void);

/* -ENODATA: the call returned 0, as at EOF, and not for lack of memory. */
static int64_t call_with_failure(struct world *w, unsigned int nth, bool *failed)
{
	int64_t fd = client_open(client(w), "f", O_RDWR), result = prepare();

	client_fail_nth(client(w), nth);
	result = result ?: call(client(w), fd);
	*failed = client_failed(client(w));
	if (call == call_map && result > 0)
		client_call(client(w), munmap, result, PAGE);
	client_close(client(w), fd);
	return fd < 0 ? fd : result ?: -ENODATA;
}

/* Neither tries that succeeded nor those that failed pin the backing file. */
#define EXPECT_NOTHING_PINNED(w) \
	do { \
		world_requests(w); /* when it returns, the server has handled each RELEASE */ \
		EXPECT_BACKING_FREE(); \
	} while (0)

#define OPEN_RULE "f reg=at-open drop=at-release times=any"

WORLD_FIXTURE(first_call);

CASE(first_call, read_ok_or_enomem_or_eio, .promise = "X3", .needs = NEED_FAULTS,
	.world = &on_disk,
	.title = "if an allocation fails, the first read succeeds or fails with ENOMEM or EIO; nothing stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_RULE);
	backing_fill_ok("f", SEED, SIZE, OFFSET);
	call = call_read;
	prepare = drop_pages;
	report = alloc_failures_each(w, call_with_failure);

	EXPECT_ALLOC_FAILED(report); /* perhaps none with ENOMEM: readahead is retried */
	EXPECT_RET(report.last, PIECE);
	EXPECT_NOTHING_PINNED(w);
}

/* The server is asked for a capability before each write, as it never says ENOSYS. */
CASE(first_call, write_ok_or_enomem_or_eio, .promise = "X4", .needs = NEED_FAULTS,
	.abilities = "override-reply",
	.title = "if an allocation fails, the first write succeeds or fails with ENOMEM or EIO; nothing stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_RULE);
	ASSERT_RET(server_override_reply(w, "GETXATTR", "ENODATA"), 0);
	call = call_write;
	prepare = make_hole;
	report = alloc_failures_each(w, call_with_failure);

	EXPECT_ENOMEM(report);
	EXPECT_RET(report.last, PIECE);
	EXPECT_NOTHING_PINNED(w);
}

CASE(first_call, mmap_ok_or_enomem_or_eio, .promise = "X5", .needs = NEED_FAULTS,
	.title = "if an allocation fails, mmap(2) succeeds or fails with ENOMEM or EIO; neither file stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_RULE);
	call = call_map;
	prepare = make_hole;
	report = alloc_failures_each(w, call_with_failure);

	EXPECT_ENOMEM(report);
	EXPECT_POSITIVE(report.last);
	EXPECT_NOTHING_PINNED(w);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- each I/O method, with what it sets up ---------------------------------------------- */

/* Not io_uring: its I/O is done by a worker, in which no allocation is made to fail. */

static enum io_method io_method;

/* What an I/O method returns instead of ENOMEM for what it sets up itself. */
static bool means_no_memory(long error)
{
	switch (io_method) {
	case BY_AIO: /* io_submit(2) for its request */
		return error == -EAGAIN;
	case BY_SPLICE: /* pipe2(2) */
		return error == -ENFILE;
	case BY_SENDFILE: /* memfd_create(2) */
		return error == -ENOSPC;
	default:
		return false;
	}
}

static int64_t read_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd = client_open(client(w), "f", O_RDONLY), result = drop_pages();

	client_fail_nth(client(w), nth);
	result = result ?: client_read_by(client(w), io_method, fd, SIZE, OFFSET, SEED);
	*failed = client_failed(client(w));
	client_close(client(w), fd);
	return fd < 0 ? fd : means_no_memory(result) ? -ENOMEM : result ?: -ENODATA;
}

static int64_t write_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd = client_open(client(w), "f", O_RDWR), result = make_hole();

	client_fail_nth(client(w), nth);
	result = result ?: client_write_by(client(w), io_method, fd, SIZE, OFFSET, SEED);
	*failed = client_failed(client(w));
	client_close(client(w), fd);
	return fd < 0 ? fd : means_no_memory(result) ? -ENOMEM : result ?: -ENODATA;
}

#define EXPECT_DONE_OR_ENOMEM(report) \
	do { \
		EXPECT_ENOMEM(report); \
		EXPECT_RET((report).last, SIZE); \
	} while (0)

IO_METHOD_FIXTURE(read);
FIXTURE_VARIANT_ADD(read, pread) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(read, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(read, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(read, sendfile) { .io_method = BY_SENDFILE };
FIXTURE_VARIANT_ADD(read, mmap_shared) { .io_method = BY_MMAP_SHARED };
FIXTURE_VARIANT_ADD(read, mmap_private) { .io_method = BY_MMAP_PRIVATE };

CASE(read, data_or_enomem_or_eio, .promise = "X3", .needs = NEED_FAULTS,
	.world = &on_disk,
	.title = "if an allocation fails, a read returns correct data or fails for lack of memory or with EIO")
{
	struct alloc_failures report;

	SKIP_UNLESS(variant->needs);
	open_rule(w, OPEN_RULE);
	backing_fill_ok("f", SEED, SIZE, OFFSET);
	io_method = variant->io_method;
	report = alloc_failures_each(w, read_once);

	EXPECT_DONE_OR_ENOMEM(report);
	EXPECT_NOTHING_PINNED(w);
}

IO_METHOD_FIXTURE(write);
FIXTURE_VARIANT_ADD(write, pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(write, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(write, splice) { .io_method = BY_SPLICE };
FIXTURE_VARIANT_ADD(write, sendfile) { .io_method = BY_SENDFILE };
FIXTURE_VARIANT_ADD(write, mmap_shared) { .io_method = BY_MMAP_SHARED };

CASE(write, ok_or_enomem_or_eio, .promise = "X4", .needs = NEED_FAULTS,
	.title = "if an allocation fails, a write succeeds or fails for lack of memory or with EIO; a retry writes all")
{
	struct alloc_failures report;

	SKIP_UNLESS(variant->needs);
	open_rule(w, OPEN_RULE);
	io_method = variant->io_method;
	report = alloc_failures_each(w, write_once);

	EXPECT_DONE_OR_ENOMEM(report);
	EXPECT_BACKING_PATTERN("f", SEED, SIZE, OFFSET);
	EXPECT_NOTHING_PINNED(w);
}

CASE_MAIN()
