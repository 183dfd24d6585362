#!/usr/bin/env bash
# Starts and stops the judge. `tests/hadoop/namenode.sh --help` lists the commands.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

usage() {
  cat <<'TEXT'
usage: tests/hadoop/namenode.sh start DIR [KEY=VALUE]...
       tests/hadoop/namenode.sh stop DIR

  start   formats a Hadoop NameNode in DIR, which must not exist or be empty, starts it on free ports, waits until it
          serves and prints its address; it stays in DIR/address. KEY=VALUE: more of Hadoop's settings
  stop    ends it

It has no DataNode and is no member of an HA pair. DIR/log holds what it says, DIR/pid its process.
TEXT
}

# alive PID. A zombie has ended: where nobody asks how, as below a container's first process, it stays for ever.
alive() {
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  # The name in parentheses may hold blanks; the state stands behind it.
  stat=${stat##*) }
  [[ ${stat%% *} != [ZX] ]]
}

start() {
  local directory=$1 pid
  shift
  "$hadoop_tests/setup.sh"
  mkdir -p "$directory"
  [[ -z $(ls -A "$directory") ]] || die "$directory is not empty; the judge begins with a fresh file system"
  mkdir "$directory/conf"
  setsid nohup java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$directory/conf:$(hadoop_class_path)" \
    jfs.hadoop.JudgeNameNode "$directory" "$user_groups" "$@" < /dev/null > "$directory/log" 2>&1 &
  pid=$!
  echo "$pid" > "$directory/pid"
  local deadline=$((SECONDS + 120))
  while [[ ! -s $directory/address ]]; do
    alive "$pid" || {
      tail -n 20 "$directory/log" >&2
      die "the NameNode ended while it was started; see above and $directory/log"
    }
    if ((SECONDS >= deadline)); then
      stop "$directory"
      die "the NameNode did not serve within 120 s; see $directory/log"
    fi
    sleep 0.1
  done
  cat "$directory/address"
}

stop() {
  local directory=$1 pid deadline=$((SECONDS + 10))
  [[ -s $directory/pid ]] || return 0
  pid=$(cat "$directory/pid")
  # The number may have gone to another process since.
  if [[ $(tr '\0' ' ' < "/proc/$pid/cmdline" 2> /dev/null) == *jfs.hadoop.JudgeNameNode* ]]; then
    kill -TERM "$pid" 2> /dev/null || true
    while alive "$pid"; do
      # Nothing of it is wanted any more: there is no reason to be patient.
      if ((SECONDS >= deadline)); then kill -KILL "$pid" 2> /dev/null || true; fi
      sleep 0.05
    done
  fi
  rm -f "$directory/pid"
}

case "${1:-}" in
  -h | --help) usage ;;
  start) (($# >= 2)) || { usage >&2; exit 2; }; start "$(realpath -m "$2")" "${@:3}" ;;
  stop) (($# == 2)) || { usage >&2; exit 2; }; stop "$(realpath -m "$2")" ;;
  *) usage >&2; exit 2 ;;
esac
