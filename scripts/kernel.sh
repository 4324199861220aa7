#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

usage()
{
	cat <<-END
	usage: scripts/kernel.sh [tiny|debug|coverage] [OPTION...]
	Builds a small kernel for scripts/vm.sh from a kernel tree, which it does not change, and
	prints the build directory as the last line of its output:

	  KSRC=~/linux scripts/vm.sh --ksrc "\$(KSRC=~/linux scripts/kernel.sh tiny)"

	  tiny              what the cases need and what boots in QEMU (default)
	  debug             also KASAN, lockdep, kmemleak, UBSAN and more, and fault injection
	                    for promises X
	  coverage          also counters of executed code in fs/fuse and fs/backing-file.c, for
	                    scripts/vm.sh --coverage
	  --debian VERSION  use the linux-source package of that version instead of KSRC: 6.12
	                    (the newest one), 6.12.43, or a package version
	  --arch ARCH       for this architecture, with its cross compiler: amd64, arm64, s390x
	                    (default: the host's)
	  --pages SIZE      pages of this size, of arm64: 4k (default), 16k, 64k
	  --config FILE     add options on top of the others; repeat it for several files
	  --output DIR      build here (default: \$OUTPUT/kernels/<kind>-<version>, with
	                    --arch <kind>-<arch>[-<pages>]-<version>)
	  -j N              run N compilers at once (default: one per CPU)
	  --help            show this text

	KSRC                a clean kernel tree
	OUTPUT              the build directory (default: build)
	CROSS_COMPILE       prefix of the compiler's name, of another architecture (default: Debian's)
	CC, LLVM, ...       as for the kernel's make; ccache is used if installed

	A second build compiles only what changed. Exit status: 0 built, 1 not built.
	END
}

say()
{
	echo "kernel: $*" >&2
}

die()
{
	say "$*"
	exit 1
}

# shellcheck source=scripts/lib/kernel-tree.inc
. "$checkout/scripts/lib/kernel-tree.inc"
kernels=$checkout/fixtures/kernels
OUTPUT=${OUTPUT:-$checkout/build}
# shellcheck source=scripts/lib/places.inc
. "$scripts/lib/places.inc"
# shellcheck source=scripts/lib/architectures.inc
. "$scripts/lib/architectures.inc"
plain_paths "$checkout" "$OUTPUT"

flavour=tiny
debian=
architecture='' pages=
further=()
dir=
jobs=$(nproc)

parse_arguments()
{
	while [ $# -gt 0 ]; do
		case $1 in
		--*=*)
			set -- "${1%%=*}" "${1#*=}" "${@:2}"
			continue
			;;
		-j?*)
			set -- -j "${1#-j}" "${@:2}"
			continue
			;;
		--help)
			usage
			exit 0
			;;
		tiny | debug | coverage)
			flavour=$1
			shift
			continue
			;;
		-j | --debian | --arch | --pages | --config | --output)
			[ $# -ge 2 ] || die "$1 needs a value, see --help"
			;;
		*)
			die "unknown argument $1, see --help"
			;;
		esac
		case $1 in
		-j) jobs=$2 ;;
		--debian) debian=$2 ;;
		--arch) architecture=$2 ;;
		--pages) pages=$2 ;;
		--config) further+=("$(realpath -e "$2")") || die "no such file: $2" ;;
		--output) dir=$2 ;;
		esac
		shift 2
	done
	[[ $jobs =~ ^[1-9][0-9]*$ ]] || die "-j needs a number above 0, not '$jobs'"
}

choose_target()
{
	local others

	choose_architecture "$architecture"
	target=${architecture:+-$arch}${pages:+-$pages}
	[ -e "$kernels/$arch.config" ] || die "no kernel for $arch is known here: there is no $kernels/$arch.config"
	[ -z "$pages" ] || [ -e "$kernels/$arch-$pages.config" ] || {
		others=$(cd "$kernels" && printf '%s\n' "$arch"-*.config | sed -n "s/^$arch-\([^*]*\).config/\1/p" | sort -V | paste -sd ' ')
		die "no --pages $pages of $arch${others:+, but $others}"
	}
	is_native || export CROSS_COMPILE="${CROSS_COMPILE-$arch_prefix}"
}

# --- tools -----------------------------------------------------------------

missing=()
packages=()

need() # COMMAND PACKAGE
{
	command -v "$1" >/dev/null || lacks "$@"
}

lacks() # WHAT PACKAGE
{
	missing+=("$1")
	packages+=("$2")
}

die_if_missing()
{
	[ ${#missing[@]} -eq 0 ] ||
		die "missing: ${missing[*]}; install, on Debian: apt-get install ${packages[*]}"
}

# LLVM is 1, a version such as -18, or the directory of clang with a trailing /.
choose_compiler()
{
	local clang='' with=

	case ${LLVM-} in
	'') ;;
	*/) clang=${LLVM}clang ;;
	-*) clang=clang$LLVM ;;
	*) clang=clang ;;
	esac
	compiler_package=gcc
	[ -z "${CROSS_COMPILE-}" ] || compiler_package=gcc-${CROSS_COMPILE%-}
	cc=${CC:-${clang:-${CROSS_COMPILE-}gcc}} hostcc=${HOSTCC:-${clang:-gcc}}
	! command -v ccache >/dev/null || with="ccache "
	compiler=("CC=$with${cc#ccache }" "HOSTCC=$with${hostcc#ccache }")
}

check_tools()
{
	need make make
	need "${cc%% *}" "$compiler_package"
	need ld binutils
	need flex flex
	need bison bison
	need bc bc
	need flock util-linux
	die_if_missing
}

