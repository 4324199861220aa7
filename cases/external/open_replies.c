// SPDX-License-Identifier: GPL-2.0
/* Replies that make opens fail with EIO, or leave passthrough off. Promises A5 and A14. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "harness/record.h"
#include "external/external_helpers.h"
#include "external/replies.h"
#include "shared/fuse_uapi.h"

/* The flags that the kernel accepts beside FOPEN_PASSTHROUGH, and that one. */
#define ACCEPTED_FLAGS \
	(FOPEN_PASSTHROUGH | FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES | FOPEN_NOFLUSH)

/* What makes an open fail with EIO, and what a maintainer of fs/fuse would say to it. */
#define NOTHING "nothing"
static const struct finding {
	const char *what, *advice;
} nothing = { .what = NOTHING };

static const struct finding flags = {
	.what = "flags that the kernel rejects beside FOPEN_PASSTHROUGH",
	.advice = "reply to OPEN and CREATE with FOPEN_PASSTHROUGH and none of FOPEN_KEEP_CACHE, "
		  "FOPEN_CACHE_DIR, FOPEN_NONSEEKABLE and FOPEN_STREAM: a passthrough file has no "
		  "page cache to keep, and the kernel fails the open with EIO" SHOWN_BY(
			  "cat f >/dev/null")
};
static const struct finding closed_before = {
	.what = "an ID that is closed already",
	.advice = "close the ID only when the last open file of the inode is released: the kernel "
		  "looks it up when it has the reply, and fails the open with EIO" SHOWN_BY(
			  "cat f >/dev/null")
};
static const struct finding closed_after = {
	.what = "an ID that is closed before open(2) has returned",
	.advice = "close the ID only when the last open file of the inode is released, not after "
		  "the reply: the kernel looks it up after that, and whoever is faster decides "
		  "whether the open fails with EIO" SHOWN_BY(
			  "for i in $(seq 1000); do cat f >/dev/null || exit 1; done")
};
static const struct finding second_id = {
	.what = "another ID for a file that is open with one",
	.advice = "keep one ID per inode and count its opens: while a file is open for "
		  "passthrough, the kernel accepts no other ID for it, even of the same backing "
		  "file, and fails the open with EIO" SHOWN_BY("exec 3<f 4<f")
};
static const struct finding closed_first = {
	.what = "another ID for a file whose own was closed while it is open",
	.advice = "count the opens of an inode, and close its ID with the last of them, not with "
		  "the first: while a file is open for passthrough, the kernel accepts no other ID "
		  "for it, and fails the open with EIO" SHOWN_BY("exec 3<f 4<f 3<&- 5<f")
};
static const struct finding not_passthrough = {
	.what = "an open without FOPEN_PASSTHROUGH of a file that is open with it",
	.advice = "pass all overlapping opens of a file through or none, those for writing and of "
		  "CREATE, too: while a file is open for passthrough the kernel fails each other "
		  "open with EIO, as cached pages and the backing file would not agree; "
		  "FOPEN_DIRECT_IO does not help" SHOWN_BY("exec 3<f 4<>f")
};
static const struct finding late_passthrough = {
	.what = "an open with FOPEN_PASSTHROUGH of a file that is open with the page cache",
	.advice = "pass all overlapping opens of a file through or none, those for reading, too: "
		  "while a file is open with the page cache the kernel fails opens with "
		  "FOPEN_PASSTHROUGH with EIO" SHOWN_BY("exec 3<f 4<>f")
};
static const struct finding unknown_id = {
	.what = "an ID that its connection does not know",
	.advice = "use the ID that FUSE_DEV_IOC_BACKING_OPEN returned, check its result, and call "
		  "it on the /dev/fuse that the request came from: the kernel fails the open with "
		  "EIO" SHOWN_BY("cat f >/dev/null")
};
static const struct finding own_error = {
	.what = "EIO from the file system itself",
	.advice = "the file system answers an open with EIO: find out why"
};
static const struct finding unseen = { .what = "EIO for a reply that was not seen" };

