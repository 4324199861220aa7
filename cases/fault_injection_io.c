// SPDX-License-Identifier: GPL-2.0
/* Reads, writes and mappings when the kernel gets no memory. Rows X. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/fault_injection_helpers.h"
#include "world/io_methods.h"

enum { SEED = 1 };

#define PAGE   4096L
#define SIZE   (3 * PAGE)
#define OFFSET (100 * PAGE) /* where the page cache needs more than one node */

static const struct world_opts on_disk = { .backing = "ext4" };

/* Of the backing file on disk, as if it had never been read. 0 or -errno. */
static int forget_pages(void)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	err = err ?: -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	close(fd);
	return err;
}

/* The backing file is as large as ever, and has no page in memory. 0 or -errno. */
static int empty_file(void)
{
	const char *path = backing_path("f");

	return truncate(path, 0) < 0 || truncate(path, OFFSET + SIZE) < 0 ? -errno : 0;
}

/* --- one system call ---------------------------------------------------------------- */

typedef long call_fn(struct client *c, long fd);

static long call_read(struct client *c, long fd)
{
	char data[PAGE];

	return client_read(c, fd, data, sizeof(data), OFFSET);
}

static long call_write(struct client *c, long fd)
{
	static const char data[PAGE];

	return client_write(c, fd, data, sizeof(data), OFFSET);
}

static long call_map(struct client *c, long fd)
{
	return client_mmap(c, fd, PROT_READ | PROT_WRITE, MAP_SHARED, PAGE, OFFSET);
}

/*
 * What is tried on a file that was just opened, and what is done to the backing file before.
 * -ENODATA: it says that the file ends, which is no lack of memory.
 */
static call_fn *call;
static int (*prepare)(void);

static long call_failing(struct world *w, unsigned int nth, bool *failed)
{
	long fd = client_open(client(w), "f", O_RDWR), result = prepare();

	client_fail_nth(client(w), nth);
	result = result ?: call(client(w), fd);
	*failed = client_failed(client(w));
	if (call == call_map && result > 0)
		client_call(client(w), munmap, result, PAGE);
	client_close(client(w), fd);
	return fd < 0 ? fd : result ?: -ENODATA;
}

/* Nothing holds the backing file, neither what succeeded nor what failed. */
#define EXPECT_NOTHING_HELD(w)                                                                \
	do {                                                                                  \
		world_requests(w); /* by now the server has seen each RELEASE */                   \
		EXPECT_BACKING_FREE();                                       \
	} while (0)

#define OPEN_AGAIN_AND_AGAIN "f reg=at-open drop=at-release times=any"

WORLD_FIXTURE(first_call);

CASE(first_call, read_ok_or_enomem_or_eio, .promise = "X3", .needs = NEED_FAULTS,
	.world = &on_disk,
	.title = "if an allocation fails, the first read succeeds or fails with ENOMEM or EIO; nothing stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_AGAIN_AND_AGAIN);
	backing_fill_ok("f", SEED, SIZE, OFFSET);
	call = call_read, prepare = forget_pages;
	report = alloc_failures_each(w, call_failing);

	EXPECT_ALLOC_FAILED(report); /* what fails while reading ahead is tried again */
	EXPECT_RET(report.last, PAGE);
	EXPECT_NOTHING_HELD(w);
}

/* With a server that is asked each time, as there might be a capability. */
CASE(first_call, write_ok_or_enomem_or_eio, .promise = "X4", .needs = NEED_FAULTS,
	.abilities = "answers",
	.title = "if an allocation fails, the first write succeeds or fails with ENOMEM or EIO; nothing stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_AGAIN_AND_AGAIN);
	ASSERT_RET(server_answer(w, "GETXATTR", "ENODATA"), 0);
	call = call_write, prepare = empty_file;
	report = alloc_failures_each(w, call_failing);

	EXPECT_ENOMEM(report);
	EXPECT_RET(report.last, PAGE);
	EXPECT_NOTHING_HELD(w);
}

