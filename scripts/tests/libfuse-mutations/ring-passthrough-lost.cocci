// SPDX-License-Identifier: GPL-2.0
// With io_uring the reply to INIT lacks FUSE_PASSTHROUGH.
// file: fuse_lowlevel.c
// server: libfuse-uring
// red: negotiation.depths.one.turn_passthrough_on
// red: negotiation.io_uring.carries_requests_beside_passthrough
@@
expression flags;
@@
flags |= FUSE_OVER_IO_URING;
+ flags &= ~FUSE_PASSTHROUGH;
