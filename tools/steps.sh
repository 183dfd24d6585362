# Sourced by tools/test.sh and tools/sanitize.sh: runs named steps one after the other, goes on after a failure and
# ends with the totals.
#
# A step is a function step_NAME. It prints whatever it likes and says how it went by calling `tally PASSED FAILED`
# as often as it has something to count; a step that counts nothing counts as one, by its exit status. Its commands
# are joined by && (only the last one's status is looked at). Three ways to count are ready to use:
#   bazel_test FLAG...   each test case of each target
#   counted COMMAND...   a program whose last line is "N passed, N failed"
#   COMMAND              anything else: one passed or failed

BAZEL=${BAZEL:-bazel}     # for example BAZEL="bazel --output_base=/tmp/mine"
BAZEL_FLAGS=()            # flags for every build and test
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tally() { echo "$1 $2" >> "$work/tally"; }

# Builds and tests; each test case counts.
bazel_test() {
  local status=0
  # --keep_going: one target that does not build must not hide the results of all others.
  $BAZEL test --keep_going --noshow_progress --noshow_loading_progress "${BAZEL_FLAGS[@]}" \
    --build_event_json_file="$work/events.json" "$@" || status=$?
  # Bazel's status 4: built, but there is no test in it. A filter by tags may well leave nothing.
  if ((status == 4)); then tally 0 0; return 0; fi
  local counts
  counts=$(python3 tools/bazel_test_cases.py "$work/events.json" "$status") || counts="0 1"
  # shellcheck disable=SC2086  # two words are wanted
  tally $counts
  return "$status"
}

# Runs a program that counts for itself.
counted() {
  local status=0 last
  "$@" | tee "$work/output" || status=$?
  last=$(tail -n 1 "$work/output")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    tally "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    # A failure that the last line does not know of is one all the same.
    if ((status != 0 && BASH_REMATCH[2] == 0)); then tally 0 1; fi
  else
    echo "the last line of '$*' is not 'N passed, N failed' but '$last'" >&2
    tally 0 1
    status=1
  fi
  return "$status"
}

# run_steps NAME...: runs the steps, prints the summary, and returns whether all passed.
run_steps() {
  local name status seconds passed failed total_passed=0 total_failed=0
  local -a summary=()
  for name in "$@"; do
    printf '\n=== %s\n' "$name"
    : > "$work/tally"
    seconds=$SECONDS
    status=0
    # In a subshell, so that a step that calls exit does not end the others.
    ("step_$name") || status=$?
    passed=0 failed=0
    while read -r p f; do passed=$((passed + p)) failed=$((failed + f)); done < "$work/tally"
    if [[ ! -s $work/tally ]]; then
      if ((status == 0)); then passed=1; else failed=1; fi
    elif ((status != 0 && failed == 0)); then
      failed=1
    fi
    summary+=("$(printf '%-12s %6d passed %6d failed %6d s' "$name" "$passed" "$failed" $((SECONDS - seconds)))")
    total_passed=$((total_passed + passed)) total_failed=$((total_failed + failed))
  done
  printf '\n=== summary\n'
  printf '%s\n' "${summary[@]}"
  printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
  ((total_failed == 0))
}
