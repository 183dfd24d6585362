"""Checks #include lines and the deps of BUILD.bazel files against the table in layers.txt."""

import fnmatch
import re

import build_files

SOURCE_SUFFIXES = (".cc", ".h")
# Attributes of a rule that make it depend on others. Visibility points the other way.
DEPENDENCY_ATTRIBUTES = ("srcs", "hdrs", "deps", "data", "implementation_deps", "textual_hdrs")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Table:
    def __init__(self, text):
        self.may_include = {}  # folder -> folders, or None for anything
        self.pure = []
        self.pure_headers = {}  # pattern -> source files, or None for all of them
        section = None
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            if line.startswith("["):
                section = line.strip("[]")
            elif section == "layers":
                folder, _, targets = line.partition(":")
                self.may_include[folder] = self._expand(folder, targets.split())
            elif section == "pure":
                self.pure.append(line)
            elif section == "pure headers":
                pattern, *only = line.split()
                self.pure_headers[pattern] = only or None
            else:
                raise ValueError(f"'{line}' stands in no known section")

    def _expand(self, folder, targets):
        if targets == ["*"]:
            return None
        allowed = set()
        for target in targets:
            found = fnmatch.filter(self.may_include, target)
            if not found:
                raise ValueError(f"{folder} names {target}, which is no folder above it")
            allowed.update(found)
        return allowed

    def layer_of(self, path):
        """The longest folder of the table that `path` (a file or folder) lies in, or None."""
        parts = path.split("/")
        for length in range(len(parts), 0, -1):
            folder = "/".join(parts[:length])
            if folder in self.may_include:
                return folder
        return None

    def is_pure(self, path):
        return any(path.startswith(folder + "/") for folder in self.pure)

    def allows_header(self, path, header):
        return any(
            fnmatch.fnmatchcase(header, pattern) and (only is None or path in only)
            for pattern, only in self.pure_headers.items()
        )

    def arrow(self, source, target):
        """None if `source` may depend on `target` (files or packages), else what is wrong."""
        above, below = self.layer_of(source), self.layer_of(target)
        if above is None:
            return f"{source.split('/')[0]}/ is in no layer of layers.txt"
        if below is None:
            return f"{target} is in no layer of layers.txt"
        allowed = self.may_include[above]
        if above == below or allowed is None or below in allowed:
            return None
        return f"{above} may not depend on {below}"


def check_source(table, path, text, own_folders, own_files, for_tests):
    """Violations in one C++ file.

    `own_folders` and `own_files` are the repository's; `for_tests` is whether the file can get into tests only.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, header = match.groups()
        own = header.split("/")[0] in own_folders and "/" in header
        if own:
            problem = table.arrow(path, header)
        elif bracket == '"' and f"{path.rpartition('/')[0]}/{header}" in own_files:
            problem = f'"{header}": include by the path from the repository\'s root'
        elif table.is_pure(path) and not for_tests:
            allowed = table.allows_header(path, header)
            problem = None if allowed else f"<{header}> is not among the headers of pure code"
        else:
            problem = None
        if problem:
            found.append(f"{path}:{number}: {problem}")
    if table.layer_of(path) is None:
        found.append(f"{path}: lies in no layer of layers.txt")
    return found


def check_build(table, path, text):
    """Violations in one BUILD.bazel file."""
    package = path.rpartition("/")[0]
    found = []
    for _, attributes, _ in build_files.calls(path, text):
        for attribute in DEPENDENCY_ATTRIBUTES:
            for constant in attributes.get(attribute, []):
                label = constant.value
                if not label.startswith("//"):
                    continue
                target = label[2:].split(":")[0]
                # Files of the root package and the rules' own scripts are no code.
                if target in ("", "bazel"):
                    continue
                problem = table.arrow(package, target)
                if problem:
                    found.append(f"{path}:{constant.lineno}: {label}: {problem}")
    return found


def check_tree(table, files):
    """All violations of a repository, given as path -> text."""
    own_folders = {path.split("/")[0] for path in files} | {f.split("/")[0] for f in table.may_include}
    builds = {path: text for path, text in files.items() if path.rpartition("/")[2] == "BUILD.bazel"}
    test_sources = build_files.test_sources(builds)
    found = []
    for path, text in sorted(files.items()):
        if path.endswith(SOURCE_SUFFIXES):
            for_tests = build_files.is_test(path, test_sources)
            found += check_source(table, path, text, own_folders, files, for_tests)
        elif path in builds and table.layer_of(path):
            found += check_build(table, path, text)
    return found
