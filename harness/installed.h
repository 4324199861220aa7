/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_INSTALLED_H
#define FPT_INSTALLED_H

/*
 * The path of another program of the suite: in the build directory it is in @folder next to the
 * running program's folder, installed it is in the same folder. NULL if there is none. Valid until
 * the next call.
 */
const char *installed_path(const char *folder, const char *name);

#endif
