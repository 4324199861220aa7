// SPDX-License-Identifier: GPL-2.0
/* Notifications about the page cache of an inode with passthrough opens. Promises D25, D26. */
#include <fcntl.h>

#include "world/io_methods.h"

/* f is open for passthrough, g is cached: the control that shows what a notification does. */
struct files {
	long f, g;
};

static struct files open_files(struct world *w)
{
	struct files fds;

	open_rule(w, "f reg=at-open");
	open_rule(w, "g");
	fds.f = open_settled_ok(w, "f", O_RDWR);
	fds.g = open_settled_ok(w, "g", O_RDONLY);
	return fds;
}

WORLD_FIXTURE(store);

CASE(store, leaves_backing_file_alone, .promise = "D25", .abilities = "notify",
	.title = "NOTIFY_STORE changes what a cached file reads, but not what a passthrough file reads and maps")
{
	struct files fds = open_files(w);
	int64_t address;

	EXPECT_RET(server_notify_store(w, "g", 0, "G"), 0);
	EXPECT_READ(w, fds.g, "G");
	EXPECT_REQUESTS(w, "");

	TODAY(EXPECT_RET(server_notify_store(w, "f", 0, "F"), 0));
	EXPECT_READ(w, fds.f, "f");
	address = mmap_ok(w, fds.f, PROT_READ, MAP_SHARED, 1, 0);
	EXPECT_PEEK(w, address, 'f');
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "");
}

CASE(store, past_eof_adds_no_data, .promise = "D25", .abilities = "notify",
	.title = "after NOTIFY_STORE past EOF the cached size is that of the store; the file still ends where it did")
{
	struct files fds = open_files(w);
	char byte;

	TODAY(EXPECT_RET(server_notify_store(w, "f", 0, "abc"), 0));
	TODAY(EXPECT_CACHED_SIZE(w, fds.f, 3));
	EXPECT_RET(client_read(client(w), fds.f, &byte, 1, 1), 0);
	EXPECT_BACKING("f", "f");
	EXPECT_REQUESTS(w, "");
}

CASE(store, outlives_passthrough_open, .promise = "D25", .abilities = "notify",
	.today = "no document says whether an inode in passthrough mode takes stored data",
	.title = "a KEEP_CACHE open reads what NOTIFY_STORE stored while passthrough files wrote something else")
{
	struct files fds = open_files(w);

	EXPECT_RET(server_notify_store(w, "f", 0, "F"), 0);
	EXPECT_WRITE(w, fds.f, "w");
	EXPECT_CLOSE(w, fds.f);
	open_rule(w, "f flags=keep_cache");

	fds.f = open_ok(w, "f", O_RDONLY);
	EXPECT_READ(w, fds.f, "F");
	EXPECT_BACKING("f", "w");
}

WORLD_FIXTURE(retrieve);

/* How many bytes NOTIFY_REPLY has. */
static long retrieved(struct world *w, const char *name)
{
	long err = server_notify_retrieve(w, name, 0, 1);

	world_settle(&w->server, "fuse");
	return err < 0 ? err : server_inspect(w, "NOTIFY_REPLY", "size");
}

CASE(retrieve, has_no_backing_data, .promise = "D26", .abilities = "notify inspect",
	.title = "NOTIFY_RETRIEVE returns what a cached file read, and nothing of what passthrough files read or wrote")
{
	struct files fds = open_files(w);

	EXPECT_READ(w, fds.g, "g");
	EXPECT_RET(retrieved(w, "g"), 1);
	EXPECT_REQUESTS(w, "READ");

	EXPECT_READ(w, fds.f, "f");
	EXPECT_WRITE(w, fds.f, "F");
	EXPECT_RET(retrieved(w, "f"), 0);
	EXPECT_REQUESTS(w, "");
}

CASE_MAIN()
