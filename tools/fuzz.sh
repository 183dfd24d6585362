#!/usr/bin/env bash
# Runs the fuzz targets with libFuzzer. `tools/fuzz.sh --help` lists the options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

TARGETS=(peer_frames peer_payload ipc_session ipc_response client_protocol configuration log_recovery tablestore mirror)

usage() {
  cat <<TEXT
usage: tools/fuzz.sh [--seconds N] [--corpus DIR] [--planted] [TARGET...]

Builds the fuzz targets with clang, libFuzzer, ASan and UBSan, and runs each for N seconds (default 60) from its corpus in
fuzz/testdata. Prints executions and coverage of each; the last line is 'N passed, N failed'. A crashing input is left in
fuzz-findings/TARGET and the command that replays it is printed.

  --corpus DIR   keep what reaches new code in DIR/TARGET, and go on from what is there; otherwise it is thrown away
  --planted      instead: builds peer_frames with a bug put in on purpose, and passes if it is found, by an input
                 that the program without the bug stands

Targets: ${TARGETS[*]}
TEXT
}

seconds=60 corpus="" planted=false chosen=()
while (($# > 0)); do
  case "$1" in
    --seconds) seconds=${2:?--seconds needs a number}; shift ;;
    --corpus) corpus=${2:?--corpus needs a directory}; shift ;;
    --planted) planted=true ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; echo "fuzz: unknown option '$1'" >&2; exit 2 ;;
    *)
      if [[ " ${TARGETS[*]} " != *" $1 "* ]]; then usage >&2; echo "fuzz: no target '$1'" >&2; exit 2; fi
      chosen+=("$1")
      ;;
  esac
  shift
done
if ((${#chosen[@]} == 0)); then chosen=("${TARGETS[@]}"); fi
if $planted; then chosen=(peer_frames); fi

BAZEL=${BAZEL:-bazel}
config=(--config=fuzz)
if $planted; then config+=(--config=planted_parser_bug); fi
labels=()
for target in "${chosen[@]}"; do labels+=("//fuzz:$target"); done
clean=""
if $planted; then
  # shellcheck disable=SC2086  # BAZEL may hold flags
  $BAZEL build --noshow_progress --config=fuzz --symlink_prefix=/ "${labels[@]}"
  # shellcheck disable=SC2086
  clean=$($BAZEL info --config=fuzz bazel-bin 2> /dev/null)
fi
# shellcheck disable=SC2086  # BAZEL may hold flags
$BAZEL build --noshow_progress "${config[@]}" --symlink_prefix=/ "${labels[@]}"
# shellcheck disable=SC2086
bin=$($BAZEL info "${config[@]}" bazel-bin 2> /dev/null)

passed=0 failed=0
for target in "${chosen[@]}"; do
  findings=fuzz-findings/$target
  if $planted; then findings=fuzz-findings/planted; fi
  scratch=$(mktemp -d)
  grown=${corpus:-$scratch/corpus}/$target
  log=$scratch/log
  mkdir -p "$findings" "$grown"
  status=0
  "$bin/fuzz/$target" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=60 -print_final_stats=1 \
    -artifact_prefix="$findings/" "$grown" "fuzz/testdata/$target" > "$log" 2>&1 || status=$?
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  # A finding among the first inputs comes before there is any coverage to tell.
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  echo "$target: ${executions:-0} executions, ${coverage:-0} edges covered, exit $status"
  found=false
  if ((status != 0)); then found=true; fi
  input=$(find "$findings" -newer "$scratch" -type f | head -n 1)
  # The planted bug is an overflow, which either the sanitizer sees or the target itself, by what was read behind the
  # end. A program that could not start, or ran out of memory or time, has found nothing; nor has one whose input is
  # too much for the program without the bug.
  if $planted && [[ $found == true ]] &&
    ! { [[ $input == */crash-* ]] && "$clean/fuzz/$target" "$input" > /dev/null 2>&1; }; then
    found=false
  fi
  if ((status != 0)); then
    grep -m 3 -E 'ERROR|SUMMARY|CHECK failed|runtime error' "$log" || tail -n 20 "$log"
    echo "  input: ${input:-none}; replay: $bin/fuzz/$target FILE"
  fi
  if [[ $found == "$planted" ]]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  rm -rf "$scratch"
done
echo "$passed passed, $failed failed"
((failed == 0))
