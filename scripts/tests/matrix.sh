#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# matrix.sh in a temporary checkout with fake virtual machines and kernels.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"

parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip_all "config: no GNU parallel (run scripts/setup.sh --check)"
checkout=$tmp/checkout
matrix=$checkout/scripts/matrix.sh
mkdir -p "$checkout/scripts/lib" "$checkout/fixtures/kernels" "$checkout/build/cases" "$checkout/build/servers"
for file in matrix.sh fpt lib/architectures lib/architectures.inc lib/external.inc lib/matrix-row.sh lib/places.inc lib/servers.inc lib/usual.inc lib/version.inc; do
	cp -R "$scripts/$file" "$checkout/scripts/$file"
done
cp -R "$scripts/fpt" "$checkout/scripts/fpt"
touch "$checkout/settings" "$checkout/build/servers/raw" "$checkout/build/cases/a"
cat >"$checkout/build/servers/libfuse" <<'END'
#!/bin/sh
echo "hello protocol 2 server libfuse version 9.0 can passthrough"
END
chmod +x "$checkout/build/servers/libfuse"
[ ! -x "$built/contain" ] || ln "$built/contain" "$checkout/build/contain" 2>/dev/null ||
	cp "$built/contain" "$checkout/build/contain"
export FPT_CACHE="$tmp/cache"
unset OUTPUT FPT_STRICT

tr '|' '\t' >"$checkout/fixtures/kernels/matrix.tsv" <<'END'
kernel|servers|note
6.1|raw|too old
6.12|raw,libfuse|has bugs
7.3|raw,libfuse,libfuse-9.0,libfuse-mt|
END

cat >"$checkout/scripts/debian-kernel.sh" <<'END'
#!/bin/sh
of_arch=
if [ "$1" = --arch ]; then
	of_arch=/$2
	shift 2
fi
if [ "$1" = --list ]; then
	case $2 in
	6.1) printf '6.1.9\t6.1.9-1\tlinux-image\tbookworm\n' ;;
	6.12*) printf '6.12.8\t6.12.8-1~bpo12+1\tlinux-image\tbookworm-backports\n' ;;
	7.3) printf '7.3~rc2\t7.3~rc2-1~exp1\tlinux-binary\texperimental\n' ;;
	7.4) printf '7.4.1\t7.4.1-1\tlinux-binary\tsid\n' ;;
	7.5) printf '7.5.1\t7.5.1-1\tlinux-binary\tsid\n' ;;
	'') [ -z "${MIRROR_IS_AWAY-}" ] || { echo "debian-kernel.sh: no mirror" >&2; exit 1; } ;;
	*) echo "debian-kernel.sh: no Debian kernel $2" >&2; exit 1 ;;
	esac
	exit
fi
[ "$1" != 7.5.1-1 ] || { echo "debian-kernel.sh: cannot fetch $1" >&2; exit 1; }
mkdir -p "$FPT_CACHE/kernels$of_arch/$1"
echo "$1" >"$FPT_CACHE/kernels$of_arch/$1/version"
echo "$FPT_CACHE/kernels$of_arch/$1"
END

# Builds nothing.
cat >"$checkout/scripts/kernel.sh" <<'END'
#!/bin/sh
echo "kernel.sh $*" >&2
for tree; do :; done # --output is the last option
mkdir -p "$tree/arch/arm64/boot" "$tree/include/config"
touch "$tree/.config" "$tree/arch/arm64/boot/Image" "$tree/include/config/kernel.release"
echo "$tree"
END

# Writes run.json of the results, and exits with 1 if the run failed.
cat >"$tmp/run_json.py" <<'END'
import pathlib, sys
from fpt import expectations, tsv
from fpt.model import Case, Result, Run, Server
from fpt.writers import run_json

run_dir, kernel, expect = sys.argv[1:]
run = Run(kernel, [], [])
for file in map(tsv.read, sorted(pathlib.Path(run_dir).glob("results/*/*.tsv"))):
    cases = {name: Case(name.partition(".")[0], name) for name in file.rows}
    run.cases = list(cases.values())
    run.servers.append(Server(file.server, results={
        name: Result(cases[name], file.server, row.outcome) for name, row in file.rows.items()}))
