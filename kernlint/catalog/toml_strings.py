"""Where the strings of a TOML file stand: tomllib says what it holds, not where."""

from __future__ import annotations

import re

from kernlint.model.pattern import lazy

#: From the top of the file to a value: keys of tables, indices of arrays.
Path = tuple["str | int", ...]

_TOKEN = lazy(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|(?P<space>\#[^\n]*|[ \t\r]+)"
    r"|[A-Za-z0-9_-]+"
    r"|.",
    re.DOTALL,
)


def string_places(text: str) -> dict[Path, tuple[int, int]]:
    """Start and end, in characters and without quotes, of every string of a valid TOML text.

    Escapes in quoted keys stay as written.
    """
    return _Scanner(text).scan()


class _Scanner:
    """Walks over the tokens of a text that a TOML parser has already accepted."""

    def __init__(self, text: str) -> None:
        self.tokens = [
            (match[0], match.start()) for match in _TOKEN.finditer(text) if match["space"] is None
        ]
        self.tokens.append(("\n", len(text)))
        self.index = 0
        self.places: dict[Path, tuple[int, int]] = {}
        self.lengths: dict[Path, int] = {}

    def scan(self) -> dict[Path, tuple[int, int]]:
        table: Path = ()
        while self.index < len(self.tokens):
            if self.skip("\n"):
                continue
            if self.skip("["):
                table = self.header()
            else:
                self.pair(table)
        return self.places

    def skip(self, *texts: str) -> bool:
        """Step over the next token when it is one of these."""
        if self.index < len(self.tokens) and self.tokens[self.index][0] in texts:
            self.index += 1
            return True
        return False

    def header(self) -> Path:
        repeated = self.skip("[")
        table = self.key(())
        if repeated:
            length = self.lengths.get(table, 0)
            self.lengths[table] = length + 1
            table = (*table, length)
        while not self.skip("\n"):
            self.index += 1
        return table

    def key(self, path: Path) -> Path:
        """The path that ``a.b."c"`` leads to from ``path``."""
        while True:
            token = self.tokens[self.index][0]
            self.index += 1
            path = (*path, token[1:-1] if token[0] in "\"'" else token)
            if not self.skip("."):
                return path

    def pair(self, table: Path) -> None:
        path = self.key(table)
        self.skip("=")
        self.value(path)

    def value(self, path: Path) -> None:
        if self.skip("{"):
            while not self.skip("}"):
                if not self.skip(",", "\n"):
                    self.pair(path)
        elif self.skip("["):
            position = 0
            while not self.skip("]"):
                if not self.skip(",", "\n"):
                    self.value((*path, position))
                    position += 1
        else:
            token, start = self.tokens[self.index]
            if token[0] in "\"'":
                quotes = 3 if token[:3] in ('"""', "'''") else 1
                self.places[path] = (start + quotes, start + len(token) - quotes)
            while self.tokens[self.index][0] not in ("\n", ",", "]", "}"):
                self.index += 1
