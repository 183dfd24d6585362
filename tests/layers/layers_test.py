"""The include arrows of the whole repository, and planted violations of each rule."""

import os
import unittest

import layers

HERE = "tests/layers"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_table():
    return layers.Table(read(f"{HERE}/layers.txt"))


def read_work_tree():
    """path -> text of all sources and BUILD files of the work tree, also those that no target names."""
    root = os.path.dirname(os.path.realpath("WORKSPACE"))
    files = {}
    for directory, folders, names in os.walk(root):
        if directory == root:
            folders[:] = [f for f in folders if not f.startswith((".", "bazel-"))]
        for name in names:
            if name.endswith(layers.SOURCE_SUFFIXES) or name == "BUILD.bazel":
                path = os.path.join(directory, name)
                files[os.path.relpath(path, root)] = read(path)
    return files


class WorkTreeTest(unittest.TestCase):
    def test_arrows_point_down(self):
        files = read_work_tree()
        self.assertIn("core/BUILD.bazel", files)
        found = layers.check_tree(read_table(), files)
        if found:
            self.fail("\n" + "\n".join(found) + f"\nThe rules are in {HERE}/layers.txt.")


class PlantedTest(unittest.TestCase):
    """Each rule of the table, broken once, and its nearest allowed neighbour."""

    def check(self, path, text):
        return layers.check_tree(read_table(), {path: text})

    def assert_refused(self, path, text, expected):
        found = self.check(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def assert_allowed(self, path, text):
        self.assertEqual(self.check(path, text), [])

    def test_core_must_not_include_its_drivers(self):
        for driver in ("net", "server", "storage", "sim", "tools"):
            with self.subTest(driver):
                self.assert_refused(
                    "core/raft/raft.cc", f'#include "{driver}/x.h"\n', f"core/raft may not depend on {driver}"
                )
                self.assert_allowed(f"{driver}/x.cc", '#include "core/raft/raft.h"\n')

    def test_parts_of_core_do_not_see_their_siblings(self):
        self.assert_refused("core/raft/a.h", '#include "core/log/b.h"\n', "core/raft may not depend on core/log")
        self.assert_refused("core/log/a.h", '#include "core/kv/b.h"\n', "core/log may not depend on core/kv")
        self.assert_refused("core/base/a.h", '#include "core/kv/b.h"\n', "core/base may not depend on core/kv")
        self.assert_allowed("core/ns/a.h", '#include "core/kv/b.h"\n')
        self.assert_allowed("core/node/a.h", '#include "core/raft/b.h"\n')

    def test_also_in_tests(self):
        self.assert_refused("core/ns/a_test.cc", '#include "sim/b.h"\n', "core/ns may not depend on sim")

    def test_drivers_do_not_see_each_other(self):
        self.assert_refused("sim/a.cc", '#include "storage/b.h"\n', "sim may not depend on storage")
        self.assert_refused("storage/a.cc", '#include "net/b.h"\n', "storage may not depend on net")
        self.assert_allowed("server/a.cc", '#include "net/b.h"\n#include "storage/b.h"\n')

    def test_nothing_includes_tests(self):
        self.assert_refused("server/a.cc", '#include "tests/b.h"\n', "server may not depend on tests")

    def test_angle_brackets_hide_nothing(self):
        self.assert_refused("core/kv/a.cc", "#  include <net/b.h>\n", "core/kv may not depend on net")

    def test_subfolders_belong_to_their_layer(self):
        self.assert_refused("core/kv/x/a.cc", '#include "net/y/b.h"\n', "core/kv may not depend on net")

    def test_impure_headers(self):
        for header in ("thread", "chrono", "random", "fstream", "unordered_map", "ctime", "x86intrin.h",
                       "absl/time/clock.h", "absl/container/flat_hash_map.h", "rocksdb/db.h", "cstdlib"):
            with self.subTest(header):
                self.assert_refused("core/ns/a.h", f"#include <{header}>\n", "not among the headers of pure code")
                self.assert_allowed("server/a.h", f"#include <{header}>\n")
                self.assert_allowed("core/ns/a_test.cc", f"#include <{header}>\n")
        self.assert_allowed("core/ns/a.h", '#include <map>\n#include "absl/status/status.h"\n')
        self.assert_allowed("core/base/check.cc", "#include <cstdlib>\n")

    def test_relative_include(self):
        files = {"net/a.cc": '#include "b.h"\n#include "httplib.h"\n', "net/b.h": ""}
        found = layers.check_tree(read_table(), files)
        self.assertEqual(len(found), 1, found)
        self.assertIn("net/a.cc:1: \"b.h\": include by the path from the repository's root", found[0])

    def test_support_for_tests_may_be_impure_as_long_as_it_is_testonly(self):
        files = {"core/log/world.cc": "#include <fstream>\n"}
        rule = 'jfs_cc_library(name = "%s", %s srcs = ["world.cc"])\n'
        files["core/log/BUILD.bazel"] = rule % ("world", "testonly = True,")
        self.assertEqual(layers.check_tree(read_table(), files), [])
        files["core/log/BUILD.bazel"] = rule % ("world", "testonly = False,")
        self.assertEqual(len(layers.check_tree(read_table(), files)), 1)
        files["core/log/BUILD.bazel"] = rule % ("world", "testonly = True,") + rule % ("log", "")
        self.assertEqual(len(layers.check_tree(read_table(), files)), 1, "a library compiles it as well")

    def test_folder_without_a_layer(self):
        self.assert_refused("helpers/a.cc", "", "lies in no layer")
        self.assert_refused("core/new/a.cc", '#include "server/a.h"\n', "core may not depend on server")

    def test_deps_of_build_files(self):
        text = 'jfs_cc_library(name = "raft", deps = [%s], visibility = ["//server:__pkg__"])\n'
        self.assert_refused("core/raft/BUILD.bazel", text % '"//net/http:server"', "core/raft may not depend on net")
        self.assert_refused("core/raft/BUILD.bazel", text % '"//core/log"', "core/raft may not depend on core/log")
        self.assert_allowed("core/raft/BUILD.bazel", text % '"//core/base", "@debian//:absl", ":types"')

    def test_table_with_an_arrow_upwards(self):
        with self.assertRaisesRegex(ValueError, "no folder above it"):
            layers.Table("[layers]\ncore/base: core/kv\ncore/kv: core/base\n")
