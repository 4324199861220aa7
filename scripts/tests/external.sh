#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# run.sh --mount: on commands that mount nothing, on libfuse's passthrough_hp, which leaks, on a fixed
# one, and on that with one fault each. mistakes.sh has the mistakes of real file systems.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
export OUTPUT="$built"

run=$scripts/run.sh

no_line() # PATTERN FILE
{
	! grep -xe "$1" "$2"
}

none_but() # PATTERN FILE
{
	! grep -vxe "$1" "$2"
}

need_built external/leaks
exits "--name without --mount" 1 "$run" --name a
says "is refused" "$tmp/err" 'run.sh: --name is for --mount: a server has the name of its file'
exits "--list with --mount" 0 "$run" --mount '' --list
says "has those of promises A" "$tmp/out" 'leaks.unlinked.o_tmpfile_freed_on_close	A9	6.9	passthrough	-	.*'
check "and no other" none_but '[^	]*	A[0-9]*	.*' "$tmp/out"
exits "--list without --mount" 0 "$run" --list
check "has none of those" no_line '[^	]*	A[0-9]*	.*' "$tmp/out"

need_fuse
uring_stays
exits "a command without {mountpoint}" 1 "$run" --mount 'true {source}'
says "is reported" "$tmp/err" "run.sh: --mount 'true {source}' lacks {mountpoint}"
exits "a command without {source}" 1 "$run" --mount 'true {mountpoint}'
says "is reported" "$tmp/err" "run.sh: --mount 'true {mountpoint}' lacks {source} or {upper}"
exits "a missing program" 1 "$run" --mount 'no-such-fs {source} {mountpoint}'
says "is reported" "$tmp/err" "run.sh: --mount: no program 'no-such-fs'"
exits "--mount with --server" 1 "$run" --server raw --mount 'true {source} {mountpoint}'
says "is refused" "$tmp/err" 'run.sh: give --mount or --server, not both'
exits "a bad name" 1 "$run" --mount 'true {source} {mountpoint}' --name a/b
says "is refused" "$tmp/err" "run.sh: 'a/b' cannot name results: .*"

# mounted NAME STATUS COMMAND [OPTION...]: runs the cases on it; with $strict empty, results are kept.
strict=yes
mounted()
{
	name=$1 wanted=$2 command=$3
	shift 3
	rm -rf "$tmp/run"
	exits "$name" "$wanted" "$run" ${strict:+--strict} --mount "$command {source} {mountpoint}" --run-dir "$tmp/run" "$@"
	sed -n '/^Advice for the author of /,$p' "$tmp/out" | grep -v -e '^$' -e '^\[FUSE passthrough: ' | paste -sd ' ' >"$tmp/advice"
}

