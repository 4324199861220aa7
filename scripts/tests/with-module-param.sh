#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# with-module-param.sh on a file that is no parameter: whichever of its processes is killed, at whatever
# stage, the old value comes back and nothing is left; and no wait is endless.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

hold=$scripts/with-module-param.sh
file=$tmp/parameter
export FPT_URING_WAIT=60
deadline=$((30 * ${FPT_TIMEOUT_MUL:-1}))
mark=FPT_TEST_OF_PARAMETER=$$
mkfifo "$tmp/in" "$tmp/heard" "$tmp/alive"
echo old >"$file"

value_is() # VALUE
{
	echo "$1" | diff - "$file"
}

is_held()
{
	! flock -n "$file" true
}

# Begins to hold; its standard input is this shell's descriptor 5. All that it starts has 7.
begin()
{
	env "$mark" "$hold" "$file" new <"$tmp/in" >"$tmp/heard" 2>&1 7>"$tmp/alive" &
	pid=$!
	exec 5>"$tmp/in" 6<"$tmp/heard" 7<"$tmp/alive"
	line=
	read -t $deadline -r line <&6 || :
	mapfile -t processes < <(grep -lsz "^$mark\$" /proc/[0-9]*/environ | sed 's,^/proc/\([0-9]*\)/.*,\1,' | sort -n)
}

# All of it is gone, and so is what it did.
ended() # NAME
{
	check "$1: nothing is left" timeout $deadline cat <&7
	check "$1: the old value is back" value_is old
	exec 5>&- 6<&- 7<&-
	wait "$pid" 2>/dev/null || :
}

compete()
{
	exec 4<"$file"
	flock 4
}

begin
check "it holds" test "$line" = held
check "by two processes" test ${#processes[@]} -eq 2
check "the new value" value_is new
check "nobody else has it" is_held
"$hold" --holder "$file" >"$tmp/holder" || :
says "who holds it is who started that" "$tmp/holder" "$$ (.*bash .*with-module-param.sh)"
exec 5>&-
ended "the end of standard input"

for which in 0 1; do
	begin
	kill -KILL "${processes[which]}"
	check "holding, process $which killed: the value stays" value_is new
	check "holding, process $which killed: nobody else has it" is_held
	exec 5>&-
	ended "holding, process $which killed"
done

# Who waits for $$, in three processes.
compete
begin
echo "$line" >"$tmp/line"
says "who waits says for whom" "$tmp/line" \
	"waits for $$ (.*bash .*with-module-param.sh), which has parameter as it needs it, at most 60 seconds"
check "by three processes" test ${#processes[@]} -eq 3
exec 5>&-
ended "waiting, its user ends"
for which in 0 1 2; do
	FPT_URING_WAIT=2 begin # which ends it where the one is killed that would see the user's end
	kill -KILL "${processes[which]}"
	exec 5>&-
	ended "waiting, process $which and its user killed"
	begin
	kill -KILL "${processes[which]}"
	flock -u 4
	exec 5>&-
	ended "waiting in vain, process $which killed"
	flock 4
done
begin
flock -u 4
line=
read -t $deadline -r line <&6 || :
check "who has waited holds" test "$line" = held
exec 5>&-
ended "who has waited"

# No wait at all, and one that is over; descriptor 5 keeps its user alive.
flock 4
exec 5<>"$tmp/in"
for wait in 0 1; do
	# shellcheck disable=SC2016 # for the inner shell
	exits "$wait seconds" 4 env FPT_URING_WAIT=$wait sh -c '"$@" <"$0"' "$tmp/in" "$hold" "$file" new
	says "it is said" "$tmp/out" busy
	tail -n 1 "$tmp/err" >"$tmp/last"
	says "by whom it is held" "$tmp/last" "with-module-param.sh: $file is held by $$ (.*bash .*with-module-param.sh).*"
	check "the value is the old one" value_is old
done
# What a process has started has its descriptors, and where PIDs begin anew a smaller one. It says both.
# shellcheck disable=SC2016 # expands there
parent='
	echo 500 >/proc/sys/kernel/ns_last_pid
	bash -c '\''
		exec 4<"$0"
		flock -s 4
		echo 300 >/proc/sys/kernel/ns_last_pid
		tail -f /dev/null &
		[ "$$" -gt "$!" ] || exit
		"$1" --holder "$0"
		kill "$!"
		echo "$$"'\'' "$@" && :'
flock -u 4
unshare --pid --fork --mount-proc sh -ec "$parent" "$file" "$file" "$hold" >"$tmp/smaller" 2>/dev/null || :
if [ -s "$tmp/smaller" ]; then
	says "of parent and child it is the parent" "$tmp/smaller" "$(tail -n 1 "$tmp/smaller") (bash -c .*"
else
	n=$((n + 1))
	echo "ok $n - of parent and child # SKIP privilege: needs root and /proc/sys/kernel/ns_last_pid"
fi
exits "--holder of nothing" 4 "$hold" --holder
says "is told" "$tmp/err" "with-module-param.sh: .* does not exist"

exits "seconds that are none" 4 env FPT_URING_WAIT=long "$hold" "$file" new
says "are named" "$tmp/err" "with-module-param.sh: FPT_URING_WAIT is a number of seconds, not 'long'"
# Who asks for the holder asks no FUSE server of other processes for anything: this one is stopped.
cat >"$tmp/beside-fuse" <<'END'
#!/bin/bash
mkdir "$1/source" "$1/mnt"
echo f >"$1/source/f"
"$2/tests/pass_fs" open-own-slowly "$1/source" "$1/mnt" "$1/told" &
timeout 30 cat "$1/told"
server=$!
mkfifo "$1/opened"
(exec 3<"$1/mnt/f" && echo >"$1/opened" && exec tail -f /dev/null) & # no other has it: each end would be a FLUSH
read -r _ <"$1/opened"
kill -s STOP $server
timeout 20 "$3" --holder "$1/parameter"
status=$?
kill -s KILL $server $!
exit $status
END
if [ "$(id -u)" -eq 0 ] && [ -c /dev/fuse ] && [ -x "$built/tests/pass_fs" ]; then
	mkfifo "$tmp/told"
	flock 4
	exits "the holder, beside a FUSE server that does not answer" 0 unshare --mount bash "$tmp/beside-fuse" "$tmp" "$built" "$hold"
	says "is found" "$tmp/out" "$$ (.*bash .*with-module-param.sh)"
fi
finish
