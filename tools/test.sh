#!/usr/bin/env bash
# Runs every check of this repository. `tools/test.sh --help` lists the steps.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source tools/steps.sh

# In this order; a new step is a function step_NAME and a word here. tools/steps.sh says how a step counts.
STEPS=(unit clang determinism simulator hadoop lint)

# All tests of all folders, g++.
step_unit() { bazel_test //...; }

# The pure core and the simulator by the second compiler, which also checks that each header included belongs to a
# direct dep.
# Its own symlinks stay away: bazel-bin is where the other steps look for what step_unit built.
step_clang() {
  $BAZEL build --noshow_progress "${BAZEL_FLAGS[@]}" --config=clang --symlink_prefix=/ //core/... //sim:nssim
}

# The same seeds by the programs of both compilers: not one event may differ.
step_determinism() {
  local by_clang
  $BAZEL build --noshow_progress "${BAZEL_FLAGS[@]}" //sim:nssim &&
    $BAZEL build --noshow_progress "${BAZEL_FLAGS[@]}" --config=clang --symlink_prefix=/ //sim:nssim &&
    by_clang=$($BAZEL info --config=clang bazel-bin 2> /dev/null) &&
    tools/same_events.sh 1..20 bazel-bin/sim/nssim "$by_clang/sim/nssim"
}

# A fixed sample of simulated clusters; each seed counts. Campaigns take other seeds: `nssim --seeds A..B`.
step_simulator() {
  $BAZEL build --noshow_progress "${BAZEL_FLAGS[@]}" //sim:nssim &&
    counted bazel-bin/sim/nssim --seeds 1..100 --jobs 2
}

# A real NameNode as the judge of three masters, on a fixed sample: random calls, and lines of `hadoop fs`. Java, Maven and
# Hadoop's jars are installed where they are missing. Campaigns: tests/hadoop/README.md.
step_hadoop() {
  local status=0
  $BAZEL build --noshow_progress "${BAZEL_FLAGS[@]}" //server:namespaced //tools/jindo:jindo &&
    install -D -t "$work/bin" bazel-bin/server/namespaced bazel-bin/tools/jindo/jindo &&
    tests/hadoop/setup.sh || return 1
  counted tests/hadoop/differential.sh --seeds 1..2 --operations 400 --bin "$work/bin" || status=1
  counted tests/hadoop/shell.sh --bin "$work/bin" || status=1
  return "$status"
}

# clang-format over all files, clang-tidy over all but tests.
step_lint() { tools/lint.sh; }

usage() {
  cat <<TEXT
usage: tools/test.sh [STEP...] [-- BAZEL_FLAG...]

Runs the steps given, or all: ${STEPS[*]}. Goes on after failures. The last line is 'N passed, N failed';
the exit status is 0 only if nothing failed. BAZEL names another command than 'bazel'.
TEXT
}

chosen=()
while (($# > 0)); do
  case "$1" in
    -h | --help) usage; exit 0 ;;
    --) shift; BAZEL_FLAGS=("$@"); break ;;
    *)
      if [[ " ${STEPS[*]} " != *" $1 "* ]]; then usage >&2; echo "test: no step '$1'" >&2; exit 2; fi
      chosen+=("$1")
      ;;
  esac
  shift
done
if ((${#chosen[@]} == 0)); then chosen=("${STEPS[@]}"); fi
run_steps "${chosen[@]}"
