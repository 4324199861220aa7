#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# contain ends as its command ends, and no descendant outlives it.
set -eu
# shellcheck source-path=SCRIPTDIR source=../../scripts/tests/tap.inc
. "$(dirname "$0")/../../scripts/tests/tap.inc"

need_built contain
contain=$built/contain
[ "$(id -u)" -eq 0 ] || skip_all "privilege: needs root"
deadline=$((10 * ${FPT_TIMEOUT_MUL:-1}))

# --- it ends as the command ends ---------------------------------------------

exits "success" 0 "$contain" true
exits "a failure" 3 "$contain" sh -c 'exit 3'
# shellcheck disable=SC2016 # for the inner shell
exits "the command" 0 "$contain" sh -c 'echo $$; echo "$1"' sh "two words"
printf '%s\n' 1 "two words" >"$tmp/wanted"
same "is process 1 and has its arguments" "$tmp/wanted" "$tmp/out"
exits "a missing command" 1 "$contain" "$tmp/none"
says "is reported" "$tmp/err" "contain: $tmp/none: No such file or directory"
exits "no command" 1 "$contain"
says "prints the usage" "$tmp/err" 'usage: contain [[]--no-namespace] COMMAND .*'
exits "an option" 1 "$contain" --help
chmod a+rx "$tmp"
cp "$contain" "$tmp/contain"
exits "an ordinary user" 4 setpriv --reuid 65534 --clear-groups "$tmp/contain" true
says "asks for root" "$tmp/err" 'contain: cannot make a PID namespace: .* (run as root)'

# --- what is inherited --------------------------------------------------------

# Without signals 32 and 33, which glibc reserves.
# shellcheck disable=SC2016 # for the inner shell
look='umask; ulimit -Sf; [ "$(ulimit -Sn)" -ge 1024 ] && echo files
	grep -E "^Sig(Blk|Ign)" /proc/self/status | while read -r key value; do
		echo "$key $((0x$value & 0x7fffffff))"
	done'
printf '%s\n' 0022 "$(ulimit -Hf)" files "SigBlk: 0" "SigIgn: 0" >"$tmp/wanted"
for how in "" --no-namespace; do
	# shellcheck disable=SC2086 # one word or none
	exits "contain $how, with unusual signals and limits" 0 env --ignore-signal=HUP,INT,QUIT,TERM,PIPE,CHLD --block-signal=USR1,CHLD,TERM \
		bash -c 'ulimit -Sn 64; ulimit -Sf 8; umask 077; exec "$@"' - "$built"/contain $how bash -c "$look"
	same "inherits none of them" "$tmp/wanted" "$tmp/out"
done

# --- killed ------------------------------------------------------------------

mkfifo "$tmp/fifo" "$tmp/begun"

# Starts contain; its PID is the first line on descriptor 3. $tmp/end gets its wait status, as a shell
# cannot tell a signal from an exit status above 128.
start_contain() # COMMAND...
{
	# shellcheck disable=SC2016 # perl's
	perl -e '
		my ($end, @command) = @ARGV;
		my $pid = fork // die;
		if (!$pid) {
			$SIG{$_} = "DEFAULT" for qw(HUP INT QUIT TERM);
			syswrite STDOUT, "$$\n";
			exec @command;
		}
		close STDOUT;
		close STDERR;
		waitpid $pid, 0;
		open my $out, ">", $end;
		printf $out "status %d signal %d\n", $? >> 8, $? & 127;
		' "$tmp/end" "$contain" "$@" >"$tmp/fifo" 2>&1 &
	exec 3<"$tmp/fifo"
	read -r -t "$deadline" pid <&3
}

# All descendants of contain hold the pipe: EOF comes when all have ended.
all_end() # NAME WANTED
{
	check "$1: all its processes end" timeout "$deadline" cat <&3
	kill -s KILL "$pid" 2>/dev/null || :
	wait $!
	exec 3<&-
	says "$1: contain ends with $2" "$tmp/end" "$2"
}

# Three generations that ignore signals, the last one in its own session.
cat >"$tmp/family" <<'END'
trap '' HUP INT TERM QUIT
echo child
sh -c 'echo grandchild; setsid sh -c "echo great-grandchild; exec tail -f /dev/null"; :'
END

start_family()
{
	start_contain sh "$tmp/family"
	for generation in child grandchild great-grandchild; do
		read -r -t "$deadline" line <&3
		check "there is a $generation" test "$line" = "$generation"
	done
}

for signal in "KILL 9" "TERM 15" "INT 2" "HUP 1" "QUIT 3"; do
	start_family
	kill -s "${signal% *}" "$pid"
	all_end "${signal% *} to contain" "status 0 signal ${signal#* }"
done

start_family
kill -s KILL "$(grep -o '[0-9]*' "/proc/$pid/task/$pid/children" | tail -n 1)" # the first may be that of last_resort.h
all_end "KILL to the command" "status 0 signal 9"

# As with nohup: ignored outside only.
# shellcheck disable=SC2016 # for the inner shell
(trap '' HUP && exec "$contain" sh -c 'echo begun; read -r line && exit "$line"' <"$tmp/fifo" >"$tmp/begun") &
exec 4>"$tmp/fifo"
read -r -t "$deadline" line <"$tmp/begun"
kill -s HUP $!
echo 5 >&4 2>/dev/null || :
exec 4>&-
status=0
wait $! || status=$?
check "an ignored SIGHUP ends nothing" test "$status" -eq 5

start_contain sh -c 'setsid tail -f /dev/null & exit 5'
all_end "the command leaves a child" "status 5 signal 0"

finish
