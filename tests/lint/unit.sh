#!/usr/bin/env bash
# unit.sh UNIT PROGRAM: systemd reads the unit without a complaint, and finds its
# sandbox tight: an exposure of 1.4 of 10 at most. Of what is left, a server
# needs the network, sockets and files, and GLib sets how its threads are scheduled.
set -eu -o pipefail

if ! command -v systemd-analyze >/dev/null; then
  echo 'systemd-analyze is not installed'
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unit=$folder/$(basename "$1")
# The program stands where it was built, not yet where it will be installed; and
# systemd looks whether a document is there.
sed -e "s|^ExecStart=[^ ]*|ExecStart=$(realpath "$2")|" -e '/^Documentation=/d' "$1" >"$unit"

said=$(systemd-analyze verify --man=no "$unit" 2>&1) || { echo "$said"; exit 1; }
if [ -n "$said" ]; then
  echo "$said"
  exit 1
fi
systemd-analyze security --offline=true --no-pager --threshold=14 "$unit" | tail -n 1
