// SPDX-License-Identifier: GPL-2.0
// Over io_uring the length of a reply is always 0.
// file: fuse_uring.c
// server: libfuse-uring
// red: drop.late.io_continues_after_drop
// red: negotiation.fuse_over_io_uring.open_uses_ring
@@
expression ent, size;
@@
send_reply_uring(...)
{
<...
- ent->payload_sz = size;
+ ent->payload_sz = 0;
...>
}
