#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
[ -n "${BASH_VERSION-}" ] || exec bash "$0" "$@"
# shellcheck source=scripts/lib/usual.inc
. "$(dirname "$(realpath "$0")")/lib/usual.inc"
set -eu
export LC_ALL=C

crate=0.17.0
oldest_cargo=1.85 # fuser's own rust-version

usage()
{
	cat <<-END
	usage: scripts/fuser.sh
	Builds the servers that stand on the Rust crate fuser $crate, and prints their paths:
	\$OUTPUT/servers/fuser-mt-$crate, with several threads and clones of the device, and
	\$OUTPUT/servers/fuser-$crate. scripts/run.sh --server fuser-$crate runs the suite on it.
	The crate and those that it needs are Debian's, from a newer suite; nothing of them is
	installed. A minute and, the first time, some 12 MB.

	It needs cargo and rustc $oldest_cargo or later and gcc, which links;
	Debian 12: apt-get install cargo-web, Debian 13: apt-get install cargo.

	  --crates  only fetch the crates, and print the folder where they are
	  --help    this text

	OUTPUT         what was built (default: build)
	CARGO          the cargo to use (default: cargo)
	DEBIAN_MIRROR, FPT_CACHE
	               as of scripts/debian-kernel.sh, which keeps apt's lists

	Exit status: 0 here it is, 1 it is not, 4 there is no such cargo.
	END
}

say()
{
	echo "fuser.sh: $*" >&2
}

die() # TEXT [STATUS]
{
	say "$1"
	exit "${2:-1}"
}

crates_only=
case ${1-} in
--help) usage && exit 0 ;;
--crates) crates_only=1 ;;
?*) die "unknown option $1, see --help" ;;
esac
[ $# -le 1 ] || die "unknown option $2, see --help"

source=${scripts%/*}/fixtures/servers/fuser
OUTPUT=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"
plain_paths "${scripts%/*}" "$OUTPUT"
crates=$cache/crates/fuser-$crate
cargo=${CARGO:-cargo}

lacks_cargo() # WHY
{
	die "$1: the crate fuser takes cargo $oldest_cargo or later (Debian 12: package cargo-web, 13: cargo)" 4
}

need_cargo()
{
	local version

	command -v "$cargo" >/dev/null || lacks_cargo "there is no $cargo"
	version=$("$cargo" --version 2>&1 | sed -n 's/^cargo \([0-9][0-9.]*\).*/\1/p')
	[ "$(printf '%s\n' "${version:-0}" $oldest_cargo | sort -V | head -n 1)" = $oldest_cargo ] ||
		lacks_cargo "this cargo is ${version:-none that works}"
}

# The package of the crate, and all crates that it depends on in any way.
packages()
{
	local version

	version=$(apt-cache madison librust-fuser-dev |
		awk -F ' *[|] *' -v crate="$crate-" 'index($2, crate) == 1 { print $2; exit }')
	[ -n "$version" ] || die "no suite of the Debian mirror has librust-fuser-dev $crate"
	apt-get -s --no-install-recommends install "librust-fuser-dev=$version" |
		sed -n 's/^Inst \(librust-[^ ]*\) (\([^ ]*\) .*/\1=\2/p'
}

fetch() # into tree/
{
	local wanted registry=usr/share/cargo/registry

	use_lists
	wanted=$(packages)
	[ -n "$wanted" ] || die "apt cannot say what librust-fuser-dev depends on"
	say "fetching $(wc -l <<<"$wanted") packages of crates, some 12 MB"
	mapfile -t wanted <<<"$wanted"
	mkdir all
	download "${wanted[@]}" && unpack_into all "./$registry" || return
	[ -e "all/$registry/fuser-$crate" ] || die "librust-fuser-dev holds no crate fuser $crate"
	rmdir tree
	mv "all/$registry" tree
}

# Called by the version that it says it is of. A server that runs goes on with what it was.
put() # NAME
{
	local built=$work/target/release/$1-server server

	server=$OUTPUT/servers/$(server_name "$1" "$(hello_of "$built")")
	cp "$built" "$OUTPUT/servers/.$1.new"
	mv "$OUTPUT/servers/.$1.new" "$server"
	echo "$server"
}

# In $OUTPUT, as cargo writes beside Cargo.toml. Neither asks the network.
build()
{
	local work=$OUTPUT/fuser

	mkdir -p "$work/.cargo" "$OUTPUT/servers"
	cp "$source/Cargo.toml" "$source/build.rs" "$work"
	ln -sfn "$source/src" "$work/src"
	cat >"$work/.cargo/config.toml" <<-END
	[source.crates-io]
	replace-with = "debian"
	[source.debian]
	directory = "$crates"
	END
	say "building"
	(cd "$work" && CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target \
		"$cargo" build --quiet --offline --release >&2) || die "fuser's server does not build, see above"
	put fuser-mt
	put fuser
}

[ -n "$crates_only" ] || need_cargo
if [ ! -e "$crates" ]; then
	need_cache crates
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null || die "there is no apt-get here, which the crates are fetched with"
	fetch_once "crates/fuser-$crate" 100 fetch || die "the crates could not be fetched, see above"
fi
if [ -n "$crates_only" ]; then
	echo "$crates"
else
	build
fi
