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
	usage: scripts/fuser.sh [TREE[@REVISION]]
	Builds the servers on the Rust crate fuser $crate and prints their paths:
	\$OUTPUT/servers/fuser-mt-$crate, with several threads and cloned devices, and
	\$OUTPUT/servers/fuser-$crate. scripts/run.sh --server fuser-$crate runs the suite on it.
	The crate and its dependencies come from packages of a newer Debian suite, which are not
	installed. Takes a minute and, the first time, a download of about 12 MB.

	Needs cargo and rustc $oldest_cargo or later, and gcc to link;
	Debian 12: apt-get install cargo-web, Debian 13: apt-get install cargo.

	  TREE      a source tree of fuser, 0.17 or later, in place of the crate; it is not
	            changed. The servers' version is what git describe says:
	            fuser-0.18.0-21-gc0420fc. What it needs still comes from Debian's crates
	  TREE@REVISION
	            a revision of the git repository TREE, which may be bare
	  --crates  only fetch the crates, and print their directory
	  --help    show this text

	OUTPUT         the build directory (default: build)
	CARGO          the cargo to use (default: cargo)
	DEBIAN_MIRROR, FPT_CACHE
	               as for scripts/debian-kernel.sh

	Exit status: 0 built, 1 not built, 4 no cargo, or it is too old.
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

crates_only='' of_tree=
case ${1-} in
--help) usage && exit 0 ;;
--crates) crates_only=1 ;;
-*) die "unknown option $1, see --help" ;;
*) of_tree=${1-} ;;
esac
[ $# -le 1 ] || die "unexpected argument '$2', see --help"

source=${scripts%/*}/fixtures/servers/fuser
OUTPUT=$(realpath -m "${OUTPUT:-${scripts%/*}/build}")
# shellcheck source=scripts/lib/cache.inc
. "$scripts/lib/cache.inc"
# shellcheck source=scripts/lib/servers.inc
. "$scripts/lib/servers.inc"
# shellcheck source=scripts/lib/source-tree.inc
. "$scripts/lib/source-tree.inc"
plain_paths "${scripts%/*}" "$OUTPUT"
crates=$cache/crates/fuser-$crate
cargo=${CARGO:-cargo}

lacks_cargo() # WHY
{
	die "$1: the crate fuser needs cargo $oldest_cargo or later (Debian 12: package cargo-web, 13: cargo)" 4
}

need_cargo()
{
	local version

	command -v "$cargo" >/dev/null || lacks_cargo "no $cargo"
	version=$("$cargo" --version 2>&1 | sed -n 's/^cargo \([0-9][0-9.]*\).*/\1/p')
	[ "$(printf '%s\n' "${version:-0}" $oldest_cargo | sort -V | head -n 1)" = $oldest_cargo ] ||
		lacks_cargo "$cargo is ${version:-not working}"
}

# Prints the packages of the crate and its dependencies.
packages()
{
	local version

	version=$(apt-cache madison librust-fuser-dev |
		cut -d '|' -f 2 | tr -d ' ' | grep -m 1 "^$crate-") || :
	[ -n "$version" ] || die "no suite of the Debian mirror has librust-fuser-dev $crate"
	apt-get -s --no-install-recommends install "librust-fuser-dev=$version" |
		sed -n 's/^Inst \(librust-[^ ]*\) (\([^ ]*\) .*/\1=\2/p'
}

fetch() # into tree/
{
	local wanted registry=usr/share/cargo/registry

	use_lists
	wanted=$(packages)
	[ -n "$wanted" ] || die "apt cannot resolve the dependencies of librust-fuser-dev"
	say "fetching $(wc -l <<<"$wanted") packages of crates, about 12 MB"
	mapfile -t wanted <<<"$wanted"
	mkdir all
	download "${wanted[@]}" && unpack_into all "./$registry" || return
	[ -e "all/$registry/fuser-$crate" ] || die "librust-fuser-dev contains no crate fuser $crate"
	rmdir tree
	mv "all/$registry" tree
}

# Installs a server under the version of its hello. mv keeps the file of a running server.
put() # NAME
{
	local built=$work/target/release/$1-server server

	server=$OUTPUT/servers/$(server_name "$1" "$(hello_of "$built")")
	cp "$built" "$OUTPUT/servers/.$1.new"
	mv "$OUTPUT/servers/.$1.new" "$server"
	echo "$server"
}

# The library as a path, with the nix of the crates: there is one version of them.
use_tree() # WORK
{
	local nix

	take_tree "$of_tree" src/passthrough.rs "$1/tree"
	if [ "$tree" != "$1/tree" ]; then
		mkdir "$1/tree"
		cp -R "$tree"/{src,Cargo.toml,build.rs} "$1/tree"
	fi
	nix=$(find "$crates" -maxdepth 1 -name 'nix-[0-9]*' | sort -V | tail -n 1)
	nix=${nix##*/nix-}
	# Neither its tests, which need other crates, nor a workspace.
	sed -i "/^members/d; s/^\(nix = {.*version = \)\"[0-9.]*\"/\1\"$nix\"/; /^\[dev-dependencies\]/,/^\$/d" "$1/tree/Cargo.toml"
	sed -i 's,^fuser = .*,fuser = { path = "tree" },' "$1/Cargo.toml"
	export FUSER_DESCRIBED=$described
}

# In $OUTPUT, as cargo writes beside Cargo.toml. Works offline.
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
	rm -rf "$work/Cargo.lock" "$work/tree"
	unset FUSER_DESCRIBED
	[ -z "$of_tree" ] || use_tree "$work"
	say "building"
	(cd "$work" && CARGO_HOME=$work/home CARGO_TARGET_DIR=$work/target \
		"$cargo" build --quiet --offline --release >&2) || die "cannot build fuser's server, see above"
	put fuser-mt
	put fuser
}

[ -n "$crates_only" ] || need_cargo
if [ ! -e "$crates" ]; then
	need_cache crates
	{ command -v apt-get && command -v dpkg-deb; } >/dev/null || die "no apt-get to fetch the crates"
	fetch_once "crates/fuser-$crate" 100 fetch || die "cannot fetch the crates, see above"
fi
if [ -n "$crates_only" ]; then
	echo "$crates"
else
	build
fi
