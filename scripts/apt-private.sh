#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# usage: scripts/apt-private.sh [--kernels|--sources] [--arch ARCH] DIR
# Makes a private apt configuration with other Debian suites. DIR becomes an apt directory with every suite listed
# below that the host's Debian mirror has (packages and sources); prints the path of its configuration:
#
#	conf=$(scripts/apt-private.sh build/apt)
#	APT_CONFIG=$conf apt-get download linux-source-7.3
#
# With --kernels it has no sources but also experimental and the security suites, with --sources only sources.
# With --arch its packages are of this architecture, as Debian names it (default: the host's).
# DEBIAN_MIRROR replaces the host's mirrors: a URI, optionally preceded by options as in sources.list. The update is
# killed after FPT_APT_SECONDS (default: 900), because apt hangs when the disk becomes full.
#
# Never writes to the host's apt configuration, lists or cache. Needs no root.

set -eu
export LC_ALL=C
unset CDPATH

checkout=$(dirname "$(dirname "$(realpath "$0")")")
# shellcheck source=scripts/lib/version.inc
. "$checkout/scripts/lib/version.inc"
# shellcheck source=scripts/lib/reason.inc
. "$checkout/scripts/lib/reason.inc"

die()
{
	echo "apt-private: $*" >&2
	exit 1
}

only='' arch=
while :; do
	case ${1-} in
	--help)
		sed -n '/^# usage:/,/^$/s/^# \{0,1\}//p' "$0"
		exit
		;;
	--kernels | --sources) only=${1#--} ;;
	--arch)
		[ $# -gt 1 ] || die "--arch needs a value, see --help"
		arch=$2
		shift
		;;
	-*) die "unknown option $1, see --help" ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 1 ] || die "usage: scripts/apt-private.sh [--kernels|--sources] [--arch ARCH] DIR"
command -v apt-get >/dev/null || die "no apt-get on this host"

mkdir -p "$1/etc/apt.conf.d" "$1/etc/preferences.d" "$1/state/lists/partial" "$1/cache/archives/partial"
dir=$(cd "$1" && pwd)
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")

# Mirrors of other archives drop out below: they have no signature of Debian's archive key.
# shellcheck disable=SC2016 # the dollars are apt's
mirrors=$(apt-get indextargets --no-release-info --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
	sed -n '/ cdrom:/d; s/^main [^ ]*security[^ ]* /security /p; t; s/^main [^ ]* /debian /p' | sort -u)

# mirrors_of KIND
mirrors_of()
{
	echo "$mirrors" | sed -n "s/^$1 //p"
}

signed=
for keyring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
	if [ -r "$keyring" ]; then
		signed="[signed-by=$keyring] "
		break
	fi
done
if [ -n "${DEBIAN_MIRROR-}" ]; then
	mirrors="debian $DEBIAN_MIRROR"
	case $DEBIAN_MIRROR in
	\[*) signed= ;;
	esac
fi
[ -n "$(mirrors_of debian)" ] || die "the host's apt configuration has no Debian mirror"

suites="$codename ${codename:+$codename-backports} trixie trixie-backports forky sid"
security_suites=
types="deb deb-src"
case $only in
kernels)
	suites="$suites bookworm bookworm-backports experimental"
	security_suites="${codename:+$codename-security} bookworm-security trixie-security forky-security"
	types=deb
	;;
sources)
	suites="$suites bookworm"
	types=deb-src
	;;
esac

# lines_of MIRROR SUITE...: prints their lines for sources.list
lines_of()
{
	mirror=$1
	shift
	for suite in "$@"; do
		for type in $types; do
			echo "$type $signed$mirror $suite main"
		done
	done
}

# Lists of suites.
# shellcheck disable=SC2086
{
	mirrors_of debian | while read -r mirror; do
		lines_of "$mirror" $suites
	done
	mirrors_of security | while read -r mirror; do
		lines_of "$mirror" $security_suites
	done
} | cat -n | sort -k 2 -su | sort -n | cut -f 2- >"$dir/etc/sources.list" # each line once

# Copies how to download (proxies, passwords, keys) from the host, but not its hooks, pins and extra indexes.
{
	apt-config dump | grep -Ei '^Acquire::(https?|forceipv[46]|check-date)[: ]' || true
	netrc='' netrcparts='' trusted='' trustedparts=''
	eval "$(apt-config shell netrc Dir::Etc::netrc/f netrcparts Dir::Etc::netrcparts/d \
		trusted Dir::Etc::trusted/f trustedparts Dir::Etc::trustedparts/d)"
	# The user _apt may have no access to DIR. A mirror may be a snapshot, whose Valid-Until has passed.
	cat <<-EOF
	Dir::Etc "$dir/etc";
	Dir::Etc::netrc "$netrc";
	Dir::Etc::netrcparts "$netrcparts";
	Dir::Etc::trusted "$trusted";
	Dir::Etc::trustedparts "$trustedparts";
	APT::Sandbox::User "root";
	Dir::State "$dir/state";
	Dir::State::status "$dir/state/status";
	Dir::Cache "$dir/cache";
	Dir::Cache::srcpkgcache "";
	Acquire::Check-Valid-Until "false";
	Acquire::Retries "1";
	Acquire::http::Timeout "20";
	Acquire::https::Timeout "20";
	Acquire::Languages "none";
	Acquire::GzipIndexes "true";
	EOF
	[ -z "$arch" ] || printf '%s\n' "#clear APT::Architectures;" "APT::Architecture \"$arch\";" "APT::Architectures:: \"$arch\";"
} >"$dir/apt.conf"
: >"$dir/state/status"

# A suite that the mirror does not have makes this fail; one list is enough.
export APT_CONFIG="$dir/apt.conf"
seconds=${FPT_APT_SECONDS:-900} status=0
timeout --foreground "$seconds" apt-get update >"$dir/update.log" 2>&1 || status=$?
[ $status -ne 124 ] || die "apt-get update did not end in $seconds seconds (FPT_APT_SECONDS), with" \
	"$(df -h --output=avail "$dir" | sed '1d; s/ *//') free in $dir: free space, or check the network"
# shellcheck disable=SC2016 # the dollar is apt's
[ -n "$(apt-get indextargets --format '$(FILENAME)' | head -n 1)" ] || die "cannot read any Debian suite from" \
	"$(mirrors_of debian | paste -sd ' ') ($(reason <"$dir/update.log"))"

echo "$dir/apt.conf"
