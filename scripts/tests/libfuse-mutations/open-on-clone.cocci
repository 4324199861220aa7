// SPDX-License-Identifier: GPL-2.0
// fuse_passthrough_open() uses the descriptor that received the request.
// file: fuse_lowlevel.c
// server: libfuse-mt
// red: libfuse_api.clone_fd.needs_session_fd
@@
typedef fuse_req_t;
identifier req, fd;
expression list rest;
@@
fuse_passthrough_open(fuse_req_t req, int fd)
{
<...
- ioctl(req->se->fd, rest)
+ ioctl(req->ch ? req->ch->fd : req->se->fd, rest)
...>
}
