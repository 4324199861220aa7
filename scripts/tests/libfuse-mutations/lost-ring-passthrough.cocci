// SPDX-License-Identifier: GPL-2.0
// With io_uring the INIT reply lacks FUSE_PASSTHROUGH.
// file: fuse_lowlevel.c
// server: libfuse-uring
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: negotiation.fuse_over_io_uring.open_uses_ring
@@
expression flags;
@@
flags |= FUSE_OVER_IO_URING;
+ flags &= ~FUSE_PASSTHROUGH;
