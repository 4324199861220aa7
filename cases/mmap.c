// SPDX-License-Identifier: GPL-2.0
/* Mappings: content, size and protection are those of the backing file. Promises M1, M6. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/fs.h>

#include "client/pattern.h"
#include "world/case_helpers.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED   7
#define OTHER  8
#define RW     (PROT_READ | PROT_WRITE)
#define STORED 0xf5

/* The byte of the backing file f. */
static long backing_byte(off_t offset)
{
	int fd = open(backing_path("f"), O_RDONLY | O_CLOEXEC);
	unsigned char byte = 0;
	int len = pread(fd, &byte, 1, offset);

	close(fd);
	return len == 1 ? byte : -EIO;
}

/* --- M1: content -------------------------------------------------------------- */

WORLD_FIXTURE(mapping);
FIXTURE_VARIANT(mapping)
{
	int flags;
};
FIXTURE_VARIANT_ADD(mapping, map_shared) { .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(mapping, map_private) { .flags = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(mapping, map_shared_validate) { .flags = MAP_SHARED_VALIDATE };
FIXTURE_VARIANT_ADD(mapping, map_shared_populate) { .flags = MAP_SHARED | MAP_POPULATE };
FIXTURE_VARIANT_ADD(mapping, map_private_populate) { .flags = MAP_PRIVATE | MAP_POPULATE };
FIXTURE_VARIANT_ADD(mapping, map_shared_locked) { .flags = MAP_SHARED | MAP_LOCKED };

CASE(mapping, reads_backing_file, .promise = "M1",
	.title = "a mapping shows the backing file from the requested offset and sends no READ")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, 3 * PAGE, 0);

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, variant->flags, 2 * PAGE, PAGE);
	EXPECT_PEEK(w, at, pattern_byte(SEED, PAGE));
	EXPECT_PEEK(w, at + PAGE + 17, pattern_byte(SEED, 2 * PAGE + 17));
	EXPECT_RET(client_call(client(w), munmap, at, 2 * PAGE), 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

WORLD_FIXTURE(content);

CASE(content, cached_open_sends_read, .promise = "M1",
	.title = "a mapping of a file opened without passthrough sends READ")
{
	int64_t fd, at;

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, at, 'f');
	EXPECT_REQUESTS(w, "LOOKUP OPEN READ");
}

CASE(content, coherent_with_backing_file, .promise = "M1",
	.title = "a write to the backing file shows at once in a shared mapping, and a store there in the backing file")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, PAGE, 0);

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, at + 5, pattern_byte(SEED, 5));
	backing_fill_ok("f", OTHER, PAGE, 0);
	EXPECT_PEEK(w, at + 5, pattern_byte(OTHER, 5));
	EXPECT_POKE(w, at + 5, STORED);
	EXPECT_RET(backing_byte(5), STORED);
	EXPECT_RET(backing_match("f", OTHER, PAGE, 0), 5); /* up to the store */
}

CASE(content, coherent_with_read_write, .promise = "M1",
	.title = "a shared mapping, read(2) and write(2) of one passthrough file see the same bytes")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_WRITE(w, fd, "w");
	EXPECT_PEEK(w, at, 'w');
	EXPECT_POKE(w, at, 's');
	EXPECT_READ(w, fd, "s");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough GETXATTR");
}