static const struct reply *last_open(size_t since)
{
	for (size_t i = replies_count(); i-- > since;)
		if (reply_number(i)->kind == REPLY_OPEN)
			return reply_number(i);
	return NULL;
}

static bool has_error(size_t since)
{
	for (size_t i = since; i < replies_count(); i++)
		if (reply_number(i)->kind == REPLY_ERROR && reply_number(i)->error == -EIO)
			return true;
	return false;
}

static bool is_closed(int32_t id, const struct reply *from, const struct reply *to)
{
	for (; from < to; from++)
		if (from->kind == ID_CLOSED && from->id == id)
			return true;
	return false;
}

static bool is_passthrough(const struct reply *reply)
{
	return reply->flags & FOPEN_PASSTHROUGH;
}

/* If none is, nothing was seen: no passthrough, or replies by io_uring or splice(2). */
static bool any_passthrough(void)
{
	for (size_t i = 0; i < replies_count(); i++)
		if (reply_number(i)->kind == REPLY_OPEN && is_passthrough(reply_number(i)))
			return true;
	return false;
}

/* Of an open that failed with EIO; @first is the reply for an earlier open that goes on. */
static const struct finding *eio_cause(const struct reply *first, const struct reply *reply)
{
	if (is_passthrough(reply) && reply->flags & ~ACCEPTED_FLAGS)
		return &flags;
	if (first && is_passthrough(first) && !is_passthrough(reply))
		return &not_passthrough;
	if (first && !is_passthrough(first) && is_passthrough(reply))
		return &late_passthrough;
	if (first && is_passthrough(first) && is_closed(first->id, first, reply))
		return &closed_first;
	if (first && is_passthrough(first) && first->id != reply->id)
		return &second_id;
	return &unknown_id;
}

/* What is wrong with the reply to an open; the reply itself is returned in @reply. */
static const struct finding *judge(struct world *w, long fd, size_t since,
				   const struct reply *first, const struct reply **reply)
{
	external_wait_rest(); /* then all replies have been seen */
	*reply = last_open(since);
	if (!*reply)
		return fd != -EIO ? &nothing : has_error(since) ? &own_error : &unseen;
	if (is_passthrough(*reply) && is_closed((*reply)->id, reply_number(since), *reply))
		return &closed_before;
	if (fd >= 0 && is_passthrough(*reply) &&
	    is_closed((*reply)->id, *reply, reply_number(replies_count())))
		return &closed_after;
	return fd == -EIO ? eio_cause(first, *reply) : &nothing;
}

/* An open while that of @first, if any, goes on; its descriptor is returned in @fd. */
static const struct finding *open_and_judge(struct world *w, const char *path, int flags,
					    const struct reply *first, const struct reply **reply,
					    long *fd)
{
	size_t since = replies_count();

	replies_open_begins();
	*fd = client_open(client(w), path, flags);
	replies_open_returned();
	return judge(w, *fd, since, first, reply);
}

/* Opens a file twice, closes the first, and opens it again. */
static const struct finding *open_three_times(struct world *w, const char *path, int flags,
					      int again)
{
	const struct reply *first, *second, *third;
	long fds[3] = { -1, -1, -1 };
	const struct finding *found = open_and_judge(w, path, flags, NULL, &first, &fds[0]);

	if (found == &nothing)
		found = open_and_judge(w, path, again, first, &second, &fds[1]);
	if (found == &nothing) {
		client_close(client(w), fds[0]);
		fds[0] = -1;
		found = open_and_judge(w, path, again, second, &third, &fds[2]);
	}
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			client_close(client(w), fds[i]);
	external_wait_rest();
	return found;
}

static const struct world_opts watched = { .watched = true };

#define SKIP_UNLESS_WATCHED() \
	do { \
		if (!external_is_watched()) \
			CASE_SKIP( \
				"config: no seccomp user notification (set CONFIG_SECCOMP_FILTER=y)"); \
	} while (0)

EXTERNAL_FIXTURE(overlapping_opens);

