#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
shopt -s nullglob
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/matrix.sh [OPTION...] [KERNEL...] [-- OPTION-OF-VM.SH...]
	Runs the built suite on many Debian kernels, in virtual machines, with many servers, and
	shows a table of kernels and servers. After an interruption run it again: rows with a
	verdict are kept.

	  KERNEL         run only these rows; a kernel in no row gets the last row's servers
	  --jobs N       virtual machines at once on each host: a number, or a percentage of
	                 its CPUs (default: 50%)
	  --hosts FILE   distribute the rows over these hosts, one per line: GNU parallel's
	                 --sshloginfile, such as "4/user@host"; ":" is the local host
	  --matrix FILE  the rows: a kernel for scripts/debian-kernel.sh, servers, note
	                 (default: fixtures/kernels/matrix.tsv, where a line adds a kernel);
	                 7.3-arm64 is of another architecture, see --arch of scripts/vm.sh,
	                 and 7.3-arm64-64k is built by scripts/kernel.sh, from Debian's source
	  --list         show the rows
	  --mount CMD    run the cases for an external file system on each kernel, in place of
	                 the rows' servers, see vm.sh; also --name NAME, --with PATH. On the
	                 local host only
	  --expect FILE  what is expected of the kernels and servers, see run.sh: what fits does not
	                 make the matrix fail, what deviates does
	  --skip FILE    such lines: cases with the outcome skip are not run; the results of these
	                 rows are not kept
	  --strict       what changed and is not promised fails, see run.sh
	  --results DIR  keep the results here, see run.sh (default: results in the run directory)
	  --run-dir DIR  write everything else here (default: \$OUTPUT/matrix): rows/<package
	                 version>--<servers>/ has vm.log, the output of scripts/vm.sh, and run,
	                 its run directory
	  --fresh        discard earlier verdicts; implied by a new build, other options for
	                 vm.sh or other expectations
	  --help         show this text

	A host needs ssh without a password, rsync, perl, and the tools of scripts/vm.sh: QEMU,
	cpio and Python 3.9 or later; no root, checkout or Debian mirror. The suite and the
	kernels are copied to ~/.cache/fuse-passthrough-tests on it and removed at the end. The
	programs are built on the local host: the C library of the other hosts must not be older.

	OUTPUT  the build directory (default: build)

	Exit status: 0 every row passed or can run nothing (a kernel without passthrough),
	1 a case failed or deviates from --expect, or a row has no verdict, 4 no case could run.
	END
}

say()
{
	echo "matrix.sh: $*" >&2
}

die()
{
	echo "matrix.sh: $1" >&2
	exit "${2:-1}"
}

OUTPUT=$(realpath -m "${OUTPUT:-$checkout/build}")
[ -z "${FPT_CACHE-}" ] || FPT_CACHE=$(realpath -m "$FPT_CACHE")
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"
# shellcheck source=scripts/lib/places.inc
. "$scripts/lib/places.inc"
# shellcheck source=scripts/lib/architectures.inc
. "$scripts/lib/architectures.inc"
# shellcheck source=scripts/lib/external.inc
. "$scripts/lib/external.inc"
plain_paths "$checkout" "$OUTPUT"

jobs=50%
hosts=
matrix=$checkout/fixtures/kernels/matrix.tsv
list='' fresh='' strict=
expect='' skip='' # files of expectations
results=
run=$OUTPUT/matrix
wanted=()
with=() # --with and its value, by turns
vm_options=()

