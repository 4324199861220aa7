// SPDX-License-Identifier: GPL-2.0
/*
 * A small file system that passes files through, and misbehaves as a process as its first argument
 * says: pass_fs FAULT SOURCE MOUNTPOINT [TELL]. "none" is one, too. Who reads TELL is told that it
 * has opened a file of its own mount. For external.sh, which knows what run.sh --mount says of each.
 * What is wrong in replies is in fixtures/layer_fs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shared/wire_format.h"

#define NODES	1024
#define MINOR	40 /* the first with passthrough; the replies are of its size */
#define SLOW_MS 300

struct node {
	int path; /* O_PATH */
	ino_t ino;
	uint64_t lookups;
	int opens, id;
};

static struct node nodes[NODES]; /* the number of a node is its place, and one more */
static size_t node_count;
static const char *chosen, *mountpoint, *tell;
static int device;
static volatile uint32_t opener; /* the thread, as requests name it */

static bool fault(const char *name)
{
	return !strcmp(chosen, name);
}

/* --- answers ----------------------------------------------------------------------- */

static void answer(const struct wire_in_header *in, int err, const void *data, size_t size)
{
	struct wire_out_header out = { .len = sizeof(out) + (err ? 0 : size),
				       .error = err,
				       .unique = in->unique };
	struct iovec iov[] = { { &out, sizeof(out) }, { (void *)data, err ? 0 : size } };

	if (writev(device, iov, 2) < 0)
		return; /* who asked was interrupted */
}

static void answer_done(const struct wire_in_header *in, int result)
{
	answer(in, result < 0 ? -errno : 0, NULL, 0);
}

/* --- nodes ------------------------------------------------------------------------- */

static struct node *node_of(uint64_t number)
{
	return &nodes[number - 1];
}

static const char *path_of(const struct node *node)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", node->path);
	return path;
}

static int fill_attr(const struct node *node, struct wire_attr *attr)
{
	struct stat st;

	if (fstatat(node->path, "", &st, AT_EMPTY_PATH) < 0)
		return -errno;
	*attr = (struct wire_attr) { .ino = st.st_ino,
				     .size = st.st_size,
				     .blocks = st.st_blocks,
				     .mode = st.st_mode,
				     .nlink = st.st_nlink,
				     .blksize = 4096 };
	return 0;
}

/* Takes over @path. A number is not given again: it may be open without a name. */
static int enter(int path, struct wire_entry_out *entry)
{
	struct stat st;
	size_t i = 0;

	if (path < 0 || fstat(path, &st) < 0)
		return -errno;
	while (i < node_count && nodes[i].ino != st.st_ino)
		i++;
	if (i == NODES)
		return -ENOMEM;
	if (i == node_count)
		nodes[node_count++] = (struct node) { .path = path, .ino = st.st_ino };
	else
		close(path);
	nodes[i].lookups++;
	*entry = (struct wire_entry_out) { .nodeid = i + 1 };
	return fill_attr(&nodes[i], &entry->attr);
}

static void forget(uint64_t number, uint64_t lookups)
{
	struct node *node = node_of(number);

	node->lookups -= lookups;
	if (node->lookups)
		return;
	close(node->path);
	node->ino = 0;
}

static int look_up(uint64_t parent, const char *name, struct wire_entry_out *entry)
{
	return enter(openat(node_of(parent)->path, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), entry);
}

/* --- IDs --------------------------------------------------------------------------- */

static int close_id(int id)
{
	uint32_t number = id;

	return ioctl(device, FUSE_DEV_IOC_BACKING_CLOSE, &number);
}

/* The answer to an open of @node by @fd. */
static struct wire_open_out open_node(struct node *node, int fd)
{
	struct fuse_backing_map map = { .fd = fd };
	struct wire_open_out out = { .fh = fd };

	node->opens++;
	if (fault("no-passthrough"))
		return out;
	if (!node->id)
		node->id = ioctl(device, FUSE_DEV_IOC_BACKING_OPEN, &map);
	out.open_flags = FOPEN_PASSTHROUGH;
	out.backing_id = node->id;
	return out;
}

static void release(struct node *node, int fd)
{
	close(fd);
	if (--node->opens || !node->id)
		return;
	close_id(node->id);
	node->id = 0;
}

static void answer_open(const struct wire_in_header *in, const struct wire_open_in *open_in)
{
	struct node *node = node_of(in->nodeid);
	struct wire_open_out out;
	int fd;

	fd = open(path_of(node), open_in->flags & ~(O_NOFOLLOW | O_CREAT | O_EXCL | O_APPEND));
	if (fd < 0) {
		answer_done(in, -1);
		return;
	}
	out = open_node(node, fd);
	answer(in, 0, &out, sizeof(out));
}

