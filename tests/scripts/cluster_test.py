"""tools/cluster.sh with the real programs, on this machine's ports."""

import os
import subprocess
import tempfile
import unittest

AT_ONCE = 4


class ClusterTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.bin = os.path.join(self.folder, "bin")
        os.mkdir(self.bin)
        for program in ["server/namespaced", "tools/jindo/jindo"]:
            os.symlink(os.path.realpath(program), os.path.join(self.bin, os.path.basename(program)))

    def cluster_sh(self, name, *arguments):
        command = ["bash", "tools/cluster.sh", *arguments, "--dir", os.path.join(self.folder, name), "--bin", self.bin]
        return subprocess.Popen(
            command,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": self.folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self, name, *arguments):
        run = self.cluster_sh(name, *arguments)
        out, err = run.communicate()
        self.assertEqual(run.returncode, 0, out + err)
        return out

    def test_clusters_started_at_once_take_ports_of_their_own(self):
        names = [f"cluster-{number}" for number in range(AT_ONCE)]
        for name in names:
            self.addCleanup(lambda name=name: self.cluster_sh(name, "stop").communicate())
        runs = [self.cluster_sh(name, "start", "--masters", "1") for name in names]
        ends = [run.communicate() + (run.returncode,) for run in runs]
        for out, err, status in ends:
            self.assertEqual(status, 0, out + err)
        addresses = [self.said(name, "masters") for name in names]
        self.assertEqual(len(set(addresses)), AT_ONCE, addresses)
        # Who was second did not find somebody else's master and take it for its own.
        for name in names:
            self.assertIn("master-1: process", self.said(name, "status"))


if __name__ == "__main__":
    unittest.main()
