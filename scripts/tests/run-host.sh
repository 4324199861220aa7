#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh and its host: reports about processes of others, the module parameter, what it leaves when it
# is killed.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=fake-programs.inc
. "$tests/fake-programs.inc"

cp /bin/true "$OUTPUT/servers/raw"
program odd f.fails <<'END'
echo "not ok 1 f.fails"
exit 1
END

# --- processes of others --------------------------------------------------

# Text that processes write to the kernel log is no kernel report, except to this copy of collate.
if [ -w /dev/kmsg ] && [ "$(cat /proc/2/comm 2>/dev/null)" = kthreadd ]; then
	cp "$checkout/scripts/fpt/kernel_log.py" "$tmp/kernel_log.py"
	sed -i 's/^_FACILITIES_OF_PROCESSES = 8 /_FACILITIES_OF_PROCESSES = 1000 /' "$checkout/scripts/fpt/kernel_log.py"
	program reported f.first <<-'END'
	read -r pid _ </proc/self/stat
	echo "fpt: begin reported.f.first $FPT_SERVER_NAME" >/dev/kmsg
	echo "INFO: task test:${OTHER-$pid} blocked for more than 1 seconds." >/dev/kmsg
	echo "Call Trace:" >/dev/kmsg
	echo "fpt: end reported.f.first $FPT_SERVER_NAME" >/dev/kmsg
	echo "ok 1 f.first"
	END
	OTHER=$$ exits "a hung task outside of the run" 0 "$run" --server raw --filter 'reported*' --run-dir "$tmp/of-others"
	says "is listed" "$tmp/out" "  INFO: task test:$$ blocked for more than 1 seconds."
	says "with the file" "$tmp/out" "Kernel log, reports about .* see $tmp/of-others/kernel.log):"
	says "which has the report" "$tmp/of-others/kernel.log" '.* INFO: task test:.*'
	exits "a hung task of a case" 1 "$run" --server raw --filter 'reported*'
	says "fails the case" "$tmp/out" ' *kernel log: INFO: task test blocked .*'
	mv "$tmp/kernel_log.py" "$checkout/scripts/fpt/kernel_log.py"
	rm "$OUTPUT/cases/reported"
fi

# --- what a run may do to the host ----------------------------------------

program looks f.first <<'END'
echo "ok 1 f.first"
kept=
flock -n /sys/module/fuse/parameters/enable_uring true 2>/dev/null || kept=" and kept"
echo "uring is $(cat /sys/module/fuse/parameters/enable_uring)$kept" >&2
echo "destructive is ${FPT_DESTRUCTIVE-unset}" >&2
END

# Runs COMMAND with files of this test as parameters of the kernel module.
cat >"$tmp/with-parameters" <<'END'
#!/bin/bash
mount --bind "${0%/*}/parameters" /sys/module/fuse/parameters
[ -z "${READ_ONLY-}" ] || mount -o remount,bind,ro /sys/module/fuse/parameters
exec "$@"
END
cat >"$tmp/with-uring" <<END
#!/bin/sh
exec unshare --mount "$tmp/with-parameters" "$run" --server raw --enable-uring "\$@"
END
chmod +x "$tmp/with-parameters" "$tmp/with-uring"
mkdir "$tmp/parameters"
uring=$tmp/parameters/enable_uring

value_is() # VALUE
{
	echo "$1" | diff - "$uring"
}

