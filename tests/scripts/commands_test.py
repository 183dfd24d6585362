"""Whatever a script calls is in every Debian or is installed by tools/setup.sh: a bare machine can run it."""

import glob
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.getcwd(), "tests/scripts"))
from shell_commands import commands_and_functions  # noqa: E402

PLACES = ["tools/*.sh", "tools/jindo/*.sh", "tests/hadoop/*.sh", "tests/hadoop/clients/*.sh", "tests/ots/*.sh", "bench/*.sh"]


def packages_of_commands():
    packages = {}
    with open("tests/scripts/commands.txt") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                package, commands = line.split(":")
                packages.update((command, package) for command in commands.split())
    return packages


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


class CommandsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.calls, functions = {}, set()
        scripts = [script for place in PLACES for script in glob.glob(place)]
        for script in scripts:
            with open(script) as file:
                commands, defined = commands_and_functions(file.read())
            functions |= defined
            for command in commands:
                cls.calls.setdefault(command, script)
        for known in functions | set(said("bash", "-c", "compgen -bk")):
            cls.calls.pop(known, None)
        cls.scripts = scripts

    def test_every_place_has_scripts(self):
        for place in PLACES:
            self.assertTrue(glob.glob(place), place)
        self.assertGreater(len(self.scripts), 20)

    def test_every_command_comes_from_a_package_that_is_installed(self):
        packages = packages_of_commands()
        installed = set(said("bash", "tools/setup.sh", "--list", "--all")) | {"essential"}
        for command, script in sorted(self.calls.items()):
            with self.subTest(command=command):
                self.assertIn(command, packages, f"{script} calls {command}: which package is it in? (commands.txt)")
                self.assertTrue(packages[command] in installed, f"{script} calls {command}: tools/setup.sh does not install it")

    def test_the_table_has_nothing_that_no_script_calls(self):
        self.assertEqual(sorted(set(packages_of_commands()) - set(self.calls)), [])


class ShellCommandsTest(unittest.TestCase):
    CASES = [
        ("curl -fsS x > /dev/null || fail", "curl fail"),
        ("a; b & c | d && e || ! f\ng", "a b c d e f g"),
        ("A=1 B='x y' cmd A=2", "cmd"),
        ("x=$(one \"$(two 'z')\") y=${v:-$(three)}", "one two three"),
        ("echo \"a ; b $(inner \"c ; d\") `\" ; last", "echo inner last"),
        ("words=(a b $(made)); words+=(c)", "made"),
        ("((n > 0)) && up; echo $((n * (2 + 1)))", "up echo"),
        ("for ((n = 0; n < 3; n++)); do step; done", "for step"),
        ("if [[ $a == (x|y) && -f b ]]; then yes; else no; fi", "yes no"),
        ("case $1 in -h | --help) usage ;; *) if t; then u; fi ;; esac; after", "usage t u after"),
        ("case $1 in\n  # why\n  a) one\n  ;;\n  b) two\nesac\nthree", "one two three"),
        ("cat <<TEXT | sort\nnot called\nTEXT\nnext", "cat sort next"),
        ("read -r a <<< \"$(from)\"; diff <(left) <(right)", "read from diff left right"),
        ("f() { body; }; (sub) 2>&1 >out", "body sub"),
        ("a \\\n  b # c; d\ne", "a e"),
        ("/bin/x; $program y; ./z", ""),
    ]

    def test_words_in_command_position(self):
        for text, expected in self.CASES:
            with self.subTest(text=text):
                commands, _ = commands_and_functions(text)
                self.assertEqual(commands, set(expected.split()))

    def test_functions(self):
        self.assertEqual(commands_and_functions("f() { g; }\nh() (\n  i\n)\n"), ({"g", "i"}, {"f", "h"}))


if __name__ == "__main__":
    unittest.main()