parse_arguments()
{
	local why

	while [ $# -gt 0 ]; do
		case $1 in
		--)
			shift
			vm_options=("$@")
			break
			;;
		--?*=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		--help)
			usage
			exit 0
			;;
		--list) list=1 ;;
		--fresh) fresh=1 ;;
		--strict) strict=1 ;;
		--jobs | --hosts | --matrix | --results | --run-dir | --expect | --skip | \
			--mount | --name | --with)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			case $1 in
			--jobs) jobs=$2 ;;
			--hosts) hosts=$(realpath -m "$2") ;;
			--matrix) matrix=$2 ;;
			--results) results=$(realpath -m "$2") ;;
			--run-dir) run=$(realpath -m "$2") ;;
			--expect) expect=$2 ;;
			--skip) skip=$2 ;;
			--mount) mount=$2 ;;
			--name) name=$2 ;;
			--with) with+=(--with "$(realpath -s "$2")") ;;
			esac
			shift
			;;
		-*) die "unknown option $1, see --help" ;;
		*) wanted+=("$1") ;;
		esac
		shift
	done
	results=${results:-$run/results}
	vm_options=(${strict:+--strict} "${vm_options[@]}")
	! is_external || choose_mount
	[[ $jobs =~ ^[1-9][0-9]*%?$ ]] || die "--jobs needs a number above 0 or a percentage, not '$jobs'"
	why=$([ -z "$expect$skip" ] || fpt check-expectations ${expect:+"$expect"} ${skip:+"$skip"}) || die "$why"
	[ -r "$matrix" ] || die "cannot read $matrix: give another --matrix"
	[ -z "$hosts" ] || [ -r "$hosts" ] || die "cannot read $hosts: give another --hosts"
}

choose_mount()
{
	[ -z "$hosts" ] || die "give --mount or --hosts, not both: the program is on the local host"
	check_mount
	make_mount_absolute
	vm_options+=(--mount "$mount" "${with[@]}")
}

# --- the rows ------------------------------------------------------------------

kernels=()	# as given
servers=()	# of each kernel, separated by commas
versions=()	# of the packages; empty if Debian has no such kernel
keys=()		# names of the rows' directories
archs=()	# empty for the host's, whose programs are not in a directory of their own
pages=()	# of kernels to be built, or empty

# Builds a server that make does not build, if a script can.
build_server() # NAME
{
	local how

	how=$(how_to_build "$1")
	case $how in
	'' | make) return 1 ;;
	esac
	say "building $1: $how"
	read -ra how <<<"$how"
	(cd "$checkout" && OUTPUT=$OUTPUT "${how[@]}" >&2 </dev/null) && [ -x "$OUTPUT/servers/$1" ]
}

have_server() # NAME ARCH
{
	if [ -n "$2" ]; then
		[ -x "$OUTPUT/$2/servers/$1" ] && [ -e "$OUTPUT/servers/$1" ]
		return
	fi
	[ -e "$(server_file "$1")" ] && return
	case " ${absent[*]} " in
	*" $1 "*) return 1 ;;
	esac
	build_server "$1"
}

# target_in KERNEL: prints release|architecture|pages, without an architecture that is the host's
target_in()
{
	fpt matrix targets "$1" | sed "s/|$arch|/||/"
}

