// SPDX-License-Identifier: GPL-2.0
// Over io_uring a reply that is made outside of a handler is sent with a later one.
// file: fuse_uring.c
// server: libfuse-uring
// red: drop.early.while_reply_is_held_fails_open
@@
expression queue;
@@
- if (!queue->cqe_processing)
- 	io_uring_submit(&queue->ring);