if expect:
    expectations.apply(run, expectations.read(pathlib.Path(expect)), True)
with open(f"{run_dir}/run.json", "w") as out:
    run_json.write(run, out)
sys.exit(1 if run.failed else 0)
END

native="--arch $(dpkg --print-architecture)"

# Records its options; the outcome depends on the kernel.
cat >"$checkout/scripts/vm.sh" <<END
#!/bin/bash
set -eu
echo "\$*" | sed 's/ --run-dir.*results//; s| /[^ ]*/| |g' >>"$tmp/calls"
expect='' of_arch=
while [ \$# -ge 2 ]; do
	case \$1 in
	--debian) version=\$2 ;;
	--arch) [ "\$2" = "${native#* }" ] || of_arch=/\$2 ;;
	--ksrc)
		version=built of_arch=
		ls "\$2/.config" "\$2/arch/arm64/boot/Image" "\$2/include/config/kernel.release" >/dev/null
		mkdir -p "\$FPT_CACHE/kernels/built" && touch "\$FPT_CACHE/kernels/built/version"
		;;
	--server) servers=\${2//,/ } ;;
	--kernel-name) name=\$2 ;;
	--run-dir) run=\$2 ;;
	--results) results=\$2 ;;
	--expect) expect=\$2 ;;
	--skip) ;;
	*) break ;;
	esac
	shift 2
done
[ ! -p "$tmp/gate.\$name" ] || read -r _ <"$tmp/gate.\$name"
status=0 outcomes="pass pass skip:config changed"
case \$version in
6.1.*) status=4 outcomes="pass skip:kernel" ;;
6.12.*) outcomes="pass fail xfail" ;;
7.4.*) echo "vm.sh: the kernel does not boot" && exit 1 ;;
esac
mkdir -p "\$run/results/\$name" "\$results/\$name"
for server in \$servers; do
	{
		printf 'case\tserver\toutcome\tobserved\trequests\tnote\n'
		number=0
		for outcome in \$outcomes; do
			printf 'c.f.n%s\t%s\t%s\t\t\t\n' "\$((number += 1))" "\$server" "\$outcome"
		done
	} >"\$run/results/\$name/\$server.tsv"
done
cp "\$run/results/\$name"/* "\$results/\$name"
PYTHONPATH=\$(dirname "\$0") python3 "$tmp/run_json.py" "\$run" "\$name" "\$expect" || [ "\$status" -eq 4 ] || status=1
cat "\$FPT_CACHE/kernels\$of_arch/\$version/version" >/dev/null || status=1
echo "more is in \$run"
echo "some passed"
exit \$status
END
chmod +x "$checkout/scripts"/*

called() # LINE...: vm.sh was run with these options since the last call, in any order
{
	printf '%s\n' "$@" | sort >"$tmp/expected"
	sort "$tmp/calls" >"$tmp/got" 2>/dev/null || :
	: >"$tmp/calls"
	same "vm.sh was run for these rows" "$tmp/expected" "$tmp/got"
}

old="$native --debian 6.1.9-1 --server raw --kernel-name 6.1.9"
bugs="$native --debian 6.12.8-1~bpo12+1 --server raw,libfuse-9.0 --kernel-name 6.12.8"
new="$native --debian 7.3~rc2-1~exp1 --server raw,libfuse-9.0 --kernel-name 7.3-rc2"

exits "--help" 0 "$matrix" --help
says "--help documents the exit status" "$tmp/out" 'Exit status: 0 every row passed .*'
exits "an unknown option" 1 "$matrix" --quick
says "an unknown option: names it" "$tmp/err" 'matrix.sh: unknown option --quick, see --help'
exits "an invalid --jobs" 1 "$matrix" --jobs many
says "an invalid --jobs: names it" "$tmp/err" "matrix.sh: --jobs needs a number above 0 or a percentage, not 'many'"
for line in 'kernel servers note' '6.1	raw	old	more' '	raw	' '6.1	raw;ls	' '6.1		'; do
	printf 'kernel\tservers\tnote\n6.1\traw\t\n%s\n' "$line" >"$tmp/broken.tsv"
	exits "--list of an invalid row: '$line'" 1 "$matrix" --matrix "$tmp/broken.tsv" --list
	says "an invalid row: names the line" "$tmp/err" "matrix.sh: $tmp/broken.tsv:3: .*"
done
: >"$tmp/broken.tsv"
exits "an empty matrix" 1 "$matrix" --matrix "$tmp/broken.tsv"
says "an empty matrix: names it" "$tmp/err" 'matrix.sh: .*/broken.tsv:1: .*'
exits "a file that is not a matrix" 1 "$matrix" --list --matrix "$checkout/scripts/matrix.sh"
says "a file that is not a matrix: names it" "$tmp/err" 'matrix.sh: .*/matrix.sh:1: the first line does not name the columns: .*'
printf 'kernel\tservers\tnote\n6.1\traw\t' >"$tmp/unended.tsv"
exits "a last line without newline" 4 "$matrix" --matrix "$tmp/unended.tsv" --run-dir "$tmp/unended"
says "a last line without newline: is a row" "$tmp/out" '6.1.9  unsupported'
rm -r "$tmp/calls"
exits "--list" 0 "$matrix" --list
tail -n +2 "$checkout/fixtures/kernels/matrix.tsv" >"$tmp/expected"
same "--list shows the rows" "$tmp/expected" "$tmp/out"

