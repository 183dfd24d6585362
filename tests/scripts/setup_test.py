"""tools/setup.sh with dpkg-query and apt-get replaced by scripts that record how they were called."""

import os
import subprocess
import tempfile
import unittest


class SetupTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.bin = folder.name
        self.calls = os.path.join(self.bin, "calls")
        # What is installed: the names in a file, to which a successful "apt-get install" adds.
        self.installed = os.path.join(self.bin, "installed")
        self.write("installed", "")
        self.program("dpkg-query", f'while read -r name; do echo "$name installed"; done < {self.installed}')
        self.program(
            "apt-get",
            f'echo "$*" >> {self.calls}\n'
            f'while (($# > 0)) && [[ $1 != --no-install-recommends ]]; do shift; done\n'
            f'if (($# > 0)); then shift; printf "%s\\n" "$@" >> {self.installed}; fi',
        )
        self.program("java", "true")
        self.program("id", "echo 0")

    def write(self, name, text):
        path = os.path.join(self.bin, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def program(self, name, text):
        os.chmod(self.write(name, "#!/usr/bin/env bash\n" + text + "\n"), 0o755)

    def setup_sh(self, *arguments):
        environment = {"PATH": f"{self.bin}:/usr/bin:/bin"}
        return subprocess.run(
            ["bash", "tools/setup.sh", *arguments], env=environment, capture_output=True, text=True
        )

    def apt_calls(self):
        if not os.path.exists(self.calls):
            return []
        with open(self.calls) as file:
            return file.read().splitlines()

    def packages(self, *groups):
        return self.setup_sh("--list", *groups).stdout.split()

    def test_installs_what_is_missing_and_nothing_twice(self):
        present = [name for name in self.packages() if name != "librocksdb-dev"]
        self.write("installed", "\n".join(present) + "\n")
        run = self.setup_sh()
        self.assertEqual(run.returncode, 0, run.stderr)
        update, install = self.apt_calls()
        self.assertTrue(update.endswith("update"))
        self.assertTrue(install.endswith("--no-install-recommends librocksdb-dev"), install)
        run = self.setup_sh()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(self.apt_calls()), 2, "nothing is missing any more, so apt-get is not asked")

    def test_a_bare_system_gets_everything(self):
        self.assertEqual(self.setup_sh().returncode, 0)
        self.assertEqual(self.apt_calls()[1].split()[-len(self.packages()):], self.packages())

    def test_groups_add_to_each_other(self):
        self.assertIn("etcd-server", self.packages("--bench"))
        self.assertNotIn("hdfs-cli", self.packages("--bench"))
        groups = [set(self.packages(group)) for group in ("--bench", "--hadoop", "--sdks")]
        self.assertEqual(set(self.packages("--all")), set().union(*groups))
        # Groups share packages; each is named once.
        self.assertEqual(len(self.packages("--all")), len(set(self.packages("--all"))))
        self.assertLess(set(self.packages("--clients")), set(self.packages("--hadoop")))

    def test_check_installs_nothing(self):
        run = self.setup_sh("--check")
        self.assertEqual(run.returncode, 1)
        self.assertIn("librocksdb-dev", run.stdout)
        self.assertEqual(self.apt_calls(), [])

    def test_says_which_step_failed(self):
        self.program("apt-get", "exit 100")
        run = self.setup_sh()
        self.assertEqual(run.returncode, 1)
        self.assertIn("'apt-get update' failed", run.stderr)

    def test_without_root_and_sudo_it_says_so(self):
        if os.path.exists("/usr/bin/sudo"):
            self.skipTest("this machine has sudo")
        self.program("id", "echo 1000")
        run = self.setup_sh()
        self.assertEqual(run.returncode, 1)
        self.assertIn("needs root", run.stderr)
        self.assertEqual(self.apt_calls(), [])

    def test_unknown_option(self):
        run = self.setup_sh("--everything")
        self.assertEqual(run.returncode, 1)
        self.assertIn("unknown option '--everything'", run.stderr)
