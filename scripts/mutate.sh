#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C
unset FPT_STRICT # given where it is meant

usage()
{
	cat <<-END
	usage: scripts/mutate.sh [OPTION...] [MUTATION...]
	Checks that the cases detect a broken kernel, and that they tolerate a harmless change of it.
	Each file of fixtures/kernels/mutations is a mutation, a semantic patch. Builds a copy of the
	tree, first unchanged and then with one mutation at a time, and runs cases in a virtual
	machine with the raw server. Prints TAP.

	A mutation of the kind "bug" is a plausible kernel bug. The cases of the promises that it
	breaks run, and whatever differs from today counts (FPT_STRICT): it passes if all cases that
	must detect it do. Its first lines name what it breaks, the files, the promises or case
	patterns to run ("promises:") and the cases that must detect it ("red:").

	A mutation of the kind "harmless" ("kind: harmless") is a change that breaks no promise, as
	a developer could post it. The whole suite runs: it passes if no case fails, and what differs
	from the unchanged kernel is "changed", at least the cases that its first lines name
	("changed:").

	  --kind KIND         only the mutations of this kind: bug or harmless
	  --fail-fast         of bugs, run only the cases that must detect a mutation: they decide
	  --explore STEPS     of bugs, run the explorer alone, so many steps with each seed: it decides
	  --list              show the mutations: name, kind, promises, sentence
	  --debian VERSION    use the linux-source package of that version instead of KSRC
	  --help              show this text

	KSRC                  a clean kernel tree; it is not changed
	OUTPUT                the build directory (default: build); the copy, the kernels and the
	                      runs go to mutants/ in it, mutation x case to mutations.tsv

	Exit status: 0 all were detected or tolerated, 1 one was not, could not be applied or built,
	or a usage error, 4 nothing can run here.
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

debian='' mutations=() kinds='bug harmless'
bug_cases_in=promises # the line of a bug that names the cases to run
explored=             # steps with each seed of cases/explore.c, if the explorer runs instead

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

is_harmless() # MUTATION
{
	[ "$(header_of kind "$1")" = harmless ]
}

# Prints the chosen mutations of a kind; explored: bugs that the explorer has to find.
of_kind() # KIND
{
	local name

	for name in "${mutations[@]}"; do
		case $1 in
		bug | explored) is_harmless "$name" || echo "$name" ;;
		harmless) ! is_harmless "$name" || echo "$name" ;;
		esac
	done
}

# The kernel has the code that the mutation changes.
affects_kernel() # MUTATION
{
	printf '%s\n' "$(header_of since "$1")" "$version" | sort -VC
}

parse_arguments()
{
	local list='' kind name promises

	while [ $# -gt 0 ]; do
		case $1 in
		--help)
			usage
			exit 0
			;;
		--list) list=1 ;;
		--fail-fast) bug_cases_in=red ;;
		--debian | --kind | --explore)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			case $1 in
			--debian) debian=$2 ;;
			--kind) choose_kind "$2" ;;
			--explore) choose_steps "$2" ;;
			esac
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
	for kind in $kinds; do
		for name in $(of_kind "$kind"); do
			promises=$(header_of promises "$name")
			printf '%s\t%s\t%s\t%s\n' "$name" "$kind" "${promises:--}" "$(sentence "$name")"
		done
	done
	exit
}

choose_kind() # KIND
{
	case $1 in
	bug | harmless) kinds=$1 ;;
	*) die "--kind knows bug and harmless, not '$1'" ;;
	esac
}

choose_steps() # STEPS
{
	[[ $1 =~ ^[1-9][0-9]*$ ]] || die "--explore needs a number of steps above 0, not '$1'"
	explored=$1 kinds=explored
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
		if ! cmp -s "$KSRC/$file" "$tree/$file"; then
			changed=1
		elif is_harmless "$1"; then # half of it may do harm
			return 1
		fi
	done
	[ -n "$changed" ]
}

build()
{
	KSRC=$tree "$scripts/kernel.sh" tiny --output "$dir/tiny" >/dev/null
}

# run RUN FILTER: runs these cases, and sets $results and $status.
run()
{
	results=$dir/runs/$1/results/k/raw.tsv
	status=0
	rm -rf "$dir/runs/$1"
	"$scripts/vm.sh" --ksrc "$dir/tiny" --server raw --filter "$2" --run-dir "$dir/runs/$1" --kernel-name k >>"$log" 2>&1 || status=$?
	[ -s "$results" ] || return
	fpt mutate record "$1" "$results" "$OUTPUT/mutations.tsv"
}

# run_kind KIND RUN MUTATION...: runs the cases of these mutations. Of what a bug changes, all is wrong.
run_kind()
{
	case $1 in
	explored)
		FPT_STRICT=1 FPT_EXPLORE_STEPS=$explored FPT_EXPLORE_SHRINK_MS=0 \
			FPT_TIMEOUT_MUL=$((10 + explored / 300)) FPT_VM_SILENCE=600 run "$2" 'explore.*'
		;;
	bug) FPT_STRICT=1 run "$2" "$(header_of "$bug_cases_in" "${@:3}" | sort -u | paste -sd ,)" ;;
	harmless) run "$2" '*' ;;
	esac
}

# --- verdicts ------------------------------------------------------------------

# judge KIND MUTATION: prints what the cases say of it; fails unless they detected or tolerated it.
judge()
{
	local cases

	case $1 in
	explored) fpt mutate explored "$explored" "$unbroken" "$results" ;;
	bug)
		mapfile -t cases < <(header_of red "$2")
		fpt mutate judge "$unbroken" "$results" "${cases[@]}"
		;;
	harmless)
		mapfile -t cases < <(header_of changed "$2")
		fpt mutate tolerate "$status" "$unbroken" "$results" "${cases[@]}"
		;;
	esac
}

# try KIND MUTATION: sets $what to the verdict.
try()
{
	log=$dir/log/$2
	: >"$log"
	what="see $log"
	apply "$2" || { what="cannot be applied to $version, $what"; return 1; }
	build 2>>"$log" || { what="does not build, $what"; return 1; }
	run_kind "$1" "$2${explored:+-explored}" "$2" || { what="no case could run, $what"; return 1; }
	what=$(judge "$1" "$2")
}

# try_kind KIND MUTATION...
try_kind()
{
	local kind=$1 name not

	shift
	[ $# -gt 0 ] || return 0
	log=$dir/log/unbroken
	say "running the cases of kind $kind without a mutation"
	run_kind "$kind" "unbroken-$kind" "$@" || die "no case can run, see $log"
	unbroken=$results
	echo "ok $((++n)) - without a mutation $(cut -f 3 "$unbroken" | grep -cx pass || :) cases pass"
	for name; do
		((++n))
		not=
		affects_kernel "$name" || { echo "ok $n - $name # SKIP config: needs a kernel $(header_of since "$name") or later"; continue; }
		say "$name, $SECONDS s"
		try "$kind" "$name" || { not="not " survivors+=("$name"); }
		echo "${not}ok $n - $name: $(sentence "$name") # $what"
		restore
	done
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
say "building $version without a mutation"
build || die "the kernel does not build without a mutation"
n=0 survivors=()
for kind in $kinds; do
	mapfile -t names < <(of_kind "$kind")
	try_kind "$kind" "${names[@]}"
done
echo "1..$n"
echo "# results: $OUTPUT/mutations.tsv${survivors:+; not detected or tolerated: ${survivors[*]}}"
[ ${#survivors[@]} -eq 0 ]
