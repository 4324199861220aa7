// SPDX-License-Identifier: GPL-2.0
// The threads of fuse_session_loop_mt() share the session's descriptor despite clone_fd.
// file: fuse_loop_mt.c
// server: libfuse
// red: libfuse_api.clone_fd.needs_session_fd
@@
expression mt, config;
@@
- mt.clone_fd = config->clone_fd;
+ mt.clone_fd = 0;
