#!/usr/bin/env bash
# Loses all masters in the middle of an import, again and again, and checks what comes back. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/import_load.sh
. tools/import_load.sh
# shellcheck source=tools/lost_cluster.sh
. tools/lost_cluster.sh

usage() {
  cat <<'TEXT'
usage: tools/disaster.sh [--runs N] [--tree DIR] [--delay MS] [--bin DIR] [--seed N] [--keep]

Starts a Tablestore of its own (ots_mock, every request of which takes --delay longer) and three masters with a mirror in it.
Each run imports DIR (default: /usr/share), and at a random point of the import kills all masters at once (SIGKILL) and deletes
their data; starts masters on empty directories in recovery mode; waits for state=FINISH at a position N; and checks the import's
acknowledgement log: every acknowledged operation with a position up to N is there as it was acknowledged, and nothing that
was made behind N. Then it leaves recovery mode, waits until the mirror goes on, and the next run begins, one lineage later.

Exit status 0: that was so in all runs, and in at least half of them N lay before the last acknowledged operation, so that
something could be lost.

  --runs N    how often (default 10)
  --delay MS  what ots_mock adds to each request (default 300)
  --bin DIR   take namespaced, jindo and ots_mock from DIR instead of building
  --seed N    of the random points
  --keep      leave the cluster running
TEXT
}

runs=10 tree=/usr/share delay=300 bin='' seed=$$ keep=false
while (($# > 0)); do
  case "$1" in
    --runs) runs=${2:?--runs needs a number}; shift ;;
    --tree) tree=${2:?--tree needs a directory}; shift ;;
    --delay) delay=${2:?--delay needs milliseconds}; shift ;;
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    --seed) seed=${2:?--seed needs a number}; shift ;;
    --keep) keep=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; echo "disaster: unknown option '$1'" >&2; exit 1 ;;
  esac
  shift
done
RANDOM=$seed

work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-disaster-XXXXXX")
import_pid=
at_end() {
  local status=$?
  trap - EXIT
  if [[ -n $import_pid ]]; then kill "$import_pid" 2> /dev/null || true; fi
  if ((status == 0)) && $keep; then exit 0; fi
  if [[ -d $work/conf ]]; then cluster stop > /dev/null || true; fi
  if ((status == 0)); then
    rm -rf "$work"
  else
    echo "disaster: logs, configuration and data are left in $work" >&2
  fi
  exit "$status"
}
trap at_end EXIT
die() {
  echo "disaster: $*" >&2
  exit 1
}
cluster() { tools/cluster.sh "$@" --dir "$work"; }
jindo() { "$work/bin/jindo" "$@"; }
# quietly COMMAND...: its output only if it fails.
quietly() {
  "$@" > "$work/step.out" 2>&1 || {
    cat "$work/step.out" >&2
    die "'$*' failed, see above"
  }
}
seconds_since() { echo "$((($(date +%s%3N) - $1) / 100))" | sed 's/\(.\)$/.\1/; s/^\./0./'; }

mkdir -p "$work/bin"
if [[ -n $bin ]]; then install "$bin/namespaced" "$bin/jindo" "$bin/ots_mock" "$work/bin/"; else build_programs "$work/bin"; fi
quietly cluster start --masters 3 --mirror
JINDO_MASTERS=$(cluster masters)
export JINDO_MASTERS
# ots_mock forgets its faults when it is started again.
delay_requests() {
  local faults
  faults=$(cluster control)/faults
  curl -fsS -X DELETE "$faults" > /dev/null || die "ots_mock does not forget its faults"
  curl -fsS "$faults" --data "delay:ms=$delay" > /dev/null || die "ots_mock does not take the delay"
}
delay_requests
jindo fs -import "$tree" /undisturbed --log "$work/undisturbed.ack" --quiet > "$work/undisturbed.out" ||
  die "the undisturbed import failed: $(cat "$work/undisturbed.out")"
expected=$(acknowledged "$work/undisturbed.ack")
((expected >= 1000)) || die "$tree is too small: $expected operations"
quietly wait_for_synced 120
echo "seed $seed; an undisturbed import acknowledges $expected operations; each request to Tablestore takes $delay ms longer"
sed 's/^/  /' "$work/undisturbed.out"
kept=$(jindo fs -count /undisturbed)

below=0 lost_sum=0 problems=0 checked=0
for ((run = 1; run <= runs; run++)); do
  log=$work/run-$run.ack
  delay_requests
  # Small batches keep an import under way long enough to be hit. Without masters it ends soon.
  "$work/bin/jindo" fs -import "$tree" "/run-$run" --batch 64 --in-flight 2 --timeout 4 --log "$log" --quiet > "$work/import.out" 2>&1 &
  import_pid=$!
  point=$((1 + expected * (10 + RANDOM % 70) / 100))
  wait_for_acknowledged "$log" "$point" "$import_pid" || die "run $run: the import ended before $point operations: $(cat "$work/import.out")"
  killed=$(cluster kill-all)
  wait "$import_pid" || true
  import_pid=
  quietly cluster wipe
  quietly begin_recovery
  start=$(date +%s%3N)
  quietly wait_for_recovered 300
  took=$(seconds_since "$start")
  position=$(recovered_position)
  [[ $position == *:* ]] || die "run $run: state=FINISH without a position: $(leader_line)"
  check=0
  jindo fs -verify "$log" --recovered "$position" > "$work/check.out" 2>&1 || check=$?
  refused_for_recovery "$work/refused.out" jindo fs -mkdir "/run-$run-refused" > "$work/step.out" 2>&1 || check=1
  if [[ $(jindo fs -count /undisturbed) != "$kept" ]]; then
    echo "run $run: /undisturbed counts $(jindo fs -count /undisturbed) instead of $kept" | tee -a "$work/check.out" >&2
    check=1
  fi
  read -r c _ _ _ <<< "$(numbers_of "$work/check.out")"
  checked=$((checked + ${c:-0}))
  # "recovered at 1:N: A acknowledged up to there, B behind it, the last one at 1:M"
  read -r up_to behind last <<< "$(sed -n 's/^recovered at .*: \([0-9]*\) acknowledged up to there, \([0-9]*\) behind it, the last one at \(.*\)$/\1 \2 \3/p' "$work/check.out")"
  if ((${behind:-0} > 0)); then below=$((below + 1)); fi
  lost_sum=$((lost_sum + ${behind:-0}))
  printf 'run %d: %s; recovered at %s in %s s; acknowledged up to %s: %d there, %d behind it lost; %s\n' \
    "$run" "${killed% at *}" "$position" "$took" "${last:-?}" "${up_to:-0}" "${behind:-0}" \
    "$(tail -n 2 "$work/check.out" | tr '\n' ';')"
  if ((check != 0)); then
    problems=$((problems + 1))
    sed 's/^/  check: /' "$work/check.out"
    cp "$work/check.out" "$work/run-$run.check"
  fi
  quietly end_recovery
  quietly wait_for_synced 180
  if ((check == 0)); then
    # What was fine makes room, which is one more thing to be mirrored.
    quietly jindo fs -rm -r -skipTrash "/run-$run"
    rm -f "$log"
  fi
done

echo
echo "$runs losses of all masters: checked $checked, $problems with trouble; in $below something acknowledged was lost, $lost_sum operations in all"
((2 * below >= runs)) || die "in fewer than half of the runs there was something to lose: a longer --delay or a larger --tree is needed"
((problems == 0))
