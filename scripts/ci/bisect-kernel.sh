#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/../lib/usual.inc"
set -eu

usage()
{
	cat <<-END
	usage: git bisect run .../scripts/ci/bisect-kernel.sh CASE [OPTION-OF-VM.SH...]
	Finds the commit of a kernel that broke a case, or changed what is not promised. To be run
	in the kernel's tree, after git bisect start BAD GOOD. CASE is a pattern for --filter.

	OUTPUT  build directory of the suite (default: build in its checkout); the kernels
	        are built in its kernels/bisect

	Exit status: 0 good, 1 bad, 125 the kernel cannot be built or run, 128 wrong use.
	END
}

die()
{
	echo "bisect-kernel.sh: $*" >&2
	exit "${wrong_use:-1}"
}

case ${1-} in
--help) usage && exit ;;
'') die "give a case, see --help" ;;
-*) die "unknown option $1, see --help" ;;
esac
wrong_use=128 # ends the bisection
[ -f Kbuild ] || die "this is not the tree of a kernel: run it there"
case=$1
shift
OUTPUT=${OUTPUT:-$checkout/build}
export OUTPUT
"$scripts/run.sh" --list --filter "$case" >/dev/null || die "cannot run $case, see above"
KSRC=$PWD "$scripts/kernel.sh" tiny --output "$OUTPUT/kernels/bisect" >&2 || exit 125
exec "$scripts/vm.sh" --bisect --ksrc "$OUTPUT/kernels/bisect" --server raw --filter "$case" "$@"
