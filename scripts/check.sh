#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the project's own tests, which are programs that print TAP: those built
# in $OUTPUT/tests and the shell scripts in the folders tests/ of the checkout.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OUTPUT=${OUTPUT:-$PWD/build}
export LC_ALL=C

if [ "${1-}" = --help ]; then
	echo "usage: scripts/check.sh [TEST...]"
	echo "Runs the project's own tests; make check builds them first."
	exit 0
fi
if [ ! -d "$OUTPUT/tests" ]; then
	echo "check.sh: nothing is built: run make check" >&2
	exit 1
fi
if [ $# -eq 0 ]; then
	set -- "$OUTPUT"/tests/*_test {harness,fixtures,scripts}/tests/*.sh
fi

# TAP::Harness is what prove is made of; it counts, this prints the counts.
exec perl -MTAP::Harness -e '
	my $all = TAP::Harness->new({ exec => [], color => 0 })->runtests(@ARGV);
	my $failed = $all->failed + $all->exit + $all->parse_errors;
	printf "%d passed, %d failed, %d skipped\n",
		$all->passed - $all->skipped, $failed, $all->skipped;
	exit !!$failed;
' "$@"
