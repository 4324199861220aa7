// SPDX-License-Identifier: GPL-2.0
/* Why opens fail with EIO. Row A5. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "external/external_helpers.h"
#include "external/replies.h"
#include "shared/fuse_uapi.h"

/* What the kernel takes beside FOPEN_PASSTHROUGH. */
#define TAKEN                                                                                 \
	(FOPEN_PASSTHROUGH | FOPEN_DIRECT_IO | FOPEN_PARALLEL_DIRECT_WRITES | FOPEN_NOFLUSH)

/* A reason, and what a maintainer of fs/fuse would say to it. */
#define NOTHING "nothing"
static const struct finding {
	const char *what, *advice;
} nothing = { NOTHING, NULL },
  flags = { "flags that the kernel does not take beside FOPEN_PASSTHROUGH",
	    "reply to OPEN and CREATE with FOPEN_PASSTHROUGH and none of FOPEN_KEEP_CACHE, "
	    "FOPEN_CACHE_DIR, FOPEN_NONSEEKABLE and FOPEN_STREAM: a file that is passed through has no "
	    "page cache to keep, and the kernel fails the open with EIO" },
  closed_before = { "an ID that is closed already",
		    "close the ID only when the last open file of the inode is released: the kernel "
		    "looks it up when it has the reply, and fails the open with EIO" },
  closed_after = { "an ID that is closed before open(2) has returned",
		   "close the ID only when the last open file of the inode is released, not after "
		   "the reply: the kernel looks it up after that, and whoever is faster decides "
		   "whether the open fails with EIO" },
  second_id = { "another ID for a file that is open with one",
		"keep one ID per inode and count its opens: while a file is passed through, the "
		"kernel takes no other ID for it, even of the same file, and fails the open with EIO" },
  closed_first = { "another ID for a file whose own was closed while it is open",
		   "count the opens of an inode, and close its ID with the last of them, not with the "
		   "first: while a file is passed through, the kernel takes no other ID for it, and "
		   "fails the open with EIO" },
  not_passed = { "an open without FOPEN_PASSTHROUGH of a file that is passed through",
		 "pass all overlapping opens of a file through or none, those for writing and of "
		 "CREATE, too: while it is passed through the kernel fails each other open with EIO, "
		 "as cached pages and the backing file would not agree; FOPEN_DIRECT_IO does not help" },
  passed_late = { "an open with FOPEN_PASSTHROUGH of a file that is open with the page cache",
		  "pass all overlapping opens of a file through or none, those for reading, too: "
		  "while it is open with the page cache the kernel fails opens with FOPEN_PASSTHROUGH "
		  "with EIO" },
  unknown_id = { "an ID that is not known to its connection",
		 "name the ID that FUSE_DEV_IOC_BACKING_OPEN returned, look at its result, and call "
		 "it on the /dev/fuse that the request came from: the kernel fails the open with EIO" },
  own_error = { "EIO from the program itself", "the program answers an open with EIO: look at why" },
  unseen = { "EIO for a reply that was not seen", NULL };

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

static bool is_passed(const struct reply *reply)
{
	return reply->flags & FOPEN_PASSTHROUGH;
}

/* Where none is, as without passthrough, or with replies by io_uring or splice(2), nothing was looked at. */
static bool any_is_passed(void)
{
	for (size_t i = 0; i < replies_count(); i++)
		if (reply_number(i)->kind == REPLY_OPEN && is_passed(reply_number(i)))
			return true;
	return false;
}

/* Of an open that failed with EIO; @first is that of the same file that is open. */
static const struct finding *why(const struct reply *first, const struct reply *reply)
{
	if (is_passed(reply) && reply->flags & ~TAKEN)
		return &flags;
	if (first && is_passed(first) && !is_passed(reply))
		return &not_passed;
	if (first && !is_passed(first) && is_passed(reply))
		return &passed_late;
	if (first && is_passed(first) && is_closed(first->id, first, reply))
		return &closed_first;
	if (first && is_passed(first) && first->id != reply->id)
		return &second_id;
	return &unknown_id;
}

/* What is wrong with the reply to an open; in @reply that reply, where it is good. */
static const struct finding *look(struct world *w, long fd, size_t since, const struct reply *first,
				  const struct reply **reply)
{
	external_wait_rest(); /* and so it is all there */
	*reply = last_open(since);
	if (!*reply)
		return fd != -EIO ? &nothing : has_error(since) ? &own_error : &unseen;
	if (is_passed(*reply) && is_closed((*reply)->id, reply_number(since), *reply))
		return &closed_before;
	if (fd >= 0 && is_passed(*reply) &&
	    is_closed((*reply)->id, *reply, reply_number(replies_count())))
		return &closed_after;
	return fd == -EIO ? why(first, *reply) : &nothing;
}

/* An open while that of @first goes on, where there is one; its descriptor in @fd. */
static const struct finding *look_at_open(struct world *w, const char *path, int flags,
					  const struct reply *first, const struct reply **reply,
					  long *fd)
{
	size_t since = replies_count();

	replies_open_begins();
	*fd = client_open(client(w), path, flags);
	replies_open_returned();
	return look(w, *fd, since, first, reply);
}

/* A file that is opened, opened again, closed once, and opened again. */
static const struct finding *look_at_three(struct world *w, const char *path, int flags, int again)
{
	const struct reply *first, *second, *third;
	long fds[3] = { -1, -1, -1 };
	const struct finding *found = look_at_open(w, path, flags, NULL, &first, &fds[0]);

	if (found == &nothing)
		found = look_at_open(w, path, again, first, &second, &fds[1]);
	if (found == &nothing) {
		client_close(client(w), fds[0]);
		fds[0] = -1;
		found = look_at_open(w, path, again, second, &third, &fds[2]);
	}
	for (size_t i = 0; i < 3; i++)
		if (fds[i] >= 0)
			client_close(client(w), fds[i]);
	external_wait_rest();
	return found;
}

static const struct world_opts watched = { .watched = true };

EXTERNAL_FIXTURE(overlapping_opens);

CASE(overlapping_opens, no_reply_causes_eio, .promise = "A5", .world = &watched,
	.title = "no reply to overlapping opens makes, or can make, an open fail with EIO")
{
	static const struct {
		const char *path;
		int first, second;
	} opens[] = {
		{ "f", O_RDONLY, O_RDONLY },
		{ "f", O_RDONLY, O_RDWR },
		{ "f", O_RDWR, O_RDONLY },
		{ "f", O_RDWR, O_WRONLY | O_APPEND },
		{ "new", O_RDWR | O_CREAT, O_RDWR },
	};
	const struct finding *found = &nothing;

	if (!external_is_watched())
		CASE_SKIP("config: no seccomp filter that tells (set CONFIG_SECCOMP_FILTER=y)");
	for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]) && found == &nothing; i++)
		found = look_at_three(w, opens[i].path, opens[i].first, opens[i].second);
	if (found == &nothing && !any_is_passed())
		CASE_SKIP("library: no reply of %s was seen that passes a file through", server_under_test());
	case_advise(found->advice);
	_EXPECT(expect_text("expect", "what the kernel refuses", found->what, NOTHING, _WHERE), 0);
}

CASE_MAIN()