CASE(content, shared_between_clients, .promise = "M1",
	.title = "a store by one client shows in another client's shared mapping of the same passthrough file")
{
	struct client *alice = client(w), *bob = client_number(w, 1);
	int64_t alice_fd, bob_fd, hers, his;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	alice_fd = open_ok(alice, "f", O_RDWR);
	bob_fd = open_ok(bob, "f", O_RDWR);
	hers = mmap_ok(alice, alice_fd, RW, MAP_SHARED, PAGE, 0);
	his = mmap_ok(bob, bob_fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(bob, his, 'f');
	EXPECT_POKE(alice, hers, STORED);
	EXPECT_PEEK(bob, his, STORED);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough OPEN+passthrough");
}

CASE(content, private_store_stays_private, .promise = "M1",
	.title = "a store in a private mapping reaches neither the backing file nor a shared mapping")
{
	int64_t fd, private, shared;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	private = mmap_ok(w, fd, RW, MAP_PRIVATE, PAGE, 0);
	shared = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, private, STORED);
	EXPECT_PEEK(w, private, STORED);
	EXPECT_PEEK(w, shared, 'f');
	EXPECT_BACKING("f", "f");
	EXPECT_POKE(w, shared, 's');
	EXPECT_PEEK(w, private, STORED);
	EXPECT_BACKING("f", "s");
}

/* --- M1: size --------------------------------------------------------------- */

CASE(content, sigbus_past_eof, .promise = "M1",
	.title = "access past EOF of a truncated backing file raises SIGBUS; after regrowth the new content shows")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	backing_fill_ok("f", SEED, 2 * PAGE, 0);

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, 2 * PAGE, 0);
	EXPECT_PEEK(w, at + PAGE, pattern_byte(SEED, PAGE));
	EXPECT_RET(truncate(backing_path("f"), PAGE), 0);
	EXPECT_PEEK(w, at + PAGE, -EFAULT);
	EXPECT_RET(client_poke(client(w), at + PAGE, STORED), -EFAULT);
	EXPECT_PEEK(w, at + PAGE - 1, pattern_byte(SEED, PAGE - 1));
	backing_fill_ok("f", OTHER, 1, PAGE);
	EXPECT_PEEK(w, at + PAGE, pattern_byte(OTHER, PAGE));
}

CASE(content, extends_past_cached_size, .promise = "M1",
	.title = "a mapping covers all of a backing file that grew past the size cached by FUSE")
{
	struct statx st;
	int64_t fd, at;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	backing_fill_ok("f", SEED, 2 * PAGE, 0);
	EXPECT_RET(client_fstatx(client(w), fd, AT_STATX_DONT_SYNC, &st), 0);
	TODAY(EXPECT_RET(st.stx_size, 1));
	at = mmap_ok(w, fd, RW, MAP_SHARED, 2 * PAGE, 0);
	EXPECT_PEEK(w, at + PAGE, pattern_byte(SEED, PAGE));
	EXPECT_POKE(w, at + PAGE, STORED);
	EXPECT_RET(backing_byte(PAGE), STORED);
}

CASE(content, store_past_eof_keeps_size, .promise = "M1",
	.title = "a store past EOF in the last page does not extend the backing file")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_POKE(w, at + 100, STORED);
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");
}

/* --- M1: protection --------------------------------------------------------- */

WORLD_FIXTURE(protection);
FIXTURE_VARIANT(protection)
{
	int access, prot, flags;
	long mmap_result, mprotect_result; /* of mprotect(2) to RW, where mmap(2) succeeds */
};
#define PROTECTION(name, open_flags, map_prot, map_flags, mmap_error, mprotect_error) \
	FIXTURE_VARIANT_ADD(protection, name) \
	{ \
		.access = open_flags, .prot = map_prot, .flags = map_flags, \
		.mmap_result = mmap_error, .mprotect_result = mprotect_error \
	}
PROTECTION(rdonly_shared_read, O_RDONLY, PROT_READ, MAP_SHARED, 0, -EACCES);
PROTECTION(rdonly_shared_write, O_RDONLY, RW, MAP_SHARED, -EACCES, 0);
PROTECTION(rdonly_private_read, O_RDONLY, PROT_READ, MAP_PRIVATE, 0, 0);
PROTECTION(rdonly_private_write, O_RDONLY, RW, MAP_PRIVATE, 0, 0);
PROTECTION(rdwr_shared_read, O_RDWR, PROT_READ, MAP_SHARED, 0, 0);
PROTECTION(wronly_shared_read, O_WRONLY, PROT_READ, MAP_SHARED, -EACCES, 0);
PROTECTION(wronly_shared_write, O_WRONLY, PROT_WRITE, MAP_SHARED, -EACCES, 0);
PROTECTION(wronly_private_read, O_WRONLY, PROT_READ, MAP_PRIVATE, -EACCES, 0);

