#!/usr/bin/env bash
# Kills the leader again and again under an import, and adds up what the checker finds. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/import_load.sh
. tools/import_load.sh

usage() {
  cat <<'TEXT'
usage: tools/leader_kills.sh [--kills N] [--tree DIR] [--bin DIR] [--seed N]

Starts three masters on this machine. Each round imports DIR (default: /usr/share) into a new directory, kills the leader
(SIGKILL) at a random point of the import, waits for the import to end, checks its acknowledgement log, starts the killed master
again, and compares the state hashes of all three. Exit status 0: no round lost anything, or had anything wrong.
A round whose import was over before the kill could do anything to it is checked, but does not count as one of N.

  --kills N  leader kills under load (default 50)
  --bin DIR  take namespaced and jindo from DIR instead of building
  --seed N   of the random points
TEXT
}

kills=50 tree=/usr/share bin='' seed=$$
while (($# > 0)); do
  case "$1" in
    --kills) kills=${2:?--kills needs a number}; shift ;;
    --tree) tree=${2:?--tree needs a directory}; shift ;;
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    --seed) seed=${2:?--seed needs a number}; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; echo "leader_kills: unknown option '$1'" >&2; exit 1 ;;
  esac
  shift
done
RANDOM=$seed

work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-leader-kills-XXXXXX")
import_pid=
at_end() {
  local status=$?
  trap - EXIT
  if [[ -n $import_pid ]]; then kill "$import_pid" 2> /dev/null || true; fi
  if [[ -d $work/conf ]]; then tools/cluster.sh stop --dir "$work" > /dev/null || true; fi
  if ((status == 0)); then
    rm -rf "$work"
  else
    echo "leader_kills: logs, configuration and data are left in $work" >&2
  fi
  exit "$status"
}
trap at_end EXIT
die() {
  echo "leader_kills: $*" >&2
  exit 1
}
cluster() { tools/cluster.sh "$@" --dir "$work"; }
jindo() { "$work/bin/jindo" "$@"; }

mkdir -p "$work/bin"
if [[ -n $bin ]]; then install "$bin/namespaced" "$bin/jindo" "$work/bin/"; else build_programs "$work/bin"; fi
cluster start --masters 3 > "$work/start.out" || die "$(cat "$work/start.out")"
JINDO_MASTERS=$(cluster masters)
export JINDO_MASTERS
jindo fs -mkdir /kills
jindo fs -import "$tree" /kills/undisturbed --log "$work/undisturbed.ack" --quiet > "$work/undisturbed.out" ||
  die "the undisturbed import failed: $(cat "$work/undisturbed.out")"
expected=$(acknowledged "$work/undisturbed.ack")
((expected >= 100)) || die "$tree is too small: $expected operations"
echo "seed $seed; an undisturbed import acknowledges $expected operations"
sed 's/^/  /' "$work/undisturbed.out"

checked=0 missing=0 wrong=0 refused_present=0 problems=0 late=0
times=()
for ((round = 1, under_load = 0; under_load < kills; round++)); do
  if ((round > 3 * kills + 3)); then die "most imports end before the kill: take a larger tree"; fi
  log=$work/round-$round.ack
  # Small batches keep an import under way long enough to be hit.
  "$work/bin/jindo" fs -import "$tree" "/kills/round-$round" --batch 64 --in-flight 2 --log "$log" --quiet > "$work/import.out" 2>&1 &
  import_pid=$!
  point=$((1 + expected * (RANDOM % 70) / 100))
  wait_for_acknowledged "$log" "$point" "$import_pid" || true
  killed=$(cluster kill-leader)
  status=0
  wait "$import_pid" || status=$?
  import_pid=
  check=0
  jindo fs -verify "$log" > "$work/check.out" 2>&1 || check=$?
  read -r c m w r <<< "$(numbers_of "$work/check.out")"
  checked=$((checked + c)) missing=$((missing + m)) wrong=$((wrong + w)) refused_present=$((refused_present + r))
  next=$(next_acknowledgement "$log" "${killed##* }")
  if [[ -n $next ]]; then
    times+=("$next")
    under_load=$((under_load + 1))
  else
    late=$((late + 1))
  fi
  if ! cluster start > "$work/start.out" 2>&1; then
    cat "$work/start.out" >&2
    die "round $round: the killed master does not come back"
  fi
  equal=0
  jindo jfs -stateHash --wait 60 > "$work/hash.out" 2>&1 || equal=$?
  printf 'round %d: %s after %d operations, next acknowledgement %s ms later; checked %d, missing %d, wrong %d, refused-but-present %d\n' \
    "$round" "${killed% at *}" "$point" "${next:-(none)}" "$c" "$m" "$w" "$r"
  if ((status != 0)); then sed 's/^/  import: /' "$work/import.out"; fi
  if ((check != 0)); then sed 's/^/  check: /' "$work/check.out"; fi
  if ((equal != 0)); then sed 's/^/  state: /' "$work/hash.out"; fi
  if ((status != 0 || check != 0 || equal != 0)); then
    problems=$((problems + 1))
  else
    # What was fine makes room, which is one more thing that the masters do together.
    jindo fs -rm -r -skipTrash "/kills/round-$round" > /dev/null
    rm -f "$log"
  fi
done

echo
echo "$under_load leader kills under load: checked $checked, lost $missing, wrong $wrong, refused-but-present $refused_present; $problems round(s) with trouble"
if ((${#times[@]} > 0)); then
  mapfile -t times < <(printf '%s\n' "${times[@]}" | sort -n)
  count=${#times[@]}
  echo "time from the kill to the next acknowledged write, ms: min ${times[0]}, median ${times[count / 2]}, p90 ${times[count * 9 / 10]}, max ${times[count - 1]} ($late more rounds ended before their kill)"
fi
((missing + wrong + refused_present + problems == 0))
