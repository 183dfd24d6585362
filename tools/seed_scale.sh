#!/usr/bin/env bash
# The manual page's own namespace: load it, mirror it, lose all masters, get it back. See --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=tools/import_load.sh
. tools/import_load.sh
# shellcheck source=tools/lost_cluster.sh
. tools/lost_cluster.sh

usage() {
  cat <<'TEXT'
usage: tools/seed_scale.sh [--files N] [--bin DIR] [--keep]

Starts a Tablestore of its own (ots_mock) and three masters with a mirror in it, and fills them with 1,596 directories (the
root is one) and 1,482,809 files, two of which are not empty (5 and 20 bytes). Then: waits for _synced=1; prints the count line of
the manual page; compares mirror and state (jindo jfs -metaVerify); kills all masters at once and deletes their data; recovers on
empty directories; prints the count line again, which must be the same; leaves recovery mode; waits until a change is mirrored.

Each phase prints its time, the rate, and the largest memory that a master has had (VmHWM); the load also how far the mirror
was behind. The first step that does not hold ends it with exit status 1.

Bars: from the start of the masters on empty directories to state=FINISH less than 120 s, of which 30 s are the wait for a writer that
might still live; less than 1 GiB for each master.

  --files N  fewer files, for trying out
  --bin DIR  take namespaced, jindo, ots_mock and tree_load from DIR instead of building
  --keep     leave the cluster running
TEXT
}

directories=1596 files=1482809 bin='' keep=false
while (($# > 0)); do
  case "$1" in
    --files) files=${2:?--files needs a number}; shift ;;
    --bin) bin=${2:?--bin needs a directory}; shift ;;
    --keep) keep=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; echo "seed_scale: unknown option '$1'" >&2; exit 1 ;;
  esac
  shift
done

work=$(mktemp -d "${TMPDIR:-/tmp}/jfs-seed-scale-XXXXXX")
load_pid=
at_end() {
  local status=$?
  trap - EXIT
  if [[ -n $load_pid ]]; then kill "$load_pid" 2> /dev/null || true; fi
  if ((status == 0)) && $keep; then
    echo "seed_scale: the cluster is left running in $work"
    exit 0
  fi
  if [[ -d $work/conf ]]; then cluster stop > /dev/null || true; fi
  if ((status == 0)); then
    rm -rf "$work"
  else
    echo "seed_scale: logs, configuration and data are left in $work" >&2
  fi
  exit "$status"
}
trap at_end EXIT
fail() {
  echo "seed_scale: DOES NOT HOLD: $*" >&2
  exit 1
}
cluster() { tools/cluster.sh "$@" --dir "$work"; }
jindo() { "$work/bin/jindo" "$@"; }
now() { date +%s%3N; }
# in_seconds MILLISECONDS
in_seconds() { awk -v ms="$1" 'BEGIN { printf "%.1f", ms / 1000 }'; }
# per_second COUNT MILLISECONDS
per_second() { awk -v n="$1" -v ms="$2" 'BEGIN { printf "%.0f", n * 1000 / (ms > 0 ? ms : 1) }'; }
# Of the master that has had most, in MiB.
peak_memory() {
  local file pid most=0 now_kib
  for file in "$work"/run/master-*.pid; do
    read -r pid _ < "$file"
    now_kib=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$pid/status" 2> /dev/null) || now_kib=0
    if ((${now_kib:-0} > most)); then most=$now_kib; fi
  done
  echo $((most / 1024))
}

mkdir -p "$work/bin"
if [[ -n $bin ]]; then
  install "$bin/namespaced" "$bin/jindo" "$bin/ots_mock" "$bin/tree_load" "$work/bin/"
else
  build_programs "$work/bin"
  # shellcheck disable=SC2086  # both may hold flags
  (
    bazel=${BAZEL:-bazel}
    $bazel build --config=release --noshow_progress ${BUILD_FLAGS:-} //bench:tree_load
    install "$($bazel info --config=release ${BUILD_FLAGS:-} bazel-bin 2> /dev/null)/bench/tree_load" "$work/bin/"
  )
fi
cluster start --masters 3 --mirror > "$work/start.out" || fail "$(cat "$work/start.out")"
JINDO_MASTERS=$(cluster masters)
export JINDO_MASTERS

