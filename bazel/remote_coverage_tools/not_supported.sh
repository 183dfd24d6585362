#!/usr/bin/env bash
echo "bazel coverage is not supported here: Bazel's coverage tools are not part of Debian." >&2
exit 1
