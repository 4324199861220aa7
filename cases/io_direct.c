// SPDX-License-Identifier: GPL-2.0
/* FOPEN_DIRECT_IO and O_DIRECT with passthrough. Promises D12, D13, D18, D19, K2. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "world/file_types.h"
#include "world/io_methods.h"

enum { OLD = 1, NEW = 2 }; /* pattern seeds */

#define PAGE  sysconf(_SC_PAGESIZE)
#define PAGES (21 * PAGE) /* a third and a seventh, readv(2) segments, are whole pages */

/* --- FOPEN_DIRECT_IO ---------------------------------------------------------- */

IO_METHOD_FIXTURE(fopen_direct_io);
EACH_CALL(fopen_direct_io);

CASE(fopen_direct_io, sends_read_and_write, .promise = "D12",
	.title = "reads and writes of a file opened with PASSTHROUGH|DIRECT_IO send READ and WRITE")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open flags=passthrough,direct_io");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGE, 0, OLD);
	EXPECT_REQUESTS(w, "READ");
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "WRITE");
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
}

CASE(fopen_direct_io, coherent_with_passthrough, .promise = "D12",
	.title = "a passthrough and a PASSTHROUGH|DIRECT_IO open of one file read what the other has written")
{
	struct client *c = client(w);
	long passthrough, direct;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse flags=passthrough,direct_io");
	passthrough = open_settled_ok(w, "f", O_RDWR);
	direct = open_settled_ok(w, "f", O_RDWR);
	EXPECT_WRITE_BY(c, variant->io_method, passthrough, PAGE, 0, OLD);
	EXPECT_READ_BY(c, variant->io_method, direct, PAGE, 0, OLD);
	EXPECT_REQUESTS(w, "READ");
	EXPECT_WRITE_BY(c, variant->io_method, direct, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "WRITE");
	EXPECT_READ_BY(c, variant->io_method, passthrough, PAGE, 0, NEW);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(fopen_direct_io_mmap);

CASE(fopen_direct_io_mmap, maps_backing_file, .promise = "D12",
	.title = "a mapping of a PASSTHROUGH|DIRECT_IO file maps the backing file and sends no request")
{
	struct client *c = client(w);
	long fd;

	open_rule(w, "f reg=at-open flags=passthrough,direct_io");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_READ_BY(c, BY_MMAP_SHARED, fd, PAGE, 0, OLD);
	EXPECT_READ_BY(c, BY_MMAP_PRIVATE, fd, PAGE, 0, OLD);
	EXPECT_WRITE_BY(c, BY_MMAP_SHARED, fd, PAGE, 0, NEW);
	EXPECT_BACKING_PATTERN("f", NEW, PAGE, 0);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(fopen_direct_io_exec);

CASE(fopen_direct_io_exec, maps_backing_file, .promise = "D12",
	.title = "executing a PASSTHROUGH|DIRECT_IO file sends READ for its headers, and maps the backing file")
{
	long pid;

	open_rule(w, "program reg=at-open flags=passthrough,direct_io");
	ASSERT_RET(backing_program("program"), 0);
	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_RET(client_reap(client(w), pid), 42);
	EXPECT_RET(server_wait(w, "RELEASE", 1), 1);
	EXPECT_REQUESTS_MERGED(w, "LOOKUP OPEN+passthrough+direct_io READ RELEASE");
}

/* --- O_DIRECT ------------------------------------------------------------------- */

static const struct world_opts on_ext4 = { .backing = "ext4" };

IO_METHOD_FIXTURE(o_direct);
EACH_SIMPLE_CALL(o_direct);

/* What one byte of direct I/O to ext4 itself returns: -EINVAL, but a write 1 in 6.16. */
static long read_byte_directly(struct world *w, enum io_method io_method)
{
	int err = backing_fill("g", OLD, PAGE, 0);
	long fd = err ?: client_open(client(w), backing_path("g"), O_RDWR | O_DIRECT);

	return client_read_by(client(w), io_method, fd, 1, 0, OLD);
}

static long write_byte_directly(struct world *w, enum io_method io_method)
{
	long fd = client_open(client(w), backing_path("g"), O_RDWR | O_DIRECT);

	return client_write_by(client(w), io_method, fd, 1, 0, NEW);
}

/* A byte shows whether I/O is direct. */
#define EXPECT_DIRECT(w, method, fd) \
	do { \
		EXPECT_RET(client_read_by(client(w), method, fd, 1, 0, OLD), \
			   read_byte_directly(w, method)); \
		EXPECT_RET(client_write_by(client(w), method, fd, 1, 0, NEW), \
			   write_byte_directly(w, method)); \
	} while (0)

#define EXPECT_BUFFERED(w, method, fd) \
	do { \
		EXPECT_READ_BY(w, method, fd, 1, 0, OLD); \
		EXPECT_WRITE_BY(w, method, fd, 1, 0, NEW); \
	} while (0)

CASE(o_direct, acts_as_on_ext4, .promise = "D13", .world = &on_ext4,
	.title = "O_DIRECT transfers whole pages; a 1-byte read or write returns what it does on ext4 itself")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, 2 * PAGES, 0);
	fd = open_settled_ok(w, "f", O_RDWR | O_DIRECT);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGES, PAGE, OLD);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGES, PAGE, NEW);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGES, PAGE, NEW);
	EXPECT_BACKING_PATTERN("f", OLD, PAGE, 0);
	EXPECT_BACKING_PATTERN("f", NEW, PAGES, PAGE);
	EXPECT_DIRECT(w, variant->io_method, fd);
	EXPECT_REQUESTS(w, "");
}

