/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_GUEST_H
#define FPT_VM_GUEST_H

#include <stdbool.h>
#include <stddef.h>

/* File helpers of the guest's init. */

/* Reads the first line of a file, "" if it has none; false if it cannot be read. */
bool guest_read(const char *path, char *line, size_t size);

bool guest_write(const char *path, const char *text);

/* Creates the directories above @path. */
void guest_mkdir_parents(const char *path);

#endif