read_rows()
{
	local kernel names name have of built=("$OUTPUT"/servers/*) absent=()

	[ ${#built[@]} -gt 0 ] || die "no servers in $OUTPUT: run 'make' first, or set OUTPUT"
	while IFS=$'\t' read -r kernel names _; do
		if is_external; then
			kernels+=("$kernel")
			servers+=("$name")
			continue
		fi
		have= # names as in results
		IFS='|' read -r _ of _ < <(target_in "$kernel")
		for name in ${names//,/ }; do
			if have_server "$name" "$of"; then
				name=$(server_name "$name" "$(hello_of "$(server_file "$name")")")
				[[ ,$have, = *",$name,"* ]] || have+=${have:+,}$name
			else
				absent+=("$name${of:+ ($of)}")
			fi
		done
		[ -n "$have" ] || continue
		kernels+=("$kernel")
		servers+=("$have")
	done <<<"$rows"
	[ ${#absent[@]} -eq 0 ] ||
		say "not built, skipped: $(printf '%s\n' "${absent[@]}" | sort -u | paste -sd ' ')"
	[ ${#kernels[@]} -gt 0 ] || die "no row of $matrix can run: none of its servers is built"
}

# The end of a kernel's name in results, as vm.sh names it.
target_of() # INDEX
{
	local of=${archs[$1]:-$arch}

	[ "$of" = amd64 ] || echo "-$of${pages[$1]:+-${pages[$1]}}"
}

# list_kernel INDEX RELEASE: of one that is to be built, the source has the version of the host's.
list_kernel()
{
	local of=${archs[$1]}

	[ -z "${pages[$1]}" ] || of=
	"$scripts/debian-kernel.sh" ${of:+--arch "$of"} --list "$2"
}

resolve_rows()
{
	local i offer release
	local -A row=()

	"$scripts/debian-kernel.sh" --list >/dev/null || die "cannot list Debian's kernels, see above"
	for i in "${!kernels[@]}"; do
		IFS='|' read -r release "archs[i]" "pages[i]" < <(target_in "${kernels[i]}")
		offer=$(list_kernel "$i" "$release") || offer=
		versions[i]=$(cut -f 2 <<<"$offer")
		keys[i]=${versions[i]:-${kernels[i]}}$(target_of "$i")--${servers[i]}
		keys[i]=$(tr '~,' '_+' <<<"${keys[i]}") # characters that need no quoting in rsync and shells
		if [ -n "${row[${keys[i]}]-}" ]; then
			say "${kernels[i]} is the same kernel as ${row[${keys[i]}]}"
			unset "kernels[i]" "versions[i]" "keys[i]" "servers[i]"
		else
			row[${keys[i]}]=${kernels[i]}
		fi
	done
}

# The release of a package, which names its directory in results.
kernel_name() # PACKAGE-VERSION
{
	local release=${1%-*}

	echo "${release/\~rc/-rc}"
}

# --- the runs ------------------------------------------------------------------

# A verdict names the lines of the file by its name.
bundle_expectations() # OPTION FILE
{
	[ -n "$2" ] || return 0
	mkdir -p "$run/suite/matrix.$1"
	cp "$2" "$run/suite/matrix.$1/"
}

# A copy of the suite, which a concurrent build does not change and other hosts can get.
make_bundle()
{
	local file size of

	# Each virtual machine needs a copy of the suite and an image; each row has a run directory.
	size=$(du -cmL "$OUTPUT/cases" "$OUTPUT/servers" "$OUTPUT/vm" 2>/dev/null | tail -n 1 | cut -f 1)
	need_space $((size * (2 + 3 * $(nproc)) + 20 * ${#keys[@]})) "$run" "the matrix" "give --run-dir DIR"
	rm -rf "$run/suite"
	mkdir -p "$run/suite/fixtures" "$run/suite/build"
	cp -R "$checkout/settings" "$scripts" "$run/suite"
	cp -R "$checkout/fixtures/kernels" "$run/suite/fixtures"
	for file in cases external servers programs contain vm libfuse.mk left-out; do
		[ ! -e "$OUTPUT/$file" ] || cp -R "$OUTPUT/$file" "$run/suite/build"
	done
	for of in $(printf '%s\n' "${archs[@]}" | sort -u); do
		mkdir "$run/suite/build/$of"
		cp -R "$OUTPUT/$of"/{cases,servers,programs,vm} "$run/suite/build/$of"
	done
	bundle_expectations expect "$expect"
	bundle_expectations skip "$skip"
	printf '%s\0' "${vm_options[@]}" >"$run/suite/matrix.options"
	! is_external || sha256sum "$program" >"$run/suite/matrix.program" # another one has no verdict yet
	tar -c --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$run" -f "$run/bundle.tar" suite
	bundle=$(sha256sum <"$run/bundle.tar")
	bundle=${bundle%% *}
	# Not in the sum: a verdict holds for another revision of the same programs and scripts.
	suite_version "$(source_revision)" >"$run/suite/VERSION"
	tar -r -C "$run" -f "$run/bundle.tar" suite/VERSION
	rm -rf "$run/suite"
}

has_verdict() # KEY
{
	[ -e "$run/rows/$1/verdict" ] && [ "$(cat "$run/rows/$1/bundle")" = "$bundle" ]
}

publish() # KEY
{
	local row

	row=$(results_in "$run/rows/$1/results")
	[ ! -d "$row" ] || fpt store "$(results_in "$results")" "$row" || :
}

# Unpacks the rows that have ended, including those of an interrupted matrix.
collect()
{
	local tar key

	for tar in "$run"/ended/*.tar; do
		key=${tar##*/}
		key=${key%.tar}
		rm -rf "$run/row.new"
		mkdir -p "$run/row.new" "$run/rows"
		tar -x -C "$run/row.new" -f "$tar"
		rm -rf "${run:?}/rows/$key"
		mv "$run/row.new" "$run/rows/$key"
		rm "$tar"
		publish "$key"
	done
}

