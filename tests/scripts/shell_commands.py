"""Which commands a shell script calls: the words in command position, read without running anything.

Knows as much of bash's grammar as the scripts here use: quotes, substitutions, here-documents, arrays, arithmetic, [[ ]],
case, functions. What is called through a variable or as the argument of another command is not seen.
"""

import re

KEYWORDS = {"if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "fi", "done", "esac", "time"}
BLANK = " \t"
WORD_END = " \t\n;&|()<>"


class _Script:
    def __init__(self, text):
        self.text = text.replace("\\\n", "  ")
        self.at = 0
        self.commands = set()
        self.functions = set()
        self.here_documents = []

    def peek(self, length=1):
        return self.text[self.at : self.at + length]

    def skip_line(self):
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def skip_here_documents(self):
        """Called at the start of a line."""
        for delimiter in self.here_documents:
            while self.at < len(self.text):
                start = self.at
                self.skip_line()
                line = self.text[start : self.at]
                self.at += 1
                if line.strip() == delimiter:
                    break
        self.here_documents = []

    def balanced(self, opening, closing):
        """Behind `opening`: goes behind the `closing` that belongs to it, and reads substitutions on its way."""
        depth = 1
        while self.at < len(self.text):
            if self.peek(len(closing)) == closing:
                depth -= 1
                self.at += len(closing)
                if depth == 0:
                    return
            elif self.peek(len(opening)) == opening:
                depth += 1
                self.at += len(opening)
            elif not self.quoted_or_substituted():
                self.at += 1

    def quoted_or_substituted(self):
        """Goes over one quote, expansion or substitution, if there is one here."""
        if self.peek() == "\\":
            self.at += 2
        elif self.peek() == "'":
            self.at = self.text.index("'", self.at + 1) + 1
        elif self.peek() == '"':
            self.at += 1
            while self.peek() != '"':
                if self.peek() == "'" or not self.quoted_or_substituted():
                    self.at += 1
            self.at += 1
        elif self.peek(3) == "$((":
            self.at += 3
            self.balanced("(", ")")
            self.at += 1
        elif self.peek(2) in ("$(", "<(", ">("):
            self.at += 2
            self.body(")")
        elif self.peek(2) == "${":
            self.at += 2
            self.balanced("{", "}")
        else:
            return False
        return True

    def word(self):
        start = self.at
        while self.at < len(self.text) and (self.peek() not in WORD_END or self.peek(2) in ("<(", ">(")):
            if not self.quoted_or_substituted():
                self.at += 1
        return self.text[start : self.at]

    def blanks(self):
        while self.peek() and self.peek() in BLANK:
            self.at += 1

    def redirection(self):
        if self.peek(3) == "<<<":
            self.at += 3
        elif self.peek(2) == "<<":
            self.at += 2
            if self.peek() == "-":
                self.at += 1
            self.blanks()
            self.here_documents.append(self.word().strip("'\""))
            return
        else:
            while self.peek() in "<>&":
                self.at += 1
        self.blanks()
        self.word()

    def patterns(self):
        """Where the next patterns of a case may stand: goes behind their parenthesis, or behind esac and says False."""
        while self.peek() in BLANK + "\n#":
            if self.peek() == "#":
                self.skip_line()
            else:
                self.at += 1
        if self.peek(4) == "esac":
            self.at += 4
            return False
        while self.peek() != ")":
            if not self.quoted_or_substituted():
                self.at += 1
        self.at += 1
        return True

    def case(self):
        self.blanks()
        self.word()
        self.blanks()
        self.at += len("in")
        while self.patterns() and self.body(";;"):
            pass

    def body(self, end=None):
        """Commands until `end`; says whether it was that, and not esac, that ended them."""
        expects_command = True
        while self.at < len(self.text):
            two, one = self.peek(2), self.peek()
            if end and self.text.startswith(end, self.at):
                self.at += len(end)
                return True
            if one in BLANK:
                self.at += 1
            elif one == "#":
                self.skip_line()
            elif one == "\n":
                self.at += 1
                self.skip_here_documents()
                expects_command = True
            elif two == "((":
                self.at += 2
                self.balanced("(", ")")
                self.at += 1
                expects_command = False
            elif two in ("<(", ">("):
                self.quoted_or_substituted()
            elif one in "<>" or two in ("&>",):
                self.redirection()
            elif one == "(":
                self.at += 1
                self.body(")")
                expects_command = False
            elif one in ";&|":
                self.at += 1
                expects_command = True
            elif one == ")":
                raise ValueError(f"a parenthesis too many in line {self.text.count(chr(10), 0, self.at) + 1}")
            else:
                word = self.word()
                if end == ";;" and word == "esac" and expects_command:
                    return False
                expects_command = self.took(word, expects_command)
        return True

    def took(self, word, expects_command):
        """Says whether the word behind this one is in command position."""
        if re.fullmatch(r"\w+\+?=", word) and self.peek() == "(":
            self.at += 1
            self.balanced("(", ")")
            return expects_command
        if not expects_command:
            return False
        if word in KEYWORDS:
            return True
        if word == "case":
            self.case()
            return False
        if word == "[[":
            while self.peek(2) != "]]":
                if not self.quoted_or_substituted():
                    self.at += 1
            self.at += 2
            return False
        if self.peek(2) == "()":
            self.at += 2
            self.functions.add(word)
            return True
        if re.match(r"\w+(\[[^]]*\])?\+?=", word) or re.fullmatch(r"\d+", word) and self.peek() in "<>":
            return True
        self.commands.add(word)
        return False


def commands_and_functions(text):
    """The plain names in command position, and the functions that are defined. Paths and expansions are left out."""
    script = _Script(text)
    script.body()
    return {word for word in script.commands if re.fullmatch(r"[\w.+-]+|\[", word)}, script.functions
