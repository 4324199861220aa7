// SPDX-License-Identifier: GPL-2.0
// The upper half of the flags that INIT offers is ignored, so none of them can be requested.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.max_stack_depth.depth_1.enables_passthrough
// red: negotiation.init.offer_iff_configured
@@
typedef uint64_t;
expression arg, flags;
@@
- flags | (uint64_t) arg->flags2 << 32
+ flags
