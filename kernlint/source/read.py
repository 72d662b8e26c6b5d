"""From a path to bytes, and from bytes to text, as Python itself would read it."""

from __future__ import annotations

import codecs
import os
import re
import stat
from bisect import bisect_right

from kernlint.model.pattern import lazy
from kernlint.model.text import SourceText

#: A larger file is not parsed: a megabyte of short lines costs libcst 1.5 GB.
MAX_BYTES = 1_000_000

#: CPython's own limit on open brackets (``MAXLEVEL`` in its tokenizer).
MAX_NESTING = 200

# Whatever the expression below matches contains these bytes. One plain search is
# ten times as fast as the expression, which therefore sees the hits alone.
_NEEDLE = b"ernel"
#: The words by which code declares, loads or maps kernels, as a regular expression.
MENTION = (
    r"ernel(?:"
    # transformers: configs, mappings, declarations
    r"Config\b|_config\b|_mapping|_layer_name\b|_forward_from_hub|_func_from_hub"
    r"|_replacements_and_fusions|ized_func"
    # use_kernels=, set_use_kernels(), use_kernel_func_from_hub, lazy_load_kernel(), ...
    r"|(?<=use_kernel)|(?<=load_kernel)"
    # the kernels library: what it exports, and its import
    r"|ize\b|(?<=\bget_kernel)\b|(?<=\bhas_kernel)\b|(?<=_locked_kernel)\b|(?<=_local_kernel)\b"
    r"|(?<=\bfrom kernel)s\b|(?<=\bimport kernel)s\b|(?<=\bkernel)s\.[A-Z]"
    r")"
)
_MENTION = lazy(MENTION.encode())

#: A string that can be a kernel, ``"org/repo:Layer"``, whatever it is used for.
KERNEL_STRING = r"[\w.~-]+/[^\s:'\"]+:[A-Za-z_]\w*"
# Rare, and found fast, since it begins with a literal.
_KERNEL_END = lazy(rb":[A-Za-z_]\w*[\"']")
_KERNEL_STRING = lazy(rf"[\"']{KERNEL_STRING}[\"']".encode())

_UPPER_CODE = lazy(rb"K[Ll][0-9]")
_LOWER_CODE = lazy(rb"k[Ll][0-9]")
_NOQA = lazy(rb"noqa[^\r\n]*kl[0-9]", re.IGNORECASE)

_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_STARTS = {mark[:1] for mark, _ in _WIDE_MARKS}

_COOKIE = lazy(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-.\w]+)")
_BLANK = lazy(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n|[\r\n])")

# Shift sequences and escapes of the codecs in which a byte does not mean the same
# everywhere: utf-7, hz, unicode_escape, iso2022_*. They do not come out as written.
_PROBE = b"def x=1 +AGE- ~{0~} \\u0041 \x1b$B0!\x1b(B\r\n"

_BRACKETS_AND_TEXT = lazy(
    r"""
    [][(){}]
    | \#[^\r\n]*
    | \"{3} [^"\\]* (?: (?: \\[\s\S] | "(?!"") ) [^"\\]* )* (?:\"{3})?
    | '{3}  [^'\\]* (?: (?: \\[\s\S] | '(?!'') ) [^'\\]* )* (?:'{3})?
    | "     [^"\\\r\n]* (?: \\[\s\S] [^"\\\r\n]* )* "?
    | '     [^'\\\r\n]* (?: \\[\s\S] [^'\\\r\n]* )* '?
    """,
    re.VERBOSE,
)
_LINE_END = lazy(r"\r\n|[\r\n]")

#: How many characters are counted at once.
_BLOCK = 1024


class ReadError(Exception):
    """A path that yields no bytes. The message is the reason, without the path."""