exits "a matrix with a failing case" 1 "$matrix" --jobs 2
same "the table" - "$tmp/out" <<'END'
kernel   raw             libfuse-9.0
6.1.9    unsupported     -
6.12.8   1/1/0/1/0       1/1/0/1/0
7.3-rc2  2/0/1/0/1       2/0/1/0/1
(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)
2 failed as expected
2 changed, not promised
6 passed, 2 failed, 4 skipped
END
says "servers that are not built are reported" "$tmp/err" 'matrix.sh: not built, skipped: libfuse-mt'
says "the start of a row is reported" "$tmp/err" 'matrix.sh: 6.1.9-1--raw begins on .*'
says "the end of a row is reported" "$tmp/err" 'matrix.sh: 6.1.9-1--raw ends: some passed .* min)'
says "the number of pending rows is reported" "$tmp/err" 'matrix.sh: .* ends: some passed (0 pending, about 0 min)'
called "$old" "$bugs" "$new"
sed 's/  */ /' "$checkout/build/matrix/results/runs" >"$tmp/got"
same "results are kept" - "$tmp/got" <<'END'
# What was run: a kernel, and the servers that ran on it.
6.1.9 raw
6.12.8 libfuse-9.0 raw
7.3-rc2 libfuse-9.0 raw
END
row=$checkout/build/matrix/rows/7.3_rc2-1_exp1--raw+libfuse-9.0
says "the output of vm.sh is kept" "$row/vm.log" 'more is in rows/7.3_rc2-1_exp1--raw+libfuse-9.0/run'
check "the run directory is kept" test -e "$row/run/results/7.3-rc2/raw.tsv"

rm -r "$checkout/build/matrix/results"
exits "a second run" 1 "$matrix"
same "a second run: all rows have a verdict" - "$tmp/err" <<'END'
matrix.sh: not built, skipped: libfuse-mt
matrix.sh: 0 of 3 kernels to run
END
check "a second run: results are kept" grep -q '^7[.]3-rc2 .*raw' "$checkout/build/matrix/results/runs"
: >"$tmp/calls.none"
same "a second run: no virtual machine" "$tmp/calls.none" "$tmp/calls"

cat >"$checkout/scripts/libfuse.sh" <<'END'
#!/bin/sh
[ "$1" = 9.1 ] || { echo "libfuse.sh: Debian has no libfuse $1" >&2; exit 1; }
install -m 755 /dev/null "$OUTPUT/servers/libfuse-9.1"
END
chmod +x "$checkout/scripts/libfuse.sh"
printf '%s\t%s\t\n' kernel servers 6.1 raw,libfuse-9.1,libfuse-9.2 7.3 raw,libfuse-9.1,libfuse-9.2 |
	sed '1s/\t$/\tnote/' >"$tmp/libfuses.tsv"
