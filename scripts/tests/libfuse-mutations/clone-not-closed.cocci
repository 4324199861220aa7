// SPDX-License-Identifier: GPL-2.0
// The clones of the threads stay open when fuse_session_loop_mt() has ended.
// file: fuse_loop_mt.c
// server: libfuse-mt
// red: libfuse_api.destroyed_session.of_threads_with_clones.holds_no_ids
@@
@@
fuse_join_worker(...)
{
<...
- fuse_chan_put(...);
...>
}
