#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The cases detect a broken libfuse and suspect it: each file of libfuse-mutations/ is a
# mutation, a plausible bug of libfuse as a semantic patch, with a sentence, the source file
# and the server it applies to, and the cases that must fail ("red:"). Builds libfuse without
# and with each mutation, and runs cases on all these servers and on raw. The outcomes go to
# $OUTPUT/libfuse-mutations.tsv, case x mutation.
#
# Arguments: names of mutations to run; default all.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=libfuse.inc
. "$tests/libfuse.inc"

# The promises that depend on the library.
promises='F[0-9]*,E[0-9]*,I2,I6,N[1235678],N4,C[3456],R[1356],R1[24],R26,R27,O[123]'

need_built servers/raw
need_fuse
command -v spatch >/dev/null || skip_all "config: no spatch (run scripts/setup.sh --check)"
can_build || skip_all "config: no meson (run scripts/setup.sh --check)"
need_source
FPT_SERVER="$built/servers/raw" "$built/cases/drop" --filter early.before_reply_eio >"$tmp/said" 2>&1 ||
	[ $? -ne 4 ] || skip_all "kernel: $(sed -n 's/.*# SKIP [a-z]*: //p' "$tmp/said")"

# --- libfuse without a mutation, and with one each -----------------------------

own=$built/libfuse-mutations
[ "$(cat "$own/source" 2>/dev/null)" = "$source" ] || rm -rf "$own"
mkdir -p "$own"
echo "$source" >"$own/source"
for headers in uapi kselftest; do
	ln -sfn "../$headers" "$own/$headers"
done
check "libfuse is built" env OUTPUT="$own" "$scripts/libfuse.sh" "$source" --name libfuse-unbroken
[ -x "$own/servers/libfuse-unbroken" ] || { finish; exit; }
made=$(echo "$own"/libfuse/*)

header_of() # MUTATION KEY
{
	sed -n "s,^// $2: *,,p" "$tests/libfuse-mutations/$1.cocci"
}

sentence() # MUTATION
{
	sed -n 's,^// ,,p' "$tests/libfuse-mutations/$1.cocci" | sed -n 2p
}

# The same server without the mutation.
unbroken() # MUTATION
{
	header_of "$1" server
}

mutations=
[ $# -gt 0 ] || set -- "$tests"/libfuse-mutations/*.cocci
for mutation; do
	mutation=$(basename "$mutation" .cocci)
	[ -n "$(header_of "$mutation" red)" ] || { check "$mutation has cases that must detect it" false; continue; }
	case $(unbroken "$mutation") in
	*-uring)
		grep -q '^LIBFUSE_URING := yes' "$made/libfuse.mk" ||
			{ leave_out "$mutation" "library: this libfuse has no io_uring"; continue; }
		[ -n "${ring-}" ] || { uring_on && ring=on; } || ring=off
		[ "$ring" = on ] ||
			{ leave_out "$mutation" "config: FUSE over io_uring cannot be turned on"; continue; }
		;;
	esac
	mutations="$mutations $mutation"
done
[ -n "$mutations" ] || { finish; exit; }
# shellcheck disable=SC2046 # a list of words
set -- $(for mutation in $mutations; do unbroken "$mutation"; done | sort -u)

# shellcheck disable=SC2046,SC2086 # lists of words
make -k -j"$(nproc)" -C "$tests/../.." OUTPUT="$made" LIBFUSE_TREE="$source" \
	$(printf "$made/servers/%s " "$@") $(printf "$made/mutations/%s " $mutations) >"$tmp/make" 2>&1 || :

is_built() # MUTATION
{
	[ -x "$made/mutations/$1" ] || { grep -F "$1" "$tmp/make"; return 1; }
}

servers=raw
for server; do
	servers=$servers,$made/servers/$server
done
built_mutations=
for mutation in $mutations; do
	check "$mutation is built: $(sentence "$mutation")" is_built "$mutation"
	[ -x "$made/mutations/$mutation" ] || continue
	built_mutations="$built_mutations $mutation"
	servers=$servers,$made/mutations/$mutation
done

# --- the cases on all of them ----------------------------------------------------

export OUTPUT="$built"
unset FPT_FAULT
exits "the cases run" 1 "$scripts/run.sh" --strict -j 4 --server "$servers" --filter "$promises" \
	--run-dir "$tmp/run" --kernel-name k
results=$tmp/run/results/k
summary=$tmp/run/summary
check "they leave results" test -s "$results/raw.tsv"
[ -s "$results/raw.tsv" ] || { cat "$tmp/both" >&2; finish; exit; }

# Results of a server on a library have the library's version in their name.
tsv_of() # SERVER
{
	set -- "$results/$1.tsv" "$results/$1"-[0-9]*.tsv
	[ -e "$1" ] || shift
	echo "$1"
}

none_failed() # SERVER
{
	! tail -n +2 "$(tsv_of "$1")" | grep -vP '^\S+\t\S+\t(pass|xfail|skip:\w+)\t'
}

for server in raw "$@"; do
	check "nothing fails on $server" none_failed "$server"
done

suspected_alone() # MUTATION
{
	grep "failed on $1 but not on raw" "$summary" >"$tmp/suspected" || :
	grep -q "^  libfuse[a-z-]* [0-9.]*, not the kernel: " "$tmp/suspected" || { cat "$tmp/suspected"; return 1; }
	! grep -F 'suspect: kernel' "$results/$1.tsv"
}

kernel_not_suspected()
{
	! grep '^  kernel ' "$summary"
}

# The cases that must fail, without those that are skipped here.
red() # MUTATION
{
	for case in $(header_of "$1" red); do
		grep -q "^$case	[^	]*	skip:" "$(tsv_of "$(unbroken "$1")")" || echo "$case"
	done
}

for mutation in $built_mutations; do
	cases=$(red "$mutation")
	if [ -z "$cases" ]; then
		leave_out "$mutation is detected" "config: the cases that detect it do not run here"
		continue
	fi
	# shellcheck disable=SC2086 # a list of words
	check "$mutation is detected" fpt mutate judge-library "$results/raw.tsv" "$(tsv_of "$(unbroken "$mutation")")" \
		"$results/$mutation.tsv" $cases
	check "$mutation: libfuse is suspected" suspected_alone "$mutation"
done
check "the kernel is not suspected" kernel_not_suspected

# shellcheck disable=SC2046,SC2086 # lists of words
fpt outcomes "$results/raw.tsv" $(for server in "$@" $built_mutations; do tsv_of "$server"; done) \
	>"$built/libfuse-mutations.tsv"

finish
