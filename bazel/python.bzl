"""Tests written in Python's unittest."""

def jfs_python_test(name, src, data = [], tags = [], size = "small", **kwargs):
    """A unittest file, run by /usr/bin/python3; its modules and data lie beside it or are found as runfiles."""
    native.sh_test(
        name = name,
        srcs = ["//bazel:python_test.sh"],
        args = [
            "$(location //bazel:python_test_runner.py)",
            "$(location %s)" % src,
        ],
        data = data + [
            src,
            "//bazel:python_test_runner.py",
        ],
        size = size,
        tags = tags,
        **kwargs
    )
