"""Where things stand in a TOML file: tomllib says what it holds, not where."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping

from kernlint.model.pattern import lazy
from kernlint.model.record import Record

_TOKEN = lazy(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|(?P<comment>\#[^\n]*)"
    r"|[A-Za-z0-9_-]+"
    r"|[^ \t\r]",
    re.DOTALL,
)
_POSITION = lazy(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class ConfigError(Exception):
    """A configuration that cannot be used.

    ``path`` is None where the value does not come from a file, ``text`` is the
    whole file. ``line`` and ``column`` count from 1 and in characters, ``length``
    is the number of characters to underline; ``line`` is 0 where there is no place
    in the file to show. ``suggestion`` is what was probably meant.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int = 0,
        column: int = 0,
        length: int = 1,
        text: str = "",
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column
        self.length = length
        self.text = text
        self.suggestion = suggestion


class Document(Record):
    """A parsed TOML file: its values, and the offsets of its keys in ``text``.

    Offsets count characters. A key is the path from the top of the file to it.
    """

    path: str
    text: str
    values: Mapping[str, object]

    def error(
        self,
        message: str,
        key: tuple[str, ...],
        *,
        culprit: str | None = None,
        suggestion: str | None = None,
    ) -> ConfigError:
        """An error that points at the string ``culprit`` in the value of ``key``.

        It points at the key where there is no such string, and at the nearest
        table around it where the key itself cannot be found.
        """
        start, end = self.value_place(key, culprit) or self.key_place(key)
        line, column = self.position(start)
        return ConfigError(
            message,
            path=self.path,
            line=line,
            column=column,
            length=end - start,
            text=self.text,
            suggestion=suggestion,
        )

    def key_place(self, key: tuple[str, ...]) -> tuple[int, int]:
        """Start and end of a key, or of the nearest table around it."""
        places = key_places(self.text)
        while key and key not in places:
            key = key[:-1]
        return places.get(key, (0, 1))

    def value_place(self, key: tuple[str, ...], value: str | None) -> tuple[int, int] | None:
        """Start and end of a string in the value of a key, quotes included."""
        places = key_places(self.text)
        if value is None or key not in places:
            return None
        start = places[key][1]
        later = [place[0] for other, place in places.items() if other[: len(key)] != key]
        end = min((offset for offset in later if offset > start), default=len(self.text))
        for quote in "\"'":
            found = self.text.find(quote + value + quote, start, end)
            if found >= 0:
                return found, found + len(value) + 2
        return None

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of an offset."""
        line_start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - line_start + 1


def read_document(path: str) -> Document:
    """Read and parse a TOML file; ConfigError where that is not possible."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with open(path, "rb") as file:
            text = file.read().decode()
    except OSError as error:
        raise ConfigError(f"cannot read the file: {error.strerror}", path=path) from None
    except UnicodeDecodeError:
        raise ConfigError("cannot read the file: it is not UTF-8", path=path) from None
    text = text.replace("\r\n", "\n")
    try:
        return Document(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(path, text, str(error)) from None
    except RecursionError:
        raise ConfigError("its values nest too deeply to be read", path=path) from None


def _syntax_error(path: str, text: str, message: str) -> ConfigError:
    """The parser's message, with its position taken out of it."""
    lines = text.split("\n")
    line, column = len(lines), len(lines[-1]) + 1
    found = _POSITION.search(message)
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
    reason = _POSITION.sub("", message)
    return ConfigError(
        f"not valid TOML: {reason[:1].lower()}{reason[1:]}",
        path=path,
        line=line,
        column=column,
        text=text,
    )


class _Token(Record):
    text: str
    start: int
    end: int


def key_places(text: str) -> dict[tuple[str, ...], tuple[int, int]]:
    """Start and end of every key and table header of a valid TOML text.

    Of a dotted key or header the last part is the place; of a repeated one
    (an array of tables) the first. Escapes in quoted keys stay as written.
    """
    return _Scanner(text).scan()


class _Scanner:
    """Walks over the tokens of a TOML text that a parser has already accepted."""

    def __init__(self, text: str) -> None:
        self.tokens = [
            _Token(match[0], match.start(), match.end())
            for match in _TOKEN.finditer(text)
            if match["comment"] is None
        ]
        self.tokens.append(_Token("\n", len(text), len(text)))
        self.index = 0
        self.places: dict[tuple[str, ...], tuple[int, int]] = {}

    def scan(self) -> dict[tuple[str, ...], tuple[int, int]]:
        table: tuple[str, ...] = ()
        while self.index < len(self.tokens):
            if self.skip("\n"):
                continue
            if self.skip("["):
                self.skip("[")
                table = self.key(())
                self.until("\n")
            else:
                self.pair(table)
        return self.places

    def skip(self, *texts: str) -> bool:
        """Step over the next token when it is one of these."""
        if self.index < len(self.tokens) and self.tokens[self.index].text in texts:
            self.index += 1
            return True
        return False

    def until(self, *texts: str) -> None:
        """Stop before the next token that is one of these."""
        while self.index < len(self.tokens) and self.tokens[self.index].text not in texts:
            self.index += 1

    def key(self, prefix: tuple[str, ...]) -> tuple[str, ...]:
        """Read ``a.b."c"`` and note the place of each part."""
        while True:
            token = self.tokens[self.index]
            self.index += 1
            quoted = token.text[0] in "\"'"
            prefix = (*prefix, token.text[1:-1] if quoted else token.text)
            self.places.setdefault(prefix, (token.start, token.end))
            if not self.skip("."):
                return prefix

    def pair(self, table: tuple[str, ...]) -> None:
        key = self.key(table)
        self.skip("=")
        self.value(key)

    def value(self, key: tuple[str, ...]) -> None:
        if self.skip("{"):
            while not self.skip("}"):
                if not self.skip(",", "\n"):
                    self.pair(key)
        elif self.skip("["):
            while not self.skip("]"):
                if not self.skip(",", "\n"):
                    self.value(key)
        else:
            self.until("\n", ",", "]", "}")
