#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the project's own tests, which are programs that print TAP; make check
# builds them and says which.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OUTPUT=${OUTPUT:-$PWD/build}
export LC_ALL=C

case ${1-} in
--help | '')
	echo "usage: scripts/check.sh TEST..."
	echo "Runs tests that print TAP, and counts; 'make check' runs all of them."
	[ $# -gt 0 ]
	exit
	;;
esac

# TAP::Harness is what prove is made of; it counts, this prints the counts.
exec perl -MTAP::Harness -e '
	my $all = TAP::Harness->new({ exec => [], color => 0 })->runtests(@ARGV);
	my $failed = $all->failed + $all->exit + $all->parse_errors;
	printf "%d passed, %d failed, %d skipped\n",
		$all->passed - $all->skipped, $failed, scalar $all->skipped;
	exit !!$failed;
' "$@"
