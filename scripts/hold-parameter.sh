#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
set -eu

case ${1-} in
/*) ;;
*)
	cat <<-END
	usage: scripts/hold-parameter.sh FILE VALUE
	Writes VALUE to a module's parameter, says "held", and gives the parameter its
	old value back at the end of standard input. No signal but KILL ends it earlier.
	Waits for whoever else holds the parameter, and says so.

	Exit status: 0 done, 4 it cannot be written.
	END
	[ "${1-}" = --help ]
	exit
	;;
esac
file=$1 value=$2

die()
{
	echo "hold-parameter.sh: $file $1" >&2
	exit 4
}

[ -e "$file" ] || die "does not exist"
exec 9<"$file"
flock -n 9 || {
	echo "waits for another run, which has ${file##*/} as it needs it" >&2
	flock 9
}
# Nor does it keep what it wrote if nobody is there to be told any more.
trap '' HUP INT QUIT TERM PIPE
old=$(cat "$file")
{ echo "$value" >"$file"; } 2>/dev/null || die "cannot be written"
trap 'echo "$old" >"$file"' EXIT
echo held 2>/dev/null
exec >&-
cat >/dev/null
