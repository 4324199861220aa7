// SPDX-License-Identifier: GPL-2.0
// max_backing_stack_depth is sent unchanged, not plus one.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: libfuse_api.max_backing_stack_depth.zero_sends_1
@@
expression out, conn;
@@
- out.max_stack_depth = conn.max_backing_stack_depth + 1;
+ out.max_stack_depth = conn.max_backing_stack_depth;
