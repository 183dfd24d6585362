# shellcheck shell=bash
# Sourced by tools/quickstart.sh, tools/disaster.sh and tools/seed_scale.sh: losing a whole cluster, and coming back from the
# mirror. Who sources it has functions `cluster` (tools/cluster.sh on one directory) and `jindo`.

# The leader's line of -metaStatus -detail; nothing while there is none.
leader_line() { jindo jfs -metaStatus -detail 2> /dev/null | grep '^LEADER ' | head -n 1 || true; }

# field_of LINE NAME: the value of one field, or nothing.
field_of() { tr ' ' '\n' <<< "$1" | sed -n "s/^$2=//p" | head -n 1; }

# wait_for_synced SECONDS: until the leader says _synced=1. Prints how long it took; 1: not in time, and why.
wait_for_synced() {
  local start deadline line
  start=$(date +%s%3N)
  deadline=$((SECONDS + $1))
  while true; do
    line=$(leader_line)
    if [[ $(field_of "$line" _synced) == 1 ]]; then
      echo "   _synced=1 after $(($(date +%s%3N) - start)) ms, position $(field_of "$line" position)"
      return 0
    fi
    if ((SECONDS >= deadline)); then
      jindo jfs -metaStatus -detail -explain >&2 || true
      echo "   no _synced=1 within $1 s" >&2
      return 1
    fi
    sleep 0.1
  done
}

# wait_for_recovered SECONDS: until the leader says state=FINISH. Shows how it goes; 1: it failed, or not in time.
wait_for_recovered() {
  local deadline=$((SECONDS + $1)) line state percent shown=''
  while true; do
    line=$(leader_line)
    state=$(field_of "$line" state)
    percent=$(field_of "$line" percent)
    if [[ $state != "${shown%% *}" ]] || { [[ -n $percent ]] && ((percent >= ${shown##* } + 10)); }; then
      echo "   ${line%% serving=*}"
      shown="$state ${percent:-0}"
    fi
    if [[ $state == FINISH ]]; then return 0; fi
    if [[ $state == FAILED ]] || ((SECONDS >= deadline)); then
      jindo jfs -metaStatus -detail -explain >&2 || true
      echo "   no state=FINISH within $1 s" >&2
      return 1
    fi
    sleep 0.2
  done
}

# Where the recovery stands, as lineage:sequence.
recovered_position() { field_of "$(leader_line)" position; }

# All masters end at the same moment, without a word, and their data is gone.
lose_everything() {
  cluster kill-all
  cluster wipe
}

# set_mirror UPLOAD RECOVERY: both switches, true or false; one master alone has keys of its own for them.
set_mirror() {
  local backend
  backend=$(cluster setting namespace.backend.type) || return
  cluster change "namespace.backend.$backend.async.ots.enabled=$1" "namespace.backend.$backend.recovery.mode=$2"
}

# Masters on empty directories, which are to recover; and, once they have, ordinary masters again.
begin_recovery() {
  set_mirror false true && cluster start
}
end_recovery() {
  set_mirror true false && cluster restart
}

# The text that every change gets in recovery mode.
# shellcheck disable=SC2034
recovery_mode_error='ErrorCode : 25021 , ErrorMsg: Namespace is under recovery mode, and is read-only.'

# refused_for_recovery FILE COMMAND...: the command fails, and says so. Its output goes to FILE.
refused_for_recovery() {
  local output=$1
  shift
  if "$@" > "$output" 2>&1; then
    echo "   '$*' went through" >&2
    return 1
  fi
  sed 's/^/   /' "$output"
  grep -qF -- "$recovery_mode_error" "$output"
}