/* CREATE, and TMPFILE, of which the name is no name. */
static void answer_create(const struct wire_in_header *in, const struct wire_create_in *create)
{
	const char *name = in->opcode == FUSE_TMPFILE ? "." : (const char *)(create + 1);
	int flags = (create->flags & ~(O_NOFOLLOW | O_APPEND | O_EXCL)) |
		    (in->opcode == FUSE_TMPFILE ? O_TMPFILE : O_CREAT);
	int fd = openat(node_of(in->nodeid)->path, name, flags, create->mode), err;
	struct {
		struct wire_entry_out entry;
		struct wire_open_out open;
	} out;
	char path[64];

	if (fd < 0) {
		answer_done(in, -1);
		return;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = enter(open(path, O_PATH | O_CLOEXEC), &out.entry);
	if (!err)
		out.open = open_node(node_of(out.entry.nodeid), fd);
	answer(in, err, &out, sizeof(out));
}

/* --- others ------------------------------------------------------------------------ */

static void answer_init(const struct wire_in_header *in, const struct wire_init_in *init)
{
	const uint64_t flags = FUSE_PASSTHROUGH | FUSE_INIT_EXT | FUSE_BIG_WRITES;
	struct wire_init_out out = { .major = FUSE_KERNEL_VERSION,
				     .minor = MINOR,
				     .max_readahead = init->max_readahead,
				     .max_write = 65536,
				     .flags = (uint32_t)flags,
				     .flags2 = flags >> 32,
				     .max_stack_depth = 1 };

	answer(in, 0, &out, sizeof(out));
}

static void answer_attr(const struct wire_in_header *in)
{
	struct wire_attr_out out = { 0 };
	int err = fill_attr(node_of(in->nodeid), &out.attr);

	answer(in, err, &out, sizeof(out));
}

static void answer_entry(const struct wire_in_header *in, const char *name)
{
	struct wire_entry_out entry;
	int err = look_up(in->nodeid, name, &entry);

	answer(in, err, &entry, sizeof(entry));
}

static void answer_rename(const struct wire_in_header *in, uint64_t to, const char *name)
{
	answer_done(in, renameat(node_of(in->nodeid)->path, name, node_of(to)->path,
				 name + strlen(name) + 1));
}

static void answer_link(const struct wire_in_header *in, const struct fuse_link_in *link)
{
	const char *name = (const char *)(link + 1);

	if (linkat(AT_FDCWD, path_of(node_of(link->oldnodeid)), node_of(in->nodeid)->path, name,
		   AT_SYMLINK_FOLLOW) < 0)
		answer_done(in, -1);
	else
		answer_entry(in, name);
}

static void answer_read(const struct wire_in_header *in, const struct wire_read_in *read)
{
	static char data[1 << 20];
	ssize_t len = pread(read->fh, data, read->size < sizeof(data) ? read->size : sizeof(data),
			    read->offset);

	answer(in, len < 0 ? -errno : 0, data, len);
}

static void answer_write(const struct wire_in_header *in, const struct wire_write_in *write)
{
	ssize_t len = pwrite(write->fh, write + 1, write->size, write->offset);
	struct wire_write_out out = { .size = len };

	answer(in, len < 0 ? -errno : 0, &out, sizeof(out));
}

static void forget_all(const struct fuse_batch_forget_in *batch)
{
	const struct fuse_forget_one *one = (const void *)(batch + 1);

	for (uint32_t i = 0; i < batch->count; i++)
		forget(one[i].nodeid, one[i].nlookup);
}

static void serve(const struct wire_in_header *in, const void *arg)
{
	switch (in->opcode) {
	case FUSE_INIT:
		return answer_init(in, arg);
	case FUSE_FORGET:
		return forget(in->nodeid, ((const struct fuse_forget_in *)arg)->nlookup);
	case FUSE_BATCH_FORGET:
		return forget_all(arg);
	case FUSE_INTERRUPT:
		return;
	case FUSE_LOOKUP:
		return answer_entry(in, arg);
	case FUSE_GETATTR:
		return answer_attr(in);
	case FUSE_SETATTR:
		if (((const struct wire_setattr_in *)arg)->valid & FATTR_SIZE &&
		    truncate(path_of(node_of(in->nodeid)),
			     ((const struct wire_setattr_in *)arg)->size) < 0)
			return answer_done(in, -1);
		return answer_attr(in);
	case FUSE_OPEN:
		return answer_open(in, arg);
	case FUSE_CREATE:
	case FUSE_TMPFILE:
		return answer_create(in, arg);
	case FUSE_RELEASE:
		release(node_of(in->nodeid), ((const struct wire_release_in *)arg)->fh);
		return answer(in, 0, NULL, 0);
	case FUSE_FLUSH:
		return answer(in, 0, NULL, 0);
	case FUSE_FSYNC:
		return answer_done(in, fsync(((const struct wire_fsync_in *)arg)->fh));
	case FUSE_READ:
		return answer_read(in, arg);
	case FUSE_WRITE:
		return answer_write(in, arg);
	case FUSE_UNLINK:
		return answer_done(in, unlinkat(node_of(in->nodeid)->path, arg, 0));
	case FUSE_RENAME:
		return answer_rename(in, ((const struct fuse_rename_in *)arg)->newdir,
				     (const char *)arg + sizeof(struct fuse_rename_in));
	case FUSE_RENAME2:
		return answer_rename(in, ((const struct fuse_rename2_in *)arg)->newdir,
				     (const char *)arg + sizeof(struct fuse_rename2_in));
	case FUSE_LINK:
		return answer_link(in, arg);
	default:
		return answer(in, -ENOSYS, NULL, 0);
	}
}

/* --- what it does of its own ------------------------------------------------------- */

/* As go-fuse's example does, and some others: a file of its own mount. */
static void *open_own(void *unused)
{
	char path[256];
	int fd;

	opener = gettid();
	snprintf(path, sizeof(path), "%s/f", mountpoint);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (tell)
		close(open(tell, O_WRONLY | O_CLOEXEC));
	if (!fault("keep-own-open"))
		close(fd);
	return NULL;
}

static void *spin(void *unused)
{
	for (;;)
		;
	return NULL;
}

static void begin(void *(*does)(void *))
{
	pthread_t thread;

	pthread_create(&thread, NULL, does, NULL);
}

static void live_on(void)
{
	if (fork() == 0)
		for (;;)
			pause();
}

static void mount_here(void)
{
	char options[128];

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
		 device);
	if (mount("pass_fs", mountpoint, "fuse", 0, options) == 0)
		return;
	perror("mount");
	exit(1);
}

