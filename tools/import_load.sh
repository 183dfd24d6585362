# shellcheck shell=bash
# Sourced by quickstart.sh, leader_kills.sh, disaster.sh and seed_scale.sh: imports as load, and what their logs say about a killed leader.

# Lines of acknowledged operations in a log that may not be there yet.
acknowledged() {
  if [[ -e $1 ]]; then grep -c '^A ' "$1" || true; else echo 0; fi
}

# wait_for_acknowledged LOG COUNT PID: until the import PID has logged so many. 1: it ended first.
wait_for_acknowledged() {
  while (($(acknowledged "$1") < $2)); do
    if ! kill -0 "$3" 2> /dev/null; then return 1; fi
    sleep 0.05
  done
}

# next_acknowledgement LOG KILLED: milliseconds from the kill to the first acknowledgement behind the silence that it made;
# nothing if none came. Answers that were on their way may still be read for a moment after the kill: so the silence is the
# longest one that began within half a second of it, and ended behind it.
next_acknowledgement() {
  awk -v killed="$2" '
    $1 == "A" {
      if (last != "" && $2 > killed && last <= killed + 500 && $2 - last > longest) {
        longest = $2 - last
        answer = $2 - killed
      }
      last = $2
    }
    END { if (answer != "") print answer }' "$1"
}

# numbers_of CHECKER_OUTPUT: "CHECKED MISSING WRONG REFUSED" of its last line.
numbers_of() {
  sed -n 's/^checked \([0-9]*\), missing \([0-9]*\), wrong \([0-9]*\), refused-but-present \([0-9]*\)$/\1 \2 \3 \4/p' "$1" |
    tail -n 1
}

# build_programs DIRECTORY: builds the programs as they are installed, and copies them.
build_programs() {
  local bazel=${BAZEL:-bazel}
  # shellcheck disable=SC2086  # BAZEL may hold flags
  $bazel build --config=release --noshow_progress ${BUILD_FLAGS:-} //server:namespaced //tools/jindo:jindo \
    //ots_mock/server:ots_mock
  mkdir -p "$1"
  local bin
  # shellcheck disable=SC2086
  bin=$($bazel info --config=release ${BUILD_FLAGS:-} bazel-bin 2> /dev/null)
  install "$bin/server/namespaced" "$bin/tools/jindo/jindo" "$bin/ots_mock/server/ots_mock" "$1/"
}
