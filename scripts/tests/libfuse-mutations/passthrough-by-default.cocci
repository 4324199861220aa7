// SPDX-License-Identifier: GPL-2.0
// FUSE_CAP_PASSTHROUGH is on without being asked for.
// file: fuse_lowlevel.c
// server: libfuse-single
// red: negotiation.refusal.not_asked_for.is_silent
// red: libfuse_api.max_backing_depth.is_not_sent_without_passthrough
@@
expression conn;
@@
+ fuse_set_feature_flag(&conn, FUSE_CAP_PASSTHROUGH);
conn.time_gran = 1;
