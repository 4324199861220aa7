#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/mutate.sh [OPTION...] [MUTATION...]
	Checks that the cases detect a broken kernel. Each file of fixtures/kernels/mutations is a
	mutation: a plausible kernel bug as a semantic patch. Builds a copy of the tree, first
	unchanged and then with one mutation at a time, and runs the cases of the promises that the
	mutation breaks, in a virtual machine with the raw server. Prints TAP: a mutation passes if
	all cases that must detect it do. The first lines of a mutation name what it breaks, the
	files, the promises or case patterns to run ("promises:") and the cases that must detect it
	("red:").

	  --fail-fast         run only the cases that must detect a mutation: they decide
	  --list              show the mutations: name, promises, sentence
	  --debian VERSION    use the linux-source package of that version instead of KSRC
	  --help              show this text

	KSRC                  a clean kernel tree; it is not changed
	OUTPUT                the build directory (default: build); the copy, the kernels and the
	                      runs go to mutants/ in it, mutation x case to mutations.tsv

	Exit status: 0 all were detected, 1 one was not, could not be applied or built, or a usage
	error, 4 nothing can run here.
	END
}

say()
{
	echo "mutate: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# shellcheck source=scripts/lib/kernel-tree.inc
. "$scripts/lib/kernel-tree.inc"
sources=$checkout/fixtures/kernels/mutations
OUTPUT=$(realpath -m "${OUTPUT:-$checkout/build}")
export OUTPUT
# shellcheck source=scripts/lib/places.inc
. "$scripts/lib/places.inc"
plain_paths "$checkout" "$OUTPUT"
all=("$sources"/*.cocci)
all=("${all[@]##*/}")
all=("${all[@]%.cocci}")

debian='' mutations=()
cases_in=promises # the line of a mutation that names the cases to run

header_of() # KEY MUTATION...
{
	local key=$1
	shift
	(cd "$sources" && sed -n "s,^// $key: *,,p" "${@/%/.cocci}")
}

sentence() # MUTATION
{
	sed -n '2s,^// ,,p' "$sources/$1.cocci"
}

# The kernel has the code that the mutation breaks.
affects_kernel() # MUTATION
{
	printf '%s\n' "$(header_of since "$1")" "$version" | sort -VC
}

parse_arguments()
{
	local list='' name

	while [ $# -gt 0 ]; do
		case $1 in
		--help)
			usage
			exit 0
			;;
		--list) list=1 ;;
		--fail-fast) cases_in=red ;;
		--debian)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			debian=$2
			shift
			;;
		-*) die "unknown option $1, see --help" ;;
		*)
			[ -e "$sources/$1.cocci" ] || die "no mutation '$1', see --list"
			mutations+=("$1")
			;;
		esac
		shift
	done
	[ ${#mutations[@]} -gt 0 ] || mutations=("${all[@]}")
	[ -n "$list" ] || return 0
	for name in "${mutations[@]}"; do
		printf '%s\t%s\t%s\n' "$name" "$(header_of promises "$name")" "$(sentence "$name")"
	done
	exit
}

need() # COMMAND PACKAGE
{
	command -v "$1" >/dev/null || { say "no $1: install $2, on Debian (scripts/setup.sh --check does)"; exit 4; }
}

# --- the copy of the tree ----------------------------------------------------

# Without .git, which is larger than the rest.
copy_tree()
{
	local into=$tree

	[ "$(cat "$dir/source" 2>/dev/null)" = "$KSRC" ] || { rm -rf "$tree" && echo "$KSRC" >"$dir/source"; }
	if [ ! -d "$tree" ]; then
		into=$tree.part
		rm -rf "$into"
		mkdir "$into"
		say "copying $KSRC"
	fi
	find "$KSRC" -mindepth 1 -maxdepth 1 ! -name .git -exec cp -a --update --reflink=auto -t "$into" {} +
	[ "$into" = "$tree" ] || mv "$into" "$tree"
}

# Undoes mutations; the new time stamps make make rebuild the files.
restore()
{
	local file

	for file in $(header_of file "${all[@]}" | tr ' ' '\n' | sort -u); do
		[ ! -e "$KSRC/$file" ] || cmp -s "$KSRC/$file" "$tree/$file" || cp "$KSRC/$file" "$tree/$file"
	done
}

apply() # MUTATION
{
	local file changed=

	for file in $(header_of file "$1"); do
		[ -e "$tree/$file" ] || continue
		spatch --very-quiet --macro-file "$sources/macros.h" --sp-file "$sources/$1.cocci" \
			--in-place "$tree/$file" >>"$log" 2>&1 || return
		cmp -s "$KSRC/$file" "$tree/$file" || changed=1
	done
	[ -n "$changed" ]
}

build()
{
	KSRC=$tree "$scripts/kernel.sh" tiny --output "$dir/tiny" >/dev/null
}

# run NAME MUTATION...: runs the cases of these mutations, and sets $results.
run()
{
	local filter

	filter=$(header_of $cases_in "${@:2}" | sort -u | paste -sd ,)
	results=$dir/runs/$1/results/k/raw.tsv
	rm -rf "$dir/runs/$1"
	"$scripts/vm.sh" --ksrc "$dir/tiny" --server raw --filter "$filter" --run-dir "$dir/runs/$1" --kernel-name k >>"$log" 2>&1 || :
	[ -s "$results" ] || return
	fpt mutate record "$1" "$results" "$OUTPUT/mutations.tsv"
}

# --- verdicts ------------------------------------------------------------------

# judge CASE...: prints which cases detected the mutation; fails unless all of these did.
judge()
{
	fpt mutate judge "$unbroken" "$results" "$@"
}

# try MUTATION: sets $what to the verdict.
try()
{
	local red

	log=$dir/log/$1
	: >"$log"
	what="see $log"
	apply "$1" || { what="cannot be applied to $version, $what"; return 1; }
	build 2>>"$log" || { what="does not build, $what"; return 1; }
	run "$1" "$1" || { what="no case could run, $what"; return 1; }
	mapfile -t red < <(header_of red "$1")
	what=$(judge "${red[@]}")
}

parse_arguments "$@"
need spatch coccinelle
need qemu-system-x86_64 qemu-system-x86
need cpio cpio
[ -x "$OUTPUT/servers/raw" ] || die "no suite in $OUTPUT: run 'make' first, or set OUTPUT"
find_tree "$debian"
dir=$OUTPUT/mutants/$version
tree=$dir/tree
mkdir -p "$dir/log" "$dir/runs"
exec 9>"$dir/lock"
flock -n 9 || die "another mutate.sh is running in $dir"
copy_tree
restore
trap restore EXIT
trap 'exit 130' INT TERM HUP

log=$dir/log/unbroken
: >"$log"
echo "1..$((${#mutations[@]} + 1))"
say "building $version without a mutation"
build || die "the kernel does not build without a mutation"
say "running the cases without a mutation"
run unbroken "${mutations[@]}" || die "no case can run, see $log"
unbroken=$results
echo "ok 1 - without a mutation $(cut -f 3 "$unbroken" | grep -cx pass || :) cases pass"

n=1 survivors=()
for name in "${mutations[@]}"; do
	n=$((n + 1)) not=
	affects_kernel "$name" || { echo "ok $n - $name # SKIP config: needs a kernel $(header_of since "$name") or later"; continue; }
	say "$name, $((n - 1)) of ${#mutations[@]}, $SECONDS s"
	try "$name" || { not="not " survivors+=("$name"); }
	echo "${not}ok $n - $name: $(sentence "$name") # $what"
	restore
done
echo "# results: $OUTPUT/mutations.tsv${survivors:+; not detected: ${survivors[*]}}"
[ ${#survivors[@]} -eq 0 ]
