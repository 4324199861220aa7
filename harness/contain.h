/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_CONTAIN_H
#define FPT_CONTAIN_H

/*
 * Who holds standard output and error. With CONTAIN_OUTPUT_INSIDE their reader gets EOF when the
 * program ends, even if an unkillable process keeps the namespace alive.
 */
enum contain_output { CONTAIN_OUTPUT_INSIDE, CONTAIN_OUTPUT_ALSO_OUTSIDE };

/*
 * Moves the rest of the program into a new PID namespace, as its init. When the program is killed,
 * at any time and by any signal, the kernel kills all its descendants, and with the last of them
 * their mount namespaces, mounts and FUSE connections end.
 *
 * Returns in the namespace only; the original process waits outside and ends with the same exit
 * status or signal. Returns -errno without effect if the namespace cannot be created (-EPERM: needs
 * CAP_SYS_ADMIN).
 */
int contain(enum contain_output output);

/*
 * Resets signals, signal mask, umask and limits to usual values, whatever was inherited. contain()
 * does it for the process in the namespace.
 */
void inherit_nothing(void);

#endif
