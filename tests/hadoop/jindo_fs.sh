#!/usr/bin/env bash
# `jindo fs` beside `hadoop fs`, on the same masters. `tests/hadoop/jindo_fs.sh --help` says how.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/jindo_fs.sh [--transcript] [--bin DIR]

Starts three masters, runs the lines of shell_lines.txt that are not about the contents of files and those of jindo_fs_lines.txt
first through Hadoop's own shell (FsShell 3.5.0), then, beginning with the same tree, through `jindo fs`, a process for each line,
and compares standard output, standard error and exit status, but for the present time. Differences on purpose are listed in
jindo_fs_differences.txt. The last line is 'N passed, N failed', counting lines.

  --transcript  print every line with both outputs side by side ('#' between lines that differ)
  --bin DIR     namespaced and jindo are there (default: JFS_BIN, else they are built)
TEXT
}

bin_wanted='' transcript=false
while (($# > 0)); do
  case "$1" in
    --transcript) transcript=true ;;
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; die "unknown option '$1'" ;;
  esac
  shift
done

"$hadoop_tests/setup.sh"
need_work
need_masters "$bin_wanted"

# Files with sizes, which without data servers only an import can make. They are sparse.
tree=$work/tree
mkdir -p "$tree/deep/er/est" "$tree/many" "$tree/empty"
for size in 0 1 999 1023 1024 1536 10189 1048575 1048576 5000000000; do truncate -s "$size" "$tree/of $size"; done
truncate -s 268435456 "$tree/deep/two-blocks"
truncate -s 7 "$tree/deep/er/A" "$tree/deep/er/b" "$tree/deep/er/est/c.txt"
for ((i = 0; i < 250; i++)); do truncate -s "$((i % 7 * 1000))" "$tree/many/file-$i"; done
truncate -s 123456789012 "$tree/many/file-240"
find "$tree" -exec touch -d '2001-02-03 04:05:06 UTC' {} +
touch -d '2002-02-03 04:05:06 UTC' "$tree/of 1" "$tree/many/file-17"

start_masters masters dfs.replication=3 fs.trash.interval=60
status=0
run_java -Duser.timezone=UTC jfs.hadoop.JindoLines "$masters" "$bin/jindo" "$tree" \
  "$hadoop_tests/jindo_fs_differences.txt" "$transcript" \
  "$hadoop_tests/shell_lines.txt" "$hadoop_tests/jindo_fs_lines.txt" < /dev/null | tee "$work/compared" || status=$?
if [[ $(tail -n 1 "$work/compared") == *' failed' ]]; then leave_work=false; fi
exit "$status"