pending=()	# indexes of the rows without a verdict

# Also publishes the rows that have one: --results may differ from the earlier run.
find_pending()
{
	local i

	for i in "${!keys[@]}"; do
		if has_verdict "${keys[i]}"; then
			publish "${keys[i]}"
		elif [ -n "${versions[i]}" ]; then
			pending+=("$i")
		fi
	done
}

# build_kernel INDEX: packs what vm.sh --ksrc needs of it
build_kernel()
{
	local tree output

	output=$OUTPUT/kernels/tiny$(target_of "$1")-${versions[$1]}
	say "building the kernel of ${kernels[$1]}"
	tree=$("$scripts/kernel.sh" tiny --arch "${archs[$1]:-$arch}" --pages "${pages[$1]}" --debian "${versions[$1]}" --output "$output" | tail -n 1) &&
		tar -c -C "$tree" -f "$run/kernels/${keys[$1]}.tar" --transform 's,^,tree/,' .config include/config/kernel.release arch
}

# Prints a line for each pending row as soon as its kernel is fetched.
feed()
{
	local i version folder row of

	for i in "${pending[@]}"; do
		version=${versions[i]}
		row=$run/rows/${keys[i]}
		rm -rf "$row"
		mkdir -p "$row"
		of=${archs[i]}
		if [ -n "${pages[i]}" ]; then
			build_kernel "$i" 2> >(tee "$row/vm.log" >&2) </dev/null || continue
		else
			folder=$("$scripts/debian-kernel.sh" ${of:+--arch "$of"} "$version" 2> >(tee "$row/vm.log" >&2) </dev/null) || continue
			[ -z "$hosts" ] || tar -c -C "${folder%/kernels/*}" -f "$run/kernels/${keys[i]}.tar" "kernels/${folder##*/kernels/}"
		fi
		printf '%s\t%s\t%s\t%s\t%s\t%s\n' "${keys[i]}" "$version" "$(kernel_name "$version")$(target_of "$i")" \
			"${servers[i]}" "$bundle" "${of:-$arch}"
	done
}

# Skips unusable hosts: a dead one would quickly fail every row.
find_hosts()
{
	local host text line
	local -A found=()

	# shellcheck disable=SC2016 # expanded on the host
	parallel --plain --will-cite --nonall --sshloginfile "$hosts" --timeout 60 --tag \
		'for command in rsync qemu-system-x86_64 cpio; do
			command -v $command >/dev/null || printf "%s " $command
		done
		python3 -c "import sys; sys.exit(sys.version_info < (3, 9))" || printf "python3>=3.9 "
		echo reached' >"$run/hosts.found" 2>"$run/hosts.log" || :
	while IFS=$'\t' read -r host text; do
		[ -z "$host" ] || found[$host]=$text
	done <"$run/hosts.found"
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		'' | '#'*) continue ;;
		esac
		text=${found[${line#[0-9]*/}]-}
		case $text in
		reached) echo "$line" ;;
		*reached) say "skipped host: $line (install there: ${text% reached})" ;;
		*) say "skipped host: $line (no ssh without a password, or no perl there: see $run/hosts.log)" ;;
		esac
	done <"$hosts" >"$run/hosts"
	[ -s "$run/hosts" ] || die "no host of $hosts can be used"
}

