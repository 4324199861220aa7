/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FPT_VM_STREAM_H
#define FPT_VM_STREAM_H

/*
 * What the guest says on its second serial port: lines, each a letter, the number
 * of a job where it is about one, a space, and text. A line without its end was
 * cut off by the kernel's death and counts for nothing.
 */
enum {
	STREAM_HELLO = 'H',	/* the guest is up; text: the kernel's release */
	STREAM_REMARK = 'R',	/* something that the user should know */
	STREAM_BEGIN = 'B',	/* a job begins */
	STREAM_OUTPUT = 'O',	/* a line of its output: KTAP */
	STREAM_EVIDENCE = 'E',	/* a line of its evidence: JSON */
	STREAM_STATUS = 'S',	/* it has ended; text: exit status or "timeout" */
	STREAM_STUCK = 'K',	/* it cannot be killed; the guest gives up what is left */
	STREAM_LOG = 'L',	/* a record of /dev/kmsg */
	STREAM_ALIVE = 'A',	/* nothing else was to be said for a while */
	STREAM_DONE = 'D',	/* nothing follows; text: "all jobs" have ended, or "stuck" */
};

#endif
