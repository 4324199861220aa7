// SPDX-License-Identifier: GPL-2.0
// The upper half of the flags that INIT offers is not looked at: nothing of it can be asked for.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.depths.one.turn_passthrough_on
// red: negotiation.offer.made_iff_configured
@@
typedef uint64_t;
expression arg, flags;
@@
- flags | (uint64_t) arg->flags2 << 32
+ flags