CASE(o_direct, extending_write_updates_size, .promise = "D13",
	.world = &on_ext4,
	.title = "an extending O_DIRECT write updates the cached size at once")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	fd = open_settled_ok(w, "f", O_RDWR | O_DIRECT);
	EXPECT_WRITE_BY(c, variant->io_method, fd, PAGES, PAGE, NEW);
	EXPECT_CACHED_SIZE(c, fd, PAGE + PAGES);
	EXPECT_BACKING_PATTERN("f", NEW, PAGES, PAGE);
	EXPECT_REQUESTS(w, "");
}

/* f is a page of the pattern OLD; then F_SETFL sets or clears O_DIRECT. */
static long open_and_setfl(struct world *w, int open_flags, int setfl_flags)
{
	long fd;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGE, 0);
	fd = open_settled_ok(w, "f", O_RDWR | open_flags);
	EXPECT_RET(client_call(client(w), fcntl, fd, F_SETFL, setfl_flags), 0);
	return fd;
}

IO_METHOD_FIXTURE(o_direct_async);
FIXTURE_VARIANT_ADD(o_direct_async, aio) { .io_method = BY_AIO, .needs = NEED_AIO };
FIXTURE_VARIANT_ADD(o_direct_async, io_uring) { .io_method = BY_IO_URING, .needs = NEED_IO_URING };

CASE(o_direct_async, cleared_by_fcntl, .promise = "D13", .world = &on_ext4,
	.title = "after F_SETFL clears O_DIRECT, libaio and io_uring I/O is buffered")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	fd = open_and_setfl(w, O_DIRECT, 0);
	EXPECT_BUFFERED(w, variant->io_method, fd);
}

CASE(o_direct_async, set_by_fcntl, .promise = "D13", .world = &on_ext4,
	.title = "after F_SETFL sets O_DIRECT, libaio and io_uring I/O is direct")
{
	long fd;

	SKIP_UNLESS(variant->needs);
	fd = open_and_setfl(w, 0, O_DIRECT);
	EXPECT_DIRECT(w, variant->io_method, fd);
}

#define KEEPS_FLAGS "synchronous I/O uses the flags that the backing file was opened with"

