"""What the parts of a generated program are written with: files, blocks, names and choices.

The parts are functions in the tables below, by the name of the construct that they use. A part
writes the statements that it needs into a block and gives an expression for the rest.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Collection
from random import Random
from typing import NamedTuple, TypeVar

from tests.differential.truth_runner import OPTIONAL

#: Writes an expression; called with the block that it will stand in.
Make = Callable[["Block"], str]

#: An expression for a text that is given.
TEXTS: dict[str, Callable[[Writer, Block, str], str]] = {}
#: An expression for a value that comes a long way: through a name, a class, a function ...
HOLDERS: dict[str, Callable[[Writer, Block, Make], str]] = {}
#: An expression for a mapping of layers.
MAPPINGS: dict[str, Callable[[Writer, Block], str]] = {}
#: Statements that change the dict of a name.
STEPS: dict[str, Callable[[Writer, Block, str], None]] = {}
#: The statements that make the configs.
CALLS: dict[str, Callable[[Writer, Block], None]] = {}

_Part = TypeVar("_Part")
MAX_FLAGS = 3


def part(table: dict[str, _Part], name: str) -> Callable[[_Part], _Part]:
    """Enter a part under the name of its construct."""

    def enter(function: _Part) -> _Part:
        assert name not in table
        table[name] = function
        return function

    return enter


class Program(NamedTuple):
    """A program: its files by path, the one that is run, and the constructs in it."""

    files: dict[str, str]
    entry: str
    constructs: tuple[str, ...]

    @property
    def text(self) -> str:
        """All files, each after a line with its path where there are several."""
        if len(self.files) == 1:
            return next(iter(self.files.values()))
        return "".join(f"# {path}\n{text}" for path, text in self.files.items())


class File:
    """One file while it is written."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.module = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        self.imports: dict[str, None] = {}
        self.flags: dict[str, None] = {}
        self.top = Block(self)

    def text(self) -> str:
        """The whole file."""
        lines = [*self.imports, *self.flags, *self.top.lines]
        return "\n".join(lines) + "\n" if lines else ""


class Block:
    """Statements that stand under each other; ``inner`` ones are in a function."""

    def __init__(self, file: File, *, inner: bool = False) -> None:
        self.file = file
        self.inner = inner
        self.lines: list[str] = []

    def add(self, *lines: str) -> None:
        """Write lines, which may hold line breaks themselves."""
        for line in lines:
            self.lines.extend(line.split("\n"))

    def block(self, header: str, *bodies: Block | str) -> None:
        """Write a header with what stands under it."""
        self.add(header)
        for body in bodies:
            lines = body.lines or ["pass"] if isinstance(body, Block) else body.split("\n")
            self.add(textwrap.indent("\n".join(lines), "    "))

    def under(self) -> Block:
        """A block for a statement in this one."""
        return Block(self.file, inner=self.inner)

    def function(self) -> Block:
        """A block for the body of a function."""
        return Block(self.file, inner=True)