parallel_arguments()
{
	arguments=(--plain --will-cite --colsep '\t' --line-buffer --jobs "$jobs" --joblog "$run/joblog")
	[ -z "$hosts" ] || arguments+=(--sshloginfile "$run/hosts" --retries 2 --cleanup
		--workdir ".cache/fuse-passthrough-tests/matrix-$(uname -n)-$(cksum <<<"$run" | cut -d ' ' -f 1)"
		--basefile bundle.tar --transferfile 'kernels/{1}.tar' --return 'ended/{1}.tar')
	# On the local host it is in another directory.
	arguments+=("[ -e bundle.tar ] || cd $(printf %q "$run") &&
		rm -rf job.{1} && mkdir job.{1} && tar -x -C job.{1} -f bundle.tar &&
		exec job.{1}/suite/scripts/lib/matrix-row.sh {1} {2} {3} {4} {5} {6}")
}

# Removes what is needed only while rows run.
tidy()
{
	rm -rf "$run"/job.* "$run/ended" "$run/kernels" "$run/.cache"
}

run_rows()
{
	local arguments ended=0 what key text begun=$SECONDS

	tidy
	[ -z "$hosts" ] || find_hosts
	parallel_arguments
	mkdir -p "$run/ended" "$run/kernels"
	exec {events}< <(cd "$run" && PARALLEL_SHELL=/bin/sh exec parallel "${arguments[@]}" < <(feed))
	trap 'kill -TERM '$!'; kill -TERM '$!'; say "interrupted: the same command continues with the pending rows"; exit 1' HUP INT TERM
	while IFS=$'\t' read -r what key text <&"$events"; do
		case $what in
		begins) say "$key begins on $text" ;;
		ends)
			collect
			progress
			;;
		esac
	done
	wait $! || :
	collect
	tidy
}

# Reports how a row ended and the remaining time.
progress()
{
	local verdict=${text%%$'\t'*} time

	ended=$((ended + 1))
	time=$(((SECONDS - begun) * (${#pending[@]} - ended) / ended))
	say "$key ends: $([ "$verdict" != none ] || echo "no verdict: ")${text#*$'\t'}" \
		"($((${#pending[@]} - ended)) pending, about $(((time + 59) / 60)) min)"
}

# --- the table -----------------------------------------------------------------

# Prints a line for each row: kernel, servers, and its directory or why it has no verdict.
entries()
{
	local i row

	for i in "${!keys[@]}"; do
		row=$run/rows/${keys[i]}
		if [ -z "${versions[i]}" ]; then
			printf '%s\t%s\t\tDebian has no such kernel\n' "${kernels[i]}" "${servers[i]}"
		elif has_verdict "${keys[i]}"; then
			printf '%s\t%s\t%s\t\n' "$(kernel_name "${versions[i]}")$(target_of "$i")" "${servers[i]}" "$row"
		else
			printf '%s\t%s\t\tno verdict, see %s\n' "$(kernel_name "${versions[i]}")$(target_of "$i")" "${servers[i]}" "$row/vm.log"
		fi
	done
}

need_parallel()
{
	parallel --version 2>/dev/null | grep -q '^GNU parallel' ||
		die "no GNU parallel: run scripts/setup.sh --check, or install it (package parallel)"
	[ -z "$hosts" ] || command -v rsync >/dev/null || die "no rsync, which --hosts needs: install it"
}

parse_arguments "$@"
choose_architecture ''
rows=$(fpt matrix rows "$matrix" "${wanted[@]}")
if [ -n "$list" ]; then
	echo "$rows"
	exit 0
fi
need_parallel
# contain ends all processes with this one, even after SIGKILL; without root a trap does, except then.
if [ -z "${FPT_MATRIX_CONTAINED-}" ] && [ "$(id -u)" -eq 0 ] && [ -x "$OUTPUT/contain" ]; then
	FPT_MATRIX_CONTAINED=1 exec "$OUTPUT/contain" "$scripts/matrix.sh" "$@"
fi
unset FPT_MATRIX_CONTAINED

read_rows
{ mkdir -p "$run" 2>/dev/null && [ -w "$run" ]; } || die "cannot write $run: give another --run-dir"
exec {lock}>"$run/lock"
flock -n "$lock" || die "another matrix is running in $run: wait for it, or give another --run-dir"
resolve_rows
make_bundle
if [ -n "$fresh" ]; then
	rm -rf "$run/rows" "$run/ended"
fi
collect
find_pending
say "${#pending[@]} of ${#keys[@]} kernels to run"
if [ ${#pending[@]} -gt 0 ]; then
	run_rows
fi
give_back "$OUTPUT" "$run" "$results"
entries | fpt matrix table
