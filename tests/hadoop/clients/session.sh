#!/usr/bin/env bash
# A session of Debian's `hdfs` (hdfs-cli); README.md says what it prints.
#
#   session.sh ADDRESSES DIRECTORY
set -uo pipefail

addresses=$1 directory=$2 failed=0
HADOOP_CONF_DIR=$(mktemp -d)
export HADOOP_CONF_DIR
trap 'rm -rf "$HADOOP_CONF_DIR"' EXIT

# A nameservice as any cluster has it.
property() { printf '<property><name>%s</name><value>%s</value></property>\n' "$1" "$2"; }
{
  echo '<configuration>'
  property fs.defaultFS hdfs://test
  echo '</configuration>'
} > "$HADOOP_CONF_DIR/core-site.xml"
{
  echo '<configuration>'
  property dfs.nameservices test
  n=0 members=()
  for address in ${addresses//,/ }; do
    n=$((n + 1))
    members+=("m$n")
    property "dfs.namenode.rpc-address.test.m$n" "$address"
  done
  property dfs.ha.namenodes.test "$(IFS=,; echo "${members[*]}")"
  echo '</configuration>'
} > "$HADOOP_CONF_DIR/hdfs-site.xml"

# wants STATUS TEXT WHAT COMMAND...: the command ends with that status and prints the text (an empty one is in all).
wants() {
  local status=$1 text=$2 what=$3 got=0 out
  shift 3
  out=$("$@" 2>&1) || got=$?
  if [[ $got == "$status" && $out == *"$text"* ]]; then
    echo "ok $what"
  else
    echo "FAILED $what: ended with $got instead of $status, or does not say '$text': $out"
    failed=1
  fi
}
# shellcheck disable=SC2317  # called by wants
count_of() { hdfs ls "$1" | wc -l; }

# steps HALF DIRECTORY
steps() {
  local half=$1 at=$2
  wants 0 '' "$half: mkdir -p" hdfs mkdir -p "$at/a/b/c"
  wants 1 'exists' "$half: mkdir of what is there" hdfs mkdir "$at/a"
  wants 1 'does not exist' "$half: mkdir without parent" hdfs mkdir "$at/no/d"
  wants 0 '' "$half: touch" hdfs touch "$at/a/file"
  wants 0 'file' "$half: ls" hdfs ls "$at/a"
  wants 1 'does not exist' "$half: ls of nothing" hdfs ls "$at/nothing"
  wants 0 '' "$half: ten directories" hdfs mkdir "$at"/a/b/{0,1,2,3,4,5,6,7,8,9}
  wants 0 11 "$half: ls counts them" count_of "$at/a/b"
  wants 0 '' "$half: mv" hdfs mv "$at/a/file" "$at/a/b/moved"
  wants 0 '' "$half: chmod" hdfs chmod 640 "$at/a/b/moved"
  wants 0 '' "$half: chown" hdfs chown alice:staff "$at/a/b/moved"
  wants 0 '-rw-r-----' "$half: ls -l says the mode" hdfs ls -l "$at/a/b/moved"
  wants 0 'alice' "$half: ls -l says the owner" hdfs ls -l "$at/a/b/moved"
  wants 0 '' "$half: truncate" hdfs truncate 0 "$at/a/b/moved"
  wants 0 '' "$half: cat of an empty file" hdfs cat "$at/a/b/moved"
  wants 0 '0' "$half: du" hdfs du -s "$at"
  wants 1 'directory' "$half: rm of a directory" hdfs rm "$at/a/b"
  wants 0 '' "$half: rm -r" hdfs rm -r "$at/a/b"
  wants 0 0 "$half: nothing is left" count_of "$at/a"
}

steps before "$directory/before"
echo "fail over now"
read -r _
# This client tries each master once and gives up while none leads.
deadline=$((SECONDS + 60))
until hdfs ls "$directory/before" > /dev/null 2>&1 || ((SECONDS >= deadline)); do sleep 0.1; done
wants 0 a "what was there is there" hdfs ls "$directory/before"
steps after "$directory/after"
exit "$failed"
