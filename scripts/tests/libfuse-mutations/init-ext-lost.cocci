// SPDX-License-Identifier: GPL-2.0
// INIT's reply has the upper half of the flags, but does not say so with FUSE_INIT_EXT.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.depths.one.turn_passthrough_on
// red: libfuse_api.asked.by_function.is_negotiated
@@
expression flags;
@@
- flags |= FUSE_INIT_EXT;
