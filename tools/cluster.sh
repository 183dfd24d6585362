#!/usr/bin/env bash
# Runs a cluster on this machine. `tools/cluster.sh --help` lists the commands.
#
# A component is a table of functions: NAME_instances prints its instances, NAME_configure INSTANCE writes what it needs,
# NAME_command INSTANCE sets the array `command`, NAME_ready waits until all of it serves. Whatever has those and is in
# `components` is started, stopped and watched like the masters.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

components=(ots_mock master)

usage() {
  cat <<'TEXT'
usage: tools/cluster.sh COMMAND [--dir DIR] [--masters 3|1] [--mirror] [--bin DIR] [--set KEY=VALUE]...

  start          writes what is missing of the configuration, starts what does not run, and waits until a leader serves,
                 or, in recovery mode, until one is at work on the recovery
  stop           SIGTERM to all, then waits for them to end
  restart        stop, then start
  status         the processes, and jindo jfs -metaStatus -detail
  kill N         SIGKILL to master N
  kill-leader    SIGKILL to the master that leads; prints when (milliseconds since 1970)
  kill-all       SIGKILL to all masters at once; prints when. Tablestore goes on
  wipe           deletes the data of all masters, which must not run: what a lost cluster has left
  change K=V...  sets keys in the configuration of every master; heard at the next start
  setting KEY    prints the value of a key in the configuration of master 1
  masters        prints the client addresses, as for JINDO_MASTERS and jindo --masters
  control        prints the address where faults of ots_mock are changed (docs/ots-mock.md)

  --dir DIR      where everything of the cluster lives: conf/ log/ run/ and a directory of data for each master
                 (default: JFS_CLUSTER_DIR, else cluster/ in the repository)
  --masters N    three masters in a Raft group (default), or one alone; only heard when the configuration is first written
  --mirror       with a Tablestore of its own (ots_mock) and a mirror in it; only heard when the configuration is first written
  --bin DIR      directory with namespaced, jindo and ots_mock (default: JFS_BIN, else DIR/bin, else what bazel built last)
  --set K=V      one more line in each configuration; only heard when the configuration is first written

Exit status: 0 done; status: that of metaStatus (0 fine, 1 a master is missing, 2 no leader); else 1, with the reason.
TEXT
}

die() {
  echo "cluster: $*" >&2
  exit 1
}
say() { echo "cluster: $*"; }

# ---- Tablestore ----

ots_mock_instances() { if [[ -e $dir/conf/ots_mock.secret ]]; then echo 1; fi; }
# Where it listens is what the masters are told.
ots_mock_endpoint() { master_setting 1 namespace.ots.endpoint; }
ots_mock_port() {
  local endpoint
  endpoint=$(ots_mock_endpoint)
  echo "${endpoint##*:}"
}

ots_mock_configure() {
  # The masters' configurations name it, so it is configured together with them.
  master_configure
}

ots_mock_command() {
  local port
  port=$(ots_mock_port)
  [[ $port =~ ^[0-9]+$ ]] || die "namespace.ots.endpoint in $dir/conf/master-1.cfg has no port; it should be http://127.0.0.1:PORT"
  command=("$bin_ots_mock" --listen "127.0.0.1:$port" --control "127.0.0.1:$((port + 1))" --data "$dir/ots_mock"
    --instance "$(master_setting 1 namespace.ots.instance)" --access-key "$(master_setting 1 namespace.ots.accessKey)"
    --secret-file "$dir/conf/ots_mock.secret")
}

ots_mock_ready() {
  if [[ -z $(ots_mock_instances) ]]; then return 0; fi
  local deadline=$((SECONDS + 30)) port pid
  port=$(ots_mock_port)
  until port_in_use "$port"; do
    if ! running ots_mock-1; then
      rm -f "$dir/run/ots_mock-1.pid"
      tail -n 5 "$dir/log/ots_mock-1.log" >&2
      die "ots_mock ended while it was started; its last lines are above"
    fi
    if ((SECONDS >= deadline)); then die "ots_mock does not listen on port $port after 30 s; see $dir/log/ots_mock-1.log"; fi
    sleep 0.05
  done
}

# ---- masters ----

master_count() { find "$dir/conf" -name 'master-*.cfg' 2> /dev/null | wc -l; }
master_instances() {
  local n
  for ((n = 1; n <= $(master_count); n++)); do echo "$n"; done
}
# The value of a key in a master's configuration.
master_setting() { sed -n "s/^$2=//p" "$dir/conf/master-$1.cfg" | tail -n 1; }

