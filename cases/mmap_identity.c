// SPDX-License-Identifier: GPL-2.0
/* The file that /proc shows for a mapping; copies and pieces of mappings. Promises M3, M11. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/pattern.h"
#include "world/overlay.h"
#include "world/case_helpers.h"

#define PAGE   sysconf(_SC_PAGESIZE)
#define SEED   7
#define RW     (PROT_READ | PROT_WRITE)
#define STORED 0xf5

/* --- M3: /proc ----------------------------------------------------------------- */

struct mapped_file {
	unsigned int major, minor;
	uint64_t inode;
	char path[PATH_MAX];
};

/* In a procfs of the PID namespace of the case process. */
static const char *proc_path(pid_t pid, const char *name)
{
	static char path[160];

	if (mkdir(world_path("proc", ""), 0755) == 0)
		mount("proc", world_path("proc", ""), "proc", 0, NULL);
	snprintf(path, sizeof(path), "%s/%d/%s", world_path("proc", ""), pid, name);
	return path;
}

/* The file that /proc/PID/maps shows at @address; 0: the first one. */
static struct mapped_file file_mapped_at(pid_t pid, uint64_t address)
{
	struct mapped_file file = { .path = "no mapping" };
	FILE *maps = fopen(proc_path(pid, "maps"), "re");
	char line[PATH_MAX + 128];

	while (maps && fgets(line, sizeof(line), maps)) {
		uint64_t start, inode;
		unsigned int major, minor;
		char name[PATH_MAX] = "";

		if (sscanf(line, "%" SCNx64 "-%*x %*s %*x %x:%x %" SCNu64 " %4095s", &start, &major,
			   &minor, &inode, name) < 4)
			continue;
		if (start != address && address)
			continue;
		file = (struct mapped_file) { .major = major, .minor = minor, .inode = inode };
		strcpy(file.path, name);
		break;
	}
	if (maps)
		fclose(maps);
	return file;
}

#define EXPECT_MAPPED_FILE(mapped, file_path) \
	do { \
		struct stat _st = { .st_ino = 0 }; \
		EXPECT_TEXT((mapped).path, file_path); \
		EXPECT_RET(stat(file_path, &_st), 0); \
		EXPECT_HOLDS((mapped).inode == _st.st_ino, "the inode is that of stat(2)"); \
		EXPECT_HOLDS((mapped).major == major(_st.st_dev) && \
				     (mapped).minor == minor(_st.st_dev), \
			     "the device is that of stat(2)"); \
	} while (0)

WORLD_FIXTURE(proc_maps);
FIXTURE_VARIANT(proc_maps)
{
	int prot, flags;
};
FIXTURE_VARIANT_ADD(proc_maps, map_shared) { .prot = RW, .flags = MAP_SHARED };
FIXTURE_VARIANT_ADD(proc_maps, map_private) { .prot = RW, .flags = MAP_PRIVATE };
FIXTURE_VARIANT_ADD(proc_maps, prot_exec) { .prot = PROT_READ | PROT_EXEC, .flags = MAP_PRIVATE };

CASE(proc_maps, shows_fuse_file, .promise = "M3",
	.title = "/proc/PID/maps shows path, device and inode of the FUSE file, even after close(2)")
{
	struct mapped_file mapped;
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, variant->prot, variant->flags, PAGE, 0);
	EXPECT_CLOSE(w, fd);
	EXPECT_PASSES_THROUGH(w);

	mapped = file_mapped_at(client(w)->pid, at);
	EXPECT_MAPPED_FILE(mapped, fuse_path("f"));
}

WORLD_FIXTURE(running_program);

CASE(running_program, shows_fuse_file, .promise = "M3",
	.title = "/proc/PID/maps shows the FUSE file for a program running from a passthrough file")
{
	struct mapped_file mapped;
	long pid;

	open_rule(w, "program reg=at-open");
	ASSERT_RET(backing_program("program"), 0);

	ASSERT_POSITIVE(pid = client_spawn(client(w), "program"));
	EXPECT_PASSES_THROUGH(w);
	mapped = file_mapped_at(pid, 0);
	EXPECT_MAPPED_FILE(mapped, fuse_path("program"));
	EXPECT_RET(client_reap(client(w), pid), 42);
}

/* The link in /proc/PID/map_files of the page at @at. */
static const char *map_file(pid_t pid, int64_t at)
{
	char name[64];

	snprintf(name, sizeof(name), "map_files/%" PRIx64 "-%" PRIx64, at, at + PAGE);
	return proc_path(pid, name);
}

WORLD_FIXTURE(map_files);

