// SPDX-License-Identifier: GPL-2.0
// fuse_set_feature_flag() sets a flag only in conn->want_ext: it is lost if conn->want is in use.
// file: fuse_lowlevel.c
// server: libfuse
// red: libfuse_api.cap_passthrough_mixed.negotiated
@@
identifier conn, se, flag;
@@
fuse_set_feature_flag(struct fuse_conn_info *conn, uint64_t flag)
{
<...
- conn->want |= flag;
- se->conn_want |= flag;
...>
}