port_in_use() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# Ports 8101 8103 8104, and 10 more for each further master; 8187 and 8188 of ots_mock; all of them 100 up where one is taken.
# Sets `base`. Nobody listens there until the masters run, so the choice is locked until this script ends: another one that starts
# a cluster in the same second takes the next.
find_base() {
  local n port
  for ((base = 8100; base <= 9900; base += 100)); do
    # A lock of another user cannot be opened.
    { exec 8> "${TMPDIR:-/tmp}/jfs-cluster-ports-$base.lock"; } 2> /dev/null || continue
    flock -n 8 || continue
    if $mirror; then
      for port in 87 88; do
        if port_in_use $((base + port)); then continue 2; fi
      done
    fi
    for ((n = 0; n < masters; n++)); do
      for port in 1 3 4; do
        if port_in_use $((base + 10 * n + port)); then continue 3; fi
      done
    done
    return
  done
  die "no free ports found from 8101 to 9924; end what listens there (ss -ltnp shows it)"
}

# All configurations are written at once: they name each other.
master_configure() {
  if (($(master_count) > 0)); then return; fi
  mkdir -p "$dir/conf"
  local base n rpc=() peers=()
  find_base
  for ((n = 0; n < masters; n++)); do
    rpc+=("127.0.0.1:$((base + 10 * n + 1))")
    peers+=("127.0.0.1:$((base + 10 * n + 3))")
  done
  local secret='' backend=raft
  if ((masters == 1)); then backend=rocksdb; fi
  if $mirror; then secret=$(head -c 24 /dev/urandom | base64); fi
  # The configurations may hold a secret.
  local mask
  mask=$(umask)
  if $mirror; then umask 077; fi
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
      if $mirror; then
        echo "namespace.ots.instance=mock-inst"
        echo "namespace.ots.endpoint=http://127.0.0.1:$((base + 87))"
        echo "namespace.ots.accessKey=mock-key"
        echo "namespace.ots.accessSecret=$secret"
        echo "namespace.backend.$backend.async.ots.enabled=true"
        echo "namespace.backend.$backend.recovery.mode=false"
      fi
      for setting in "${settings[@]}"; do echo "$setting"; done
    } > "$dir/conf/master-$((n + 1)).cfg.new"
  done
  if $mirror; then
    echo "$secret" > "$dir/conf/ots_mock.secret.new"
  fi
  umask "$mask"
  for ((n = 1; n <= masters; n++)); do
    "$bin_namespaced" --conf "$dir/conf/master-$n.cfg.new" --check-config > /dev/null ||
      die "the configuration of master $n is refused, see above"
  done
  # The directories of data are made only here: one that is missing later is a disk that is not mounted.
  for ((n = 1; n <= masters; n++)); do mkdir -p "$dir/master-$n"; done
  if $mirror; then mv "$dir/conf/ots_mock.secret.new" "$dir/conf/ots_mock.secret"; fi
  for ((n = 1; n <= masters; n++)); do mv "$dir/conf/master-$n.cfg.new" "$dir/conf/master-$n.cfg"; done
  say "configured $masters master(s) in $dir/conf"
}

master_command() {
  command=("$bin_namespaced" --conf "$dir/conf/master-$1.cfg")
}

master_status() { "$bin_jindo" jfs -metaStatus --conf "$dir/conf/master-1.cfg" "$@"; }

# Waits until a leader serves; with "all", until every master follows it.
master_ready() {
  local deadline=$((SECONDS + 90)) status instance said
  while true; do
    status=0
    said=$(master_status 2> /dev/null) || status=$?
    if ((status == 0)) || [[ ${1:-} != all && $status == 1 ]]; then return 0; fi
    # A leader that recovers serves nobody for a while.
    if grep -q '^LEADER [^ ]* state=' <<< "$said"; then return 0; fi
    for instance in $(master_instances); do
      if ! running "master-$instance"; then
        rm -f "$dir/run/master-$instance.pid"
        tail -n 5 "$dir/log/master-$instance.log" >&2
        die "master-$instance ended while it was started; its last lines are above, all of them in $dir/log/master-$instance.log"
      fi
    done
    if ((SECONDS >= deadline)); then
      master_status -detail -explain >&2 || true
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
  setsid nohup "$@" < /dev/null >> "$dir/log/$name.log" 2>&1 8>&- 9>&- &
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
  local leader
  leader=$(master_status 2> /dev/null | grep '^LEADER ') || true
  if [[ $leader == *" state="* ]]; then
    say "recovery mode: $leader; clients: $(command_masters)"
  else
    say "a leader serves; clients: $(command_masters)"
  fi
}

