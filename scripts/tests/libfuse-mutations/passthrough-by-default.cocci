// SPDX-License-Identifier: GPL-2.0
// FUSE_CAP_PASSTHROUGH is enabled without being requested.
// file: fuse_lowlevel.c
// server: libfuse
// red: negotiation.no_valid_request.no_flag.registering_eperm
// red: libfuse_api.max_backing_stack_depth.ignored_without_passthrough
@@
expression conn;
@@
+ fuse_set_feature_flag(&conn, FUSE_CAP_PASSTHROUGH);
conn.time_gran = 1;
