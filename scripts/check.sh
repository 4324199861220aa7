#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Runs the project's own tests, which are programs that print TAP; make check
# builds them and says which.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export OUTPUT=${OUTPUT:-$PWD/build}
export LC_ALL=C
unset MAKEFLAGS MAKELEVEL MFLAGS # what tests make is no part of what called this

case ${1-} in
--help | '')
	echo "usage: scripts/check.sh TEST..."
	echo "Runs tests that print TAP, and counts; 'make check' runs all of them."
	[ $# -gt 0 ]
	exit
	;;
esac

# In a chroot / is no mount point and unshare(1), which tests use, does not work. A
# bind mount of / is one; it is made below /sys, which can be made private.
if [ -z "${FPT_ROOT_IS_MOUNT-}" ] && [ "$(id -u)" -eq 0 ] && ! unshare --mount true 2>/dev/null; then
	export FPT_ROOT_IS_MOUNT=1
	# shellcheck disable=SC2016 # expands there
	exec unshare --mount --propagation unchanged sh -euc '
		root=/sys/fs/fuse/connections
		mount --make-rprivate /sys
		mount --rbind / $root
		exec chroot $root sh -c "cd \"\$0\" && exec \"\$@\"" "$PWD" "$@"
	' - scripts/check.sh "$@"
fi

# TAP::Harness is what prove is made of; it counts, this prints the counts.
exec perl -MTAP::Harness -e '
	my $all = TAP::Harness->new({ exec => [], color => 0, failures => 1 })->runtests(@ARGV);
	my $failed = $all->failed + $all->exit + $all->parse_errors;
	printf "%d passed, %d failed, %d skipped\n",
		$all->passed - $all->skipped, $failed, scalar $all->skipped;
	exit !!$failed;
' "$@"
