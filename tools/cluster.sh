#!/usr/bin/env bash
# Runs a cluster on this machine. `tools/cluster.sh --help` lists the commands.
#
# A component is a table of functions: NAME_instances prints its instances, NAME_configure INSTANCE writes what it needs,
# NAME_command INSTANCE sets the array `command`, NAME_ready waits until all of it serves. Whatever has those and is in
# `components` is started, stopped and watched like the masters.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

components=(master)

usage() {
  cat <<'TEXT'
usage: tools/cluster.sh COMMAND [--dir DIR] [--masters 3|1] [--bin DIR] [--set KEY=VALUE]...

  start          writes what is missing of the configuration, starts what does not run, and waits until a leader serves
  stop           SIGTERM to all, then waits for them to end
  restart        stop, then start
  status         the processes, and jindo jfs -metaStatus -detail
  kill N         SIGKILL to master N
  kill-leader    SIGKILL to the master that leads; prints when (milliseconds since 1970)
  masters        prints the client addresses, as for JINDO_MASTERS and jindo --masters

  --dir DIR      where everything of the cluster lives: conf/ log/ run/ and a directory of data for each master
                 (default: JFS_CLUSTER_DIR, else cluster/ in the repository)
  --masters N    three masters in a Raft group (default), or one alone; only heard when the configuration is first written
  --bin DIR      directory with namespaced and jindo (default: JFS_BIN, else DIR/bin, else what bazel built last)
  --set K=V      one more line in each configuration; only heard when the configuration is first written

Exit status: 0 done; status: that of metaStatus (0 fine, 1 a master is missing, 2 no leader); else 1, with the reason.
TEXT
}

die() {
  echo "cluster: $*" >&2
  exit 1
}
say() { echo "cluster: $*"; }

# ---- masters ----

master_count() { find "$dir/conf" -name 'master-*.cfg' 2> /dev/null | wc -l; }
master_instances() {
  local n
  for ((n = 1; n <= $(master_count); n++)); do echo "$n"; done
}
# The value of a key in a master's configuration.
master_setting() { sed -n "s/^$2=//p" "$dir/conf/master-$1.cfg" | tail -n 1; }

port_in_use() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# Ports 8101 8103 8104, and 10 more for each further master; all of them 100 up where one is taken.
find_base() {
  local base n port
  for ((base = 8100; base <= 9900; base += 100)); do
    for ((n = 0; n < masters; n++)); do
      for port in 1 3 4; do
        if port_in_use $((base + 10 * n + port)); then continue 3; fi
      done
    done
    echo "$base"
    return
  done
  die "no free ports found from 8101 to 9924; end what listens there (ss -ltnp shows it)"
}

# All configurations are written at once: they name each other.
master_configure() {
  if (($(master_count) > 0)); then return; fi
  mkdir -p "$dir/conf"
  local base n rpc=() peers=()
  base=$(find_base)
  for ((n = 0; n < masters; n++)); do
    rpc+=("127.0.0.1:$((base + 10 * n + 1))")
    peers+=("127.0.0.1:$((base + 10 * n + 3))")
  done
  for ((n = 0; n < masters; n++)); do
    {
      echo "# Written by tools/cluster.sh; edit it as you like."
      if ((masters > 1)); then
        echo "namespace.backend.type=raft"
        (
          IFS=,
          conf=("${peers[@]/%/:0}")
          echo "namespace.backend.raft.initial-conf=${conf[*]}"
        )
        echo "namespace.backend.raft.hostname=${peers[n]}"
      else
        echo "namespace.backend.type=rocksdb"
      fi
      (
        IFS=,
        echo "jfs.namespace.server.rpc-address=${rpc[*]}"
      )
      echo "namespace.bind-host=127.0.0.1"
      echo "namespace.rpc.port=${rpc[n]##*:}"
      echo "namespace.http.port=$((base + 10 * n + 4))"
      echo "namespace.meta-dir=$dir/master-$((n + 1))"
      echo "jfs.namespaces=test"
      for setting in "${settings[@]}"; do echo "$setting"; done
    } > "$dir/conf/master-$((n + 1)).cfg.new"
  done
  for ((n = 1; n <= masters; n++)); do
    "$bin_namespaced" --conf "$dir/conf/master-$n.cfg.new" --check-config > /dev/null ||
      die "the configuration of master $n is refused, see above"
  done
  # The directories of data are made only here: one that is missing later is a disk that is not mounted.
  for ((n = 1; n <= masters; n++)); do mkdir -p "$dir/master-$n"; done
  for ((n = 1; n <= masters; n++)); do mv "$dir/conf/master-$n.cfg.new" "$dir/conf/master-$n.cfg"; done
  say "configured $masters master(s) in $dir/conf"
}

