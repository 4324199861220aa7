// SPDX-License-Identifier: GPL-2.0
// Over io_uring a reply that is made outside of a handler is sent with a later one.
// file: fuse_uring.c
// server: libfuse-uring
// red: drop.early.while_reply_is_held_fails_open
@@
@@
fuse_uring_commit_sqe(...)
{
<...
- io_uring_submit(...);
+ ;
...>
}
