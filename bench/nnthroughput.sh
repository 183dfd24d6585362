#!/usr/bin/env bash
# Hadoop's NNThroughputBenchmark on our masters and on HDFS. `bench/nnthroughput.sh --help` says more.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
class_path=
case " $* " in
  *" -h "* | *" --help "*) ;;
  *) class_path=$("$repository/tests/hadoop/setup.sh" --class-path) ;;
esac
exec python3 "$repository/bench/nnthroughput.py" --class-path "$class_path" "$@"
