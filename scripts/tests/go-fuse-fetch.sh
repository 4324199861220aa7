#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# go-fuse.sh with a temporary mirror of an empty library and a fake go.
set -eu
# shellcheck source-path=SCRIPTDIR source=tap.inc
. "$(dirname "$0")/tap.inc"
# shellcheck source-path=SCRIPTDIR source=mirror.inc
. "$tests/mirror.inc"

go_fuse=$scripts/go-fuse.sh
export OUTPUT="$tmp/build"
server=$OUTPUT/servers/go-fuse-2.9.0

file usr/share/gocode/src/github.com/hanwen/go-fuse/go.mod "module go-fuse"
package "$pool" trixie golang-github-hanwen-go-fuse-dev 2.9.0-1
package "$pool" trixie golang-github-hanwen-go-fuse-dev 2.9.0~rc1-1
package "$pool" trixie golang-github-hanwen-go-fuse-dev 2.8.1+git20250901.abc+ds1-2
file usr/share/gocode/src/golang.org/x/sys/go.mod "module sys"
package "$pool" trixie golang-golang-x-sys-dev 0.50.0-1
file usr/lib/go-1.24/bin/go "#!/bin/sh
cp go.mod server"
chmod +x "$tmp/tree/usr/lib/go-1.24/bin/go"
package "$pool" trixie golang-1.24-go 1.24.4-1
go=$deb
file usr/lib/go-1.24/src "no source"
package "$pool" trixie golang-1.24-src 1.24.4-1
publish

exits "--list" 0 "$go_fuse" --list
says "--list shows releases" "$tmp/out" '2\.9\.0'
says "--list shows snapshots" "$tmp/out" '2\.8\.1+git20250901\.abc'
says "--list shows candidates" "$tmp/out" '2\.9\.0-rc1'
exits "an unknown version" 1 "$go_fuse" 2.7.0
says "an unknown version: lists the available ones" "$tmp/err" 'go-fuse.sh: no suite of the Debian mirror has go-fuse 2\.7\.0; available: 2\.9\.0 .*'

mv "$go" "$go.away"
exits "a package missing on the mirror" 1 "$go_fuse"
says "a missing package: names it" "$tmp/err" 'go-fuse.sh: cannot fetch golang-1\.24-go 1\.24\.4-1, see above'
(cd "$FPT_CACHE/go" && ls) >"$tmp/kept"
echo go-fuse-2.9.0 >"$tmp/expected"
same "a missing package: only the library is kept" "$tmp/expected" "$tmp/kept"
mv "$go.away" "$go"
exits "the package is back" 0 "$go_fuse"
echo "$server" >"$tmp/expected"
same "the server is built" "$tmp/expected" "$tmp/out"
says "go.mod names the fetched library" "$server" \
	".* => $FPT_CACHE/go/go-fuse-2\.9\.0/usr/share/gocode/src/github.com/hanwen/go-fuse"

rm -r "$tmp/mirror"
exits "without a mirror" 0 "$go_fuse" 2.9.0
same "without a mirror: the server is built" "$tmp/expected" "$tmp/out"

finish
