// SPDX-License-Identifier: GPL-2.0
// The reply to INIT lacks FUSE_PASSTHROUGH.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.depths.one.turn_passthrough_on
// red: libfuse_api.asked.by_function.is_negotiated
@@
expression flags;
@@
- flags |= FUSE_PASSTHROUGH;
