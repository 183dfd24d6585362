#!/usr/bin/env bash
# Writers that fall silent, on a NameNode and on our masters. `tests/hadoop/leases.sh --help` says how.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/leases.sh [--bin DIR] [--soft-only] [--judge-against-judge]

Opens files on a NameNode and on three masters of ours whose writers then fall silent, and compares what other writers get
before the soft limit (60 s) and after it, and after the hard limit, which is set to 90 s: two minutes of real time. Prints
every step. The last line is 'N passed, N failed', counting steps.

  --bin DIR              namespaced and jindo are there (default: JFS_BIN, else they are built)
  --soft-only            leave the hard limit out: one minute
  --judge-against-judge  the second side is a NameNode too: there must be no difference
TEXT
}

bin_wanted='' against_judge=false hard_limit=90
while (($# > 0)); do
  case "$1" in
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    --soft-only) hard_limit=0 ;;
    --judge-against-judge) against_judge=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
  shift
done

"$hadoop_tests/setup.sh"
need_work
settings=()
if ((hard_limit > 0)); then settings=("dfs.namenode.lease-hard-limit-sec=$hard_limit"); fi
start_judge judge "${settings[@]}"
first=$judge_address
if $against_judge; then
  start_judge second "${settings[@]}"
  second=(hdfs second "$judge_address")
else
  need_masters "$bin_wanted"
  start_masters masters dfs.replication=3 "${settings[@]}"
  second=(jfs test "$masters")
fi
status=0
run_java jfs.hadoop.LeaseScenario "$first" "${second[@]}" "$hadoop_tests/differences.txt" "$hard_limit" | tee "$work/compared" || status=$?
if [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then leave_work=false; fi
exit "$status"
