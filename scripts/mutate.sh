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
	Shows that the cases see a kernel that is broken: each file of fixtures/kernels/mutations
	is a mistake that somebody could make there, as a semantic patch. A kernel is built out of
	a copy of the tree, as it is and then with one mistake after the other, and the cases of
	the rows that the mistake is about run on it, in a virtual machine and with the raw server.
	Prints TAP: a mistake passes that was seen by all the cases that must see it. Its first
	lines say what it is, the files, the rows ("rows:") and these cases ("red:").

	  --list              show the mutations, with their rows and what they are
	  --debian VERSION    not KSRC but the linux-source package of that version
	  --help              this text

	KSRC                  the kernel tree, one that nothing was built in; stays as it is
	OUTPUT                what was built; the copy, the kernels and the runs go to
	                      mutants/ in there, mutation x case to mutations.tsv (default: build)

	Exit status: 0 all were seen, 1 one was not, could not be applied or built, or wrong use,
	4 nothing can run here.
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

says_of() # KEY MUTATION...
{
	local key=$1
	shift
	(cd "$sources" && sed -n "s,^// $key: *,,p" "${@/%/.cocci}")
}

sentence() # MUTATION
{
	sed -n '2s,^// ,,p' "$sources/$1.cocci"
}

# in_time MUTATION: this kernel has what it breaks.
in_time()
{
	printf '%s\n' "$(says_of since "$1")" "$version" | sort -VC
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
		printf '%s\t%s\t%s\n' "$name" "$(says_of rows "$name")" "$(sentence "$name")"
	done
	exit
}

need() # COMMAND PACKAGE
{
	command -v "$1" >/dev/null || { say "no $1: install $2, on Debian (scripts/setup.sh --check does)"; exit 4; }
}

# --- the copy of the tree ----------------------------------------------------

# Without the repository, which is greater than the rest.
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

# What mutations change is as it was, and new to make.
mend()
{
	local file

	for file in $(says_of file "${all[@]}" | tr ' ' '\n' | sort -u); do
		[ ! -e "$KSRC/$file" ] || cmp -s "$KSRC/$file" "$tree/$file" || cp "$KSRC/$file" "$tree/$file"
	done
}

apply() # MUTATION
{
	local file changed=

	for file in $(says_of file "$1"); do
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

# run NAME FILTER: sets $results.
run()
{
	results=$dir/runs/$1/results/k/raw.tsv
	rm -rf "$dir/runs/$1"
	"$scripts/vm.sh" --ksrc "$dir/tiny" --server raw --filter "$2" --run-dir "$dir/runs/$1" --kernel-name k >>"$log" 2>&1 || :
	[ -s "$results" ] || return
	{
		awk -F '\t' -v name="$1" '$1 != name' "$OUTPUT/mutations.tsv" 2>/dev/null || echo "mutation	case	outcome"
		awk -F '\t' -v OFS='\t' -v name="$1" 'FNR > 1 { print name, $1, $3 }' "$results"
	} >"$dir/mutations.tsv"
	mv "$dir/mutations.tsv" "$OUTPUT/mutations.tsv"
}

# --- what came of it -----------------------------------------------------------

# judge CASE...: prints by what the mutation was seen; false if one of these cases did not see it.
judge()
{
	awk -F '\t' -v must="$*" -f "$scripts/lib/mutate.awk" "$unbroken" "$results"
}

# try MUTATION: sets $what to what came of it.
try()
{
	local red

	log=$dir/log/$1
	: >"$log"
	what="see $log"
	apply "$1" || { what="cannot be applied to $version, $what"; return 1; }
	build 2>>"$log" || { what="does not build, $what"; return 1; }
	run "$1" "$(says_of rows "$1")" || { what="no case could run, $what"; return 1; }
	mapfile -t red < <(says_of red "$1")
	what=$(judge "${red[@]}")
}

parse_arguments "$@"
need spatch coccinelle
need qemu-system-x86_64 qemu-system-x86
need cpio cpio
[ -x "$OUTPUT/servers/raw" ] || die "nothing was built in $OUTPUT: run 'make' first (or say OUTPUT=...)"
find_tree "$debian"
dir=$OUTPUT/mutants/$version
tree=$dir/tree
mkdir -p "$dir/log" "$dir/runs"
exec 9>"$dir/lock"
flock -n 9 || die "another mutate.sh works in $dir"
copy_tree
mend
trap mend EXIT
trap 'exit 130' INT TERM HUP

log=$dir/log/unbroken
: >"$log"
echo "1..$((${#mutations[@]} + 1))"
say "building $version as it is"
build || die "the kernel does not build without a mutation"
say "running the cases without a mutation"
run unbroken "$(says_of rows "${mutations[@]}" | paste -sd ,)" || die "no case can run, see $log"
unbroken=$results
echo "ok 1 - without a mutation $(awk -F '\t' '$3 == "pass"' "$unbroken" | wc -l) cases pass"

n=1 survivors=()
for name in "${mutations[@]}"; do
	n=$((n + 1)) not=
	in_time "$name" || { echo "ok $n - $name # SKIP config: it is for kernels from $(says_of since "$name") on"; continue; }
	say "$name, $((n - 1)) of ${#mutations[@]}, $SECONDS s"
	try "$name" || { not="not " survivors+=("$name"); }
	echo "${not}ok $n - $name: $(sentence "$name") # $what"
	mend
done
echo "# results: $OUTPUT/mutations.tsv${survivors:+; not seen as they should: ${survivors[*]}}"
[ ${#survivors[@]} -eq 0 ]
