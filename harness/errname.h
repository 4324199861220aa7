/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_ERRNAME_H
#define FPT_ERRNAME_H

/*
 * Results travel through the suite as the kernel returns them: a value, or
 * -errno. They are shown and parsed by name, never by number.
 */

#define RESULT_NAME_MAX 24

/* "EIO" for -EIO, "42" for 42. @name has RESULT_NAME_MAX bytes; returns it. */
const char *result_name(long result, char *name);

/* -EIO for "EIO", 42 for "42"; -EPROTO for anything else. */
long result_parse(const char *name);

#endif
