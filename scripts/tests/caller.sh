#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What check.sh and run.sh inherit from their caller changes nothing for tests and cases.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built contain
need_built servers/raw
need_fuse
export OUTPUT="$built"

# A test that records its environment.
cat >"$tmp/finds" <<'END'
#!/bin/sh
echo 1..1
{
	umask
	ulimit -Sf
	[ "$(ulimit -n)" -ge 1024 ] && echo files
	grep -E '^Sig(Blk|Ign)' /proc/self/status
	echo "${POSIXLY_CORRECT-} ${CDPATH-} ${GREP_OPTIONS-} ${MAKEFLAGS-} ${BASH_ENV-} ${ENV-} $LC_ALL"
	command -v swapon >/dev/null && echo sbin
	cat
	echo text >"$0.written" && stat -c %a "$0.written"
} >"$0.found"
echo ok 1
END
chmod +x "$tmp/finds"
mkdir "$tmp/with space"
echo 'echo noise; umask 077' >"$tmp/rc"

# called NAME COMMAND...: calls both through COMMAND
called()
{
	how=$1
	shift
	exits "check.sh: $how" 0 "$@" "$scripts/check.sh" "$tmp/finds"
	[ -e "$tmp/usual" ] || cp "$tmp/finds.found" "$tmp/usual"
	same "check.sh: $how: the test finds the same environment" "$tmp/usual" "$tmp/finds.found"
	rm -rf "$tmp/run" "$tmp/results"
	exits "run.sh: $how" 0 "$@" "$scripts/run.sh" --server raw --filter E1,K1 --run-dir "$tmp/run" --kernel-name k
	[ -e "$tmp/usual.tsv" ] || cp "$tmp/run/results/k/raw.tsv" "$tmp/usual.tsv"
	same "run.sh: $how: the results are the same" "$tmp/usual.tsv" "$tmp/run/results/k/raw.tsv"
}

# Calls both from a shell that has executed the command before.
shell()
{
	# shellcheck disable=SC2016 # for the inner shell
	called "$1" bash -c "$1"' && exec "$@"' -
}

called "default" env
called "ignored signals" env --ignore-signal=HUP,INT,QUIT,TERM,PIPE,CHLD,USR1,ALRM
called "blocked signals" env --block-signal=HUP,INT,TERM,CHLD,ALRM,USR1
shell "ulimit -Sn 64"
shell "ulimit -Sf 2048"
shell "ulimit -Sc 0"
shell "umask 077"
shell "exec <&-"
shell "exec </dev/zero"
shell "exec >&-"
shell "cd /"
called "a temporary directory with a space" env "TMPDIR=$tmp/with space"
called "another language" env LANG=tr_TR.UTF-8 LANGUAGE=de LC_MESSAGES=de_DE.UTF-8
called "variables of tools" env POSIXLY_CORRECT=1 GREP_OPTIONS=-v MAKEFLAGS=-n "CDPATH=/:$tmp"
called "variables of shells" env "ENV=$tmp/rc"
called "PATH without sbin" env "PATH=$(echo "$PATH" | tr : '\n' | grep -v sbin | paste -sd :)"
finish
