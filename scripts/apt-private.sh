#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# apt-private.sh DIR - let apt see other Debian suites without the machine noticing
#
# Makes DIR an apt directory of its own, which offers every suite listed below that the machine's own Debian mirror has
# (packages and sources), and prints the path of its configuration:
#
#	conf=$(scripts/apt-private.sh build/apt)
#	APT_CONFIG=$conf apt-get download linux-source-7.3
#
# The machine's apt configuration, lists and cache are read or left alone, never written. Needs no root.

set -eu
export LC_ALL=C

die()
{
	echo "apt-private: $*" >&2
	exit 1
}

[ $# -eq 1 ] || die "usage: scripts/apt-private.sh DIR"
command -v apt-get >/dev/null || die "there is no apt-get here"

mkdir -p "$1/etc/apt.conf.d" "$1/etc/preferences.d" "$1/state/lists/partial" "$1/cache/archives/partial"
dir=$(cd "$1" && pwd)
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME-}")

# Whatever is not Debian's archive among these drops out below: it bears no signature of Debian's archive key.
# shellcheck disable=SC2016 # the dollars are apt's
mirrors=$(apt-get indextargets --no-release-info --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
	awk '$1 == "main" && $2 !~ /security/ && $3 !~ /^cdrom:/ { print $3 }' | sort -u)
[ -n "$mirrors" ] || die "this machine's apt knows no Debian mirror"

signed=
for keyring in /usr/share/keyrings/debian-archive-keyring.pgp /usr/share/keyrings/debian-archive-keyring.gpg; do
	if [ -r "$keyring" ]; then
		signed="[signed-by=$keyring] "
		break
	fi
done

for mirror in $mirrors; do
	printf '%s\n' "$codename" "${codename:+$codename-backports}" trixie trixie-backports forky sid |
	awk -v on="$signed$mirror" 'NF && !seen[$1]++ { print "deb", on, $1, "main"; print "deb-src", on, $1, "main" }'
done >"$dir/etc/sources.list"

# How to download (proxies, passwords, keys) is taken over from the machine; its hooks, pins and extra indexes are not.
{
	apt-config dump | grep -Ei '^Acquire::(https?|forceipv[46]|check-date)[: ]' || true
	netrc='' netrcparts='' trusted='' trustedparts=''
	eval "$(apt-config shell netrc Dir::Etc::netrc/f netrcparts Dir::Etc::netrcparts/d \
		trusted Dir::Etc::trusted/f trustedparts Dir::Etc::trustedparts/d)"
	# A mirror may be frozen at a date: its signatures are good and its Valid-Until is over.
	cat <<-EOF
	Dir::Etc "$dir/etc";
	Dir::Etc::netrc "$netrc";
	Dir::Etc::netrcparts "$netrcparts";
	Dir::Etc::trusted "$trusted";
	Dir::Etc::trustedparts "$trustedparts";
	Dir::State "$dir/state";
	Dir::State::status "$dir/state/status";
	Dir::Cache "$dir/cache";
	Acquire::Check-Valid-Until "false";
	Acquire::Retries "1";
	Acquire::http::Timeout "20";
	Acquire::https::Timeout "20";
	Acquire::Languages "none";
	Acquire::GzipIndexes "true";
	EOF
} >"$dir/apt.conf"
: >"$dir/state/status"

# A suite the mirror does not have makes this fail; what counts is whether any list came.
export APT_CONFIG="$dir/apt.conf"
apt-get update >"$dir/update.log" 2>&1 || true
[ -n "$(apt-cache pkgnames 2>/dev/null | head -n 1)" ] || die "no suite of Debian could be read from" \
	"$(echo "$mirrors" | paste -sd ' ') ($(grep -m 1 '^[EW]:' "$dir/update.log" || echo 'apt-get update says nothing'))"

echo "$dir/apt.conf"