class Writer:
    """One program while it is written.

    ``allowed`` are the constructs that it may use, None for all. ``budget`` is how many more
    it may use: after that, everything is spelled out.
    """

    def __init__(self, random: Random, allowed: Collection[str] | None = None) -> None:
        self.random = random
        self.allowed = allowed
        self.budget = random.choice((3, 5, 6, 7, 8, 9))
        self.refills = 3
        self.tuples = random.choice((0, 0, 25))  # before 5.13 none is taken
        self.strange = random.choice((0, 0, 2, 8))
        self.used: Counter[str] = Counter()
        self._names: Counter[str] = Counter()
        self._flags: list[str] = []
        self.files: list[File] = []
        self._packaged = self.may("package", 30)
        self.main = self._file("app/main.py" if self._packaged else "main.py")

    def chance(self, percent: float) -> bool:
        """True that often."""
        return self.random.random() * 100 < percent

    def may(self, construct: str, percent: float) -> bool:
        """Whether to use a construct that stands in no table."""
        if (self.allowed is None or construct in self.allowed) and self.chance(percent):
            self.used[construct] += 1
            return True
        return False

    def choose(self, table: dict[str, _Part], otherwise: _Part) -> _Part:
        """A part of a table, as long as there is a budget."""
        if self.budget > 0:
            names = [name for name in table if self.allowed is None or name in self.allowed]
            if names:
                weights = [_WEIGHTS.get(name, 1) for name in names]
                name = self.random.choices(names, weights)[0]
                self.budget -= 1
                self.used[name] += 1
                return table[name]
        return otherwise

    def refill(self) -> None:
        """Give a little to spend where everything is spent, a few times."""
        if self.budget <= 1 and self.refills:
            self.refills -= 1
            self.budget += 2

    # Names

    def name(self, *bases: str) -> str:
        """A new name like one of those."""
        base = self.random.choice(bases or ("kernels", "mapping", "table", "found", "extra"))
        self._names[base.lower()] += 1
        number = self._names[base.lower()]
        return base if number == 1 else f"{base}{'_' if base.isupper() else ''}{number}"

    def constant(self) -> str:
        """A new name of a constant."""
        return self.name("KERNELS", "BASE", "DEFAULTS", "TABLE", "NORM")

    # Files

    def _file(self, path: str) -> File:
        if not self.files and path.startswith("app/"):
            self.files.append(File("app/__init__.py"))
        found = next((file for file in self.files if file.path == path), None)
        if found is None:
            found = File(path)
            self.files.append(found)
        return found

    def home(self, block: Block) -> File:
        """The file for a definition that a block needs: that of the block, or a deeper one."""
        levels = ("main", "helpers", "tables")
        stem = block.file.path.removesuffix(".py").removeprefix("app/")
        deeper = levels[levels.index(stem) + 1 :] if stem in levels else ()
        if not deeper or not self.may("other file", 35):
            return block.file
        folder = "app/" if self._packaged else ""
        return self._file(f"{folder}{self.random.choice(deeper)}.py")

    def refer(self, block: Block, home: File, name: str) -> str:
        """An expression for a name of another file, which is imported."""
        if home is block.file:
            return name
        parent, _, stem = home.module.rpartition(".")
        imports = block.file.imports
        styles = ["from", "as", "module", "module as", "star"]
        styles += ["relative", "of package", "re-export"] * self._packaged
        styles += ["in function"] * block.inner
        styles = [each for each in styles if self.may(f"import: {each}", 100)] or ["from"]
        style = self.random.choice(styles)
        for each in {*styles} - {style}:
            self.used[f"import: {each}"] -= 1
        if style == "re-export" and block.file is self.main:
            self.files[0].imports[f"from .{stem} import {name}"] = None
            imports[f"from {self.random.choice(('app', '.'))} import {name}"] = None
        elif style == "as":
            imports[f"from {home.module} import {name} as {name}_"] = None
            return f"{name}_"
        elif style == "module":
            imports[f"import {home.module}"] = None
            return f"{home.module}.{name}"
        elif style == "module as":
            imports[f"import {home.module} as {stem[0]}"] = None
            return f"{stem[0]}.{name}"
        elif style == "star":
            imports[f"from {home.module} import *"] = None
        elif style == "relative":
            imports[f"from .{stem} import {name}"] = None
        elif style == "of package":
            imports[f"from {parent} import {stem}"] = None
            return f"{stem}.{name}"
        elif style == "in function":
            block.add(f"from {home.module} import {name}")
        else:
            imports[f"from {home.module} import {name}"] = None
        return name

    # Conditions

    def flag(self, block: Block) -> str | None:
        """An expression that nobody knows; None where all flags are in use."""
        if self._flags and (len(self._flags) == MAX_FLAGS or self.chance(10)):
            if not self.may("flag again", 40):
                return None
            flag = self.random.choice(self._flags)
        else:
            flag = f"FLAG{len(self._flags)}"
            self._flags.append(flag)
        block.file.imports["import os"] = None
        if self.may("flag in place", 20):
            return self.random.choice((f'os.environ.get("{flag}")', f'os.getenv("{flag}")'))
        block.file.flags[f'{flag} = os.environ.get("{flag}")'] = None
        return flag

    def optional(self) -> str:
        """The import of a module that may be missing."""
        self.used["flag again"] += self.used["optional module"] > 0
        self.used["optional module"] += 1
        return f"import {OPTIONAL}"

    def condition(self, block: Block, unknown: int = 65) -> str:
        """A condition, known or not."""
        flag = None
        if self.may("unknown condition", unknown):
            flag = self.flag(block)
            if flag is None:
                self.used["unknown condition"] -= 1
        if flag is None:
            return self.known_condition()
        forms = [flag] * 4
        forms += [f"not {flag}", f'{flag} == "x"', f'{flag} != "x"', f"{flag} is None"]
        forms += [f"{flag} is not None", f'{flag} in ("x", "z")', f"bool({flag})"]
        form = self.random.choice(forms)
        if self.may("and or of conditions", 15):
            other = self.flag(block) or self.known_condition()
            return f"{form} {self.random.choice(('and', 'or'))} {other}"
        return form

    def known_condition(self) -> str:
        """A condition that Python decides from the program alone."""
        self.used["known condition"] += 1
        return self.random.choice(_KNOWN)

    # What is written

    def text(self, block: Block, value: str) -> str:
        """An expression for a text that is given."""
        if not self.chance(35):
            return repr(value)
        return self.choose(TEXTS, _spelled)(self, block, value)

    def held(self, block: Block, make: Make, percent: float = 30) -> str:
        """An expression of a value that may come a long way."""
        return (
            self.choose(HOLDERS, _direct)(self, block, make)
            if self.chance(percent)
            else (make(block))
        )

    def program(self) -> Program:
        """What was written."""
        files = {file.path: file.text() for file in self.files}
        constructs = tuple(sorted(name for name, count in self.used.items() if count > 0))
        return Program(files, self.main.path, constructs)


#: The parts that only make sense with others are drawn more often.
_WEIGHTS = {
    "change of a name": 5,
    "change of a copy": 3,
    "function": 2,
    "change under a condition": 3,
    "helper that changes its argument": 2,
    "alias": 2,
}
_KNOWN = (
    "1 == 1",
    "2 * 3 < 5",
    'len("ab") > 1',
    '"a" in ("a", "b")',
    '"a" not in ["a", "b"]',
    'isinstance("a", str)',
    "isinstance({}, (list, tuple))",
    "not []",
    "(5, 4) >= (5, 0)",
    "sum([1, 2]) == 3",
    "max(1, 2) == 2",
    '"abc".startswith("a")',
    "0 < 1 < 2",
    "None is not None",
    "True and not False",
    "7 // 2 == 3 or 7 % 2 == 0",
    'bool("")',
)


def _spelled(_writer: Writer, _block: Block, value: str) -> str:
    return repr(value)


def _direct(_writer: Writer, block: Block, make: Make) -> str:
    return make(block)
