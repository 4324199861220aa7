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

	Exit status: 0 done, 4 another one holds it, or it cannot be written.
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

trap '' HUP INT QUIT TERM
[ -e "$file" ] || die "does not exist"
exec 9<"$file"
# A run that was killed a moment ago may just be giving it back.
flock -w 3 9 || die "is held by another run"
old=$(cat "$file")
{ echo "$value" >"$file"; } 2>/dev/null || die "cannot be written"
echo held
exec >&-
cat >/dev/null
echo "$old" >"$file"
