#!/usr/bin/env bash
# Random calls against a real NameNode and against our masters. `tests/hadoop/differential.sh --help` says how.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/differential.sh [--seeds A..B] [--operations N] [--only NAMES | --except NAMES]
                                    [--compare-every N] [--show N] [--bin DIR]
                                    [--judge-against-judge [--plant KIND]] [--list]
       tests/hadoop/differential.sh --paths [--bin DIR] [--judge-against-judge]

Makes the same random calls, as four users, through the stock Java client on a NameNode 3.5.0 (the judge) and on three
masters of ours, and compares after each call what it answered, exception class and message included, and now and then
everything that can be seen of the trees. Differences on purpose are listed in tests/hadoop/differences.txt.
A seed says all: it makes the same calls every time. Prints a line for each seed, the first differences in full, and a
table of what was called and how it ended. The last line is 'N passed, N failed', counting seeds.

  --paths                instead: every call of the protocol with every kind of path that has rules of its own; the last
                         line counts pairs of call and path
  --seeds A..B           default 1..20
  --operations N         calls in each seed, default 1000
  --only, --except       names of operations with commas, as --list prints them
  --compare-every N      compare the trees after so many calls (default 100), and after each difference
  --show N               how many differences of each seed are printed, default 5
  --bin DIR              namespaced and jindo are there (default: JFS_BIN, else they are built)
  --judge-against-judge  the second side is a NameNode too: there must be no difference
  --plant KIND           damages the second side: mode, time, message, result, or all of them one after the other;
                         passes if each seed reports it
TEXT
}

seeds=1..20 operations=1000 against_judge=false plant=none list=false paths=false bin_wanted='' pass=()
while (($# > 0)); do
  case "$1" in
    --seeds) seeds=${2:?--seeds needs A..B}; shift ;;
    --operations) operations=${2:?--operations needs a number}; shift ;;
    --only | --except | --compare-every | --show) pass+=("$1" "${2:?$1 needs a value}"); shift ;;
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    --judge-against-judge) against_judge=true ;;
    --plant) plant=${2:?--plant needs a kind}; shift ;;
    --list) list=true ;;
    --paths) paths=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
  shift
done
[[ $seeds =~ ^[0-9]+(\.\.[0-9]+)?$ ]] || die "--seeds is A..B, not '$seeds'"
[[ $plant =~ ^(none|mode|time|message|result|all)$ ]] || die "--plant is mode, time, message, result or all, not '$plant'"
[[ $plant == none ]] || $against_judge || die "--plant wants --judge-against-judge: what it damages must be equal otherwise"
! $paths || [[ $plant == none ]] || die "--paths plants nothing"

"$hadoop_tests/setup.sh"
if $list; then
  run_java jfs.hadoop.Differential --list
  exit 0
fi
need_work
start_judge judge
first=$judge_address
if $against_judge; then
  start_judge second
  second=(--second "$judge_address" --second-scheme hdfs --second-name second)
  second_side=(hdfs second "$judge_address")
else
  need_masters "$bin_wanted"
  start_masters masters dfs.replication=3
  second=(--second "$masters")
  second_side=(jfs test "$masters")
fi
if $paths; then
  status=0
  run_java jfs.hadoop.PathMatrix "$first" "${second_side[@]}" "$hadoop_tests/differences.txt" | tee "$work/compared" || status=$?
  if [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then leave_work=false; fi
  exit "$status"
fi

# compare PLANT: one run over all seeds.
compare() {
  run_java jfs.hadoop.Differential --judge "$first" "${second[@]}" --seeds "$seeds" --operations "$operations" \
    --allowed "$hadoop_tests/differences.txt" --plant "$1" "${pass[@]}" | tee "$work/compared"
}

if [[ $plant == none ]]; then
  status=0
  compare none || status=$?
  # Everything that a difference needs to be understood has been printed; nobody wants the servers' data.
  if ((status == 1)) && [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then leave_work=false; fi
  exit "$status"
fi
passed=0 failed=0
for kind in $(if [[ $plant == all ]]; then echo mode time message result; else echo "$plant"; fi); do
  compare "$kind" > /dev/null || true
  while read -r line; do
    if [[ $line == *' 0 differences' ]]; then
      failed=$((failed + 1))
      echo "planted $kind: NOT REPORTED: $line"
    else
      passed=$((passed + 1))
      echo "planted $kind: reported: $line"
    fi
  done < <(grep -E '^seed [0-9]+: ' "$work/compared")
  grep -qE '^seed [0-9]+: ' "$work/compared" || { cat "$work/compared"; die "the run with a planted $kind did not end"; }
done
echo "$passed passed, $failed failed"
((failed == 0))