command_stop() {
  need_configuration
  local name pid left deadline=$((SECONDS + 60)) failed=0
  local -a ending=()
  for name in $(names); do
    if running "$name"; then
      # It may have ended just now.
      kill -TERM "$pid" 2> /dev/null || true
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
        if running "$name"; then kill -KILL "$pid" 2> /dev/null || true; fi
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

command_kill_all() {
  need_configuration
  local instance pid at
  local -a killed=() pids=()
  for instance in $(master_instances); do
    if running "master-$instance"; then
      pids+=("$pid")
      killed+=("master-$instance")
    fi
  done
  ((${#pids[@]} > 0)) || die "no master runs"
  at=$(date +%s%3N)
  kill -KILL "${pids[@]}"
  for instance in "${killed[@]}"; do
    while running "$instance"; do sleep 0.01; done
    rm -f "$dir/run/$instance.pid"
  done
  echo "killed ${killed[*]} at $at"
}

command_wipe() {
  need_configuration
  local instance pid
  for instance in $(master_instances); do
    if running "master-$instance"; then die "master-$instance runs (process $pid): stop or kill it first"; fi
  done
  for instance in $(master_instances); do
    rm -rf "$dir/master-$instance"
    mkdir -p "$dir/master-$instance"
  done
  say "deleted the data of all masters in $dir"
}

command_change() {
  need_configuration
  local instance setting file rest
  for setting in "$@"; do [[ $setting == *=* ]] || die "change needs KEY=VALUE, not '$setting'"; done
  for instance in $(master_instances); do
    file=$dir/conf/master-$instance.cfg
    cp -p "$file" "$file.new"
    for setting in "$@"; do
      # Not through a second file: there may be a secret in it.
      rest=$(awk -v key="${setting%%=*}=" 'index($0, key) != 1' "$file.new")
      printf '%s\n%s\n' "$rest" "$setting" > "$file.new"
    done
    "$bin_namespaced" --conf "$file.new" --check-config > /dev/null ||
      die "the new configuration of master $instance is refused, see above; nothing is changed for it ($file.new)"
    mv "$file.new" "$file"
  done
  say "changed in each configuration: $*"
}

command_control() {
  [[ -n $(ots_mock_instances) ]] || die "there is no ots_mock in $dir; start --mirror makes one"
  echo "127.0.0.1:$(($(ots_mock_port) + 1))"
}

command_setting() {
  need_configuration
  local value
  value=$(master_setting 1 "$1")
  [[ -n $value ]] || die "$1 is not in $dir/conf/master-1.cfg"
  echo "$value"
}

command_masters() {
  need_configuration
  master_setting 1 jfs.namespace.server.rpc-address
}

# ---- command line ----

dir=${JFS_CLUSTER_DIR:-$repository/cluster} bin=${JFS_BIN:-} masters=3 mirror=false
settings=() words=()
while (($# > 0)); do
  case "$1" in
    --dir) dir=${2:?--dir needs a directory}; shift ;;
    --masters) masters=${2:?--masters needs a number}; shift ;;
    --mirror) mirror=true ;;
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
bin_ots_mock=${bin:+$bin/ots_mock}
: "${bin_ots_mock:=$repository/bazel-bin/ots_mock/server/ots_mock}"
programs=("$bin_namespaced" "$bin_jindo")
if $mirror || [[ -e $dir/conf/ots_mock.secret ]]; then programs+=("$bin_ots_mock"); fi
for program in "${programs[@]}"; do
  [[ -x $program ]] ||
    die "$program is missing; build it with: bazel build --config=release //server:namespaced //tools/jindo:jindo //ots_mock/server:ots_mock"
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
  kill-all) arguments "${words[@]}"; command_kill_all ;;
  wipe) arguments "${words[@]}"; command_wipe ;;
  change) command_change "${words[@]:1}" ;;
  setting) wanted=1; arguments "${words[@]}"; command_setting "${words[1]}" ;;
  masters) arguments "${words[@]}"; command_masters ;;
  control) arguments "${words[@]}"; command_control ;;
  *) usage >&2; die "unknown command '${words[0]}'" ;;
esac
