#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# with-module-param.sh on an ordinary file: whichever of its processes is killed, at any stage, the old
# value is restored and no process is left; and every wait ends.
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

# Starts a holder; its standard input is this shell's descriptor 5. All its processes have 7.
begin()
{
	env "$mark" "$hold" "$file" new <"$tmp/in" >"$tmp/heard" 2>&1 7>"$tmp/alive" &
	pid=$!
	exec 5>"$tmp/in" 6<"$tmp/heard" 7<"$tmp/alive"
	line=
	read -t $deadline -r line <&6 || :
	mapfile -t processes < <(grep -lsz "^$mark\$" /proc/[0-9]*/environ | sed 's,^/proc/\([0-9]*\)/.*,\1,' | sort -n)
}

# All its processes have ended, and the old value is restored.
ended() # NAME
{
	check "$1: no process is left" timeout $deadline cat <&7
	check "$1: the old value is restored" value_is old
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
check "with two processes" test ${#processes[@]} -eq 2
check "sets the new value" value_is new
check "no other run can hold it" is_held
"$hold" --holder "$file" >"$tmp/holder" || :
says "--holder prints the process that started it" "$tmp/holder" "$$ (.*bash .*with-module-param.sh)"
exec 5>&-
ended "EOF of standard input"

for which in 0 1; do
	begin
	kill -KILL "${processes[which]}"
	check "holding, process $which killed: the value stays" value_is new
	check "holding, process $which killed: no other run can hold it" is_held
	exec 5>&-
	ended "holding, process $which killed"
done

# Waiting for $$, with three processes.
compete
begin
echo "$line" >"$tmp/line"
says "waiting prints the holder" "$tmp/line" \
	"waiting up to 60 seconds for $$ (.*bash .*with-module-param.sh), which holds parameter"
check "with three processes" test ${#processes[@]} -eq 3
exec 5>&-
ended "waiting, EOF"
for which in 0 1 2; do
	FPT_URING_WAIT=2 begin # ends it if the process that would see EOF is killed
	kill -KILL "${processes[which]}"
	exec 5>&-
	ended "waiting, process $which killed, EOF"
	begin
	kill -KILL "${processes[which]}"
	flock -u 4
	exec 5>&-
	ended "waiting, process $which killed, lock released"
	flock 4
done
begin
flock -u 4
line=
read -t $deadline -r line <&6 || :
check "after the wait it holds" test "$line" = held
exec 5>&-
ended "after the wait"

# No wait, and a wait that times out; descriptor 5 keeps its standard input open.
flock 4
exec 5<>"$tmp/in"
for wait in 0 1; do
	# shellcheck disable=SC2016 # for the inner shell
	exits "$wait seconds" 4 env FPT_URING_WAIT=$wait sh -c '"$@" <"$0"' "$tmp/in" "$hold" "$file" new
	says "prints busy" "$tmp/out" busy
	tail -n 1 "$tmp/err" >"$tmp/last"
	says "prints the holder" "$tmp/last" "with-module-param.sh: $file is held by $$ (.*bash .*with-module-param.sh).*"
	check "keeps the old value" value_is old
done
# A child has the descriptors of its parent and, when PIDs wrap, a smaller PID. Prints both.
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
	says "of parent and child, the holder is the parent" "$tmp/smaller" "$(tail -n 1 "$tmp/smaller") (bash -c .*"
else
	n=$((n + 1))
	echo "ok $n - of parent and child, the holder is the parent # SKIP privilege: needs root and /proc/sys/kernel/ns_last_pid"
fi
exits "--holder without a file" 4 "$hold" --holder
says "is reported" "$tmp/err" "with-module-param.sh: --holder: '' does not exist"

exits "an invalid FPT_URING_WAIT" 4 env FPT_URING_WAIT=long "$hold" "$file" new
says "is reported" "$tmp/err" "with-module-param.sh: FPT_URING_WAIT needs a number of seconds, not 'long'"
# --holder sends no request to a FUSE server of another process: this one is stopped.
cat >"$tmp/beside-fuse" <<'END'
#!/bin/bash
mkdir "$1/source" "$1/mnt"
echo f >"$1/source/f"
"$2/tests/pass_fs" open-own-slowly "$1/source" "$1/mnt" "$1/told" &
timeout 30 cat "$1/told"
server=$!
mkfifo "$1/opened"
(exec 3<"$1/mnt/f" && echo >"$1/opened" && exec tail -f /dev/null) & # nobody else has it: each exit would send FLUSH
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
	exits "--holder beside a stopped FUSE server" 0 unshare --mount bash "$tmp/beside-fuse" "$tmp" "$built" "$hold"
	says "is found" "$tmp/out" "$$ (.*bash .*with-module-param.sh)"
fi
finish
