#!/bin/sh
# Prints the value tables of tests/data/tables anew: print.sh [NAME...], with GOROOT set to the pinned Go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here/../../data/tables
[ $# -gt 0 ] || set -- fmt math path tabwriter measure url time regexp unicode
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# pprof's measurement package is internal: only a package inside pprof's tree may import it, so the
# programs take the place of one that they do not need.
package=github.com/google/pprof/internal/transport
for name; do
    sed "/^\/\/go:build ignore/d" "$here/$name.go" >"$work/main.go"
    sed "/^\/\/go:build ignore/d" "$here/escape.go" >"$work/escape.go"
    dir=$GOROOT/src/cmd/vendor/$package
    printf '{"Replace":{"%s":"%s","%s":"%s"}}' "$dir/transport.go" "$work/main.go" "$dir/escape.go" "$work/escape.go" >"$work/overlay.json"
    (cd "$GOROOT/src/cmd" && GOTOOLCHAIN=local GOFLAGS='' "$GOROOT/bin/go" run -overlay "$work/overlay.json" "$package" "$here/../../../src/go/regexp") >"$out/$name.txt"
done