one='--filter=usage.passthrough.open_rdonly.read_bypasses*'
mounted "a program that ends" 4 'sh -c "echo no such option; exit 3"' "$one" --name ender
says "is reported" "$tmp/err" 'run.sh: --mount: ender ended with status 3 before it mounted anything: "no such option"'
check "in one line, and nothing is run" test "$(wc -l <"$tmp/both")" -eq 1 -a ! -e "$tmp/run"
mounted "a program that is killed" 4 'sh -c "kill -9 \$\$"' "$one"
says "is reported" "$tmp/err" 'run.sh: --mount: sh was killed by signal 9 before it mounted anything without output'
mounted "a program in the background that ends" 4 'sh -c "true & exit 0"' "$one"
says "is reported" "$tmp/err" 'run.sh: --mount: .* before it mounted anything without output'
mkdir "$tmp/bin"
ln -s /usr/sbin/* /usr/bin/* "$tmp/bin" 2>/dev/null || :
rm -f "$tmp"/bin/fusermount*
exits "a program that needs fusermount" 4 env PATH="$tmp/bin" "$run" \
	--mount 'sh -c "echo no fusermount3; exit 1" {source} {mountpoint}' "$one"
says "names the package" "$tmp/err" 'run.sh: --mount: .* "no fusermount3" (there is no fusermount3 or fusermount: install fuse3)'

# --- faults ---------------------------------------------------------------

need_built tests/pass_fs
pass_fs=$tmp/fs$$ # a name that no other process has
cp "$built/tests/pass_fs" "$pass_fs"

# FAULT|STATUS|FILTER|PATTERN of a line, without the name and the spaces. Each waits for some
# seconds, so they run in parallel.
misbehaving()
{
	cat <<-END
	open-own-slowly|0|leaks.last_close.*,server_exit.*,usage.passthrough.*|.* 0 failed, 0 skipped
	keep-own-open|1|server_exit.killed.open_rdwr.*|server_exit.killed.open_rdwr.* fail .*external_fs_kill(): got ETIME, wanted 0
	open-own-for-ever|1|usage.*|usage.* broken .* does not answer requests of its mount after its start.*
	mount-nothing|4|usage.*|run.sh: --mount: [^ ]* mounted nothing before the deadline.*
	mount-twice|1|usage.*|usage.* broken .*
	die|1|usage.*|usage.* broken .* ended with status 3 after it had mounted without output
	stop|1|usage.*|usage.* broken .* has mounted but answers neither INIT nor GETATTR
	no-init|1|usage.*|usage.* broken not tried after 3 such cases, the first: .* has mounted but answers neither INIT nor GETATTR
	no-lookup|1|usage.passthrough.open_rdwr.*|usage.* fail usage.*: got ETIME, wanted positive
	no-open|1|usage.passthrough.open_rdwr.*|usage.* fail .*fd: got ETIME, wanted positive
	no-flush|1|leaks.last_close.open_rdwr.*|leaks.last_close.open_rdwr.unpins_file fail .*client_close(.*): got ETIME, wanted 0
	no-release|1|leaks.last_close.open_rdwr.*|leaks.last_close.open_rdwr.unpins_file fail .*got a descriptor of the external file system, wanted nothing
	die-at-open|1|usage.passthrough.open_rdwr.*|usage.* fail usage.*: got ECONNABORTED, wanted positive
	grandchild|1|server_exit.unmounted.open_rdwr.*|server_exit.unmounted.open_rdwr.* fail .*external_fs_wait_end(): got ETIME, wanted 0
	no-passthrough|4|A1|0 passed, 0 failed, [0-9]* skipped
	spin|0|usage.passthrough.open_rdwr.*|.* 0 failed, 0 skipped
	END
}

misbehave() # FAULT FILTER
{
	timeout $((100 * ${FPT_TIMEOUT_MUL:-1})) "$run" --strict --mount "$pass_fs $1 {source} {mountpoint}" --filter "$2" \
		--run-dir "$tmp/$1.run" >"$tmp/$1.out" 2>&1 || echo $? >"$tmp/$1.status"
}

misbehaving >"$tmp/misbehaving"
while IFS='|' read -r fault wanted filter pattern; do
	echo 0 >"$tmp/$fault.status"
	misbehave "$fault" "$filter" &
done <"$tmp/misbehaving"
wait
while IFS='|' read -r fault wanted filter pattern; do
	check "$fault: the run ends in time: exit $wanted" [ "$(cat "$tmp/$fault.status")" = "$wanted" ]
	sed "s/^${pass_fs##*/} *//; s/  */ /g" "$tmp/$fault.out" >"$tmp/lines"
	says "$fault: the reason is printed" "$tmp/lines" "$pattern"
	check "$fault: the kernel is no suspect" no_line '.*kernel:.*' "$tmp/lines"
done <"$tmp/misbehaving"

# --- a program that waits for itself ---------------------------------------------------------

