/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_STREAM_H
#define FPT_VM_STREAM_H

/*
 * What the guest writes to its second serial port: one message per line, a letter, the job's
 * number if it concerns one, a space and text. A line without a newline was cut off by the death
 * of the kernel and is ignored.
 */
enum {
	STREAM_HELLO = 'H',    /* the guest is up; text: the kernel's release */
	STREAM_REMARK = 'R',   /* a message for the user */
	STREAM_BEGIN = 'B',    /* a job begins */
	STREAM_OUTPUT = 'O',   /* a line of its output: KTAP */
	STREAM_EVIDENCE = 'E', /* a line of its evidence: JSON */
	STREAM_STATUS = 'S',   /* the job ended; text: exit status or "timeout" */
	STREAM_STUCK = 'K',    /* the job cannot be killed; the guest runs no more jobs */
	STREAM_LOG = 'L',      /* a record of /dev/kmsg */
	STREAM_COVERAGE = 'C', /* a part of a file of counters; text: name, offset, bytes in hex */
	STREAM_ALIVE = 'A',    /* sent after a second without other messages */
	STREAM_DONE = 'D',     /* the last line; text: "all jobs" or "stuck" */
};

#endif