static void start(void)
{
	if (fault("mount-nothing"))
		pause();
	mount_here();
	if (fault("mount-twice"))
		mount_here();
	if (fault("die"))
		exit(3);
	if (fault("stop"))
		raise(SIGSTOP);
	if (fault("grandchild")) {
		live_on();
		signal(SIGTERM, SIG_IGN);
	}
	if (fault("spin"))
		begin(spin);
}

/* Whether it is not answered. */
static bool is_swallowed(const struct wire_in_header *in)
{
	static const struct {
		const char *name;
		uint32_t opcode;
	} swallowed[] = {
		{ "no-init", FUSE_INIT },	{ "no-lookup", FUSE_LOOKUP },
		{ "no-open", FUSE_OPEN },	{ "no-flush", FUSE_FLUSH },
		{ "no-release", FUSE_RELEASE }, { "open-own-for-ever", FUSE_OPEN },
	};

	if (fault("die-at-open") && in->opcode == FUSE_OPEN)
		abort();
	for (size_t i = 0; i < sizeof(swallowed) / sizeof(swallowed[0]); i++)
		if (fault(swallowed[i].name) && in->opcode == swallowed[i].opcode)
			return true;
	return false;
}

static void act(const struct wire_in_header *in)
{
	bool own = !strncmp(chosen, "open-own", 8) || fault("keep-own-open");

	if (own && in->opcode == FUSE_INIT)
		begin(open_own);
	if (fault("open-own-slowly") && in->pid == opener && in->opcode != FUSE_INIT)
		poll(NULL, 0, SLOW_MS);
}

int main(int argc, char **argv)
{
	static union {
		struct wire_in_header header;
		char bytes[1 << 20];
	} request;
	struct wire_entry_out root;

	if (argc < 4)
		return 2;
	chosen = argv[1];
	mountpoint = argv[3];
	tell = argv[4];
	umask(0);
	if (enter(open(argv[2], O_PATH | O_CLOEXEC), &root) < 0)
		return 1;
	start();
	for (;;) {
		ssize_t len = read(device, &request, sizeof(request));

		if (len < 0 && errno == ENODEV)
			return 0;
		if (len < 0)
			continue;
		act(&request.header);
		if (!is_swallowed(&request.header))
			serve(&request.header, &request.header + 1);
	}
}
