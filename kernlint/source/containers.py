"""The text of any file, with the Python that it is or holds."""

from __future__ import annotations

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.pattern import lazy
from kernlint.model.text import SourceText
from kernlint.source.embedded import Content, EmbeddedText, Note, is_embedding
from kernlint.source.read import DecodeError, decode, mentions_kernels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.source.blocks import Block

_BOM = b"\xef\xbb\xbf"
_TYPED = lazy(rb"[ \t]*(?:>>>|\.\.\.) ")


def mentions(path: str, data: bytes) -> bool:
    """Whether a file holds a word by which code declares, loads or maps kernels."""
    if path.lower().endswith(".ipynb") and b"ernel" in data:
        # Words stand behind `\n`, which ends in a letter.
        data = data.replace(b"\\n", b"\n").replace(b"\\t", b"\t")
    return mentions_kernels(data)


def read_text(path: str, data: bytes) -> SourceText:
    """The text of a file: of a notebook, of a document, or else of Python.

    Raises:
        DecodeError: It is no text, or no notebook.
    """
    if not is_embedding(path):
        text = decode(data)
        if not _shows_kernels(data):
            return text
        from kernlint.source.doctests import with_doctests  # what only such modules need

        return with_doctests(text)
    if path.lower().endswith(".ipynb"):
        from kernlint.source.notebook import read_notebook

        return read_notebook(data)
    return _read_document(path, data)


def _shows_kernels(data: bytes) -> bool:
    """Whether a module may hold an example that mentions kernels."""
    return b">>>" in data and any(
        _TYPED.match(line) and mentions_kernels(line) for line in _lines_with(data, b"ernel")
    )


def _lines_with(data: bytes, word: bytes) -> Iterator[bytes]:
    """The lines that hold a word, which are few."""
    data = data.replace(b"\r", b"\n")
    end = 0
    while (at := data.find(word, end)) >= 0:
        start = data.rfind(b"\n", end, at) + 1
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield data[start:end]


def _read_document(path: str, data: bytes) -> SourceText:
    bom = len(_BOM) if data.startswith(_BOM) else 0
    try:
        data[bom:].decode()
    except UnicodeDecodeError as error:
        at = bom + error.start
        raise DecodeError(f"byte 0x{data[at]:02x} is not UTF-8", at) from None
    from kernlint.source.blocks import add_block  # what only documents need

    source = SourceText(data, bom=bom)
    content = Content()
    waiting: list[Note] = []
    for found in _parts(path, data, bom):
        if isinstance(found, Note):
            waiting.append(found)
            continue
        end = found.lines[-1].end if found.lines else bom
        content.notes += [note._replace(reach=Span(note.span.start, end)) for note in waiting]
        waiting = []
        add_block(content, data, source.encoding, found)
    content.notes += waiting
    return EmbeddedText(source, "document", content)


def _parts(path: str, data: bytes, start: int) -> Iterable[Block | Note]:
    """The blocks of Python in a document and the comments for kernlint, in order."""
    if path.lower().endswith(".rst"):
        from kernlint.source.restructured import blocks

        return blocks(data, start)
    from kernlint.source.markdown import fences

    return fences(data, start, mdx=path.lower().endswith(".mdx"))
