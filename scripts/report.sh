#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -euo pipefail
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/report.sh [OPTION...]
	Writes DIR/README.md, a summary of all DIR/<kernel>/<server>.tsv, and optionally a page
	with every case on every kernel. Titles and promises are those of the built programs.

	  --results DIR  the results (default: results)
	  --html FILE    also write FILE, a self-contained HTML page
	  --runs DIR...  run directories (of run.sh or vm.sh), for the page: the evidence of
	                 each case that did not pass there, if --results has the same result
	  --check        write nothing, but compare DIR/README.md with what would be written
	  --help         print this help

	OUTPUT           build directory (default: build)

	Exit status: 0 written (--check: equal), 1 failed (--check: different, prints the
	difference) or wrong use.
	END
}

die()
{
	echo "report.sh: $1" >&2
	exit 1
}

export OUTPUT=${OUTPUT:-$checkout/build}
# shellcheck source=scripts/lib/promises.inc
. "$scripts/lib/promises.inc"
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"
# shellcheck source=scripts/lib/results.inc
. "$scripts/lib/results.inc"

results=$checkout/results
html=
check=
runs=()

parse_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		--help | -h)
			usage
			exit 0
			;;
		--check)
			check=1
			shift
			continue
			;;
		--results | --html | --runs)
			[ -n "${2-}" ] || die "$1 needs a value, see --help"
			;;
		*)
			die "unknown option $1, see --help"
			;;
		esac
		case $1 in
		--results) results=$2 ;;
		--html) html=$2 ;;
		--runs)
			while [[ -n ${2-} && $2 != --* ]]; do
				runs+=("${2%/}")
				shift
			done
			shift
			continue
			;;
		esac
		shift 2
	done
	[ -n "$html" ] || [ ${#runs[@]} -eq 0 ] || die "--runs is for the page: give --html FILE too"
	[ ! -d "$html" ] || die "--html $html is a directory: give a FILE"
	[ -z "$html" ] || [ -z "$check" ] || die "--check writes nothing: omit --html"
}

# --- results -----------------------------------------------------------

kernels=()
servers=()
files=()

find_results()
{
	local file name

	files=("$results"/*/*.tsv)
	[ ${#files[@]} -gt 0 ] || die "no <kernel>/<server>.tsv in $results: give --results DIR"
	named=1 need_results "${files[@]}"
	for file in "${files[@]}"; do
		name=${file%/*}
		printf '%s\n' "${name##*/}"
	done | sed 's/-rc/~rc/' | sort -uV | sed 's/~rc/-rc/' >"$tmp/kernels" # a release candidate sorts before the release
	mapfile -t kernels <"$tmp/kernels"
	while read -r name; do
		for file in "$results"/*/"$name.tsv"; do
			servers+=("$name")
			break
		done
	done < <(basename -as .tsv "${files[@]}" | sort -u | in_order)
}

# Sorts servers: those that make builds first, newest version of a library first.
in_order()
{
	awk -v first="$made_servers" '
		BEGIN { n = split(first, name, " "); for (i = 1; i <= n; i++) rank[name[i]] = i }
		{
			library = $0
			sub(/-[0-9].*/, "", library)
			print (library in rank ? rank[library] : n + 1) "\t" library "\t" $0
		}' | sort -t $'\t' -k 1,1n -k 2,2 -k 3,3Vr | cut -f 3
}

find_cases()
{
	"$scripts/run.sh" --list >"$tmp/cases"
	print_promises >"$tmp/promises"
}

make_with() # AWK_OPTION...
{
	awk -f "$scripts/lib/report/read.awk" "$@" \
		-v KERNELS="${kernels[*]}" -v SERVERS="${servers[*]}" \
		kind=promises "$tmp/promises" kind=cases "$tmp/cases" kind=results "${files[@]}"
}

# --- evidence ----------------------------------------------------------------

# Prints kernel, server, case of each failure of a run that equals its line in the results, to which
# the evidence then belongs.
print_wanted() # RUN KERNEL
{
	local file

	for file in "$1/results/$2"/*.tsv; do
		[ -e "$results/$2/${file##*/}" ] || continue
		awk -v kernel="$2" '
			BEGIN { FS = OFS = "\t" }
			FNR == NR { known[$0] = 1; next }
			$3 !~ /^(pass|outcome|skip:.*)$/ && $0 in known { print kernel, $2, $1 }
			' "$results/$2/${file##*/}" "$file"
	done
}

# Prints kernel, server, case and a line of evidence each, for cases without evidence so far.
print_evidence() # RUN
{
	local folder=("$1"/results/*/) kernel evidence=("$1"/evidence/*/*.jsonl)

	[ ${#folder[@]} -eq 1 ] || die "$1: not a run directory, which has one folder in results/"
	kernel=$(basename "${folder[0]}")
	cut -f 1-3 "$tmp/evidence" | sort -u >"$tmp/known"
	print_wanted "$1" "$kernel" | grep -vxFf "$tmp/known" >"$tmp/wanted" || return 0
	[ ${#evidence[@]} -gt 0 ] || return 0
	awk -v kernel="$kernel" -f "$scripts/lib/report/evidence.awk" "$tmp/wanted" "${evidence[@]}" |
		jq -Rr -f "$scripts/lib/report/evidence.jq"
}

make_page()
{
	local run

	: >"$tmp/evidence"
	for run in "${runs[@]}"; do
		print_evidence "$run" >>"$tmp/evidence"
	done
	make_with -v EVIDENCE="$tmp/evidence" -f "$scripts/lib/report/page.awk" >"$tmp/data"
	awk -v folder="$scripts/lib/report" -v data="$tmp/data" -f "$scripts/lib/report/inline.awk" \
		"$scripts/lib/report/page.html" >"$tmp/page"
	cat "$tmp/page" 2>/dev/null >"$html" || die "cannot write $html: give another --html FILE"
}

parse_arguments "$@"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
find_results
find_cases
make_with -f "$scripts/lib/markdown.awk" -f "$scripts/lib/report/markdown.awk" >"$tmp/README.md"
[ -z "$html" ] || make_page
if [ -n "$check" ]; then
	diff -u "$results/README.md" "$tmp/README.md" ||
		die "$results/README.md is out of date: run scripts/report.sh"
else
	cat "$tmp/README.md" >"$results/README.md"
fi
