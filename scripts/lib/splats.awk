# SPDX-License-Identifier: GPL-2.0
#
# The one list of what counts as a report in the kernel log: extended regular expressions for awk.

BEGIN {
	# A report that a kernel may die of.
	FATAL = "BUG:|BUG at|Oops|general protection fault,|Kernel panic|Unable to handle|KASAN:"
	# Any report.
	SPLAT = FATAL "|WARNING:|KCSAN|UBSAN|[Cc]all [Tt]race:|refcount_t|" \
		"possible (circular|recursive) locking|inconsistent lock state|" \
		"INFO: task .* blocked|detected stalls|new suspected memory leaks"
	# Running out of memory, which the fault injection of promises X causes, is no kernel bug; it
	# prints a trace, too.
	NO_MEMORY = ": (vmalloc error|page allocation failure): "
	# The first line of a report, which ends the one before.
	HEAD = "cut here|^====|INFO: task "
}
