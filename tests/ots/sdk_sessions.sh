#!/usr/bin/env bash
# The official Tablestore SDKs, unmodified, against ots_mock. `tests/ots/sdk_sessions.sh --help` says more.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
clients=$here/clients
cache=${JFS_OTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/jfs-namespace/ots}
ALL=(node python go java)

usage() {
  cat <<TEXT
usage: tests/ots/sdk_sessions.sh [--bin DIR] [SDK]...

Runs a scripted session of each official SDK, or of those named (${ALL[*]}), against one ots_mock: tables, single rows of
all types, conditions, counters, batches, ranges in both directions, local transactions, errors, a wrong secret. Each SDK
checks what it receives in its own way: signatures, digests, checksums, required fields. The last line is
'N passed, N failed', counting steps.

  --bin DIR  ots_mock is there (default: JFS_BIN, else it is built)

SDKs are installed by npm, pip, go and Maven into $cache; one that cannot be installed fails. The tools themselves are
Debian's: nodejs npm python3-venv golang-go default-jdk-headless maven (tools/setup.sh --sdks).
TEXT
}

die() {
  echo "sdk_sessions: $*" >&2
  exit 1
}

bin=${JFS_BIN:-} chosen=()
while (($# > 0)); do
  case "$1" in
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    -h | --help) usage; exit 0 ;;
    *)
      [[ " ${ALL[*]} " == *" $1 "* ]] || { usage >&2; die "there is no SDK '$1'"; }
      chosen+=("$1")
      ;;
  esac
  shift
done
if ((${#chosen[@]} == 0)); then chosen=("${ALL[@]}"); fi

# Each installs an SDK and sets `session`, the command that is run with ENDPOINT INSTANCE KEY SECRET TABLE. What is
# installed belongs to one version of the list of packages.
version_of() { cat "$@" | sha256sum | cut -c 1-12; }
prepare_node() {
  local directory
  directory=$cache/node-$(version_of "$clients/node/package.json")
  mkdir -p "$directory"
  cp "$clients/node/package.json" "$clients/node/session.js" "$directory"
  if [[ ! -e $directory/ready ]]; then
    npm install --prefix "$directory" --no-audit --no-fund --ignore-scripts || return 1
    touch "$directory/ready"
  fi
  session=(node "$directory/session.js")
}
prepare_python() {
  local venv
  venv=$cache/python-$(version_of "$clients/python/requirements.txt")
  if [[ ! -e $venv/ready ]]; then
    rm -rf "$venv"
    python3 -m venv "$venv" && "$venv/bin/pip" install -q -r "$clients/python/requirements.txt" || return 1
    touch "$venv/ready"
  fi
  session=("$venv/bin/python" "$clients/python/session.py")
}
prepare_go() {
  mkdir -p "$cache/go"
  (cd "$clients/go" && go build -o "$cache/go/session" .) || return 1
  session=("$cache/go/session")
}
prepare_java() {
  local directory
  directory=$cache/java-$(version_of "$clients/java/pom.xml")
  if [[ ! -e $directory/ready ]]; then
    mvn -q -B -f "$clients/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$directory/jars" || return 1
    touch "$directory/ready"
  fi
  javac -cp "$directory/jars/*" -d "$directory/classes" "$clients/java/Session.java" || return 1
  session=(java -Xmx256m -cp "$directory/classes:$directory/jars/*" Session)
}

if [[ -z $bin ]]; then
  echo "sdk_sessions: builds ots_mock"
  (cd "$repository" && ${BAZEL:-bazel} build --noshow_progress //ots_mock/server:ots_mock) || die "ots_mock cannot be built"
  bin=$repository/bazel-bin/ots_mock/server
fi
[[ -x $bin/ots_mock ]] || die "there is no ots_mock in $bin"

work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-sdk-sessions-XXXXXX")
mock=
at_end() {
  local status=$?
  trap - EXIT
  if [[ -n $mock ]]; then kill "$mock" 2> /dev/null && wait "$mock" || true; fi
  if ((status == 0)); then rm -rf "$work"; else echo "sdk_sessions: logs are left in $work" >&2; fi
  exit "$status"
}
trap at_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
instance=sdk-test key=sdk-test-key secret=$(python3 -c 'import secrets; print(secrets.token_hex(16))')
OTS_MOCK_SECRET=$secret "$bin/ots_mock" --listen "127.0.0.1:$port" --data "$work/data" --instance "$instance" \
  --access-key "$key" --keep-alive 2 --log-level debug 2> "$work/ots_mock.log" &
mock=$!
for _ in $(seq 100); do
  if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then break; fi
  kill -0 "$mock" 2> /dev/null || { cat "$work/ots_mock.log" >&2; mock=; die "ots_mock did not start"; }
  sleep 0.1
done

passed=0 failed=0
for sdk in "${chosen[@]}"; do
  if ! "prepare_$sdk" > "$work/$sdk.install.log" 2>&1; then
    tail -n 5 "$work/$sdk.install.log"
    echo "$sdk: FAILED: could not be installed"
    failed=$((failed + 1))
    continue
  fi
  status=0
  timeout 300 "${session[@]}" "http://127.0.0.1:$port" "$instance" "$key" "$secret" "sdk_$sdk" > "$work/$sdk.log" 2>&1 || status=$?
  ok=$(grep -c '^ok ' "$work/$sdk.log" || true)
  bad=$(grep -c '^FAILED ' "$work/$sdk.log" || true)
  # A program that ended early has fewer lines than it should, and no FAILED.
  if ((bad == 0 && (status != 0 || ok == 0))); then bad=1; fi
  if ((bad > 0)); then tail -n 20 "$work/$sdk.log"; fi
  echo "$sdk: $ok steps as they should be, $bad not, exit status $status"
  passed=$((passed + ok)) failed=$((failed + bad))
done
if grep -q "$secret" "$work/ots_mock.log"; then
  echo "ots_mock: FAILED: its log has the secret in it"
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed"
((failed == 0))
