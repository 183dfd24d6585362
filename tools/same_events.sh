#!/usr/bin/env bash
# Runs the same seeds by several builds of the simulator and compares the hash over all their events.
set -euo pipefail

if (($# < 3)) || [[ $1 == -h || $1 == --help ]]; then
  echo "usage: tools/same_events.sh FIRST..LAST NSSIM NSSIM..." >&2
  echo "Exit status 0 if every NSSIM prints the same event hash for these seeds, which it has to." >&2
  exit 2
fi
seeds=$1
shift
expected=""
for nssim in "$@"; do
  # A failing seed is another test's business; what counts here is the hash.
  output=$("$nssim" --seeds "$seeds" --jobs 2) || true
  hash=$(sed -n 's/^event hash of all runs: //p' <<< "$output")
  if [[ -z $hash ]]; then
    echo "$nssim printed no event hash; its last lines:" >&2
    tail -n 5 <<< "$output" >&2
    exit 1
  fi
  echo "seeds $seeds: $hash by $nssim"
  if [[ -n $expected && $hash != "$expected" ]]; then
    echo "the builds differ: find the first event that does with 'NSSIM --seed N --trace' and diff" >&2
    exit 1
  fi
  expected=$hash
done
