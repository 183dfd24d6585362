#!/usr/bin/env bash
# Clients of other makes, with a fail-over in the middle. `tests/hadoop/clients.sh --help` says which.
set -euo pipefail
# shellcheck source=tests/hadoop/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

ALL=(hdfs-cli go python)

usage() {
  cat <<TEXT
usage: tests/hadoop/clients.sh [--bin DIR] [--judge] [CLIENT]...

Runs a session of each client, or of those named, against three masters. In its middle the leader is killed (SIGKILL), and the
client goes on at once, repeating its first call until it is answered; afterwards the killed master is started again. The last line is 'N passed, N failed', counting steps.

  hdfs-cli   Debian's \`hdfs\`, a new process for each command
  go         colinmarc/hdfs v2.4, a program that keeps its connection
  python     hdfs-native, a program that keeps its connection

  --judge    against a NameNode, without the kill: shows that what the sessions expect is what HDFS does
  --bin DIR  namespaced and jindo are there (default: JFS_BIN, else they are built)

What a client needs is installed: packages by tools/setup.sh --hadoop, modules by go and pip into $hadoop_cache.
A client that cannot be installed fails.
TEXT
}

bin_wanted='' judge=false clients=()
while (($# > 0)); do
  case "$1" in
    --bin) bin_wanted=${2:?--bin needs a directory}; shift ;;
    --judge) judge=true ;;
    -h | --help) usage; exit 0 ;;
    *)
      [[ " ${ALL[*]} " == *" $1 "* ]] || { usage >&2; die "there is no client '$1'"; }
      clients+=("$1")
      ;;
  esac
  shift
done
if ((${#clients[@]} == 0)); then clients=("${ALL[@]}"); fi

# Each prepares a client and sets `session`, the command that is run with ADDRESSES and DIRECTORY.
prepare_hdfs_cli() { session=("$hadoop_tests/clients/session.sh"); }
prepare_go() {
  mkdir -p "$hadoop_cache/go"
  (cd "$hadoop_tests/clients/go" && go build -o "$hadoop_cache/go/clients" .) || return 1
  session=("$hadoop_cache/go/clients")
}
prepare_python() {
  local venv
  venv=$hadoop_cache/python-$(sha256sum < "$hadoop_tests/clients/requirements.txt" | cut -c 1-12)
  if [[ ! -e $venv/ready ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$hadoop_tests/clients/requirements.txt" || return 1
    touch "$venv/ready"
  fi
  session=("$venv/bin/python" "$hadoop_tests/clients/session.py")
}

if ! { command -v hdfs && command -v go && command -v python3; } > /dev/null; then "$repository/tools/setup.sh" --hadoop; fi
export HADOOP_USER_NAME=$superuser
need_work
if $judge; then
  start_judge judge
  addresses=$judge_address
else
  need_masters "$bin_wanted"
  start_masters masters dfs.replication=3
  addresses=$masters
fi
cluster() { "$repository/tools/cluster.sh" "$@" --dir "$work/masters" --bin "$bin"; }

passed=0 failed=0
for client in "${clients[@]}"; do
  if ! "prepare_${client//-/_}" > "$work/prepare.log" 2>&1; then
    tail -n 5 "$work/prepare.log"
    echo "$client: FAILED: could not be installed"
    failed=$((failed + 1))
    continue
  fi
  # The session talks through a pipe in each direction.
  rm -f "$work/to" "$work/from"
  mkfifo "$work/to" "$work/from"
  timeout 300 "${session[@]}" "$addresses" "/$client" < "$work/to" > "$work/from" 2>&1 &
  pid=$!
  exec {to}> "$work/to" {answers}< "$work/from"
  steps=0
  while read -r -u "$answers" line; do
    case "$line" in
      'ok '*) passed=$((passed + 1)) steps=$((steps + 1)) ;;
      'fail over now')
        if $judge; then
          echo "$client: goes on without a fail-over"
        else
          echo "$client: $(cluster kill-leader)"
        fi
        echo "go on" >&"$to"
        ;;
      *)
        echo "$client: $line"
        if [[ $line == 'FAILED '* ]]; then failed=$((failed + 1)); fi
        ;;
    esac
  done
  exec {to}>&- {answers}<&-
  status=0
  wait "$pid" || status=$?
  echo "$client: $steps steps as they should be, exit status $status"
  # A program that ended early has fewer lines than it should, and no FAILED.
  if ((status != 0)); then failed=$((failed + 1)); fi
  if ! $judge; then cluster start > "$work/start.log" 2>&1 || { cat "$work/start.log"; die "the killed master does not start"; }; fi
done
if ((failed > 0)); then leave_work=false; fi
echo "$passed passed, $failed failed"
((failed == 0))
