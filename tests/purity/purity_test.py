"""Nothing under core/ and ots_mock/engine/ reaches for the outside world, and this test would notice if it did."""

import os
import sys
import unittest

import purity

sys.path.insert(0, "tests/layers")
import build_files  # noqa: E402

HERE = "tests/purity"


def read_objects(manifest):
    """The object files that a cc_objects rule lists: path from the repository's root -> file."""
    with open(manifest) as lines:
        names = [line.split(" ")[0] for line in lines]
    return {name: os.path.realpath(name) for name in names}


def read_allow_list():
    with open(f"{HERE}/allowed_symbols.txt") as file:
        return purity.AllowList(file.read())


def source_files(folder):
    """The .cc files in a folder of the work tree that libraries may be built from, also those that no target names."""
    root = os.path.dirname(os.path.realpath("WORKSPACE"))
    sources, builds = [], {}
    for directory, _, names in os.walk(os.path.join(root, folder)):
        for name in names:
            path = os.path.relpath(os.path.join(directory, name), root)
            if name == "BUILD.bazel":
                with open(os.path.join(root, path)) as file:
                    builds[path] = file.read()
            elif name.endswith(".cc"):
                sources.append(path)
    tests = build_files.test_sources(builds)
    return sorted(source for source in sources if not build_files.is_test(source, tests))


PURE_OBJECTS = ["core/objects.objects", "ots_mock/objects.objects"]


class PureCodeTest(unittest.TestCase):
    def test_is_pure(self):
        objects = {}
        for manifest in PURE_OBJECTS:
            listed = read_objects(manifest)
            self.assertTrue(listed, manifest)
            objects.update(listed)
        found = purity.violations(objects, read_allow_list())
        lines = [f"  {v.object}: {v.kind} {v.symbol}" for v in found]
        if not found:
            return
        self.fail(
            "\nimpure code under core/ or ots_mock/engine/:\n"
            + "\n".join(lines)
            + f"\nIf every run and every node gives the same answer all the same, add it to {HERE}/"
            + "allowed_symbols.txt with the reason; otherwise take it as an input or return it as an effect.",
        )

    def test_covers_every_source_file(self):
        checked = {purity.source_of(name) + ".cc" for manifest in PURE_OBJECTS for name in read_objects(manifest)}
        sources = []
        for folder in ("core", "ots_mock/engine"):
            found = source_files(folder)
            self.assertTrue(found, folder)
            sources += found
        missing = [source for source in sources if source not in checked]
        if not missing:
            return
        self.fail(
            "\nnot checked, because no library among the deps of //core:objects and //ots_mock:objects compiles them:\n  "
            + "\n  ".join(missing)
            + "\nAdd the library to core/BUILD.bazel or ots_mock/BUILD.bazel, or, if it is support for tests, make it testonly.",
        )


class PlantedTest(unittest.TestCase):
    """One impure file per class must be found, for the reason it was planted for."""

    # Beginning of the symbol; several where compilers or levels of optimisation differ.
    EXPECTED = {
        "clock": ["std::chrono::_V2::steady_clock::now()"],
        "clock_instruction": ["rdtsc"],
        "driver": ["jfs::net::Send(int)"],
        "environment": ["getenv"],
        "file": ["std::basic_ifstream<", "std::basic_filebuf<", "VTT for std::basic_ifstream<"],
        "global": ["PlantedGlobal()::calls"],
        "hash_order": ["std::_Hash_bytes(", "std::__detail::_Prime_rehash_policy::"],
        "locale": ["setlocale"],
        "random": ["std::random_device::"],
        "sleep": ["usleep"],
        "socket": ["socket"],
        "thread": ["std::thread::_M_start_thread("],
    }

    def test_each_class_is_rejected(self):
        allowed = read_allow_list()
        objects = read_objects(f"{HERE}/planted.objects")
        planted = {os.path.basename(purity.source_of(name)): name for name in objects}
        self.assertEqual(sorted(planted), sorted(self.EXPECTED))
        for name, path in sorted(planted.items()):
            with self.subTest(name):
                found = purity.violations({path: objects[path]}, allowed)
                print(f"planted {name}: " + "; ".join(f"{v.kind} {v.symbol}" for v in found))
                hits = [v for v in found if v.symbol.startswith(tuple(self.EXPECTED[name]))]
                self.assertTrue(hits, f"planted {name} was not seen; found: {found}")


class AllowListTest(unittest.TestCase):
    def test_refuses_a_pattern_that_allows_anything(self):
        with self.assertRaisesRegex(ValueError, "would allow anything"):
            purity.AllowList("[streams]\nreason: none\n*getenv\n")

    def test_refuses_a_group_without_a_reason(self):
        with self.assertRaisesRegex(ValueError, "gives no reason"):
            purity.AllowList("[streams]\ngetenv\n")

    def test_only_limits_a_group_to_one_source(self):
        allowed = purity.AllowList("[printing]\nreason: last words\nonly: core/base/check\nfprintf\n")
        self.assertTrue(allowed.allows("core/base/check", "fprintf"))
        self.assertFalse(allowed.allows("core/raft/raft", "fprintf"))

    def test_a_pattern_covers_the_whole_symbol(self):
        allowed = purity.AllowList("[memory]\nreason: pure\nmemcpy\noperator new(*\n")
        self.assertTrue(allowed.allows("core/x", "operator new(unsigned long)"))
        self.assertFalse(allowed.allows("core/x", "memcpy_s"))