master_command() {
  command=("$bin_namespaced" --conf "$dir/conf/master-$1.cfg")
}

master_status() { "$bin_jindo" jfs -metaStatus --conf "$dir/conf/master-1.cfg" "$@"; }

# Waits until a leader serves; with "all", until every master follows it.
master_ready() {
  local deadline=$((SECONDS + 90)) status instance
  while true; do
    status=0
    master_status > /dev/null 2>&1 || status=$?
    if ((status == 0)) || [[ ${1:-} != all && $status == 1 ]]; then return 0; fi
    for instance in $(master_instances); do
      if ! running "master-$instance"; then
        rm -f "$dir/run/master-$instance.pid"
        tail -n 5 "$dir/log/master-$instance.log" >&2
        die "master-$instance ended while it was started; its last lines are above, all of them in $dir/log/master-$instance.log"
      fi
    done
    if ((SECONDS >= deadline)); then
      master_status -detail >&2 || true
      die "after 90 s no leader serves, or not all masters follow it (see above, and $dir/log)"
    fi
    sleep 0.1
  done
}

# ---- processes ----

# When a process began, in ticks since boot: with its id it names the process for ever.
started_at() {
  local stat
  stat=$(cat "/proc/$1/stat" 2> /dev/null) || return 1
  # The name in parentheses may hold blanks; field 22 is the 20th behind it.
  read -ra fields <<< "${stat##*) }"
  # A zombie has ended: only nobody has asked how.
  [[ ${fields[0]} != Z ]] || return 1
  echo "${fields[19]}"
}

# running NAME: sets `pid`.
running() {
  local began
  pid=
  [[ -r $dir/run/$1.pid ]] || return 1
  read -r pid began < "$dir/run/$1.pid" || return 1
  [[ -n $pid && $(started_at "$pid" || true) == "$began" ]]
}

launch() {
  local name=$1
  shift
  local pid
  if running "$name"; then
    say "$name runs already (process $pid)"
    return
  fi
  if [[ -e $dir/run/$name.pid ]]; then
    say "$name: removed the pid file of a process that is gone"
    rm -f "$dir/run/$name.pid"
  fi
  setsid nohup "$@" < /dev/null >> "$dir/log/$name.log" 2>&1 9>&- &
  pid=$!
  local began
  # setsid forks only if it leads a group, which a background job of a script does not: the id is the daemon's own.
  began=$(started_at "$pid") || {
    tail -n 5 "$dir/log/$name.log" >&2
    die "$name ended at once; see above and $dir/log/$name.log"
  }
  echo "$pid $began" > "$dir/run/$name.pid"
  say "started $name (process $pid)"
}

# Names of all instances of all components.
names() {
  local component instance
  for component in "${components[@]}"; do
    for instance in $("${component}_instances"); do echo "$component-$instance"; done
  done
}

need_configuration() {
  [[ -n $(names) ]] || die "there is no cluster in $dir; tools/cluster.sh start --dir $dir makes one"
}

# ---- commands ----

command_start() {
  mkdir -p "$dir/conf" "$dir/log" "$dir/run"
  local component instance
  for component in "${components[@]}"; do
    "${component}_configure"
    for instance in $("${component}_instances"); do
      "${component}_command" "$instance"
      launch "$component-$instance" "${command[@]}"
    done
    "${component}_ready" "$@"
  done
  say "a leader serves; clients: $(command_masters)"
}

