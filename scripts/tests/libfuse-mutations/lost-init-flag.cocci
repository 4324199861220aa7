// SPDX-License-Identifier: GPL-2.0
// The INIT reply lacks FUSE_PASSTHROUGH.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: libfuse_api.cap_passthrough.fuse_set_feature_flag.negotiated
@@
expression flags;
@@
- flags |= FUSE_PASSTHROUGH;
