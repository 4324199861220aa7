// SPDX-License-Identifier: GPL-2.0
// Over io_uring every reply carries error 0.
// file: fuse_uring.c
// server: libfuse-uring
// red: open_reply.error_reply.returned_unchanged
@@
identifier out, error;
@@
send_reply_uring(...)
{
<...
- out->error = error;
+ out->error = 0;
...>
}