exits "libfuse by version" 0 "$matrix" --matrix "$tmp/libfuses.tsv" --run-dir "$tmp/libfuses" 7.3 6.1
head -n 3 "$tmp/err" >"$tmp/first-lines"
same "libfuse by version: each is built once" - "$tmp/first-lines" <<'END'
matrix.sh: building libfuse-9.1: scripts/libfuse.sh 9.1
matrix.sh: building libfuse-9.2: scripts/libfuse.sh 9.2
libfuse.sh: Debian has no libfuse 9.2
END
says "libfuse by version: failed builds are reported" "$tmp/err" 'matrix.sh: not built, skipped: libfuse-9.2'
called "$native --debian 6.1.9-1 --server raw,libfuse-9.1 --kernel-name 6.1.9" \
	"$native --debian 7.3~rc2-1~exp1 --server raw,libfuse-9.1 --kernel-name 7.3-rc2"
rm "$checkout/scripts/libfuse.sh" "$checkout/build/servers/libfuse-9.1"
rm -r "$checkout/build/matrix/results"

exits "one kernel, other options" 0 "$matrix" 7.3 -- --accel tcg --filter "a 'b' *"
called "$new --accel tcg --filter a 'b' *"
exits "--strict" 0 "$matrix" --strict 7.3
called "$new --strict"
exits "--strict with options for vm.sh" 0 "$matrix" --strict 7.3 -- --accel tcg
called "$new --strict --accel tcg"
exits "--strict: a second run" 0 "$matrix" 7.3 --strict -- --accel tcg
same "--strict: the verdicts hold" "$tmp/calls.none" "$tmp/calls"
echo 'c.f.n2 6.12.* * fail https://example.org/1' >"$tmp/mine"
exits "--expect" 0 "$matrix" --run-dir "$tmp/expecting" --expect "$tmp/mine" --skip "$tmp/mine"
same "--expect: what fits is counted as expected" - "$tmp/out" <<'END'
kernel   raw             libfuse-9.0
6.1.9    unsupported     -
6.12.8   1/2/0/0/0       1/2/0/0/0
7.3-rc2  2/0/1/0/1       2/0/1/0/1
(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)
4 failed as expected
2 changed, not promised
6 passed, 0 failed, 4 skipped
END
called "$old --expect mine --skip mine" "$bugs --expect mine --skip mine" "$new --expect mine --skip mine"
exits "--expect: a second run" 0 "$matrix" --run-dir "$tmp/expecting" --expect "$tmp/mine" --skip "$tmp/mine"
same "--expect: the verdicts hold" "$tmp/calls.none" "$tmp/calls"
echo 'c.f.n1 7.3-rc2 raw fail' >"$tmp/.mine"
exits "--expect: a pass that deviates" 1 "$matrix" --run-dir "$tmp/expecting" --expect "$tmp/.mine" 7.3
same "--expect: a pass that deviates is a failure" - "$tmp/out" <<'END'
kernel   raw             libfuse-9.0
7.3-rc2  1/0/1/1/1       2/0/1/0/1
(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)
2 changed, not promised
3 passed, 1 failed, 2 skipped
END
called "$new --expect .mine"
echo 'c.f.n1 * * passed' >"$tmp/wrong"
exits "--expect with a malformed file" 1 "$matrix" --expect "$tmp/wrong"
says "--expect with a malformed file: names the line" "$tmp/err" "matrix.sh: $tmp/wrong:1: 'passed' is not an outcome: .*"
exits "kernels that do not exist, do not boot or cannot be fetched" 1 "$matrix" 7.4 7.5 8.0 6.12 6.12.8
sed "s,$checkout,CHECKOUT," "$tmp/out" >"$tmp/got"
same "kernels without a verdict are in the table" - "$tmp/got" <<'END'
kernel  raw             libfuse-9.0
7.4.1   no verdict, see CHECKOUT/build/matrix/rows/7.4.1-1--raw+libfuse-9.0/vm.log
7.5.1   no verdict, see CHECKOUT/build/matrix/rows/7.5.1-1--raw+libfuse-9.0/vm.log
8.0     Debian has no such kernel
6.12.8  1/1/0/1/0       1/1/0/1/0
(passed/failed as expected/changed/failed/skipped; unsupported: nothing could run)
3 without a verdict
2 failed as expected
2 passed, 2 failed, 0 skipped
END
says "no boot: the reason is reported" "$tmp/err" 'matrix.sh: 7.4.1-1--raw+libfuse-9.0 ends: no verdict: vm.sh: the kernel does not boot .*'
says "no boot: the reason is in vm.log" "$checkout/build/matrix/rows/7.4.1-1--raw+libfuse-9.0/vm.log" 'vm.sh: the kernel does not boot'
says "no kernel: the reason is in vm.log" "$checkout/build/matrix/rows/7.5.1-1--raw+libfuse-9.0/vm.log" 'debian-kernel.sh: cannot fetch 7.5.1-1'
exits "an unreachable mirror" 1 env MIRROR_IS_AWAY=1 "$matrix" 6.12
says "an unreachable mirror: is reported" "$tmp/err" "matrix.sh: cannot list Debian's kernels, see above"
: >"$tmp/calls"
exits "a kernel without a verdict runs again" 1 "$matrix" 7.4
called "$native --debian 7.4.1-1 --server raw,libfuse-9.0 --kernel-name 7.4.1"
exits "only kernels where no case can run" 4 "$matrix" 6.1
same "a verdict of 4 is kept" "$tmp/calls.none" "$tmp/calls"