# A program that waits for itself after SIGKILL is freed, whatever ends the run.
mkfifo "$tmp/tell"
for signal in TERM KILL; do
	rm -rf "$tmp/run"
	"$run" --strict --mount "$pass_fs keep-own-open {source} {mountpoint} $tmp/tell" --run-dir "$tmp/run" \
		--filter 'server_exit.killed.open_rdwr.*' >/dev/null 2>&1 &
	timeout 60 cat "$tmp/tell" || : # it is open, and will not be closed
	kill -s $signal $!
	# shellcheck disable=SC2046 # several
	check "nothing outlives a run that is ended by SIG$signal" all_end $! $(pids_of "$pass_fs")
	kill -0 $! 2>/dev/null || wait $! || :
done

# --- passthrough_hp ----------------------------------------------------------------

libfuse_mk() # VARIABLE: with what it stands for
{
	# shellcheck disable=SC2016 # make's
	printf 'include %s\nall:\n\t@echo $(%s)\n' "$built/libfuse.mk" "$1" | make -s --no-print-directory -f -
}

compile() # SOURCE PROGRAM
{
	# shellcheck disable=SC2086,SC2046 # words
	g++ -O0 -std=c++17 -DHAVE_SETXATTR -DHAVE_SYS_XATTR_H -DHAVE_UTIMENSAT -I"$source" -I"${source%/*}/lib" \
		-I"${source%/*}/include" $(libfuse_mk LIBFUSE_CFLAGS) -o "$2" "$1" $(libfuse_mk LIBFUSE_LIBS) -ldl
}

version=$(libfuse_mk LIBFUSE_VERSION 2>/dev/null) || version=
case $version in
3.18.[23]) ;;
*)
	echo "# the rest is skipped: config: needs libfuse 3.18.2 or 3.18.3, not '$version'"
	finish
	exit
	;;
esac
if ! command -v g++ >/dev/null; then
	echo "# the rest is skipped: config: no g++ (run scripts/setup.sh --check)"
	finish
	exit
fi
if ! source=$("$scripts/libfuse.sh" "$version" --source 2>"$tmp/why")/example; then
	echo "# the rest is skipped: config: no source of libfuse $version ($(tail -n 1 "$tmp/why"))"
	finish
	exit
fi

compile "$source/passthrough_hp.cc" "$tmp/passthrough_hp" &
sed -f "$tests/data/passthrough_hp.sed" "$source/passthrough_hp.cc" >"$tmp/fixed.cc"
check "the fixed one builds" compile "$tmp/fixed.cc" "$tmp/fixed"
wait $!

mounted "passthrough_hp" 1 "$tmp/passthrough_hp" --filter 'leaks.*' --results "$tmp/results"
says "leaks an ID" "$tmp/out" 'passthrough_hp leaks.unlinked.o_tmpfile_freed_on_close  *fail  .*an ID that the external file system has not closed, wanted nothing'
says "and a descriptor" "$tmp/out" 'passthrough_hp leaks.pins.none_after_link_and_close  *fail .*'
says "and nothing else" "$tmp/out" '[0-9]* passed, 2 failed, 0 skipped'
says "its author gets advice" "$tmp/advice" 'Advice for the author of passthrough_hp: .* 1\. A closed file is held by a[n ][^(]*of the external file system[^(]*(files that it opens with O_TMPFILE; 2 cases of A8 A9)\. Change this: close the ID, .*'
check "a run with --filter keeps no results" [ ! -e "$tmp/results" ]

strict='' mounted "a fixed passthrough_hp" 0 "$tmp/fixed" --results "$tmp/results" --kernel-name here --name passthrough
check "has results" grep -q '^leaks.unlinked.o_tmpfile_freed_on_close	.* nothing$' "$tmp/results/external/cases"
same "passes all cases" - "$tmp/advice" <<-END
	$(printf '%s' "Advice for the author of passthrough: it uses passthrough for files that it opens for reading, opens for writing, creates and opens with O_TMPFILE. $("$run" --mount '' --list | grep -cv -e '^layers\.' -e '^branches\.' -e '^moved_files\.') cases passed.")
