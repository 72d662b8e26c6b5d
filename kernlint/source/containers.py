"""The text of any file, with the Python that it is or holds."""

from __future__ import annotations

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.text import SourceText
from kernlint.source.embedded import Content, EmbeddedText, Note, is_embedding
from kernlint.source.read import DecodeError, decode, mentions_kernels

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.source.blocks import Block

_BOM = b"\xef\xbb\xbf"


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
        if b">>>" not in data:
            return text
        from kernlint.source.doctests import with_doctests

        return with_doctests(text)
    if path.lower().endswith(".ipynb"):
        from kernlint.source.notebook import read_notebook

        return read_notebook(data)
    return _read_document(path, data)


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
