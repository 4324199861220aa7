// SPDX-License-Identifier: GPL-2.0
/* Calls on passthrough mappings that ask their file again, or its place. Promises T12 to T15. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/case_helpers.h"
#include "world/proc.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED   7
#define RW     (PROT_READ | PROT_WRITE)
#define STORED 0xf5

static long or_errno(long result)
{
	return result < 0 ? -errno : result;
}

/* --- T12: remap_file_pages(2) ------------------------------------------------------- */

/* The file that /proc/PID/map_files shows for the page at @at. Static. */
static const char *mapped_path(struct world *w, int64_t at)
{
	static char target[PATH_MAX];
	char name[64];
	ssize_t len;

	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, at, at + PAGE);
	len = readlink(proc_path(client(w)->pid, name), target, sizeof(target) - 1);
	target[len < 0 ? 0 : len] = 0;
	return target;
}

WORLD_FIXTURE(remap_file_pages);

CASE(remap_file_pages, shows_other_page, .promise = "T12",
	.title = "remap_file_pages(2) shows another page of the backing file; /proc/PID/map_files the FUSE file")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, 3 * PAGE, 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_call(client(w), remap_file_pages, at, PAGE, 0, 2, 0), 0);
	EXPECT_PEEK(w, at + 1, pattern_byte(SEED, 2 * PAGE + 1));
	EXPECT_TEXT(mapped_path(w, at), fuse_path("f"));
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

static int make_noexec(const char *dir)
{
	return or_errno(
		mount(NULL, world_path(dir, ""), NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC, NULL));
}

CASE(remap_file_pages, noexec_backing_eperm, .promise = "T12",
	.title = "with a noexec backing mount, mmap(2) with PROT_EXEC succeeds, remap_file_pages(2) fails with EPERM")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, 2 * PAGE, 0);
	ASSERT_RET(make_noexec("backing"), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, PROT_READ | PROT_EXEC, MAP_SHARED, PAGE, 0);
	EXPECT_RET(client_call(client(w), remap_file_pages, at, PAGE, 0, 1, 0), -EPERM);
	EXPECT_PEEK(w, at, pattern_byte(SEED, 0));
}

/* --- T13: userfaultfd(2) -------------------------------------------------------------- */

struct fault_arg {
	int64_t at;
	unsigned char byte;
};

/* Registers the page, and fills it with @byte where it is missing. 0 or -errno. */
static int64_t do_fill_missing(void *data)
{
	const struct fault_arg *arg = data;
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .range = { arg->at, PAGE },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .dst = arg->at, .len = PAGE };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	void *page = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long err;

	if (uffd < 0 || page == MAP_FAILED)
		return -errno;
	memset(page, arg->byte, PAGE);
	copy.src = (uintptr_t)page;
	err = or_errno(ioctl(uffd, UFFDIO_API, &api))		     ?:
		      or_errno(ioctl(uffd, UFFDIO_REGISTER, &range)) ?:
		      or_errno(ioctl(uffd, UFFDIO_COPY, &copy));
	close(uffd);
	return err;
}

static long fill_missing(struct world *w, int64_t at)
{
	struct fault_arg arg = { at, STORED };

	return client_run(client(w), do_fill_missing, &arg, sizeof(arg),
			  "userfaultfd fills a page");
}

WORLD_FIXTURE(userfaultfd);

