"""tools/test.sh is only worth as much as its last line: every way to fail must show in it."""

import json
import os
import subprocess
import tempfile
import unittest

PASSING = '<testcase classname="Log" name="Appends"/>'
FAILING = '<testcase classname="Log" name="Truncates"><failure message="x"/></testcase>'
SKIPPED = '<testcase classname="Log" name="Later"><skipped/></testcase>'
DISABLED = '<testcase classname="Log" name="DISABLED_x" status="notrun"/>'


def configured(label):
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"targetKind": "cc_test rule", "testSize": "SMALL"}}


def completed(label, success=True):
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": True} if success else {}}


class BazelTestCasesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ.get("TEST_TMPDIR"))
        self.addCleanup(self.folder.cleanup)

    def result(self, label, status, cases, attempt=1):
        path = os.path.join(self.folder.name, f"{label.strip('/').replace('/', '_')}_{attempt}.xml")
        with open(path, "w") as file:
            file.write(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
        return {
            "id": {"testResult": {"label": label, "run": 1, "attempt": attempt}},
            "testResult": {"status": status, "testActionOutput": [{"name": "test.xml", "uri": "file://" + path}]},
        }

    def count(self, status, *events):
        path = os.path.join(self.folder.name, "events.json")
        with open(path, "w") as file:
            file.write("".join(json.dumps(event) + "\n" for event in events))
        run = subprocess.run(
            ["/usr/bin/python3", "tools/bazel_test_cases.py", path, str(status)],
            check=True, capture_output=True, text=True,
        )
        return run.stdout.strip(), run.stderr

    def test_counts_cases_and_names_the_failed(self):
        label = "//core/log:log_test"
        counts, said = self.count(
            3, configured(label), completed(label), self.result(label, "FAILED", [PASSING, PASSING, FAILING])
        )
        self.assertEqual(counts, "2 1")
        self.assertIn("//core/log:log_test Log.Truncates", said)

    def test_skipped_and_disabled_cases_count_as_nothing(self):
        label = "//core/log:log_test"
        counts, _ = self.count(0, configured(label), self.result(label, "PASSED", [PASSING, SKIPPED, DISABLED]))
        self.assertEqual(counts, "1 0")

    def test_a_test_that_fails_after_its_last_case(self):
        # A sanitizer reports at exit: every case passed, and still the test failed.
        label = "//net:loop_test"
        counts, said = self.count(3, configured(label), self.result(label, "FAILED", [PASSING]))
        self.assertEqual(counts, "1 1")
        self.assertIn("//net:loop_test FAILED", said)

    def test_a_timeout(self):
        label = "//net:loop_test"
        counts, _ = self.count(3, configured(label), self.result(label, "TIMEOUT", []))
        self.assertEqual(counts, "0 1")

    def test_a_target_that_does_not_build(self):
        label = "//net:loop_test"
        counts, said = self.count(1, configured(label), completed(label, success=False))
        self.assertEqual(counts, "0 1")
        self.assertIn("not built", said)

    def test_a_target_that_was_never_run(self):
        counts, said = self.count(0, configured("//net:loop_test"), completed("//net:loop_test"))
        self.assertEqual(counts, "0 1")
        self.assertIn("not run", said)

    def test_a_package_that_does_not_load(self):
        label = "//core/log:log_test"
        counts, said = self.count(1, configured(label), self.result(label, "PASSED", [PASSING]))
        self.assertEqual(counts, "1 1")
        self.assertIn("ended with status 1", said)


class StepsTest(unittest.TestCase):
    def run_steps(self, functions, *names):
        script = f"source tools/steps.sh\n{functions}\nrun_steps {' '.join(names)}"
        run = subprocess.run(["bash", "-uo", "pipefail", "-c", script], capture_output=True, text=True)
        return run.returncode, run.stdout.splitlines()[-1]

    def test_plain_commands_count_by_status(self):
        self.assertEqual(self.run_steps("step_a() { true; }", "a"), (0, "1 passed, 0 failed"))
        self.assertEqual(self.run_steps("step_a() { false; }", "a"), (1, "0 passed, 1 failed"))

    def test_goes_on_after_a_failure_and_after_exit(self):
        functions = "step_a() { exit 3; }\nstep_b() { true; }"
        self.assertEqual(self.run_steps(functions, "a", "b"), (1, "1 passed, 1 failed"))

    def test_a_program_that_counts_for_itself(self):
        functions = "step_a() { counted echo '12 passed, 0 failed'; }"
        self.assertEqual(self.run_steps(functions, "a"), (0, "12 passed, 0 failed"))
        functions = "step_a() { counted bash -c 'echo 12 passed, 3 failed; exit 1'; }"
        self.assertEqual(self.run_steps(functions, "a"), (1, "12 passed, 3 failed"))

    def test_a_program_that_counts_none_and_still_fails(self):
        functions = "step_a() { counted bash -c 'echo 12 passed, 0 failed; exit 1'; }"
        self.assertEqual(self.run_steps(functions, "a"), (1, "12 passed, 1 failed"))

    def test_a_program_that_ends_before_it_counts(self):
        functions = "step_a() { counted bash -c 'echo starting; exit 0'; }"
        self.assertEqual(self.run_steps(functions, "a"), (1, "0 passed, 1 failed"))

    def test_a_step_that_tallies_and_fails(self):
        self.assertEqual(self.run_steps("step_a() { tally 5 0; false; }", "a"), (1, "5 passed, 1 failed"))

    def test_a_filter_that_leaves_no_tests(self):
        functions = "fake() { return 4; }\nBAZEL=fake\nstep_a() { bazel_test //...; }"
        self.assertEqual(self.run_steps(functions, "a"), (0, "0 passed, 0 failed"))

    def test_bazel_that_does_not_start(self):
        functions = "fake() { return 37; }\nBAZEL=fake\nstep_a() { bazel_test //...; }"
        self.assertEqual(self.run_steps(functions, "a"), (1, "0 passed, 1 failed"))