CASE(map_files, opens_fuse_file, .promise = "M3",
	.title = "a link in /proc/PID/map_files points to the FUSE file, and opening it sends OPEN")
{
	char target[PATH_MAX] = "";
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, PAGE, 0);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough");

	EXPECT_POSITIVE(readlink(map_file(client(w)->pid, at), target, sizeof(target) - 1));
	EXPECT_TEXT(target, fuse_path("f"));
	open_rule(w, "f reg=reuse");
	EXPECT_POSITIVE(client_open(client_number(w, 1), map_file(client(w)->pid, at), O_RDONLY));
	EXPECT_REQUESTS(w, "OPEN+passthrough");
	EXPECT_PASSES_THROUGH(w);
}

/* Two passthrough files, one on top of the other: the descriptor of the upper one, or -errno. */
static long open_fuse_on_fuse(struct world *w)
{
	long err = world_start_other(w, "depth=1");

	if (err < 0)
		return err;
	other_open_rule(w, "f reg=at-open");
	err = server_backing_open(w, world_path("other", "f"), "mode=path");
	if (err < 0)
		return err;
	open_rule(w, "f reg=reuse");
	return client_open(client(w), "f", O_RDONLY);
}

static long open_overlay_on_fuse(struct world *w)
{
	int err;

	open_rule(w, "f reg=at-open");
	err = overlay_mount("fuse", "overlay");
	return err < 0 ? err : client_open(client(w), world_path("overlay", "f"), O_RDONLY);
}

static long open_fuse_on_overlay(struct world *w)
{
	long err = overlay_mount("backing", "overlay");

	if (err == 0)
		err = server_backing_open(w, world_path("overlay", "f"), "mode=ro");
	if (err < 0)
		return err;
	open_rule(w, "f reg=reuse");
	return client_open(client(w), "f", O_RDONLY);
}

static const struct world_opts before_init = { .no_start = true };

#define NESTED_FIXED_BY \
	.fixed_by = "7.2, 6.18.50 and 6.12.109 (fs: fix user path of nested backing files)", \
	.xfail_before = "6.12.109 6.18.50 7.2"

WORLD_FIXTURE(nested);
FIXTURE_VARIANT(nested)
{
	const char *init;
	long (*open)(struct world * w);
	const char *dir; /* of the outer file */
	unsigned int needs;
};
FIXTURE_VARIANT_ADD(nested,
		    fuse_on_fuse) { .init = "depth=2", .open = open_fuse_on_fuse, .dir = "fuse" };
FIXTURE_VARIANT_ADD(nested, overlay_on_fuse) {
	.init = "depth=1", .open = open_overlay_on_fuse, .dir = "overlay", .needs = NEED_OVERLAYFS
};

CASE(nested, shows_outer_file, .promise = "M3", .since = "6.12", .world = &before_init,
	.title = "/proc/PID/maps shows the outer file of nested passthrough, whose mount is busy",
	.xfail = "maps show the innermost file",
	NESTED_FIXED_BY)
{
	int64_t fd, at;

	SKIP_UNLESS(variant->needs);
	START(w, variant->init);
	ASSERT_POSITIVE(fd = variant->open(w));
	at = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	ASSERT_RET(client_close(client(w), fd), 0);

	EXPECT_TEXT(file_mapped_at(client(w)->pid, at).path, world_path(variant->dir, "f"));
	TODAY(EXPECT_RET(world_umount(variant->dir), -EBUSY));
}

static const struct world_opts depth_2 = { .init = "depth=2" };

WORLD_FIXTURE(overlay_backing);

/* A change of 7.1, backported to the releases below, broke this; earlier releases pass. */
CASE(overlay_backing, shows_fuse_file, .promise = "M3", .needs = NEED_OVERLAYFS, .since = "6.12",
	.world = &depth_2,
	.title = "/proc/PID/maps shows the FUSE file above an overlayfs file, and the FUSE mount is busy",
	.xfail = "maps show the file of overlayfs",
	.xfail_since = "6.12.44 6.18.16 7.0",
	NESTED_FIXED_BY)
{
	int64_t fd, at;

	ASSERT_POSITIVE(fd = open_fuse_on_overlay(w));
	at = mmap_ok(w, fd, PROT_READ, MAP_SHARED, PAGE, 0);
	ASSERT_RET(client_close(client(w), fd), 0);

	EXPECT_TEXT(file_mapped_at(client(w)->pid, at).path, fuse_path("f"));
	TODAY(EXPECT_RET(world_umount("fuse"), -EBUSY));
}

/* --- M11: copies and pieces ---------------------------------------------------- */

struct fork_arg {
	volatile unsigned char *at;
};