CASE(overlapping_opens, no_reply_causes_eio, .promise = "A5", .world = &watched,
	.title = "no reply to overlapping opens makes, or can make, an open fail with EIO")
{
	static const struct {
		const char *path;
		int first, again;
		enum how how;
	} opens[] = {
		{ .path = "f", .first = O_RDONLY, .again = O_RDONLY, .how = READ },
		{ .path = "f", .first = O_RDONLY, .again = O_RDWR, .how = OPENED },
		{ .path = "f", .first = O_RDWR, .again = O_RDONLY, .how = OPENED },
		{ .path = "f", .first = O_RDWR, .again = O_WRONLY | O_APPEND, .how = OPENED },
		{ .path = "new", .first = O_RDWR | O_CREAT, .again = O_RDWR, .how = CREATED },
	};
	const struct finding *found = &nothing;

	SKIP_UNLESS_WATCHED();
	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]) && found == &nothing; i++) {
		found = open_three_times(w, opens[i].path, opens[i].first, opens[i].again);
		if (found != &nothing)
			external_note_kind(opens[i].how);
	}
	if (found == &nothing && !any_passthrough())
		CASE_SKIP("library: no passthrough reply of %s was seen", server_under_test());
	case_advise(found->advice);
	if (found != &nothing)
		record("eio_cause", "cause", found->what, NULL);
	_EXPECT(expect_text("expect", "what makes opens fail", found->what, NOTHING, _AT(0)), 0);
}

/* --- A14: INIT and registration ------------------------------------------------------- */

static const struct finding number = {
	.what = "an ioctl on /dev/fuse that is no FUSE_DEV_IOC_BACKING_OPEN, nor a CLOSE",
	.advice =
		"take the numbers of the ioctls from linux/fuse.h: OPEN is _IOW(229, 1, struct "
		"fuse_backing_map) with 16 bytes, CLOSE is _IOW(229, 2, uint32_t); the kernel fails "
		"any other with ENOTTY, and nothing is passed through"
};
static const struct finding depth = {
	.what = "a max_stack_depth that is neither 1 nor 2",
	.advice =
		"reply to INIT with a max_stack_depth of 1 or 2: with any other the mount works, but "
		"the kernel leaves passthrough off, and registrations fail with EPERM"
};
static const struct finding writeback = {
	.what = "FUSE_WRITEBACK_CACHE beside FUSE_PASSTHROUGH",
	.advice =
		"reply to INIT without FUSE_WRITEBACK_CACHE: with it the mount works, but the kernel "
		"leaves passthrough off, and registrations fail with EPERM"
};

static const struct reply *init_reply(void)
{
	for (size_t i = 0; i < replies_count(); i++)
		if (reply_number(i)->kind == REPLY_INIT)
			return reply_number(i);
	return NULL;
}

static const struct finding *why_off(const struct reply *init)
{
	for (size_t i = 0; i < replies_count(); i++)
		if (reply_number(i)->kind == WRONG_IOCTL)
			return &number;
	if (init->stack_depth < 1 || init->stack_depth > 2)
		return &depth;
	return init->init_flags & FUSE_WRITEBACK_CACHE ? &writeback : &nothing;
}

EXTERNAL_FIXTURE(start);

CASE(start, passthrough_is_granted, .promise = "A14", .world = &watched,
	.title = "INIT asks for passthrough as the kernel grants it; files are registered by ioctls that it knows")
{
	const struct finding *found;
	const struct reply *init;

	SKIP_UNLESS_WATCHED();
	client_open(client(w), "f", O_RDWR);
	external_wait_rest();
	init = init_reply();
	if (!init || !(init->init_flags & FUSE_PASSTHROUGH))
		CASE_SKIP("library: %s does not ask for passthrough", server_under_test());
	found = why_off(init);
	case_advise(found->advice);
	_EXPECT(expect_text("expect", "what leaves passthrough off", found->what, NOTHING, _AT(0)),
		0);
}

CASE_MAIN()