class DecodeError(Exception):
    """Bytes that are no text to Python; ``offset`` is the byte that shows it."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


def mentions_kernels(data: bytes) -> bool:
    """Whether a file holds a word by which code declares, loads or maps kernels.

    Cheap (20 ms for 50 MB without a hit) and generous: a file that it rejects
    holds nothing to check, a file that it admits may hold nothing either.
    """
    if data[:1] in _WIDE_STARTS:
        for mark, encoding in _WIDE_MARKS:
            if data.startswith(mark):
                data = data.decode(encoding, errors="ignore").encode(errors="ignore")
                break
    return _NEEDLE in data and _MENTION.search(data) is not None


def holds_comment(data: bytes) -> bool:
    """Whether a file may hold a comment that silences findings."""
    if b"kernlint:" in data:
        return True
    # Expressions that begin with a letter are found many times as fast as one that heeds no case.
    named = _UPPER_CODE.search(data) or _LOWER_CODE.search(data)
    return named is not None and _NOQA.search(data) is not None


def names_kernels(data: bytes) -> bool:
    """Whether a file holds a string that can be a kernel: ``"org/repo:Layer"``."""
    return _KERNEL_END.search(data) is not None and _KERNEL_STRING.search(data) is not None


def read_bytes(path: str, status: os.stat_result | None = None) -> bytes:
    """The bytes of a regular file (or of one that a link leads to), whose status may be known.

    A pipe, device or socket is refused without being opened, since opening one can
    block for ever.

    Raises:
        ReadError: The file cannot be read; the message is the system's reason.
    """
    try:
        status = os.stat(path) if status is None else status
        if stat.S_ISDIR(status.st_mode):
            raise ReadError("Is a directory")
        if not stat.S_ISREG(status.st_mode):
            raise ReadError("Not a regular file")
        # Non-blocking all the same: the path may be another file by now.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        descriptor = os.open(path, flags)
        try:
            chunks = []
            while chunk := os.read(descriptor, status.st_size + 1):
                chunks.append(chunk)
                if len(chunk) == status.st_size:
                    break  # there was room for more, so this is the end
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ReadError(error.strerror or str(error)) from None
    except ValueError:  # its wording depends on the version of Python
        raise ReadError("Null byte in the path") from None
    return b"".join(chunks)


def decode(data: bytes) -> SourceText:
    """The text of a Python file, by the rules of PEP 263.

    The result's ``encoding`` is ``utf-8`` or the codec that a comment in the first
    two lines declares, in CPython's spelling. Its text is sure to decode.

    Raises:
        DecodeError: CPython refuses the file as well, or (``... is not supported``)
            its codec gives bytes a meaning that depends on those before them.
    """
    for mark, name in _WIDE_MARKS:
        if data.startswith(mark):
            raise DecodeError(f"the file is {name.upper()}, which Python does not read", 0)
    bom = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    nul = data.find(b"\0")
    if nul >= 0:
        raise DecodeError("source code cannot contain null bytes", nul)
    encoding, offset = _declared(data, bom)
    if bom and encoding != "utf-8":
        raise DecodeError(f"a UTF-8 byte order mark, but {encoding} is declared", offset)
    if encoding != "utf-8":
        _check_codec(encoding, offset)
    try:
        data[bom:].decode(encoding)
    except UnicodeDecodeError as error:
        at = bom + error.start
        shown = f"byte 0x{data[at]:02x}"
        if offset < 0:
            message = f"{shown} is not UTF-8, and no other encoding is declared"
        else:
            message = f"{shown} is not valid in the declared encoding, {encoding}"
        raise DecodeError(message, at) from None
    return SourceText(data, encoding, bom)


def _declared(data: bytes, start: int) -> tuple[str, int]:
    """The encoding that a comment declares and its offset; utf-8 and -1 without one."""
    cookie = _COOKIE.match(data, start)
    if cookie is None and (first := _BLANK.match(data, start)):
        cookie = _COOKIE.match(data, first.end())
    if cookie is None:
        return "utf-8", -1
    name = cookie[1].decode("ascii")
    normal = name[:12].lower().replace("_", "-")
    for known, spellings in (
        ("utf-8", ("utf-8",)),
        ("iso-8859-1", ("latin-1", "iso-8859-1", "iso-latin-1")),
    ):
        for spelling in spellings:
            if normal == spelling or normal.startswith(spelling + "-"):
                name = known
    return name, cookie.start(1)


def _check_codec(encoding: str, offset: int) -> None:
    """Raise DecodeError unless a codec reads text and keeps ASCII as it is."""
    try:
        codec = codecs.lookup(encoding)
    except LookupError:
        raise DecodeError(f"unknown encoding: {encoding}", offset) from None
    try:
        faithful = _PROBE.decode(encoding) == _PROBE.decode("ascii")
    except LookupError:
        raise DecodeError(f"{encoding} is not a text encoding", offset) from None
    except UnicodeError:
        faithful = False
    if not faithful or codec.incrementaldecoder is None:
        raise DecodeError(f"source code in {encoding} is not supported", offset)


class Offsets:
    """Turns character offsets of a file's text into byte offsets of the file.

    ``text`` is what the bytes after the byte order mark decode to.
    """

    __slots__ = ("_ascii", "_source", "_starts", "_text")

    def __init__(self, text: str, source: SourceText) -> None:
        self._text = text
        self._source = source
        self._ascii = text.isascii()
        # Of UTF-8 the bytes before every block of characters, else the starts of the lines.
        self._starts: list[int] = []

    def byte(self, char_offset: int) -> int:
        """The offset in the file of the first byte of a character, or of the end."""
        if self._ascii:
            return self._source.bom + char_offset
        if self._source.encoding == "utf-8":
            return self._of_utf_8(char_offset)
        if not self._starts:
            self._starts = [0, *(end.end() for end in _LINE_END.finditer(self._text))]
        line = bisect_right(self._starts, char_offset) - 1
        # Every accepted codec has the line ends where ASCII has them.
        before = self._text[self._starts[line] : char_offset]
        return self._source.line_starts[line] + self._width(before, line)

    def _of_utf_8(self, char_offset: int) -> int:
        if not self._starts:
            at = self._source.bom
            for start in range(0, len(self._text) + 1, _BLOCK):
                self._starts.append(at)
                at += len(self._text[start : start + _BLOCK].encode())
        block = char_offset // _BLOCK
        return self._starts[block] + len(self._text[block * _BLOCK : char_offset].encode())

    def _width(self, before: str, line: int) -> int:
        """How many bytes the first characters of a line take in the file."""
        if before.isascii():
            return len(before)
        # A codec may know several spellings of a character: count what is there.
        decoder = codecs.getincrementaldecoder(self._source.encoding)()
        start = self._source.line_starts[line]
        count = 0
        for width, byte in enumerate(self._source.data[start:]):
            if count >= len(before):
                return width
            count += len(decoder.decode(bytes((byte,))))
        return len(self._source.data) - start


def too_deep(text: str) -> int | None:
    """The character offset of the first bracket beyond CPython's limit of nesting.

    Brackets in strings and comments do not count. None where the text stays within.
    """
    if text.count("(") + text.count("[") + text.count("{") <= MAX_NESTING:
        return None
    depth = 0
    for match in _BRACKETS_AND_TEXT.finditer(text):
        first = text[match.start()]
        if first in "([{":
            depth += 1
            if depth > MAX_NESTING:
                return match.start()
        elif first in ")]}" and depth:
            depth -= 1
    return None
