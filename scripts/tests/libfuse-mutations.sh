#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# A libfuse that is broken is seen, and blamed: each file of libfuse-mistakes/ is a mistake
# that somebody could make there, as a semantic patch, with a sentence about it, the source
# file and the server that it is for, and cases that must fail ("red:"). libfuse is built
# once as it is and then with each of them, and cases are run on all these servers and on
# raw. What the cases came to is kept in $OUTPUT/libfuse-mistakes.tsv, case x mistake.
#
# The names of mistakes as arguments: only these.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=libfuse.inc
. "$tests/libfuse.inc"

# The rows of the contract that a library takes part in.
rows='F[0-9]*,E[0-9]*,I2,I6,N[1235678],N4,C[3456],R[1356],R1[24],R26,R27,O[123]'

need_built servers/raw
need_fuse
command -v spatch >/dev/null || skip_all "config: no spatch (run scripts/setup.sh --check)"
can_build || skip_all "config: no meson (run scripts/setup.sh --check)"
need_source
FPT_SERVER="$built/servers/raw" "$built/cases/drop" --filter early.before_reply_eio >"$tmp/said" 2>&1 ||
	[ $? -ne 4 ] || skip_all "kernel: $(sed -n 's/.*# SKIP [a-z]*: //p' "$tmp/said")"

# --- libfuse as it is, and with one mistake each -------------------------------

own=$built/libfuse-mistakes
[ "$(cat "$own/source" 2>/dev/null)" = "$source" ] || rm -rf "$own"
mkdir -p "$own"
echo "$source" >"$own/source"
for headers in uapi kselftest; do
	ln -sfn "../$headers" "$own/$headers"