echo N >"$uring"
exits "--enable-uring" 0 "$tmp/with-uring" --filter 'looks*' --run-dir "$tmp/uring-on"
says "enables it for the run" "$tmp/uring-on/ktap/raw/looks.ktap" 'uring is Y and kept'
check "and disables it" value_is N
exits "--enable-uring, and a failure" 1 "$tmp/with-uring" --filter 'odd*'
check "it is disabled again" value_is N
exits "--enable-uring, and wrong use" 1 "$tmp/with-uring" --filter 'bad*'
check "it is disabled again" value_is N
echo Y >"$uring"
exits "--enable-uring when it is enabled" 0 "$tmp/with-uring" --filter 'looks*'
check "it stays enabled" value_is Y
cat >"$tmp/as-it-is" <<END
#!/bin/sh
exec unshare --mount "$tmp/with-parameters" "$run" --server raw --filter 'looks*' "\$@"
END
chmod +x "$tmp/as-it-is"
echo N >"$uring"
exits "a run without --enable-uring" 0 "$tmp/as-it-is" --run-dir "$tmp/uring-kept"
says "keeps the parameter" "$tmp/uring-kept/ktap/raw/looks.ktap" 'uring is N and kept'
mkfifo "$tmp/waits"
for second in as-it-is with-uring; do
	{
		flock 8
		"$tmp/$second" --filter 'looks*' >/dev/null 2>"$tmp/waits" 8>&- &
		read -r line <"$tmp/waits" || :
	} 8<"$uring"
	echo "$line" >"$tmp/line"
	says "$second: waits for another run" "$tmp/line" \
		"waiting up to 600 seconds for $$ (.*run-host.sh), which holds enable_uring"
	status=0
	wait $! || status=$?
	check "and runs when it has ended" test $status = 0
	{
		flock 8
		exits "$second: another run that does not end" 4 env FPT_URING_WAIT=1 "$tmp/$second" 8>&-
		tail -n 1 "$tmp/err" >"$tmp/line"
		says "is reported" "$tmp/line" "[a-z-]*.sh: .*/enable_uring is held by $$ (.*run-host.sh).*"
		"$tmp/$second" >/dev/null 2>"$tmp/waits" 8>&- &
		{
			read -r line
			kill -s KILL $!
			check "$second: killed while it waits, it leaves no process" timeout 10 cat
		} <"$tmp/waits"
	} 8<"$uring"
	wait $! 2>/dev/null || :
done
"$scripts/with-module-param.sh" "$uring" Y </dev/null >/dev/full 2>&1 || :
check "the old value is restored if \"held\" cannot be written" value_is N
echo Y >"$uring"
exits "--enable-uring with a read-only parameter" 4 \
	env READ_ONLY=1 "$tmp/with-uring"
says "is reported" "$tmp/err" 'with-module-param.sh: cannot write .*/enable_uring'
rm "$uring"
exits "--enable-uring without the parameter" 4 "$tmp/with-uring"
says "is reported" "$tmp/err" 'with-module-param.sh: .*/enable_uring does not exist'
says "with its requirements" "$tmp/err" 'run.sh: cannot enable FUSE over io_uring: needs .*'

exits "a run without --destructive" 0 "$run" --server raw --filter 'looks*' --run-dir "$tmp/harmless"
says "is not destructive" "$tmp/harmless/ktap/raw/looks.ktap" 'destructive is unset'
exits "--destructive" 0 "$run" --server raw --filter 'looks*' --destructive --run-dir "$tmp/harm"
says "is passed to the cases" "$tmp/harm/ktap/raw/looks.ktap" 'destructive is 1'

# --- killed ------------------------------------------------------------------

program hangs f.first <<END
echo "ok 1 f.first"
setsid tail -f /dev/null &
exec tail -f "$tmp/prelude"
END
mkfifo "$tmp/fifo"

killed() # SIGNAL STATUS
{
	# Every child inherits descriptor 9, so the pipe has EOF when all have ended.
	echo N >"$uring"
	env --default-signal=INT "$tmp/with-uring" --verbose --filter 'hangs*' >"$tmp/fifo" 2>&1 9>&1 &
	pid=$!
	exec 3<"$tmp/fifo"
	check "a case is printed while its program runs" timeout 10 head -n 1 <&3
	check "io_uring is enabled while it runs" value_is Y
	kill -s "$1" "$pid"
	check "SIG$1: all its processes end" timeout 10 cat <&3
	check "io_uring is disabled again" value_is N
	kill -s KILL "$pid" 2>/dev/null || :
	status=0
	wait "$pid" || status=$?
	check "it is killed by that signal" test "$status" -eq "$2"
	exec 3<&-
	grep -lsz "$OUTPUT" /proc/[0-9]*/cmdline >"$tmp/left" || :
	same "no process is left" /dev/null "$tmp/left"
}

killed KILL 137
killed TERM 143
killed INT 130

finish
