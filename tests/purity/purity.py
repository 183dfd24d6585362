"""What an object file asks of the world outside: symbols, instructions and state that it may not have.

Code under core/ is a function of its inputs (docs/architecture.md). A list of forbidden calls would always miss
one, so this goes by an allow-list: a symbol that no line of it covers is a violation, however harmless its name.
"""

import os
import re
import subprocess
from collections import namedtuple

Violation = namedtuple("Violation", "object kind symbol")

# Instructions that read a clock, a random source or the processor's identity, or that enter the kernel; no symbol
# shows them.
FORBIDDEN_INSTRUCTIONS = re.compile(r"\t(rdtscp?|rdpmc|rdrand|rdseed|rdpid|cpuid|syscall|sysenter|int +\$0x80)\b")

# Sections of variables that can change while the program runs. (.data.rel.ro is written by the loader only.)
WRITABLE_SECTIONS = re.compile(r"\.(data|bss|tdata|tbss)(\.(?!rel\.ro).*)?")


class AllowList:
    """The parsed allowed_symbols.txt; its head comment describes the format."""

    def __init__(self, text):
        self.groups = []  # (name, reason, object prefixes or None, compiled pattern)
        for block in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
            name, _, body = block.partition("]\n")
            reason, only, patterns = "", None, []
            for number, line in enumerate(body.splitlines()):
                line = line.strip()
                if not line or line.startswith("#"):
                    continue
                key, _, value = line.partition(":")
                if key == "reason":
                    reason = value.strip()
                elif key == "only":
                    only = tuple(value.split())
                elif line.startswith("*"):
                    raise ValueError(f"group [{name}]: '{line}' would allow anything: name its beginning")
                else:
                    patterns.append(".*".join(re.escape(part) for part in line.split("*")))
            if not reason:
                raise ValueError(f"group [{name}] gives no reason")
            if patterns:
                self.groups.append((name, reason, only, re.compile("|".join(f"(?:{p})" for p in patterns))))

    def allows(self, source, symbol):
        """Whether the object compiled from `source` (path without extension) may use `symbol`."""
        return any(
            pattern.fullmatch(symbol) and (only is None or source in only)
            for _, _, only, pattern in self.groups
        )


def _run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def source_of(object_path):
    """core/base/_objs/base/check.pic.o -> core/base/check: the source file without its extension."""
    package, _, rest = object_path.partition("/_objs/")
    return package + "/" + os.path.basename(rest).split(".")[0]


def defined_symbols(object_path):
    """Demangled names of what other objects can link to here."""
    names = set()
    for line in _run("nm", "--defined-only", "--extern-only", "-C", object_path).splitlines():
        names.add(line.split(" ", 2)[2])
    return names


def undefined_symbols(object_path):
    symbols = []
    for line in _run("nm", "-u", "-C", object_path).splitlines():
        symbols.append(line.strip().split(" ", 1)[1])
    return symbols


def writable_variables(object_path):
    names = []
    for line in _run("objdump", "-t", "-C", object_path).splitlines():
        # VALUE FLAGS SECTION<tab>SIZE NAME; the flags are seven characters, 'O' marks a variable.
        match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\t[0-9a-f]+ +(?:\.hidden )?(.*)", line)
        if match and "O" in match.group(1) and WRITABLE_SECTIONS.fullmatch(match.group(2)):
            names.append(match.group(3))
    return names


def forbidden_instructions(object_path):
    found = set()
    for line in _run("objdump", "-d", "--no-show-raw-insn", object_path).splitlines():
        match = FORBIDDEN_INSTRUCTIONS.search(line)
        if match:
            found.add(match.group(1))
    return sorted(found)


def violations(objects, allowed):
    """All violations of a closed set of object files; what one of them defines, the others may use.

    `objects` maps the path from the repository's root to the file.
    """
    inside = set()
    for path in objects.values():
        inside |= defined_symbols(path)
    found = []
    for name, path in sorted(objects.items()):
        source = source_of(name)
        for symbol in undefined_symbols(path):
            if symbol not in inside and not allowed.allows(source, symbol):
                found.append(Violation(name, "uses", symbol))
        for symbol in writable_variables(path):
            if not allowed.allows(source, symbol):
                found.append(Violation(name, "keeps the variable", symbol))
        for instruction in forbidden_instructions(path):
            found.append(Violation(name, "executes", instruction))
    return found
