// SPDX-License-Identifier: GPL-2.0
// Over io_uring the length of a reply is forgotten.
// file: fuse_uring.c
// server: libfuse-uring
// red: drop.late.io_goes_on_after_close_of_id
// red: negotiation.io_uring.carries_requests_beside_passthrough
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
