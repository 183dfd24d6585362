#!/usr/bin/env bash
# Runs the tests under the sanitizers. `tools/sanitize.sh --help` says which.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/steps.sh

STEPS=(asan tsan)

# AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer: all tests.
step_asan() { bazel_test --config=asan --symlink_prefix=/ --build_tests_only //...; }

# ThreadSanitizer: only what has threads (jfs_cc_test with the tag "threads"); the rest could find nothing.
step_tsan() {
  local flags=(--test_env=TSAN_OPTIONS="suppressions=$PWD/tools/tsan_suppressions.txt:second_deadlock_stack=1")
  # With more random bits in addresses than this, g++ 12's ThreadSanitizer cannot place its shadow memory.
  if (($(cat /proc/sys/vm/mmap_rnd_bits 2> /dev/null || echo 28) > 28)); then
    flags+=(--run_under="/usr/bin/setarch --addr-no-randomize")
  fi
  bazel_test --config=tsan --symlink_prefix=/ --build_tests_only --test_tag_filters=threads "${flags[@]}" //...
}

usage() {
  cat <<TEXT
usage: tools/sanitize.sh [STEP...] [-- BAZEL_FLAG...]

Runs the steps given, or all:
  asan  all tests under AddressSanitizer, LeakSanitizer and UndefinedBehaviorSanitizer
  tsan  the tests tagged "threads" under ThreadSanitizer
The last line is 'N passed, N failed'; the exit status is 0 only if nothing failed.
TEXT
}

chosen=()
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --) shift; BAZEL_FLAGS=("$@"); break ;;
    *)
      if [[ " ${STEPS[*]} " != *" $1 "* ]]; then usage >&2; echo "sanitize: no step '$1'" >&2; exit 2; fi
      chosen+=("$1")
      ;;
  esac
  shift
done
if ((${#chosen[@]} == 0)); then chosen=("${STEPS[@]}"); fi
run_steps "${chosen[@]}"
