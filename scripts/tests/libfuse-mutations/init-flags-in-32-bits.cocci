// SPDX-License-Identifier: GPL-2.0
// The flags of INIT's reply are kept in 32 bits: FUSE_PASSTHROUGH is bit 37.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.depths.one.turn_passthrough_on
// red: libfuse_api.asked.by_function.is_negotiated
@@
typedef uint32_t, uint64_t;
expression E, flags;
@@
- E = flags >> 32;
+ E = (uint64_t)(uint32_t)flags >> 32;
