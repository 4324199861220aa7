// SPDX-License-Identifier: GPL-2.0
// FUSE_CAP_PASSTHROUGH is taken for a flag that the kernel does not offer: INIT is refused.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.depths.one.turn_passthrough_on
// red: libfuse_api.asked.by_function.is_negotiated
@@
expression conn;
@@
- want_flags_valid(conn.capable_ext, conn.want_ext)
+ want_flags_valid(conn.capable_ext & ~FUSE_CAP_PASSTHROUGH, conn.want_ext)