# Everything is killed while the second of three rows is running.
mkfifo "$tmp/gate.6.12.8" "$tmp/progress"
for signal in TERM KILL; do
	[ "$signal" = TERM ] || { [ "$(id -u)" -eq 0 ] && [ -x "$checkout/build/contain" ]; } || continue
	rm -r "$checkout/build/matrix/results"
	"$matrix" --fresh --jobs 1 >/dev/null 2>"$tmp/progress" &
	pid=$!
	while read -r line; do
		case $line in
		*": 6.12.8-1_bpo12+1--raw+libfuse-9.0 begins on "*) kill -$signal $pid ;;
		esac
	done <"$tmp/progress"
	wait $pid 2>/dev/null || :
	check "SIG$signal: rows that ended are kept" grep -q '^6[.]1[.]9 .*raw' "$checkout/build/matrix/results/runs"
	rm "$tmp/gate.6.12.8"
	: >"$tmp/calls"
	exits "after SIG$signal: the pending rows" 1 "$matrix" --jobs 1
	called "$bugs" "$new"
	says "after SIG$signal: all results are there" "$tmp/out" '6 passed, 2 failed, 4 skipped'
	mkfifo "$tmp/gate.6.12.8"
done
rm "$tmp/gate.6.12.8"

echo "built anew" >"$checkout/build/cases/a"
exits "after a new build" 1 "$matrix"
called "$old" "$bugs" "$new"

# Two at once: the first waits in its virtual machine.
mkfifo "$tmp/gate.7.3-rc2"
"$matrix" --fresh 7.3 >/dev/null 2>"$tmp/progress" &
while read -r line; do
	case $line in
	*" begins on "*) break ;;
	esac
done <"$tmp/progress"
exits "a concurrent matrix" 1 "$matrix" 7.3
says "a concurrent matrix: is rejected" "$tmp/err" 'matrix.sh: another matrix is running in .*'
echo >"$tmp/gate.7.3-rc2"
wait $! || :
rm "$tmp/gate.7.3-rc2"

# Kernels of another architecture, of which one is built.
printf '%s\t%s\t\n' kernel servers 7.3-arm64 raw,libfuse 7.3-arm64-64k raw 7.3-s390x raw |
	sed '1s/\t$/\tnote/' >"$tmp/archs.tsv"
mkdir -p "$checkout/build/arm64/servers" "$checkout/build/arm64/cases" "$checkout/build/arm64/programs" \
	"$checkout/build/arm64/vm"
