"""Reads BUILD.bazel files, whose syntax is Python's."""

import ast


def _strings(node):
    return [n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]


def calls(path, text):
    """Every rule or macro of a BUILD.bazel file: (its name, attribute -> string constants in its value)."""
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            yield name, {keyword.arg: _strings(keyword.value) for keyword in node.keywords}, node


def _is_testonly(name, node):
    if name.endswith("_test"):
        return True
    return any(
        k.arg == "testonly" and isinstance(k.value, ast.Constant) and k.value.value for k in node.keywords
    )


def test_sources(build_files):
    """Source files that only tests can be built from: *_test.cc, and those of testonly targets and of no other.

    Bazel refuses a library that depends on a testonly target, so these cannot get into a program.
    `build_files` maps the paths of BUILD.bazel files to their texts.
    """
    tests, others = set(), set()
    for path, text in build_files.items():
        package = path.rpartition("/")[0]
        for name, attributes, node in calls(path, text):
            named = {
                f"{package}/{constant.value}".lstrip("/")
                for attribute in ("srcs", "hdrs")
                for constant in attributes.get(attribute, [])
                if constant.value.endswith((".cc", ".h"))
            }
            (tests if _is_testonly(name, node) else others).update(named)
    return tests - others


def is_test(path, sources):
    """Whether `path` is for tests only, where `sources` is what test_sources returned."""
    return path.endswith("_test.cc") or path in sources
