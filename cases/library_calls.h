/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_LIBRARY_CALLS_H
#define FPT_LIBRARY_CALLS_H

#include <limits.h>
#include <stdlib.h>

#include "world/server_calls.h"

/* Commands of PROTOCOL.md that show what a server's library itself does. */

/* The value that a function of the library returned; LONG_MIN if it was not called. */
static inline long library_result(struct world *w)
{
	const char *text = server_text(&w->server);
	char *end;
	long value = strtol(text, &end, 10);

	return end == text ? LONG_MIN : value;
}

/* What the library's own functions return: an ID or 0; 0 or a negative value. */
static inline long library_backing_open(struct world *w, const char *path, const char *words)
{
	server_call(&w->server, -1, "backing-open bare path=%s %s", path, words);
	return library_result(w);
}

static inline long library_backing_open_fd(struct world *w, int server_fd)
{
	server_call(&w->server, -1, "backing-open bare num=%d", server_fd);
	return library_result(w);
}

static inline long library_backing_close(struct world *w, long id)
{
	server_call(&w->server, -1, "backing-close %ld bare", id);
	return library_result(w);
}

/* How often go-fuse called PassthroughFd(). */
static inline long server_passthrough_fd_calls(struct world *w)
{
	return server_call(&w->server, -1, "passthrough-fd-calls");
}

/* How often fuser panicked as it promises. */
static inline long server_panics(struct world *w)
{
	return server_call(&w->server, -1, "panics");
}

/* What fuser's set_max_stack_depth() returned each time: "Ok(0) Err(2)". */
static inline const char *server_max_stack_depth(struct world *w)
{
	server_call(&w->server, -1, "max-stack-depth");
	return server_text(&w->server);
}

#endif
