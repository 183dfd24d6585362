#!/usr/bin/env bash
# `hadoop fs` on a real NameNode and on our masters. `tests/hadoop/shell.sh --help` says how.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/shell.sh [--lines FILE] [--transcript FILE] [--bin DIR] [--judge-against-judge]

Runs the lines of tests/hadoop/shell_lines.txt through Hadoop's own shell (FsShell 3.5.0) on a NameNode and on three masters
of ours and compares standard output, standard error and exit status, but for scheme, authority and the present time.
Differences on purpose are listed in tests/hadoop/shell_differences.txt. The last line is 'N passed, N failed', counting lines.

  --lines FILE           other lines
  --transcript FILE      write what the judge answered to every line into FILE
  --bin DIR              namespaced and jindo are there (default: JFS_BIN, else they are built)
  --judge-against-judge  the second side is a NameNode too: there must be no difference
TEXT
}

lines=$hadoop_tests/shell_lines.txt bin_wanted='' transcript=/dev/null against_judge=false
while (($# > 0)); do
  case "$1" in
    --lines) lines=${2:?--lines needs a file}; shift ;;
    --transcript) transcript=${2:?--transcript needs a file}; shift ;;
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    --judge-against-judge) against_judge=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
  shift
done
[[ -r $lines ]] || die "there is no file $lines"

"$hadoop_tests/setup.sh"
need_work
# Of minutes: a NameNode moves everybody's trash away whenever so many of them have passed since 1970, which must not be now.
trash=fs.trash.interval=20000000
start_judge judge "$trash"
first=$judge_address
if $against_judge; then
  start_judge second "$trash"
  second=(hdfs two "$judge_address")
else
  need_masters "$bin_wanted"
  start_masters masters dfs.replication=3 "$trash"
  second=(jfs test "$masters")
fi
status=0
run_java -Duser.timezone=UTC jfs.hadoop.ShellLines "$first" "${second[@]}" "$lines" \
  "$hadoop_tests/shell_differences.txt" "$work/local" "$transcript" < /dev/null | tee "$work/compared" || status=$?
if [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then leave_work=false; fi
exit "$status"
