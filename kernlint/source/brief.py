"""The shortest program that declares the same layers, of a file that does nothing else.

Most files that mention kernels are modules of models: they import a decorator and declare
layers with it, and that is all. What declares a layer there can be found without reading the
rest. Anything out of the ordinary makes the file one that is sliced with care.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from kernlint.source.read import KERNEL_STRING
from kernlint.source.slice import Slice

#: The decorators that declare a layer.
DECORATORS = frozenset(
    {
        "use_kernel_forward_from_hub",
        "use_kernel_func_from_hub",
        "use_kernel_func_from_hub_with_fallback",
    }
)
#: Every word without which code says nothing that ends up in the facts of its file.
WORDS = DECORATORS | {
    "KernelConfig",
    "kernel_config",
    "kernel_layer_name",
    "kernel_mapping",
    "replace_kernel_forward_from_hub",
    "sanitize_kernel_mapping",
    "set_use_kernels",
    "update_kernel",
    "use_kernels",
    "use_local_kernel",
}
#: The one such word in which there is no kernel.
_CREATE = "create_compatible_mapping"
#: The one that a string may hold: ``setattr(layer, "kernel_layer_name", name)``.
_SET = re.compile(r"setattr\s*\((?:(?!setattr)[\s\S]){0,400}?[\"']kernel_layer_name[\"']")
_KERNEL_STRING = re.compile(rf"[\"']{KERNEL_STRING}[\"']")

_WORD = re.compile(r"\w*ernel\w*")
#: Comments and strings, as far as they can be told apart without the rest of the grammar.
_NO_CODE = re.compile(
    r"""
    \#[^\n]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"{3}
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '{3}
    | "     [^"\\\n]* (?: \\[\s\S] [^"\\\n]* )* "
    | '     [^'\\\n]* (?: \\[\s\S] [^'\\\n]* )* '
    """,
    re.VERBOSE,
)
_IMPORT = re.compile(
    r"from[ ]+[.\w]+[ ]+import[ ]+"
    r"(?: \( (?: [\w\s,] | \#[^\n]*\n )* \) | \w+ (?:[ ]*,[ ]*\w+)* ) [ ]*(?:\#[^\n]*)?\n",
    re.VERBOSE,
)
#: A name of the config's, imported for others under its own name.
_HANDED_ON = re.compile(
    r"[ \t]*from[ ]+[.\w]+[ ]+import[ ]+(?P<name>KernelConfig)(?:[ ]+as[ ]+(?P=name))?[ ]*\n"
)
_DECORATOR = re.compile(
    r"""@(?P<name>\w+) [ ]*
    (?: \( \s* (?P<arguments> [^()\[\]{}\#=]*? ) ,? \s* \) )? [ ]*(?:\#[^\n]*)?\n""",
    re.VERBOSE,
)
_LITERALS = re.compile(r"""(?:"[^"\\\n]*"|'[^'\\\n]*')(?:\s*,\s*(?:"[^"\\\n]*"|'[^'\\\n]*'))*\Z""")
#: The first line without indentation that is no decorator, comment or end of a bracket.
_HEADER = re.compile(r"^(?![@#)\]}\s])(?:class[ ]+\w+|(?:async[ ]+)?def[ ]+\w+|)", re.MULTILINE)


def brief(text: str) -> Slice | None:
    """The imports and declarations of a file; None where it may do more with kernels.

    What is left of a definition is its decorator and its name. The facts of the result are
    those of the whole file, but for its program.
    """
    if _CREATE in text or _SET.search(text) or _KERNEL_STRING.search(text):
        return None
    words = _words(text)
    if words and ("\r" in text or "\f" in text):
        return None  # other ends of lines than those that are looked for here
    found = _Brief(text)
    if not all(map(found.add, _code(text, words))):
        return None
    part = found.result()
    return None if part.text and "import *" in text else part


def _words(text: str) -> list[int]:
    """Where the text has one of the words."""
    words: list[int] = []
    at = text.find("ernel")
    while at >= 0:
        start = at
        while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
            start -= 1
        match = _WORD.match(text, start)
        end = match.end() if match else at + 1
        if text[start:end] in WORDS:
            words.append(start)
        at = text.find("ernel", end)
    return words


def _code(text: str, words: list[int]) -> list[int]:
    """Those of the words that stand in the code, not in a comment or a string."""
    if not words:
        return []
    starts: list[int] = []
    ends: list[int] = []
    for match in _NO_CODE.finditer(text):
        if match.start() > words[-1]:
            break
        starts.append(match.start())
        ends.append(match.end())
    found = []
    for word in words:
        index = bisect_right(starts, word) - 1
        if index < 0 or ends[index] <= word:
            found.append(word)
    return found


class _Brief:
    """Gathers what declares layers, statement by statement."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._kept: list[tuple[int, int] | str] = []
        self._imported: set[str] = set()
        self._end = 0

    def add(self, mark: int) -> bool:
        """Keep what a word about kernels stands in; whether that is an ordinary declaration."""
        if mark < self._end:
            return True
        start = self._text.rfind("\n", 0, mark) + 1
        if self._text.startswith("@", start):
            return self._decorator(start)
        if _HANDED_ON.match(self._text, start):
            return True
        if not self._text.startswith("from ", start):
            start = self._text.rfind("\nfrom ", 0, mark) + 1
        found = _IMPORT.match(self._text, start)
        if found is None or found.end() <= mark:
            return False
        self._keep(start, found.end())
        names = found[0].partition(" import ")[2]
        self._imported.update(re.findall(r"\w+", re.sub(r"#[^\n]*", "", names)))
        return "as" not in self._imported

    def _decorator(self, start: int) -> bool:
        found = _DECORATOR.match(self._text, start)
        if found is None or found["name"] not in self._imported:
            return False
        name, arguments = found["name"], found["arguments"]
        if name not in DECORATORS or arguments is None or not _LITERALS.match(arguments):
            return False
        header = _HEADER.search(self._text, found.end())
        if header is None or not header[0]:
            return False
        between = self._text[found.end() : header.start()]
        if any(other in between for other in DECORATORS):
            return False
        self._keep(start, found.end())
        self._keep(header.start(), header.end())
        self._kept.append(": pass\n" if header[0].startswith("class") else "(): pass\n")
        return True

    def _keep(self, start: int, end: int) -> None:
        self._kept.append((start, end))
        self._end = end

    def result(self) -> Slice:
        """What was kept, as a program."""
        texts: list[str] = []
        pieces: list[tuple[int, int]] = []
        at = 0
        origin = 0
        for part in self._kept:
            if not isinstance(part, str):
                origin = part[0]
            pieces.append((at, origin))
            texts.append(part if isinstance(part, str) else self._text[part[0] : part[1]])
            at += len(texts[-1])
            origin += len(texts[-1])
        return Slice("".join(texts), tuple(pieces), ())