# Only some configurations use objtool, which needs libelf.
check_libelf()
{
	! grep -qx CONFIG_OBJTOOL=y "$dir/.config" ||
		echo '#include <gelf.h>' | $hostcc -E -xc -o /dev/null - 2>/dev/null ||
		lacks "<gelf.h>" libelf-dev
	die_if_missing
}

# --- configuration -----------------------------------------------------------

# Counters and a trace of executed code in these objects; make expands it for each. Only the coverage kernel can
# have counters, only the debug kernel a trace.
# shellcheck disable=SC2016 # for make
code='$(filter fs/fuse/%.o fs/backing-file.o,$@)'
profiled=("GCOV_PROFILE=$code" "KCOV_INSTRUMENT=$code")

kernel_make()
{
	make -C "$KSRC" O="$dir" ARCH="$arch_make" KBUILD_BUILD_USER=fpt KBUILD_BUILD_HOST=fpt "${compiler[@]}" "${profiled[@]}" "$@"
}

# Prints all options on top of tinyconfig; later ones win.
fragments()
{
	cat "$checkout/config" "$kernels/tiny.config" "$kernels/$arch.config"
	[ -z "$pages" ] || cat "$kernels/$arch-$pages.config"
	[ "$flavour" = tiny ] || cat "$kernels/$flavour.config"
	[ ${#further[@]} -eq 0 ] || cat "${further[@]}"
	echo "CONFIG_LOCALVERSION=\"-$flavour\""
}

# An unchanged configuration is kept, and with it all objects.
configure()
{
	local wanted kept=1

	wanted="$(fragments)"
	if [ ! -e "$dir/.config" ] || [ "$wanted" != "$(cat "$dir/fragments" 2>/dev/null)" ]; then
		kept=
		say "configuring in $dir"
		{ kernel_make -s tinyconfig && echo "$wanted" >>"$dir/.config"; } >"$dir/config.log" 2>&1 ||
			die_with "$dir/config.log" "cannot configure the kernel"
		echo "$wanted" >"$dir/fragments"
	fi
	kernel_make -s olddefconfig >>"$dir/config.log" 2>&1 ||
		die_with "$dir/config.log" "cannot configure the kernel"
	check_config && return
	# An older kernel built in this directory may have dropped an option: configure again.
	[ -n "$kept" ] || die "requested, but not in $dir/.config (unmet dependencies?): $refused"
	configure
}

# Reports options unknown to this kernel. Sets $refused to known options that do not have the
# requested value, and fails if there are any.
check_config()
{
	local line name unknown=()

	refused=
	while read -r line; do
		name=${line%%=*}
		case $line in
		CONFIG_*=*) grep -qxF -- "$line" "$dir/.config" && continue ;;
		'# CONFIG_'*' is not set')
			name=${line#\# } name=${name%% *}
			grep -q "^$name=" "$dir/.config" || continue
			;;
		*) continue ;;
		esac
		if knows_option "${name#CONFIG_}"; then
			refused+="$line; "
		else
			unknown+=("$name")
		fi
	done < <(last_of_each <"$dir/fragments")
	[ ${#unknown[@]} -eq 0 ] || say "unknown to this kernel: ${unknown[*]}"
	[ -z "$refused" ] || { rm -f "$dir/fragments" && false; }
}

last_of_each()
{
	sed -E 's/^# (CONFIG_[A-Za-z0-9_]+) is not set$/\1 &/; s/^(CONFIG_[A-Za-z0-9_]+)=/\1 &/; t; d' |
		tac | sort -k 1,1 -su | cut -d ' ' -f 2- | sort
}

knows_option()
{
	grep -rqsE --include='Kconfig*' "^[[:space:]]*(menu)?config $1\$" "$KSRC"
}

# --- the build ---------------------------------------------------------------

# Approximate number of files in a full build, for the progress display.
declare -A usual=([tiny]=1250 [debug]=1400 [coverage]=1260)

# Condenses make's lines, "  CC      fs/fuse/dev.o", to a progress display.
show_progress()
{
	local line total='' n=0 shown=0

	[ -e "$dir/vmlinux" ] || total=" of about ${usual[$flavour]}"
	while IFS= read -r line; do
		[[ $line =~ ^\ \ [A-Z]+\ +([^ ]+)$ ]] || continue
		((++n))
		if [ -t 2 ]; then
			printf '\r\033[Kkernel: %d%s: %s' "$n" "$total" "${BASH_REMATCH[1]}" >&2
		elif ((n >= shown + 100)); then
			say "$n$total files built, $SECONDS s"
			shown=$n
		fi
	done
	[ ! -t 2 ] || printf '\r\033[K' >&2
	((n == 0)) || say "$n files built, $SECONDS s"
}

die_with() # LOG WHY
{
	grep -E -m 20 'error:|undefined reference|No rule|No such|\*\*\*' "$1" >&2 || tail -n 20 "$1" >&2
	die "$2 (see $1)"
}

build()
{
	kernel_make -j"$jobs" "${arch_image##*/}" 2>&1 | tee "$dir/build.log" | show_progress
	[ "${PIPESTATUS[0]}" -eq 0 ] || die_with "$dir/build.log" "cannot build the kernel"
}

parse_arguments "$@"
choose_target
choose_compiler
check_tools
find_tree "$debian"
dir=$(realpath -m "${dir:-$OUTPUT/kernels/$flavour$target-$version}")
{ mkdir -p "$dir" && : >>"$dir/lock"; } 2>/dev/null || die "cannot write to $dir: give --output DIR"
exec 9>"$dir/lock"
flock -n 9 || {
	say "waiting for another build in $dir"
	flock 9
}
say "$flavour$target $version from $KSRC"
configure
check_libelf
build
say "$dir/$arch_image"
echo "$dir"
