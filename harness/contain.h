/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CONTAIN_H
#define FPT_CONTAIN_H

/*
 * Who holds standard output and error. With CONTAIN_OUTPUT_INSIDE their reader sees the end with
 * the program's, also when a process in the namespace cannot be killed and so keeps it alive.
 */
enum contain_output { CONTAIN_OUTPUT_INSIDE, CONTAIN_OUTPUT_ALSO_OUTSIDE };

/*
 * Puts the rest of the program into a PID namespace of its own, as its init.
 * When the program is killed, at whatever moment and by whatever signal, the
 * kernel ends every process that it started, and with the last of them their
 * mount namespaces, mounts and FUSE connections.
 *
 * Returns in the namespace only; the caller's original process waits outside
 * and ends with the same exit status or signal. Returns -errno, without
 * effect, where the namespace cannot be made (-EPERM: needs CAP_SYS_ADMIN).
 */
int contain(enum contain_output output);

/*
 * Signals, mask, umask and limits as a program expects them, whatever was made of them by who
 * started this one. contain() does it for the process in the namespace.
 */
void inherit_nothing(void);

#endif
