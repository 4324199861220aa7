#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Programs that are no server, and servers that stop in the middle of a case: the case is broken, one
# line says why and has the server's last line, and nothing is left behind.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

need_built servers/raw
need_fuse

# A mount that a case leaks would propagate to this namespace.
if [ -z "${FPT_UNSHARED-}" ]; then
	rm -rf "$tmp"
	FPT_UNSHARED=1 exec unshare --mount --propagation shared "$0"
fi

# A case with all that a conversation has: root, start, open-rule, requests, unused-rules, quit.
commands=6
case=(timeout 10 "$built/cases/drop" --filter early.before_reply_eio)
export FPT_TIMEOUT_MUL=0.05 FPT_SERVER="$built/servers/raw"
unset FPT_EVIDENCE FPT_FAULT FPT_RELEASE

status=0
"${case[@]}" >"$tmp/said" 2>&1 || status=$?
if [ "$status" -eq 4 ]; then
	echo "1..0 # SKIP kernel: $(sed -n 's/.*# SKIP [a-z]*: //p' "$tmp/said")"
	exit 0
fi
check "the case passes with a good server" test "$status" -eq 0

# In the environment of every process of the case, but not of this shell.
mark="FPT_TEST_OF_SERVERS=$$"
here()
{
	cat /proc/self/mountinfo
	ls /sys/fs/fuse/connections
	grep -lsz "^$mark\$" /proc/[0-9]*/environ || :
}
here >"$tmp/before"

lacks() # FILE TEXT
{
	! grep -F "$2" "$1"
}

fails() # NAME SERVER LINE: the case prints LINE
{
	exits "$1" 1 env "$mark" FPT_SERVER="$2" "${case[@]}"
	says "$1: the case says why" "$tmp/both" "$3"
	check "$1: nothing hangs" lacks "$tmp/both" "terminated by timeout"
	here >"$tmp/after"
	same "$1: nothing is left behind" "$tmp/before" "$tmp/after"
}

