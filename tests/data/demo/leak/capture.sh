#!/usr/bin/env bash
# Builds the demo with the pinned Go and captures goroutine.pb.gz and goroutine.early.pb.gz anew (different goroutine counts only in the background).
# The program runs as /usr/local/bin/orderd, since a profile names the binary it comes from.
set -euo pipefail
cd "$(dirname "$0")"
fetched=$(../../../oracle/fetch)
export "${fetched%%$'\n'*}" "${fetched#*$'\n'}" # GOROOT=… and PPROF=…
trap 'rm -f /usr/local/bin/orderd' EXIT
GOTOOLCHAIN=local GOFLAGS='' GOCACHE=$(dirname "$PPROF")/cache CGO_ENABLED=0 "$GOROOT/bin/go" build -trimpath -o /usr/local/bin/orderd .
/usr/local/bin/orderd goroutine.early.pb.gz early
/usr/local/bin/orderd goroutine.pb.gz
"$PPROF" -top goroutine.pb.gz
