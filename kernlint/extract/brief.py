"""The facts of a file that declares layers and does nothing else with kernels.

Most files that mention kernels are modules of models: they import a decorator and declare
layers with it, and that is all. What that comes to is plain from a few lines, so neither libcst
nor the rest of the file is needed. Anything out of the ordinary makes the file one that is parsed.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from kernlint.model.code import Define, DefineClass, Import
from kernlint.model.expr import Argument, Call, Code, Constant, Name, Span
from kernlint.model.facts import Decoration, FileFacts
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.pattern import lazy
from kernlint.source.read import MAX_BYTES, Offsets, names_kernels

if TYPE_CHECKING:
    from kernlint.model.code import Statement
    from kernlint.model.text import SourceText

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
_SET = lazy(r"setattr\s*\((?:(?!setattr)[\s\S]){0,400}?[\"']kernel_layer_name[\"']")

_WORD = lazy(r"\w*ernel\w*")
#: Comments and strings, as far as they can be told apart without the rest of the grammar.
_NO_CODE = lazy(
    r"""
    \#[^\n]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* \"{3}
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* '{3}
    | "     [^"\\\n]* (?: \\[\s\S] [^"\\\n]* )* "
    | '     [^'\\\n]* (?: \\[\s\S] [^'\\\n]* )* '
    """,
    re.VERBOSE,
)
_QUOTES = '"' * 3
#: What stands before a word in a line that is code unless a long string goes across it.
_STATEMENT = lazy(r"@|from[ ]+[.\w]+[ ]+import[ ]+(?:\w+[ ]*,[ ]*)*")
_IMPORT = lazy(
    r"from[ ]+(?P<module>[.\w]*\w)[ ]+import[ ]+"
    r"(?P<names>\( (?: [\w\s,] | \#[^\n]*\n )* \) | \w+ (?:[ ]*,[ ]*\w+)* ) [ ]*(?:\#[^\n]*)?\n",
    re.VERBOSE,
)
_IMPORTED = lazy(r"\#[^\n]* | \w+", re.VERBOSE)
#: A name of the config's, imported for others under its own name.
_HANDED_ON = lazy(
    r"[ \t]*from[ ]+[.\w]+[ ]+import[ ]+(?P<name>KernelConfig)(?:[ ]+as[ ]+(?P=name))?[ ]*\n"
)
_DECORATOR = lazy(
    r"""@(?P<name>\w+) [ ]*
    (?P<call> \( \s* (?P<arguments> [^()\[\]{}\#=]{0,400}? ) ,? \s* \) )? [ ]*(?:\#[^\n]*)?\n""",
    re.VERBOSE,
)
_LITERALS = lazy(r"""(?:"[^"\\\n]*"|'[^'\\\n]*')(?:\s*,\s*(?:"[^"\\\n]*"|'[^'\\\n]*'))*\Z""")
_LITERAL = lazy(r"""["'](?P<value>[^"'\n]*)["']""")
#: The first line without indentation that is no decorator, comment or end of a bracket.
_HEADER = lazy(
    r"^(?![@#)\]}\s])(?:(?P<kind>class|(?:async[ ]+)?def)[ ]+(?P<name>\w+)|)", re.MULTILINE
)


def brief(source: SourceText, *, unnamed: bool = False) -> FileFacts | None:
    """The facts of a file about its layers; None where it may do more with kernels.

    They are those that a parse of the whole file gives, except that the program is made of
    the imports and the declarations alone. ``unnamed`` tells that the file is known to name
    no kernel.
    """
    if len(source.data) > MAX_BYTES or (not unnamed and names_kernels(source.data)):
        return None
    text = source.slice(source.bom, len(source.data))
    if _CREATE in text or ("setattr" in text and _SET.search(text)):
        return None
    words = _words(text)
    if words and ("\r" in text or "\f" in text):
        return None  # other ends of lines than those that are looked for here
    found = _Brief(text, Offsets(text, source))
    if not all(map(found.add, _code(text, words))):
        return None
    if found.body and "import *" in text:
        return None
    return FileFacts(tuple(found.body), decorations=tuple(found.decorations), brief=True)


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
    if all(_STATEMENT.fullmatch(text, text.rfind("\n", 0, word) + 1, word) for word in words):
        strings = _long_strings(text, words[-1])
        if strings is not None:
            return [word for word in words if bisect_right(strings, word) % 2 == 0]
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


def _long_strings(text: str, end: int) -> list[int] | None:
    """Where strings in three double quotes begin and end, in turn, up to an offset.

    None where that takes a look at every other string and comment.
    """
    if text.find("'''", 0, end) >= 0 or text.find("\\\n", 0, end) >= 0:
        return None
    found: list[int] = []
    at = text.find(_QUOTES, 0, end)
    after = 0
    while at >= 0:
        before = text[max(after, text.rfind("\n", 0, at) + 1) : at]
        close = text.find(_QUOTES, at + 3)
        if "#" in before or '"' in before or "'" in before or close < 0 or text[close - 1] == "\\":
            return None
        after = close + 3
        found += at, after
        at = text.find(_QUOTES, after, end)
    return found


class _Brief:
    """Gathers what declares layers, statement by statement."""

    def __init__(self, text: str, offsets: Offsets) -> None:
        self.body: list[Statement] = []
        self.decorations: list[Decoration] = []
        self._text = text
        self._offsets = offsets
        self._imported: set[str] = set()
        self._end = 0

    def add(self, word: int) -> bool:
        """Take up the statement of a word; whether it is an ordinary declaration."""
        if word < self._end:
            return True
        start = self._text.rfind("\n", 0, word) + 1
        if self._text.startswith("@", start):
            return self._decorator(start)
        if _HANDED_ON.match(self._text, start):
            return True
        if not self._text.startswith("from ", start):
            start = self._text.rfind("\nfrom ", 0, word) + 1
        return self._import(start, word)

    def _import(self, start: int, word: int) -> bool:
        found = _IMPORT.match(self._text, start)
        if found is None or found.end() <= word:
            return False
        for name in _IMPORTED.finditer(self._text, *found.span("names")):
            if name[0] == "as":
                return False
            if not name[0].startswith("#"):
                target = f"{found['module']}.{name[0]}"
                self.body.append(Import(name[0], target, self._span(*name.span()), True))
                self._imported.add(name[0])
        self._end = found.end()
        return True

    def _decorator(self, start: int) -> bool:
        found = _DECORATOR.match(self._text, start)
        if found is None or found["name"] not in self._imported & DECORATORS:
            return False
        if found["arguments"] is None or not _LITERALS.match(found["arguments"]):
            return False
        header = _HEADER.search(self._text, found.end())
        if header is None or not header["name"]:
            return False
        between = self._text[found.end() : header.start()]
        if any(other in between for other in DECORATORS):
            return False
        self._declare(found, header)
        self._end = header.end()
        return True

    def _declare(self, found: re.Match[str], header: re.Match[str]) -> None:
        arguments = []
        for literal in _LITERAL.finditer(self._text, *found.span("arguments")):
            span = self._span(*literal.span())
            inner = span.start + 1 if literal["value"].isascii() else None
            constant = Constant(literal["value"], span, inner)
            arguments.append(Argument(None, "", constant, span))
        name = Name(found["name"], self._span(*found.span("name")))
        end = self._text.rindex(")", found.end("arguments"), found.end("call")) + 1
        call = Call(name, tuple(arguments), self._span(found.start("name"), end))
        owner, span = header["name"], self._span(*header.span("name"))
        if header["kind"] == "class":
            self.body.append(DefineClass(owner, (), (call,), None, span))
            self.decorations.append(Decoration(call, owner, "class", span))
        else:
            is_async = header["kind"].startswith("async")
            code = Code(owner, (), None, is_async, span)
            self.body.append(Define(code, (call,), span))
            self.decorations.append(Decoration(call, owner, "function", span))

    def _span(self, start: int, end: int) -> Span:
        return Span(self._offsets.byte(start), self._offsets.byte(end))
