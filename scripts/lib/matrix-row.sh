#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# One row of matrix.sh, which calls it in the directory that all rows of a host share:
#
#	matrix-row.sh KEY PACKAGE-VERSION KERNEL-NAME SERVERS BUNDLE ARCH
#
# It runs from job.KEY/suite, unpacked from bundle.tar, whose checksum is BUNDLE, and writes
# ended/KEY.tar.
# Exit status: 0 there is a verdict, good or bad, 1 there is none.

[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/usual.inc"
set -eu
shopt -s nullglob
export LC_ALL=C

case ${1-} in
--help)
	sed -n '/^# One row/,/^# Exit/s/^# \{0,1\}//p' "$0"
	exit
	;;
-*) set -- ;;
esac
[ $# -eq 6 ] || { echo "matrix-row.sh: only for matrix.sh, see --help" >&2 && exit 1; }

key=$1 version=$2 name=$3 servers=$4 bundle=$5 arch=$6
job=$PWD/job.$key
suite=$job/suite
row=$job/row
# Without options the file has one empty word.
mapfile -td '' options <"$suite/matrix.options"
[ -n "${options[0]}" ] || options=()
for option in expect skip; do
	for file in "$suite/matrix.$option"/* "$suite/matrix.$option"/.[!.]*; do
		options+=("--$option" "$file")
	done
done

# On another host the kernel comes with the row, and one that was built on each.
kernel=(--debian "$version")
if [ -e "kernels/$key.tar" ]; then
	export FPT_CACHE=$job/cache
	mkdir -p "$FPT_CACHE"
	tar -x -C "$FPT_CACHE" -f "kernels/$key.tar"
	[ ! -d "$FPT_CACHE/tree" ] || kernel=(--ksrc "$FPT_CACHE/tree")
fi

what=(--server "$servers")
[[ " ${options[*]} " != *" --mount "* ]] || what=(--name "$servers")

printf 'begins\t%s\t%s\n' "$key" "$(uname -n)"
mkdir "$row" "$job/tmp"
export TMPDIR=$job/tmp
echo "$bundle" >"$row/bundle"
status=0
OUTPUT=$suite/build "$suite/scripts/vm.sh" --arch "$arch" "${kernel[@]}" "${what[@]}" --kernel-name "$name" \
	--run-dir "$row/run" --results "$row/results" "${options[@]}" >"$row/vm.log" 2>&1 </dev/null || status=$?
# The log names paths where matrix.sh unpacks the row.
sed -i "s|$row|rows/$key|g" "$row/vm.log"
verdicts=("$row/run/results"/*/*.tsv)
# Other states mean that vm.sh was killed or could not run: no verdict on the kernel.
case $status in
0 | 1 | 4) [ ${#verdicts[@]} -eq 0 ] || echo "$status" >"$row/verdict" ;;
esac
mkdir -p ended
tar -c -C "$row" -f "$job/row.tar" .
mv "$job/row.tar" "ended/$key.tar"
verdict=$(cat "$row/verdict" 2>/dev/null) || verdict=none
printf 'ends\t%s\t%s\t%s\n' "$key" "$verdict" "$(tail -n 1 "$row/vm.log")"
rm -rf "$job"
[ "$verdict" != none ]
