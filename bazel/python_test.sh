#!/usr/bin/env bash
# Runs one Python unittest file: python_test.sh RUNNER FILE. Python's own rules want a program named `python`,
# which Debian does not have.
exec /usr/bin/python3 -B "$@"