CASE(protection, follows_open_mode, .promise = "M1",
	.title = "mmap(2) and mprotect(2) check the access mode of the FUSE open, not of the registered descriptor")
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open"); /* registered O_RDWR */

	fd = open_ok(w, "f", variant->access);
	EXPECT_PASSES_THROUGH(w);
	at = client_mmap(client(w), fd, variant->prot, variant->flags, PAGE, 0);
	EXPECT_RET(errno_or_0(at), variant->mmap_result);
	if (at > 0)
		EXPECT_RET(client_call(client(w), mprotect, at, PAGE, RW),
			   variant->mprotect_result);
}

WORLD_FIXTURE(registration);
FIXTURE_VARIANT(registration)
{
	const char *words; /* of "backing-open" */
};
FIXTURE_VARIANT_ADD(registration, o_rdonly) { .words = "mode=ro" };
FIXTURE_VARIANT_ADD(registration, o_wronly) { .words = "mode=wo" };
FIXTURE_VARIANT_ADD(registration, o_path) { .words = "mode=path" };

CASE(registration, does_not_limit_mappings, .promise = "M1", .since = "6.12",
	.title = "a backing file registered read-only, write-only or by O_PATH can be mapped for reading and writing")
{
	int64_t fd, at;

	register_file_ok(w, "f", variant->words);
	open_rule(w, "f reg=reuse");

	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, at, 'f');
	EXPECT_POKE(w, at, STORED);
	EXPECT_RET(backing_byte(0), STORED);
}

/* --- M6: append-only ---------------------------------------------------------- */

#define INODE_FLAGS_IGNORED \
	.fixed_by = "7.3.4 (backing-file: enforce append-only and immutable backing inodes)", \
	.xfail_before = "7.3.4", .xfail = "mmap(2) does not check the flags of the backing inode"

WORLD_FIXTURE(append_only);

CASE(append_only, shared_by_writer_eacces, .promise = "M6",
	.title = "a writable shared mapping of an append-only backing file fails with EACCES",
	INODE_FLAGS_IGNORED)
{
	long fd;

	open_rule(w, "f reg=at-open");

	fd = open_ok(w, "f", O_RDWR);
	SET_INODE_FLAGS(FS_APPEND_FL);
	EXPECT_RET(errno_or_0(client_mmap(client(w), fd, RW, MAP_SHARED, PAGE, 0)), -EACCES);
	TODAY(EXPECT_RET(errno_or_0(client_mmap(client(w), fd, PROT_READ, MAP_SHARED, PAGE, 0)),
			 -EACCES));
}

CASE(append_only, private_or_rdonly_allowed, .promise = "M6",
	.title = "an append-only backing file can be mapped privately, or shared through a file opened O_RDONLY")
{
	int64_t writer, reader, at;

	open_rule(w, "f reg=at-open");
	open_rule(w, "f reg=reuse");

	writer = open_ok(w, "f", O_RDWR);
	reader = open_ok(w, "f", O_RDONLY);
	EXPECT_PASSES_THROUGH(w);
	SET_INODE_FLAGS(FS_APPEND_FL);
	mmap_ok(w, writer, RW, MAP_PRIVATE, PAGE, 0);
	at = mmap_ok(w, reader, PROT_READ, MAP_SHARED, PAGE, 0);
	EXPECT_PEEK(w, at, 'f');
	EXPECT_RET(client_call(client(w), mprotect, at, PAGE, RW), -EACCES);
}

CASE_MAIN()