cp "$checkout/build/servers/libfuse" "$checkout/build/arm64/servers/raw"
: >"$tmp/calls"
exits "another architecture" 0 "$matrix" --matrix "$tmp/archs.tsv" --run-dir "$tmp/archs"
called "--arch arm64 --debian 7.3~rc2-1~exp1 --server raw --kernel-name 7.3-rc2-arm64" \
	"--arch arm64 --ksrc tree --server raw --kernel-name 7.3-rc2-arm64-64k"
says "another architecture: what is not built is reported" "$tmp/err" \
	'matrix.sh: not built, skipped: libfuse (arm64) raw (s390x)'
says "other pages: the kernel is built" "$tmp/err" \
	'kernel.sh tiny --arch arm64 --pages 64k --debian 7.3~rc2-1~exp1 --output .*/tiny-arm64-64k-7.3~rc2-1~exp1'
says "another architecture: has a line of its own" "$tmp/out" '7.3-rc2-arm64      2/0/1/0/1'
says "other pages: have a line of their own" "$tmp/out" '7.3-rc2-arm64-64k  2/0/1/0/1'

# Another host: this one, by ssh without a network. Without contain, whose PID namespace another
# host does not have.
rm -f "$checkout/build/contain"
PATH=$PATH:/usr/sbin
if ! { command -v sshd && command -v ssh && command -v rsync && [ -d /run/sshd ]; } >/dev/null; then
	n=$((n + 1))
	echo "ok $n - other hosts # SKIP config: no sshd, ssh or rsync"
	finish
	exit 0
fi
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/user_key"
cat >"$tmp/sshd_config" <<END
HostKey $tmp/host_key
AuthorizedKeysFile $tmp/user_key.pub
PermitRootLogin prohibit-password
StrictModes no
PidFile none
END
cat >"$tmp/ssh_config" <<END
Host another
ProxyCommand $(command -v sshd) -i -f $tmp/sshd_config
Host bare
ProxyCommand $(command -v sshd) -i -f $tmp/sshd_config -o SetEnv=PATH=$tmp/bare
Host *
IdentityFile $tmp/user_key
IdentitiesOnly yes
UserKnownHostsFile $tmp/known_hosts
StrictHostKeyChecking accept-new
END
printf '2/ssh -F %s another' "$tmp/ssh_config" >"$tmp/hosts" # without newline
rm "$tmp/calls"
exits "on another host with --expect" 0 "$matrix" --hosts "$tmp/hosts" --expect "$tmp/mine" 6.12
called "$bugs --expect mine"
says "on another host with --expect: the file is there" "$tmp/out" '6.12.8  1/2/0/0/0       1/2/0/0/0'
exits "on another host" 1 "$matrix" --fresh --hosts "$tmp/hosts"
called "$old" "$bugs" "$new"
says "other hosts: all results are there" "$tmp/out" '6 passed, 2 failed, 4 skipped'
check "on another host: the run directory is there" test -e "$row/run/results/7.3-rc2/raw.tsv"
mkdir "$tmp/bare"
ln -s "$(command -v bash)" "$(command -v perl)" "$(command -v rsync)" "$tmp/bare"
{
	echo
	echo ":"
	echo "ssh -o ProxyCommand=false away"
	echo "ssh -F $tmp/ssh_config bare"
} >>"$tmp/hosts"
exits "local, another, unreachable and incomplete host" 1 "$matrix" --fresh --hosts "$tmp/hosts"
called "$old" "$bugs" "$new"
says "other hosts: all results are there" "$tmp/out" '6 passed, 2 failed, 4 skipped'
says "the unreachable host is reported" "$tmp/err" 'matrix.sh: skipped host: ssh -o ProxyCommand=false away (no ssh .*'
says "the host without QEMU is reported" "$tmp/err" 'matrix.sh: skipped host: ssh -F .* bare (install there: qemu-system-x86_64 cpio python3>=3.9)'
(cd && find .cache/fuse-passthrough-tests -maxdepth 1 -name 'matrix-*' 2>/dev/null) >"$tmp/left"
same "other hosts: nothing is left behind" "$tmp/calls.none" "$tmp/left"

finish
