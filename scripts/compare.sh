#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/compare.sh [--allow-vanished] OLD NEW
	Compares two results, each a TSV or a folder of them (results/<kernel>). In folders, the
	TSVs of the same server are compared; for a library, those of the same or the nearest
	version. OLD may also be a folder of such folders (results): then its folder of NEW's
	kernel is used, or of the nearest older kernel. If NEW is such a folder, too, each of its
	kernels is compared.

	  regressed    does not fail in OLD, fails in NEW (fail, broken, timeout, crash,
	               incomplete)
	  fixed        fails in OLD, does not fail in NEW
	  now skipped  ran in OLD, is skipped in NEW: worth a look, but no regression
	  now run      skipped in OLD, passes in NEW
	  changed      another outcome of the same kind, or other observed values or requests
	  new          only in NEW
	  vanished     only in OLD

	  --allow-vanished  vanished cases are no failure: the suite dropped them, or NEW is of
	                    a part of the suite

	To find what a new kernel breaks, in CI:

	  scripts/vm.sh --kernel bzImage --results new || [ \$? -eq 1 ]
	  scripts/compare.sh results new

	A case that also failed on the older kernel is no regression. When it is fixed, or a
	change is intended, commit new/<kernel> to results for the next comparison.

	Exit status: 0 nothing regressed or vanished, 1 something did, a file is not a result
	(printed with its line), or wrong use.
	END
}

die()
{
	echo "compare.sh: $1" >&2
	exit 1
}

# shellcheck source=scripts/lib/results.inc
. "$scripts/lib/results.inc"

options=()
while [[ ${1-} = -* ]]; do
	case $1 in
	--help | -h)
		usage
		exit 0
		;;
	--allow-vanished) options=("$1") ;;
	*) die "unknown option $1, see --help" ;;
	esac
	shift
done
[ $# -eq 2 ] || die "give two results, OLD and NEW, see --help"
for side in "$@"; do
	[ -r "$side" ] || die "cannot read $side: give a TSV or a folder of them"
done

has_results()
{
	local files=("$1"/*.tsv)

	[ ${#files[@]} -gt 0 ]
}

has_kernels()
{
	local files=("$1"/*/*.tsv)

	[ ${#files[@]} -gt 0 ]
}

# Prints NAME if standard input has it, else the newest name before it; 7.4-rc1 is before 7.4. With
# OR_LATER, if there is none, the oldest after it.
nearest() # NAME [OR_LATER]
{
	{ echo "$1" && cat; } | sed 's/-rc/~rc/' | sort -V | sed 's/~rc/-rc/' | awk -v name="$1" -v or_later="${2-}" '
		$0 == name { n++; next }
		!n { before = $0 }
		n && or_later && after == "" { after = $0 }
		END { print (n > 1 ? name : before != "" ? before : after) }'
}

nearest_kernel() # OLD NAME
{
	local folder

	for folder in "$1"/*/; do
		! has_results "$folder" || basename "$folder"
	done | nearest "$2"
}

# Another version of a library still compares the kernel.
nearest_server() # OLD NAME
{
	local file

	for file in "$1"/*.tsv; do
		file=$(basename "$file" .tsv)
		[ "$(unversioned "$file")" != "$(unversioned "$2")" ] || echo "$file"
	done | nearest "$2" or_later
}

unversioned() # SERVER
{
	set -- "${1%-unknown}"
	echo "${1%%-[0-9]*}"
}

if [ -d "$1" ] && has_kernels "$1"; then
	status=0
	if has_kernels "$2"; then
		for folder in "$2"/*/; do
			echo "== ${folder%/}"
			"$0" "${options[@]}" "$1" "${folder%/}" || status=1
		done
		exit "$status"
	fi
	[ -d "$2" ] || die "$2 is a file: give the folder of a kernel, results/<kernel>"
	name=$(basename "$(realpath "$2")")
	kernel=$(nearest_kernel "$1" "$name")
	[ -n "$kernel" ] || die "$1 has no results of $name or an older kernel: check $2 and commit it there"
	[ "$kernel" = "$name" ] || echo "$1 has no $name; compared with $kernel, the nearest older kernel"
	set -- "$1/$kernel" "$2"
fi

old=("$1")
new=("$2")
names=() # of servers
named=
if [ -d "$1" ] && [ -d "$2" ]; then
	old=() new=() named=1
	for file in "$2"/*.tsv; do
		name=$(basename "$file" .tsv)
		server=$(nearest_server "$1" "$name")
		if [ -n "$server" ]; then
			old+=("$1/$server.tsv")
			new+=("$file")
			names+=("$name")
			[ "$server" = "$name" ] ||
				echo "$1 has no $name; compared with $server, the nearest version"
		else
			echo "only in $2: ${file##*/}"
		fi
	done
	for file in "$1"/*.tsv; do
		[[ " ${old[*]} " = *" $file "* ]] || echo "only in $1: ${file##*/}"
	done
	[ ${#old[@]} -gt 0 ] || die "no server has a TSV in both $1 and $2"
elif [ -d "$1" ] || [ -d "$2" ]; then
	die "$1 and $2 are a file and a folder: give two files or two folders"
fi

need_results "${old[@]}" "${new[@]}"
# awk takes a relative path with "=" for an assignment.
mapfile -d '' old < <(realpath -z "${old[@]}")
mapfile -d '' new < <(realpath -z "${new[@]}")
# Two files may be of different servers, to compare a library with raw.
files=()
for i in "${!old[@]}"; do
	label=${names[i]+${names[i]} }
	files+=(side=old "label=$label" "${old[i]}" side=new "label=$label" "${new[i]}")
done
awk -v vanished_are_fine="${options[*]}" '
BEGIN {
	FS = "\t"
	n_kinds = split("regressed,fixed,now skipped,now run,changed,new,vanished", kinds, ",")
}

FNR == 1 {
	next
}

{
	key = label $1
}

side == "old" {
	outcome[key] = $3
	seen[key] = $4 " / " $5
	order[++n] = key
}

side == "new" && !(key in outcome) {
	report("new", key ": " with_note())
}

side == "new" && (key in outcome) {
	still[key] = 1
	kind = change(outcome[key], $3)
	if (kind)
		report(kind, key ": " outcome[key] " -> " with_note())
	else if (seen[key] != $4 " / " $5)
		report("changed", key ": " $3 ", observed " seen[key] " -> " $4 " / " $5)
}

END {
	for (i = 1; i <= n; i++)
		if (!(order[i] in still))
			report("vanished", order[i] ": " outcome[order[i]])
	for (i = 1; i <= n_kinds; i++) {
		kind = kinds[i]
		if (count[kind])
			print kind ":\n" lines[kind]
		totals = totals (i == 1 ? "" : ", ") count[kind] + 0 " " kind
	}
	print totals
	exit count["regressed"] > 0 || count["vanished"] > 0 && vanished_are_fine == ""
}

function class(outcome)
{
	return outcome ~ /^skip:/ ? "skipped" : outcome ~ /^x?pass$|^xfail$/ ? "good" : "failed"
}

function change(from, to,    a, b)
{
	a = class(from)
	b = class(to)
	if (a == b)
		return from == to ? "" : "changed"
	if (b == "failed")
		return "regressed"
	if (b == "skipped")
		return "now skipped"
	return a == "failed" ? "fixed" : "now run"
}

function with_note()
{
	return $3 ($6 == "" ? "" : " (" $6 ")")
}

function report(kind, line)
{
	count[kind]++
	lines[kind] = lines[kind] "  " line "\n"
}
' "${files[@]}"
