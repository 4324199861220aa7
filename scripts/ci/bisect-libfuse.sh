#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/../lib/usual.inc"
set -eu

usage()
{
	cat <<-END
	usage: git bisect run .../scripts/ci/bisect-libfuse.sh CASE [OPTION-OF-RUN.SH...]
	Finds the commit of libfuse that broke a case, or changed what is not promised. To be run
	in libfuse's tree, after git bisect start BAD GOOD. CASE is a pattern for --filter. If you
	need no terms or steps of your own, scripts/libfuse.sh --bisect does all of it, in a
	scratch repository.

	OUTPUT  build directory of the suite (default: build in its checkout)

	Exit status: 0 good, 1 bad, 125 libfuse cannot be built or no case can run,
	128 wrong use.
	END
}

die()
{
	echo "bisect-libfuse.sh: $*" >&2
	exit "${wrong_use:-1}"
}

case ${1-} in
--help) usage && exit ;;
'') die "give a case, see --help" ;;
-*) die "unknown option $1, see --help" ;;
esac
wrong_use=128 # ends the bisection
[ -f include/fuse_lowlevel.h ] || die "this is not the tree of libfuse: run it there"
case=$1
shift
"$scripts/run.sh" --list --filter "$case" >/dev/null || die "cannot run $case, see above"
server=$("$scripts/libfuse.sh" "$PWD" --name bisect) || exit 125
status=0
"$scripts/run.sh" --strict --server "$server" --filter "$case" "$@" || status=$?
[ "$status" -ne 4 ] || status=125
exit "$status"
