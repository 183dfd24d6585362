"""Runs the unittest cases of one file and reports each case in Bazel's XML, so that cases are counted, not files."""

import importlib.util
import os
import sys
import time
import unittest
from xml.etree import ElementTree


class RecordingResult(unittest.TextTestResult):
    """Keeps (id, seconds, failure text or None, skipped reason or None) of every case."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.cases = []

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()
        self._failures = []
        self._skipped = None

    def addError(self, test, err):
        super().addError(test, err)
        text = self._exc_info_to_string(err, test)
        # Errors of setUpClass and of the module come without a startTest.
        if isinstance(test, unittest.TestCase):
            self._failures.append(text)
        else:
            self.cases.append((str(test), 0.0, text, None))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failures.append(self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failures.append(self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._skipped = reason

    def stopTest(self, test):
        super().stopTest(test)
        seconds = time.monotonic() - self._started
        self.cases.append((test.id(), seconds, "\n".join(self._failures) or None, self._skipped))


def write_xml(path, name, cases):
    suites = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(1 for case in cases if case[2])),
        skipped=str(sum(1 for case in cases if case[3])),
    )
    for case_id, seconds, failure, skipped in cases:
        element = ElementTree.SubElement(suite, "testcase", name=case_id, time=f"{seconds:.3f}")
        if failure:
            ElementTree.SubElement(element, "failure", message="failed").text = failure
        if skipped:
            ElementTree.SubElement(element, "skipped", message=skipped)
    ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)


def main():
    path = sys.argv[1]
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    tests = unittest.defaultTestLoader.loadTestsFromModule(module)
    result = unittest.TextTestRunner(verbosity=2, resultclass=RecordingResult).run(tests)
    if "XML_OUTPUT_FILE" in os.environ:
        write_xml(os.environ["XML_OUTPUT_FILE"], name, result.cases)
    if result.testsRun == 0 and not result.cases:
        sys.exit(f"{path} has no tests")
    sys.exit(0 if result.wasSuccessful() else 1)


if __name__ == "__main__":
    main()