echo "== load: $directories directories, $files files"
start=$(now)
# The root and /data are two of the directories.
"$work/bin/tree_load" import --addresses "$JINDO_MASTERS" --root /data --directories $((directories - 2)) --files "$files" \
  --lengths 5,20 > "$work/load.out" &
load_pid=$!
most_behind=0 most_outbox=0
while kill -0 "$load_pid" 2> /dev/null; do
  line=$(leader_line)
  behind=$(field_of "$line" mirror_lag)
  outbox=$(field_of "$line" outbox_bytes)
  if ((${behind:-0} > most_behind)); then most_behind=$behind; fi
  if ((${outbox:-0} > most_outbox)); then most_outbox=$outbox; fi
  sleep 0.5
done
status=0
wait "$load_pid" || status=$?
load_pid=
((status == 0)) || fail "the load ended with $status"
loaded=$(now)
took=$((loaded - start))
rate=$(per_second $((directories + files)) "$took")
echo "   $(in_seconds "$took") s, $rate entries/s, peak memory $(peak_memory) MiB"
echo "   the mirror was at most $most_behind mutations behind ($(in_seconds $((most_behind * 1000 / (rate > 0 ? rate : 1)))) s at that rate), $most_outbox bytes waiting"

echo "== sync"
wait_for_synced 600 || fail "the mirror does not catch up"
echo "   $(in_seconds $(($(now) - loaded))) s after the load had ended"
counted=$(jindo fs -count jfs://test/)
echo "$counted"
[[ $counted == "$(printf '%12d %12d %18d jfs://test/' "$directories" "$files" 25)" ]] || fail "that is not what was loaded"

echo "== compare mirror and state"
start=$(now)
jindo jfs -metaVerify --conf "$work/conf/master-1.cfg" || fail "mirror and state differ"
took=$(($(now) - start))
echo "   $(in_seconds "$took") s, $(per_second $((directories + files)) "$took") entries/s"

echo "== lose everything"
lose_everything

echo "== recover"
start=$(now)
begin_recovery > "$work/start.out" || fail "$(cat "$work/start.out")"
# Sealed: from here on it is loading that takes the time.
sealed=
deadline=$((SECONDS + 600))
while true; do
  line=$(leader_line)
  position=$(field_of "$line" position)
  # Until then it is that of the empty masters.
  if [[ -z $sealed && -n $position && $position != *:0 ]]; then sealed=$(now); fi
  [[ $(field_of "$line" state) != FAILED ]] || fail "$(jindo jfs -metaStatus -explain)"
  if [[ $(field_of "$line" state) == FINISH ]]; then break; fi
  if ((SECONDS >= deadline)); then fail "no state=FINISH in 600 s: $(jindo jfs -metaStatus -explain)"; fi
  sleep 0.2
done
finished=$(now)
took=$((finished - start)) loading=$((finished - sealed)) memory=$(peak_memory)
echo "   ${line%% serving=*}"
echo "   $(in_seconds "$took") s from the start of the masters, of which loading $(in_seconds "$loading") s, $(per_second "$(field_of "$line" rows)" "$loading") rows/s, peak memory $memory MiB"
recovered=$(jindo fs -count jfs://test/)
echo "$recovered"
[[ $recovered == "$counted" ]] || fail "before it was '$counted'"
refused_for_recovery "$work/refused.out" jindo fs -mkdir jfs://test/new || fail "a change was not refused with error 25021"

echo "== go on"
start=$(now)
end_recovery > "$work/start.out" || fail "$(cat "$work/start.out")"
wait_for_synced 300 || fail "the mirror is not kept"
jindo fs -mkdir jfs://test/new || fail "a change is not taken"
wait_for_synced 60 || fail "the change is not mirrored"
echo "   $(in_seconds $(($(now) - start))) s until a change was mirrored, peak memory $(peak_memory) MiB"
jindo jfs -stateHash --wait 120 || fail "the masters are not equal"

((took < 120000)) || fail "the recovery took $(in_seconds "$took") s; the bar is 120 s"
((memory < 1024)) || fail "a master took $memory MiB during the recovery; the bar is 1024 MiB"
echo "seed_scale: all steps held"