CASE(userfaultfd, fills_backing_file, .promise = "T13",
	.title = "UFFDIO_COPY to a passthrough mapping fills a hole of the backing file on tmpfs and sends no request")
{
	int64_t fd, at, err;

	open_rule(w, "f reg=at-open");
	ASSERT_RET(truncate(backing_path("f"), 0), 0);
	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	err = fill_missing(w, at);
	if (err == -ENOSYS)
		CASE_SKIP("config: no userfaultfd(2) (set CONFIG_USERFAULTFD=y)");
	EXPECT_RET(err, 0);
	EXPECT_PEEK(w, at + 1, STORED);
	EXPECT_RET(backing_blocks("f", (char)STORED, PAGE, 0), 1);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

static const struct world_opts on_ext4 = { .backing = "ext4" };

WORLD_FIXTURE(userfaultfd_ext4);

CASE(userfaultfd_ext4, register_einval, .promise = "T13", .world = &on_ext4,
	.title = "UFFDIO_REGISTER of a passthrough mapping fails with EINVAL if the backing file is on ext4")
{
	int64_t fd, at, err;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	err = fill_missing(w, at);
	if (err == -ENOSYS)
		CASE_SKIP("config: no userfaultfd(2) (set CONFIG_USERFAULTFD=y)");
	EXPECT_FAILS(err, -EINVAL);
	EXPECT_BACKING("f", "f");
}

/* --- T14: another process ------------------------------------------------------------- */

static long read_client(struct world *w, int64_t at, char *byte)
{
	const struct iovec here = { byte, 1 }, there = { (void *)(uintptr_t)at, 1 };

	return or_errno(process_vm_readv(client(w)->pid, &here, 1, &there, 1, 0));
}

static long write_client(struct world *w, int64_t at, char byte)
{
	const struct iovec here = { &byte, 1 }, there = { (void *)(uintptr_t)at, 1 };

	return or_errno(process_vm_writev(client(w)->pid, &here, 1, &there, 1, 0));
}

/* By /proc/PID/mem, which overrides the protection of a private mapping. */
static long force_write_client(struct world *w, int64_t at, char byte)
{
	int fd = open(proc_path(client(w)->pid, "mem"), O_RDWR | O_CLOEXEC);
	long len = or_errno(pwrite(fd, &byte, 1, at));

	close(fd);
	return len;
}

WORLD_FIXTURE(other_process);

CASE(other_process, process_vm_writev_reaches_backing_file, .promise = "T14",
	.title = "process_vm_readv(2) and process_vm_writev(2) of a shared passthrough mapping act on the backing file")
{
	int64_t fd, at, readable;
	char byte = 0;

	if (process_vm_readv(getpid(), NULL, 0, NULL, 0, 0) < 0)
		CASE_SKIP("config: no process_vm_readv(2) (set CONFIG_CROSS_MEMORY_ATTACH=y)");
	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	readable = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_RET(read_client(w, at, &byte), 1);
	EXPECT_RET(byte, 'f');
	EXPECT_RET(write_client(w, at, 'F'), 1);
	EXPECT_RET(write_client(w, readable, 'x'), -EFAULT);
	EXPECT_BACKING("f", "F");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(other_process, proc_mem_write_stays_private, .promise = "T14",
	.title = "a write to /proc/PID/mem changes a private read-only passthrough mapping, and not the backing file")
{
	int64_t fd, ordinary_fd, at, ordinary;

	open_rule(w, "f reg=at-open");
	ordinary_fd = open_ok(w, backing_path("g"), O_RDONLY);
	ordinary = mmap_ok(w, ordinary_fd, PROT_READ, MAP_PRIVATE, PAGE, 0);
	if (force_write_client(w, ordinary, 'G') < 0)
		CASE_SKIP(
			"config: /proc/PID/mem respects read-only mappings (boot with proc_mem.force_override=always)");
	fd = open_ok(w, "f", O_RDONLY);
	at = mmap_ok(w, fd, PROT_READ, MAP_PRIVATE, PAGE, 0);
	EXPECT_RET(force_write_client(w, at, 'F'), 1);
	EXPECT_PEEK(w, at, 'F');
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(other_process, proc_mem_write_to_shared_eio, .promise = "T14",
	.title = "a write to /proc/PID/mem at a shared passthrough mapping of a file opened read-only fails with EIO")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDONLY);
	at = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_FAILS(force_write_client(w, at, 'F'), -EIO);
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- T15: futex(2) ------------------------------------------------------------------------ */

WORLD_FIXTURE(futex);

CASE(futex, woken_through_backing_file, .promise = "T15",
	.title = "FUTEX_WAKE in a mapping of the backing file wakes a waiter in a passthrough mapping")
{
	int64_t fd, at, woken;
	int backing;
	void *word;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGE, 0);
	ASSERT_RET(truncate(backing_path("f"), 0), 0);
	ASSERT_RET(truncate(backing_path("f"), PAGE), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	backing = open(backing_path("f"), O_RDWR | O_CLOEXEC);
	word = mmap(NULL, PAGE, RW, MAP_SHARED, backing, 0);
	ASSERT_RET(word == MAP_FAILED, false);
	client_start_call(client(w), futex, at, FUTEX_WAIT, 0, 0);
	EXPECT_HOLDS(client_is_busy(client(w)), "the client waits");
	woken = or_errno(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL));
	EXPECT_RET(woken, 1);
	munmap(word, PAGE);
	close(backing);
	if (woken == 1)
		EXPECT_RET(client_finish(client(w)), 0);
}

CASE_MAIN()