/* The byte that the mapping of the client shows after a store by its child. */
static int64_t do_store_in_child(void *data)
{
	const struct fork_arg *arg = data;
	pid_t pid = fork();

	if (pid == 0) {
		*arg->at = STORED;
		_exit(0);
	}
	return waitpid(pid, NULL, 0) < 0 ? -errno : *arg->at;
}

WORLD_FIXTURE(forked_child);
FIXTURE_VARIANT(forked_child)
{
	int flags;
	int in_parent; /* the byte that its mapping shows */
	const char *in_backing_file;
};
FIXTURE_VARIANT_ADD(forked_child, map_shared) { .flags = MAP_SHARED,
						.in_parent = STORED,
						.in_backing_file = "\xf5" };
FIXTURE_VARIANT_ADD(forked_child,
		    map_private) { .flags = MAP_PRIVATE, .in_parent = 'f', .in_backing_file = "f" };

CASE(forked_child, store_follows_mapping_type, .promise = "M11",
	.title = "a child's store reaches parent and backing file if the mapping is shared, neither if it is private")
{
	struct fork_arg arg;
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, variant->flags, PAGE, 0);
	arg.at = (void *)(uintptr_t)at;

	EXPECT_RET(client_run(client(w), do_store_in_child, &arg, sizeof(arg), "a child stores"),
		   variant->in_parent);
	EXPECT_BACKING("f", variant->in_backing_file);
	EXPECT_REQUESTS(w, "LOOKUP OPEN+passthrough FLUSH");
}

WORLD_FIXTURE(derived_mapping);

/* Maps pages of f; then the mapping alone pins it. Its address. */
static int64_t map_alone_ok(struct world *w, size_t size)
{
	int64_t fd, at;

	open_rule(w, "f reg=at-open");
	fd = open_ok(w, "f", O_RDWR);
	at = mmap_ok(w, fd, RW, MAP_SHARED, size, 0);
	EXPECT_RET(server_drop(w, last_id(w)), 0);
	EXPECT_CLOSE(w, fd);
	world_requests(w);
	return at;
}

CASE(derived_mapping, fork_copy_pins, .promise = "M11",
	.title = "a mapping inherited across fork(2) pins the backing file until the child ends")
{
	int64_t at = map_alone_ok(w, PAGE), child;

	ASSERT_POSITIVE(child = client_fork(client(w)));
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);

	EXPECT_BACKING_BUSY();
	EXPECT_RET(client_reap(client(w), child), 0);
	EXPECT_BACKING_FREE();
}

CASE(derived_mapping, mremap_shows_and_pins, .promise = "M11",
	.title = "a mapping grown by mremap(2) shows and pins the backing file and sends no request")
{
	int64_t at, moved;

	backing_fill_ok("f", SEED, 3 * PAGE, 0);
	at = map_alone_ok(w, PAGE);

	ASSERT_POSITIVE(moved = client_call(client(w), mremap, at, PAGE, 3 * PAGE, MREMAP_MAYMOVE));
	EXPECT_PEEK(w, moved, pattern_byte(SEED, 0));
	EXPECT_PEEK(w, moved + 2 * PAGE, pattern_byte(SEED, 2 * PAGE));
	EXPECT_POKE(w, moved + 2 * PAGE, STORED);
	EXPECT_RET(backing_match("f", SEED, 3 * PAGE, 0), 2 * PAGE); /* up to the store */
	EXPECT_REQUESTS(w, "");
	EXPECT_BACKING_BUSY();
	EXPECT_RET(client_call(client(w), munmap, moved, 3 * PAGE), 0);
	EXPECT_BACKING_FREE();
}

CASE(derived_mapping, munmap_rest_pins, .promise = "M11",
	.title = "the last piece of a mapping cut by mprotect(2) and munmap(2) shows and pins the backing file")
{
	int64_t at;

	backing_fill_ok("f", SEED, 3 * PAGE, 0);
	at = map_alone_ok(w, 3 * PAGE);

	EXPECT_RET(client_call(client(w), munmap, at + PAGE, PAGE), 0);
	EXPECT_RET(client_call(client(w), mprotect, at, PAGE, PROT_READ), 0);
	EXPECT_RET(client_call(client(w), munmap, at, PAGE), 0);
	EXPECT_PEEK(w, at + 2 * PAGE, pattern_byte(SEED, 2 * PAGE));
	EXPECT_BACKING_BUSY();
	EXPECT_RET(client_call(client(w), munmap, at + 2 * PAGE, PAGE), 0);
	EXPECT_BACKING_FREE();
}

CASE_MAIN()
