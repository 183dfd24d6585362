"""Counts test cases of a `bazel test` run: prints "PASSED FAILED". Names what failed on standard error.

usage: bazel_test_cases.py EVENTS STATUS: the file that --build_event_json_file wrote, and Bazel's exit status.
"""

import json
import sys
import urllib.parse
from xml.etree import ElementTree


def cases_of(path):
    """(passed, names of failed) of one test.xml; skipped and disabled cases count as neither."""
    passed, failed = 0, []
    for case in ElementTree.parse(path).iter("testcase"):
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed += 1
    return passed, failed


def main():
    passed, failed = 0, []
    results = {}  # (target, run, shard, attempt) -> (status, path of test.xml or None)
    aborted = set()  # targets that could not be built, or were not run because something else failed
    wanted, ran = set(), set()
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            identity = event["id"]
            if "testResult" in identity and "testResult" in event:
                key = identity["testResult"]
                outputs = event["testResult"].get("testActionOutput", [])
                xml = [o["uri"] for o in outputs if o["name"] == "test.xml"]
                path = urllib.parse.unquote(urllib.parse.urlparse(xml[0]).path) if xml else None
                results[key["label"], key.get("run"), key.get("shard"), key.get("attempt")] = (
                    event["testResult"]["status"],
                    path,
                )
                ran.add(key["label"])
            elif "targetCompleted" in identity:
                label = identity["targetCompleted"]["label"]
                if not event.get("completed", {}).get("success"):
                    aborted.add(label)
            elif "targetConfigured" in identity and "aborted" in event:
                aborted.add(identity["targetConfigured"]["label"])
            elif "pattern" in identity and "aborted" in event:
                aborted.add(" ".join(identity["pattern"]["pattern"]))
            elif "unconfiguredLabel" in identity and "aborted" in event:
                aborted.add(identity["unconfiguredLabel"]["label"])
            if "configured" in event and event["configured"].get("testSize"):
                wanted.add(identity["targetConfigured"]["label"])
    for (label, *_), (status, path) in sorted(results.items(), key=str):
        case_passed, case_failed = (0, [])
        if path:
            try:
                case_passed, case_failed = cases_of(path)
            except (OSError, ElementTree.ParseError) as error:
                case_failed = [f"unreadable test.xml: {error}"]
        if status not in ("PASSED", "FLAKY") and not case_failed:
            case_failed = [status]
        # A test without cases in its XML, such as a shell script, is one case.
        if status == "PASSED" and case_passed == 0 and not path:
            case_passed = 1
        passed += case_passed
        failed += [f"{label} {name}" for name in case_failed]
    failed += [f"{label} (not built)" for label in sorted(aborted - ran)]
    # Bazel says 3 where everything was built and a test failed. Else a package may not even have loaded, which
    # leaves no event.
    if sys.argv[2] not in ("0", "3") and not aborted:
        failed.append(f"the build: Bazel ended with status {sys.argv[2]}, see its first ERROR above")
    failed += [f"{label} (not run)" for label in sorted(wanted - ran - aborted)]
    for name in failed:
        print(f"failed: {name}", file=sys.stderr)
    print(passed, len(failed))


if __name__ == "__main__":
    main()
