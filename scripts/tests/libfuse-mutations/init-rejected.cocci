// SPDX-License-Identifier: GPL-2.0
// FUSE_CAP_PASSTHROUGH is treated as a flag that the kernel does not offer: INIT fails.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: libfuse_api.cap_passthrough.fuse_set_feature_flag.negotiated
@@
expression conn;
@@
- want_flags_valid(conn.capable_ext, conn.want_ext)
+ want_flags_valid(conn.capable_ext & ~FUSE_CAP_PASSTHROUGH, conn.want_ext)
