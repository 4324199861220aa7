// SPDX-License-Identifier: GPL-2.0
// fuse_session_loop_mt() does not close the cloned descriptors of its threads.
// file: fuse_loop_mt.c
// server: libfuse-mt
// red: libfuse_api.session_destroy.multi_thread_clone_fd.releases_ids
@@
@@
fuse_join_worker(...)
{
<...
- fuse_chan_put(...);
...>
}