server() # NAME; its script is on standard input
{
	{
		echo "#!/bin/bash"
		cat
	} >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# --- no server ---------------------------------------------------------------

touch "$tmp/file"
fails "a server that is missing" "$tmp/none" ".*FPT_SERVER=.*"
fails "a server that cannot be executed" "$tmp/file" ".*FPT_SERVER=.*"
fails "a directory as server" "$tmp" '# broken: the server ended with status 127 and did not say hello .*: .* cannot be executed: Permission denied'
fails "a server that exits at once" /bin/true \
	'# broken: the server ended with status 0 and did not say hello (PROTOCOL.md, Life)'
printf '#!/no/such/interpreter\n' >"$tmp/orphan"
chmod +x "$tmp/orphan"
fails "a server without its interpreter" "$tmp/orphan" \
	'# broken: .* cannot be executed: No such file or directory (its interpreter or dynamic loader is missing)'

server unlucky <<'END'
setsid tail -f /dev/null </dev/null >/dev/null 2>&1 &
echo "out of luck" >&2
exit 3
END
fails "a server that prints why it exits and leaves a child" "$tmp/unlucky" 'out of luck'
says "the reason has it" "$tmp/both" '# broken: the server ended with status 3 and did not say hello (PROTOCOL.md, Life): out of luck'

server wrapped <<'END'
"$FPT_REAL"
exit
END
FPT_REAL=$built/servers/raw fails "a script that runs the server as its child" "$tmp/wrapped" \
	'# broken: the server broke the protocol: it and a child of it have the device; start it by exec (PROTOCOL.md, Descriptors)'
server executed <<'END'
exec "$FPT_REAL"
END
exits "a script that executes the server" 0 env FPT_REAL="$built/servers/raw" FPT_SERVER="$tmp/executed" "${case[@]}"

# --- not this protocol -------------------------------------------------------

server stranger <<'END'
echo "220 mail.example ESMTP"
read -r line
END
fails "a server of another protocol" "$tmp/stranger" \
	'# broken: the server broke the protocol: its first line is "220 mail.example ESMTP" (PROTOCOL.md, Hello)'

server future <<'END'
echo "hello protocol 3 server future version 1 can passthrough"
read -r line
END
fails "a server of protocol 3" "$tmp/future" \
	'# broken: the server speaks protocol 3; this suite speaks 2 (PROTOCOL.md, The version)'

server past <<'END'
echo "hello protocol 1 backend past version 1 can passthrough forge seen"
read -r line
END
fails "a server of protocol 1" "$tmp/past" \
	'# broken: the server speaks protocol 1; this suite speaks 2, which renames: .*, forge -> arbitrary-id, .*, plan -> open-rule, .* (PROTOCOL.md, The version)'

server endless <<'END'
while echo -n "hello hello hello hello"; do :; done 2>/dev/null
END
fails "a server that never ends its line" "$tmp/endless" \
	'# broken: the server broke the protocol: a line of more than [0-9]* bytes (PROTOCOL.md, Lines)'

hello="hello protocol 2 server odd version 1 can passthrough"
server vague <<END
echo "$hello"
while read -r tag command; do
	echo "\$tag maybe"
done
END
fails "a server with malformed replies" "$tmp/vague" \
	'# broken: the server broke the protocol: "maybe" in answer to "root .*" is neither ok nor error (PROTOCOL.md, Lines)'

server stubborn <<END
echo "$hello"
while read -r tag command; do
	echo "\$tag error EPERM I do not want to"
done
END
fails "a server that refuses" "$tmp/stubborn" \
	'# broken: the server refused root: "error EPERM I do not want to"'

# --- this protocol, but not every reply to INIT ------------------------------------

server choosy <<END
exec "$built/servers/raw" < <(exec sed -u 's/ init .*/ init nonsense/')
END
skipped() # PROGRAM CASE
{
	exits "$2 on a server that refuses init" 4 env "$mark" FPT_SERVER="$tmp/choosy" \
		timeout 10 "$built/cases/$1" --filter "$1.$2"
	says "$2 is skipped with the reply of the server" "$tmp/out" \
		'ok 1 .* # SKIP library: raw refuses init .*: error EPROTO .*'
	here >"$tmp/after"
	same "$2: nothing is left behind" "$tmp/before" "$tmp/after"
}
skipped backing_close bad_pointer.efault_before_eperm
skipped open_reply backing_error.eperm.open_eio

# --- silence -----------------------------------------------------------------

server silent <<'END'
exec tail -f /dev/null
END
fails "a server that never says hello" "$tmp/silent" \
	'# broken: the server did not say hello in time (PROTOCOL.md, Life)'

server taciturn <<END
echo "$hello"
exec tail -f /dev/null
END
fails "a server that is silent after hello" "$tmp/taciturn" \
	'# broken: the server did not answer "root .*" in time (PROTOCOL.md, Life)'

server deaf <<END
echo "$hello"
exec <&- >&-
exec tail -f /dev/null
END
fails "a server that closes the channel" "$tmp/deaf" \
	'# broken: the server [a-z0-9 ]* and did not answer "root .*" (PROTOCOL.md, Life).*'

# --- in the middle of a case -------------------------------------------------

# Passes on the commands before number $AT; then sends the signal $END, or EOF.
server mortal <<'END'
exec "$REAL" < <(
	for ((i = 1; i < AT; i++)); do
		read -r line
		echo "$line"
	done
	read -r line
	[ "$END" = EOF ] || kill -s "$END" $$
)
END

usable_servers
for real in $servers; do
	export REAL="$built/servers/$real" END AT
	for END in KILL EOF; do
		case $END in
		KILL) ended="was ended by signal KILL" ;;
		*) ended="ended with status 0" ;;
		esac
		for ((AT = 1; AT <= commands; AT++)); do
			fails "$real, $END at command $AT" "$tmp/mortal" \
				"# broken: the server $ended and did not answer \".*\" (PROTOCOL.md, Life)"
		done
	done
	END=STOP
	for AT in 2 4 "$commands"; do
		fails "$real, $END at command $AT" "$tmp/mortal" \
			'# broken: the server did not answer ".\+" in time (PROTOCOL.md, Life)'
	done
done

finish
