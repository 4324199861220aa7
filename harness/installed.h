/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_INSTALLED_H
#define FPT_INSTALLED_H

/*
 * The path of a program that comes with the running one: built, it is in
 * @folder beside that one's folder; installed, both are in one. NULL: there is
 * none. Valid until the next call.
 */
const char *installed_path(const char *folder, const char *name);

#endif