done
check "libfuse is built" env OUTPUT="$own" "$scripts/libfuse.sh" "$source" --name libfuse-unbroken
[ -x "$own/servers/libfuse-unbroken" ] || { finish; exit; }
made=$(echo "$own"/libfuse/*)

says_of() # MISTAKE KEY
{
	sed -n "s,^// $2: *,,p" "$tests/libfuse-mistakes/$1.cocci"
}

sentence() # MISTAKE
{
	sed -n 's,^// ,,p' "$tests/libfuse-mistakes/$1.cocci" | sed -n 2p
}

# Which server is the same one without the mistake.
unbroken() # MISTAKE
{
	says_of "$1" server | sed 's/-single//'
}

mistakes=
[ $# -gt 0 ] || set -- "$tests"/libfuse-mistakes/*.cocci
for mistake; do
	mistake=$(basename "$mistake" .cocci)
	[ -n "$(says_of "$mistake" red)" ] || { check "$mistake has cases that must see it" false; continue; }
	case $(unbroken "$mistake") in
	*-uring)
		grep -q '^LIBFUSE_URING := yes' "$made/libfuse.mk" ||
			{ leave_out "$mistake" "library: this libfuse has no io_uring"; continue; }
		[ -n "${ring-}" ] || { uring_on && ring=on; } || ring=off
		[ "$ring" = on ] ||
			{ leave_out "$mistake" "config: FUSE over io_uring cannot be turned on"; continue; }
		;;
	esac
	mistakes="$mistakes $mistake"
done
[ -n "$mistakes" ] || { finish; exit; }
# shellcheck disable=SC2046 # a list of words
set -- $(for mistake in $mistakes; do unbroken "$mistake"; done | sort -u)

# shellcheck disable=SC2046,SC2086 # lists of words
make -k -j"$(nproc)" -C "$tests/../.." OUTPUT="$made" LIBFUSE_TREE="$source" \
	$(printf "$made/servers/%s " "$@") $(printf "$made/mistakes/%s " $mistakes) >"$tmp/make" 2>&1 || :

is_made() # MISTAKE
{
	[ -x "$made/mistakes/$1" ] || { grep -F "$1" "$tmp/make"; return 1; }
}

servers=raw
for server; do
	servers=$servers,$made/servers/$server
done
made_mistakes=
for mistake in $mistakes; do
	check "$mistake is made: $(sentence "$mistake")" is_made "$mistake"
	[ -x "$made/mistakes/$mistake" ] || continue
	made_mistakes="$made_mistakes $mistake"
	servers=$servers,$made/mistakes/$mistake
done

# --- the cases on all of them ----------------------------------------------------

export OUTPUT="$built"
unset FPT_FAULT
exits "the cases run" 1 "$scripts/run.sh" -j 4 --server "$servers" --filter "$rows" \
	--run-dir "$tmp/run" --kernel-name k
results=$tmp/run/results/k
summary=$tmp/run/summary
check "they leave results" test -s "$results/raw.tsv"
[ -s "$results/raw.tsv" ] || { cat "$tmp/both" >&2; finish; exit; }

# The results of a library's server have its version in their name.
tsv_of() # SERVER
{
	set -- "$results/$1.tsv" "$results/$1"-[0-9]*.tsv
	[ -e "$1" ] || shift
	echo "$1"
}

none_failed() # SERVER
{
	! awk -F '\t' 'FNR > 1 && $3 !~ /^(pass|xfail|skip:.*)$/' "$(tsv_of "$1")" | grep .
}

for server in raw "$@"; do
	check "nothing fails on $server" none_failed "$server"
done

only_suspect() # MUTATION
{
	grep "failed on $1 but not on raw" "$summary" >"$tmp/suspects" || :
	grep -q "^  libfuse[a-z-]* [0-9.]*, not the kernel: " "$tmp/suspects" || { cat "$tmp/suspects"; return 1; }
	! grep -F 'suspect: kernel' "$results/$1.tsv"
}

kernel_is_cleared()
{
	! grep '^  kernel ' "$summary"
}

# The cases that must fail, without those that do not run here.
red() # MISTAKE
{
	for case in $(says_of "$1" red); do
		grep -q "^$case	[^	]*	skip:" "$(tsv_of "$(unbroken "$1")")" || echo "$case"
	done
}

# Elsewhere they pass, or need the library.
fails_as_it_should() # MISTAKE CASE...
{
	mistake=$1
	shift
	for case; do
		awk -F '\t' -v wanted="$case" '
			$1 != wanted { next }
			{ outcome[FILENAME] = $3; note[FILENAME] = $6 }
			END {
				raw = outcome[ARGV[1]]; unbroken = outcome[ARGV[2]]; broken = outcome[ARGV[3]]
				print wanted ": " broken " (" note[ARGV[3]] "); raw: " raw "; without the mistake: " unbroken
				exit !(raw ~ /^(pass|skip:library)$/ && unbroken == "pass" && \
				       broken ~ /^(fail|broken|timeout)$/ && note[ARGV[3]] ~ /suspect: library$/)
			}
		' "$results/raw.tsv" "$(tsv_of "$(unbroken "$mistake")")" "$results/$mistake.tsv" || return
	done
}

for mistake in $made_mistakes; do
	cases=$(red "$mistake")
	if [ -z "$cases" ]; then
		leave_out "$mistake is seen" "config: the cases that see it do not run here"
		continue
	fi
	# shellcheck disable=SC2086 # a list of words
	check "$mistake is seen" fails_as_it_should "$mistake" $cases
	check "$mistake: libfuse is the only suspect" only_suspect "$mistake"
done
check "the kernel is no suspect" kernel_is_cleared

# shellcheck disable=SC2046,SC2086 # lists of words
awk -F '\t' '
	FNR == 1 {
		servers++
		head = head "\t" name(FILENAME)
		next
	}
	{
		if (!($1 in seen))
			cases[++count] = $1
		seen[$1] = 1
		outcome[$1, servers] = $3
	}
	END {
		print "case" head
		for (c = 1; c <= count; c++) {
			line = cases[c]
			for (s = 1; s <= servers; s++)
				line = line "\t" outcome[cases[c], s]
			print line
		}
	}
	function name(path)
	{
		sub(".*/", "", path)
		sub(/\.tsv$/, "", path)
		return path
	}
' "$results/raw.tsv" $(for server in "$@" $made_mistakes; do tsv_of "$server"; done) >"$built/libfuse-mistakes.tsv"

finish
