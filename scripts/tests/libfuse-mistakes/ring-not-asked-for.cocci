// SPDX-License-Identifier: GPL-2.0
// The reply to INIT lacks FUSE_OVER_IO_URING, though the ring is ready.
// file: fuse_lowlevel.c
// server: libfuse-uring
// red: negotiation.io_uring.carries_requests_beside_passthrough
@@
expression flags;
@@
- flags |= FUSE_OVER_IO_URING;
