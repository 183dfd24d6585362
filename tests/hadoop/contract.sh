#!/usr/bin/env bash
# Hadoop's own file-system suites on a NameNode and on our masters. `tests/hadoop/contract.sh --help` says how.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/contract.sh [--bin DIR] [--judge-against-judge] [--explain] [SUITE]...

Runs the AbstractContract… suites of hadoop-common's test jar, and the older FileSystem and FileContext ones, on a NameNode
without DataNodes and then on three masters of ours. Prints a table, and why for each method that passes there and not here:
there must be none. The last line is 'N passed, N failed', counting the methods that pass on the NameNode.

  SUITE                  only these: classes of src/jfs/hadoop/ContractSuites.java, for example Mkdir Rename
  --bin DIR              namespaced and jindo are there (default: JFS_BIN, else they are built)
  --explain              print also why methods do not pass on the NameNode (most write data)
  --judge-against-judge  the second side is a NameNode too
TEXT
}

bin_wanted='' against_judge=false suites=() java_options=()
while (($# > 0)); do
  case "$1" in
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    --judge-against-judge) against_judge=true ;;
    --explain) java_options+=(-Djfs.explain=yes) ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; die "unknown option '$1'" ;;
    *)
      grep -q "class $1 extends" "$hadoop_tests/src/jfs/hadoop/ContractSuites.java" || die "there is no suite $1"
      suites+=("$1")
      ;;
  esac
  shift
done

"$hadoop_tests/setup.sh"
need_work
start_judge judge dfs.namenode.fs-limits.min-block-size=0
first=$judge_address
if $against_judge; then
  start_judge second dfs.namenode.fs-limits.min-block-size=0
  second=(hdfs second "$judge_address")
else
  need_masters "$bin_wanted"
  start_masters masters dfs.replication=3 dfs.namenode.fs-limits.min-block-size=0
  second=(jfs test "$masters")
fi
status=0
# The suites leave files in the current directory and talk on standard output of their own.
(cd "$work" && run_java -Dtest.build.data="$work/data" -Dhadoop.tmp.dir="$work/tmp" "${java_options[@]}" jfs.hadoop.ContractRunner \
  "$first" "${second[@]}" "${suites[@]}" < /dev/null 2> "$work/contract.log") | tee "$work/compared" || status=$?
if [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then
  leave_work=false
else
  tail -n 20 "$work/contract.log" >&2
fi
exit "$status"