IO_METHOD_FIXTURE(o_direct_sync);
FIXTURE_VARIANT_ADD(o_direct_sync, read_write) { .io_method = BY_READ };
FIXTURE_VARIANT_ADD(o_direct_sync, pread_pwrite) { .io_method = BY_PREAD };
FIXTURE_VARIANT_ADD(o_direct_sync, readv_writev) { .io_method = BY_READV };
FIXTURE_VARIANT_ADD(o_direct_sync, preadv2_pwritev2) { .io_method = BY_PREADV2 };

CASE(o_direct_sync, cleared_by_fcntl, .promise = "K2", .world = &on_ext4, .xfail = KEEPS_FLAGS,
	.title = "after F_SETFL clears O_DIRECT, synchronous I/O is buffered")
{
	long fd = open_and_setfl(w, O_DIRECT, 0);

	EXPECT_BUFFERED(w, variant->io_method, fd);
}

CASE(o_direct_sync, set_by_fcntl, .promise = "K2", .world = &on_ext4, .xfail = KEEPS_FLAGS,
	.title = "after F_SETFL sets O_DIRECT, synchronous I/O is direct")
{
	long fd = open_and_setfl(w, 0, O_DIRECT);

	EXPECT_DIRECT(w, variant->io_method, fd);
}

static const struct world_opts on_ramfs = { .backing = "ramfs" };

CASE(o_direct, set_without_support_einval, .promise = "D18", .world = &on_ramfs,
	.title = "while O_DIRECT is set by F_SETFL, I/O to a backing file without direct I/O fails with EINVAL")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", OLD, PAGES, 0);
	fd = open_settled_ok(w, "f", O_RDWR);
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, O_DIRECT), 0);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGES, 0, OLD), -EINVAL);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGES, 0, NEW), -EINVAL);
	EXPECT_BACKING_PATTERN("f", OLD, PAGES, 0);
	EXPECT_RET(client_call(c, fcntl, fd, F_SETFL, 0), 0);
	EXPECT_READ_BY(c, variant->io_method, fd, PAGES, 0, OLD);
}

/* --- a backing file without operations ------------------------------------------ */

static const struct file_type pidfd = { .make = make_pidfd };

/*
 * A passthrough file f whose backing file is a pidfd; or -errno: a kernel may refuse to register
 * it.
 */
static long open_pidfd(struct world *w)
{
	long id = register_file_type(w, &pidfd);

	if (id < 0)
		return id;
	open_rule(w, "f reg=reuse");
	return client_open_settled(w, "f", O_RDWR);
}

IO_METHOD_FIXTURE(pidfd_io);
EACH_CALL(pidfd_io);

CASE(pidfd_io, fails_einval, .promise = "D19", .since = "6.12",
	.title = "I/O to a backing file without read, write and splice operations (a pidfd) fails with EINVAL")
{
	struct client *c = client(w);
	long fd;

	SKIP_UNLESS(variant->needs);
	fd = open_pidfd(w);
	EXPECT_POSITIVE(fd);
	EXPECT_RET(client_read_by(c, variant->io_method, fd, PAGE, 0, OLD), -EINVAL);
	EXPECT_RET(client_write_by(c, variant->io_method, fd, PAGE, 0, NEW), -EINVAL);
	EXPECT_REQUESTS(w, "");
}

WORLD_FIXTURE(pidfd_mmap);

CASE(pidfd_mmap, fails_enodev, .promise = "D19", .since = "6.12",
	.title = "mmap(2) of a backing file without an mmap operation (a pidfd) fails with ENODEV")
{
	long fd;

	fd = open_pidfd(w);
	EXPECT_POSITIVE(fd);
	EXPECT_RET(client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0), -ENODEV);
	EXPECT_RET(client_mmap(client(w), fd, PROT_READ, MAP_PRIVATE, PAGE, 0), -ENODEV);
	EXPECT_REQUESTS(w, "");
}

CASE_MAIN()
