// SPDX-License-Identifier: GPL-2.0
// The flags of the INIT reply are truncated to 32 bits: FUSE_PASSTHROUGH is bit 37.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: libfuse_api.cap_passthrough.fuse_set_feature_flag.negotiated
@@
typedef uint32_t, uint64_t;
expression E, flags;
@@
- E = flags >> 32;
+ E = (uint64_t)(uint32_t)flags >> 32;
