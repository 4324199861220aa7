// SPDX-License-Identifier: GPL-2.0
/* The seals of a memfd that is a backing file. Promises T1, T2, T3. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/case_helpers.h"

#define PAGE	sysconf(_SC_PAGESIZE)
#define RW	(PROT_READ | PROT_WRITE)
#define USER	1000
#define CONTENT "memfd"

#define ASKED_OF_FUSE_FILE "do_mmap() and mapping_map_writable() are asked about the FUSE file"

/* Before, shmem_mmap() checked it, which is called with the backing file; seen right in 6.12.43. */
#define MMAP_ASKS_FUSE_FILE	.xfail = ASKED_OF_FUSE_FILE, .xfail_since = "6.12.44 6.14"
#define MPROTECT_ASKS_FUSE_FILE .xfail = ASKED_OF_FUSE_FILE, .xfail_since = "6.12.43 6.13"

/* A memfd that backs f: its descriptor, or -errno. */
static int memfd_behind_f(struct world *w)
{
	int fd = memfd_create("fpt", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	err = write_whole(fd, CONTENT, strlen(CONTENT));
	if (err < 0)
		return err;
	registered(w, server_backing_open_fd(w, fd, ""));
	return world_open_rule(w, "f reg=reuse") ? fd : -EPROTO;
}

static int sealed_memfd_behind_f(struct world *w, int seals)
{
	int fd = memfd_behind_f(w);

	return fd >= 0 && fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : fd;
}

#define memfd_behind_f_ok(w) POSITIVE_OK("memfd behind f", memfd_behind_f(w))
#define sealed_memfd_behind_f_ok(w, seals) \
	POSITIVE_OK("sealed memfd", sealed_memfd_behind_f(w, seals))

#define EXPECT_MEMFD(fd, text) \
	do { \
		char _data[64]; \
		EXPECT_CONTENT("memfd", _data, pread(fd, _data, sizeof(_data), 0), text, \
			       strlen(text)); \
	} while (0)

static long add_seals(int fd, int seals)
{
	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? -errno : 0;
}

WORLD_FIXTURE(write_seal);
FIXTURE_VARIANT(write_seal)
{
	int seal;
};
FIXTURE_VARIANT_ADD(write_seal, f_seal_write) { .seal = F_SEAL_WRITE };
FIXTURE_VARIANT_ADD(write_seal, f_seal_future_write) { .seal = F_SEAL_FUTURE_WRITE };

CASE(write_seal, write_eperm, .promise = "T1",
	.title = "a passthrough write to a write-sealed memfd fails with EPERM; reads succeed")
{
	long memfd, fd;

	memfd = sealed_memfd_behind_f_ok(w, variant->seal);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_write(client(w), fd, "M", 1, 0), -EPERM);
	EXPECT_READ(w, fd, CONTENT);
	EXPECT_MEMFD(memfd, CONTENT);
}

CASE(write_seal, shared_writable_mmap_eperm, .promise = "T1",
	.title = "a shared writable mapping of a passthrough file backed by a write-sealed memfd fails with EPERM",
	MMAP_ASKS_FUSE_FILE)
{
	long fd;

	sealed_memfd_behind_f_ok(w, variant->seal);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(errno_or_0(client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0)), -EPERM);
}

CASE(write_seal, mprotect_writable_eacces, .promise = "T1",
	.title = "a read-only shared mapping of a passthrough file on a write-sealed memfd cannot become writable",
	MPROTECT_ASKS_FUSE_FILE)
{
	int64_t fd, at;

	sealed_memfd_behind_f_ok(w, variant->seal);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, at, CONTENT[0]);
	EXPECT_FAILS(client_call(client(w), mprotect, at, PAGE, RW), -EACCES);
}

CASE(write_seal, unprivileged_store_changes_nothing, .promise = "T1",
	.title = "no store of an unprivileged user through a passthrough file changes a write-sealed memfd",
	MMAP_ASKS_FUSE_FILE)
{
	int64_t memfd, fd, at;

	ASSERT_RET(chmod(backing_path("f"), 0666), 0);
	memfd = sealed_memfd_behind_f_ok(w, variant->seal);
	ASSERT_RET(client_setuid(client(w), USER), 0);
	fd = open_ok(w, "f", O_RDWR);
	at = client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0);
	if (at > 0)
		client_poke(client(w), at, 'M');
	EXPECT_MEMFD(memfd, CONTENT);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

CASE(write_seal, private_store_allowed, .promise = "T1",
	.title = "a passthrough file backed by a write-sealed memfd can be mapped privately and writable")
{
	int64_t memfd, fd, at;

	memfd = sealed_memfd_behind_f_ok(w, variant->seal);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_PRIVATE, PAGE, 0);
	EXPECT_POKE(w, at, 'M');
	EXPECT_PEEK(w, at, 'M');
	EXPECT_MEMFD(memfd, CONTENT);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(mapped);

CASE(mapped, f_seal_write_ebusy, .promise = "T2",
	.title = "F_SEAL_WRITE fails with EBUSY while a passthrough file maps the memfd shared and writable, not after")
{
	int64_t memfd, fd, at;

	memfd = memfd_behind_f_ok(w);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(add_seals(memfd, F_SEAL_WRITE), -EBUSY);
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_RET(add_seals(memfd, F_SEAL_WRITE), 0);
}

CASE(mapped, f_seal_future_write_keeps_mapping, .promise = "T2",
	.title = "after F_SEAL_FUTURE_WRITE an existing passthrough mapping stores, but cannot punch a hole")
{
	int64_t memfd, fd, at;

	memfd = memfd_behind_f_ok(w);
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_RET(add_seals(memfd, F_SEAL_FUTURE_WRITE), 0);
	EXPECT_POKE(w, at, 'M');
	EXPECT_RET(client_write(client(w), fd, "x", 1, 0), -EPERM);
	EXPECT_RET(client_call(client(w), madvise, at, PAGE, MADV_REMOVE), -EPERM);
	EXPECT_MEMFD(memfd, "Memfd");
}

WORLD_FIXTURE(f_seal_grow);

CASE(f_seal_grow, extending_write_eperm, .promise = "T1",
	.title = "a passthrough write past EOF of a memfd with F_SEAL_GROW fails with EPERM; one below it succeeds")
{
	long memfd, fd;

	memfd = sealed_memfd_behind_f_ok(w, F_SEAL_GROW);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_RET(client_write(client(w), fd, "x", 1, strlen(CONTENT)), -EPERM);
	EXPECT_WRITE(w, fd, "M");
	EXPECT_MEMFD(memfd, "Memfd");
}

WORLD_FIXTURE(fuse_descriptor);
FIXTURE_VARIANT(fuse_descriptor)
{
	int command;
};
FIXTURE_VARIANT_ADD(fuse_descriptor, f_add_seals) { .command = F_ADD_SEALS };
FIXTURE_VARIANT_ADD(fuse_descriptor, f_get_seals) { .command = F_GET_SEALS };

CASE(fuse_descriptor, einval, .promise = "T3",
	.title = "F_ADD_SEALS and F_GET_SEALS of a passthrough file fail with EINVAL, though a memfd backs it")
{
	long memfd, fd;

	memfd = memfd_behind_f_ok(w);
	fd = open_ok(w, "f", O_RDWR);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
	EXPECT_RET(client_call(client(w), fcntl, fd, variant->command, F_SEAL_GROW), -EINVAL);
	EXPECT_RET(fcntl(memfd, F_GET_SEALS), 0);
}

CASE_MAIN()
