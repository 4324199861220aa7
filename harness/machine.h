/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_MACHINE_H
#define FPT_MACHINE_H

/*
 * Where cases mount what they stand on. It exists wherever there is FUSE, hides nobody's files,
 * and is in a mount that can be made private also where / is none, as in a chroot.
 */
#define WORLD_DIR "/sys/fs/fuse/connections"

/*
 * Why no case at all can run on this machine: "CLASS: reason (what to do)", or NULL. All that
 * every case needs is tried in a process that ends, and BACKING_OPEN is not: that is under test.
 */
const char *machine_missing(void);

#endif
