# shellcheck shell=bash disable=SC2034
# Sourced by the scripts of this folder: where Hadoop's jars and our classes are, the judge, three masters, and their end.
#
# A script that sources this and calls `need_work` gets a directory $work of its own and, on exit, whatever it started
# through the functions below ends. The directory stays if the script failed, unless it said `leave_work=false`.

hadoop_tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$hadoop_tests/../.." && pwd)
# Jars are the same for every clone of this repository; classes belong to this one. Both are called after what they were
# made of, so that nothing is taken away from under a test that runs while a source changes.
hadoop_cache=${JFS_HADOOP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/jfs-namespace/hadoop}
hadoop_jars=$hadoop_cache/jars-$(sha256sum < "$hadoop_tests/pom.xml" | cut -c 1-12)
hadoop_classes=$repository/.cache/hadoop/classes-$(
  cd "$hadoop_tests" && find pom.xml src -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12
)
script=$(basename "$0" .sh)

# The superuser is who runs the servers. Both sides get the same groups, and nobody's come from the machine's accounts.
superuser=$(id -un)
user_groups="$superuser=wheel;alice=staff,shared;bob=shared;carol=other"

die() {
  echo "$script: $*" >&2
  exit 1
}
say() { echo "$script: $*"; }

hadoop_class_path() { echo "$hadoop_classes:$hadoop_jars/*"; }

# run_java ARGUMENTS...: a small JVM with our classes and Hadoop's. -Xrs: a signal ends it at once, without the hooks by
# which clients would try for minutes to close their files on servers that are gone.
run_java() {
  java -Xrs -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(hadoop_class_path)" "$@"
}

# Started by this script, and ended with it.
judges=()
masters_dirs=()
leave_work=true
need_work() {
  work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-$script-XXXXXX")
  trap at_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}
at_end() {
  local status=$? directory
  trap - EXIT INT TERM
  for directory in "${judges[@]}"; do "$hadoop_tests/namenode.sh" stop "$directory" > /dev/null || true; done
  for directory in "${masters_dirs[@]}"; do
    "$repository/tools/cluster.sh" stop --dir "$directory" --bin "$bin" > /dev/null || true
  done
  if ((status == 0)) || ! $leave_work; then
    rm -rf "$work"
  else
    echo "$script: logs and data are left in $work" >&2
  fi
  exit "$status"
}

# start_judge NAME [KEY=VALUE]...: a NameNode in $work/NAME; its address in `judge_address`.
start_judge() {
  local directory=$work/$1
  shift
  judges+=("$directory")
  "$hadoop_tests/namenode.sh" start "$directory" "$@" > "$work/judge.out" || {
    cat "$work/judge.out" >&2
    die "the judge did not start"
  }
  judge_address=$(cat "$directory/address")
}

# need_masters [DIRECTORY]: namespaced and jindo from DIRECTORY, or else JFS_BIN, or else built now; sets `bin`.
need_masters() {
  bin=${1:-${JFS_BIN:-}}
  if [[ -z $bin ]]; then
    # shellcheck source=tools/import_load.sh
    . "$repository/tools/import_load.sh"
    say "builds the masters"
    bin=$repository/.cache/hadoop/bin
    (cd "$repository" && build_programs "$bin") || die "the masters do not build, see above"
  fi
  [[ -x $bin/namespaced && -x $bin/jindo ]] || die "there are no programs namespaced and jindo in $bin"
}

# start_masters NAME [KEY=VALUE]...: three masters in $work/NAME; their client addresses in `masters` (with commas).
start_masters() {
  local directory=$work/$1 setting settings=()
  shift
  for setting in "hadoop.user.group.static.mapping.overrides=$user_groups" "$@"; do settings+=(--set "$setting"); done
  masters_dirs+=("$directory")
  "$repository/tools/cluster.sh" start --dir "$directory" --bin "$bin" "${settings[@]}" > "$work/masters.out" 2>&1 || {
    cat "$work/masters.out" >&2
    die "the masters did not start"
  }
  masters=$("$repository/tools/cluster.sh" masters --dir "$directory" --bin "$bin")
}