command_stop() {
  need_configuration
  local name pid left deadline=$((SECONDS + 60)) failed=0
  local -a ending=()
  for name in $(names); do
    if running "$name"; then
      kill -TERM "$pid"
      ending+=("$name")
    else
      rm -f "$dir/run/$name.pid"
    fi
  done
  while true; do
    left=()
    for name in "${ending[@]}"; do
      if running "$name"; then left+=("$name"); else rm -f "$dir/run/$name.pid"; fi
    done
    if ((${#left[@]} == 0)); then break; fi
    if ((SECONDS >= deadline)); then
      for name in "${left[@]}"; do
        if running "$name"; then kill -KILL "$pid"; fi
        rm -f "$dir/run/$name.pid"
        echo "cluster: $name did not end within 60 s of SIGTERM and was killed; see $dir/log/$name.log" >&2
        failed=1
      done
      break
    fi
    sleep 0.05
  done
  say "stopped ${#ending[@]} process(es)"
  return "$failed"
}

command_status() {
  need_configuration
  local name pid status=0
  for name in $(names); do
    if running "$name"; then echo "$name: process $pid"; else echo "$name: does not run"; fi
  done
  master_status -detail || status=$?
  return "$status"
}

command_kill() {
  need_configuration
  local name="master-$1" pid
  [[ -e $dir/conf/$name.cfg ]] || die "there is no $name; there are masters $(master_instances | tr '\n' ' ')"
  running "$name" || die "$name does not run"
  local at
  at=$(date +%s%3N)
  kill -KILL "$pid"
  while running "$name"; do sleep 0.01; done
  rm -f "$dir/run/$name.pid"
  echo "killed $name at $at"
}

command_kill_leader() {
  need_configuration
  local address instance
  address=$(master_status 2> /dev/null | sed -n 's/^LEADER \([^ ]*\).*/\1/p' | head -n 1) || true
  [[ -n $address ]] || die "there is no leader to kill; see tools/cluster.sh status"
  for instance in $(master_instances); do
    if [[ $(master_count) == 1 || $(master_setting "$instance" namespace.backend.raft.hostname) == "$address" ]]; then
      command_kill "$instance"
      return
    fi
  done
  die "the leader $address is none of the masters in $dir/conf"
}

command_masters() {
  need_configuration
  master_setting 1 jfs.namespace.server.rpc-address
}

# ---- command line ----

dir=${JFS_CLUSTER_DIR:-$repository/cluster} bin=${JFS_BIN:-} masters=3
settings=() words=()
while (($# > 0)); do
  case "$1" in
    --dir) dir=${2:?--dir needs a directory}; shift ;;
    --masters) masters=${2:?--masters needs a number}; shift ;;
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    --set)
      [[ ${2:-} == *=* ]] || die "--set needs KEY=VALUE"
      settings+=("$2")
      shift
      ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; die "unknown option '$1'" ;;
    *) words+=("$1") ;;
  esac
  shift
done
if ((${#words[@]} == 0)); then usage >&2; exit 1; fi
[[ $masters == 1 || $masters == 3 ]] || die "--masters is 1 or 3, not '$masters'"
dir=$(realpath -m "$dir")
if [[ -z $bin && -x $dir/bin/namespaced ]]; then bin=$dir/bin; fi
bin_namespaced=${bin:+$bin/namespaced} bin_jindo=${bin:+$bin/jindo}
: "${bin_namespaced:=$repository/bazel-bin/server/namespaced}" "${bin_jindo:=$repository/bazel-bin/tools/jindo/jindo}"
for program in "$bin_namespaced" "$bin_jindo"; do
  [[ -x $program ]] ||
    die "$program is missing; build it with: bazel build --config=release //server:namespaced //tools/jindo:jindo"
done

arguments() {
  (($# == 1 + wanted)) || die "$1 takes $wanted argument(s); see --help"
}
wanted=0
# Two of these at the same time would start everything twice.
if [[ ${words[0]} =~ ^(start|stop|restart)$ ]]; then
  mkdir -p "$dir/run"
  exec 9> "$dir/run/lock"
  flock -w 120 9 || die "another tools/cluster.sh has been at work in $dir for 2 minutes"
fi
case "${words[0]}" in
  start) arguments "${words[@]}"; command_start all ;;
  stop) arguments "${words[@]}"; command_stop ;;
  restart) arguments "${words[@]}"; command_stop; command_start all ;;
  status) arguments "${words[@]}"; command_status ;;
  kill) wanted=1; arguments "${words[@]}"; command_kill "${words[1]}" ;;
  kill-leader) arguments "${words[@]}"; command_kill_leader ;;
  masters) arguments "${words[@]}"; command_masters ;;
  *) usage >&2; die "unknown command '${words[0]}'" ;;
esac