CASE(first_call, mmap_ok_or_enomem_or_eio, .promise = "X5", .needs = NEED_FAULTS,
	.title = "if an allocation fails, mmap(2) succeeds or fails with ENOMEM or EIO; neither file stays pinned")
{
	struct alloc_failures report;

	open_rule(w, OPEN_AGAIN_AND_AGAIN);
	call = call_map, prepare = empty_file;
	report = alloc_failures_each(w, call_failing);

	EXPECT_ENOMEM(report);
	EXPECT_HOLDS(report.last > 0, "it maps when none fails");
	EXPECT_NOTHING_HELD(w);
	EXPECT_RET(world_umount("fuse"), 0);
}

/* --- all ways, with what they set up -------------------------------------------------- */

/* Not by io_uring: what the file is asked for, is asked by a worker, whose allocations succeed. */

static enum io_method io_method;

/* What else a way says when there is no memory for what it sets up. */
static bool says_no_memory(long error)
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

static long read_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd = client_open(client(w), "f", O_RDONLY), result = forget_pages();

	client_fail_nth(client(w), nth);
	result = result ?: client_read_by(client(w), io_method, fd, SIZE, OFFSET, SEED);
	*failed = client_failed(client(w));
	client_close(client(w), fd);
	return fd < 0 ? fd : says_no_memory(result) ? -ENOMEM : result ?: -ENODATA;
}

static long write_once(struct world *w, unsigned int nth, bool *failed)
{
	long fd = client_open(client(w), "f", O_RDWR), result = empty_file();

	client_fail_nth(client(w), nth);
	result = result ?: client_write_by(client(w), io_method, fd, SIZE, OFFSET, SEED);
	*failed = client_failed(client(w));
	client_close(client(w), fd);
	return fd < 0 ? fd : says_no_memory(result) ? -ENOMEM : result ?: -ENODATA;
}

#define EXPECT_DONE_OR_ENOMEM(report)                                                         \
	do {                                                                                  \
		EXPECT_ENOMEM(report);                                                        \
		EXPECT_RET((report).last, SIZE);                                              \
	} while (0)

IO_METHOD_FIXTURE(read);
FIXTURE_VARIANT_ADD(read, pread) { BY_PREAD, 0 };
FIXTURE_VARIANT_ADD(read, aio) { BY_AIO, NEED_AIO };
FIXTURE_VARIANT_ADD(read, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(read, sendfile) { BY_SENDFILE, 0 };
FIXTURE_VARIANT_ADD(read, mmap_shared) { BY_MMAP_SHARED, 0 };
FIXTURE_VARIANT_ADD(read, mmap_private) { BY_MMAP_PRIVATE, 0 };

CASE(read, data_or_enomem_or_eio, .promise = "X3", .needs = NEED_FAULTS,
	.world = &on_disk,
	.title = "if an allocation fails, a read returns correct data or fails for lack of memory or with EIO")
{
	struct alloc_failures report;

	SKIP_UNLESS(variant->needs);
	open_rule(w, OPEN_AGAIN_AND_AGAIN);
	backing_fill_ok("f", SEED, SIZE, OFFSET);
	io_method = variant->io_method;
	report = alloc_failures_each(w, read_once);

	EXPECT_DONE_OR_ENOMEM(report);
	EXPECT_NOTHING_HELD(w);
}

IO_METHOD_FIXTURE(write);
FIXTURE_VARIANT_ADD(write, pwrite) { BY_PREAD, 0 };
FIXTURE_VARIANT_ADD(write, aio) { BY_AIO, NEED_AIO };
FIXTURE_VARIANT_ADD(write, splice) { BY_SPLICE, 0 };
FIXTURE_VARIANT_ADD(write, sendfile) { BY_SENDFILE, 0 };
FIXTURE_VARIANT_ADD(write, mmap_shared) { BY_MMAP_SHARED, 0 };

CASE(write, ok_or_enomem_or_eio, .promise = "X4", .needs = NEED_FAULTS,
	.title = "if an allocation fails, a write succeeds or fails for lack of memory or with EIO; a retry writes all")
{
	struct alloc_failures report;

	SKIP_UNLESS(variant->needs);
	open_rule(w, OPEN_AGAIN_AND_AGAIN);
	io_method = variant->io_method;
	report = alloc_failures_each(w, write_once);

	EXPECT_DONE_OR_ENOMEM(report);
	EXPECT_BACKING_PATTERN("f", SEED, SIZE, OFFSET);
	EXPECT_NOTHING_HELD(w);
}

CASE_MAIN()