END
mounted "in the foreground" 0 "$tmp/fixed --foreground" "$one"
mounted "by a script" 0 "sh -c 'exec $tmp/fixed \"\$@\"' sh" --name script "$one"
mounted "with several devices" 0 "$tmp/fixed --clone-fd" --filter 'usage.*'

mounted "without passthrough" 4 "$tmp/fixed --nopassthrough" --filter 'usage.*'
says "is reported" "$tmp/advice" 'Advice for the author of fixed: it does not use passthrough: reads of files that it opens for reading, opens for writing, creates or opens with O_TMPFILE reach it\. 0 cases .*'

# with FAULT FILTER CASE OBSERVED
with()
{
	export HP_FAULT="$1"
	check "the source has the fault $1" grep -q "fault(\"$1\")" "$tmp/fixed.cc"
	mounted "with $1" 1 "$tmp/fixed" --filter "$2"
	says "is found" "$tmp/out" "fixed  *$3  *fail .*$4.*"
}

with never-close 'leaks.last_close.open_rdwr.unpins_file' leaks.last_close.open_rdwr.unpins_file 'got an ID that the external file system has not closed'
with keep-descriptor 'leaks.last_close.o_creat.unpins_file' leaks.last_close.o_creat.unpins_file 'got a descriptor of the external file system'
with first-close A5 concurrent_opens.overlapping.io_continues_after_closes 'got EIO'
with id-per-open A5 concurrent_opens.overlapping.all_access_modes_succeed 'open for reading, then for reading'
with cached-writers A5 concurrent_opens.overlapping.all_access_modes_succeed 'open for reading, then for writing'
with cached-create A5 concurrent_opens.overlapping.new_file_opens_again 'got EIO'
with first-close A6 concurrent_opens.parallel.opens_all_succeed 'opens that fail with EIO'
with uncounted-tmpfile 'leaks.unlinked.o_tmpfile*' leaks.unlinked.o_tmpfile_freed_on_close 'got an ID that the external file system has not closed'
with open-inode 'leaks.pins.none_after_link*' leaks.pins.none_after_link_and_close 'got a descriptor of the external file system'
with rename-forgets A7 file_names.renamed.open_file_works 'got EIO'
with old-size A2 content.file_io.open_rdwr.extending_write_updates_size 'got 1048576'
with no-truncate A2 content.file_io.open_rdwr.ftruncate_moves_eof 'got 1048576'
with no-fsync A2 content.file_io.open_rdwr.fsync_succeeds 'got EIO'
with wrong-file A3 content.append.concurrent_none_lost_or_torn 'got 0'
with sealed-file A4 content.shared_mapping.open_rdwr.coherent_with_read_write 'got EFAULT'
with sealed-file A11 server_exit.killed.open_rdwr.open_file_works_then_unpins 'got EPERM'
with sealed-file A1 usage.passthrough.o_creat.read_bypasses_server 'got EPERM'
with keep-cache A1 usage.passthrough.open_rdwr.read_bypasses_server 'got EIO'
with stay 'server_exit.unmounted.open_rdwr.*' server_exit.unmounted.open_rdwr.exits_and_pins_nothing 'got ETIME'

export HP_FAULT=refuse-truncate
mounted "with truncate refused" 0 "$tmp/fixed" --filter 'usage.passthrough.*.read_bypasses*'
says "is told so of what is created" "$tmp/out" '.* library: fixed has no truncate'
check "and not that it creates nothing" no_line '.* fixed has no O_.*' "$tmp/out"

export HP_FAULT=not-asked-for
mounted "with passthrough not asked for" 4 "$tmp/fixed" --filter A1
says "is reported" "$tmp/advice" '.* it does not use passthrough: .*'

of_the_test()
{
	for exe in /proc/[0-9]*/exe; do
		case $(readlink "$exe") in
		"$tmp"/*) echo "$exe"; return 1 ;;
		esac
	done
}
check "no process is left" of_the_test
check "no mount is left" no_line ".*$tmp.*" /proc/self/mountinfo

finish
