"""Small projects written as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.engine.runner import Extent, extract_one
from kernlint.extract.brief import brief as cut_short
from kernlint.project.build import build
from kernlint.project.modules import Modules
from kernlint.project.outcome import Project
from kernlint.project.values import (
    Instance,
    Known,
    MappingValue,
    SequenceValue,
    Unknown,
    Value,
)
from kernlint.source.read import decode, mentions_kernels

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.diagnostic import Place
    from kernlint.model.facts import FileFacts

CONFIG = "from transformers import KernelConfig\n"


class Sources:
    """The files of a project by path, and what is made of them."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.texts = {path: text.encode() for path, text in files.items()}
        self.facts: dict[tuple[str, str], FileFacts] = {}
        self.modules = Modules(self.texts)

    def facts_of(self, path: str, *, full: bool = False, brief: bool = False) -> FileFacts | None:
        """The facts of a file, made on demand."""
        kind = "full" if full else "brief" if brief else ""
        if (path, kind) not in self.facts:
            source = decode(self.texts[path])
            short = cut_short(source) if brief and mentions_kernels(source.data) else None
            self.facts[path, kind] = short or extract_one(source, Extent(full=full))
        return self.facts[path, kind]

    def build(self) -> Project:
        """The whole project."""
        return build(self.texts, self.modules, self.facts_of)

    def at(self, place: Place) -> str:
        """The source at a place."""
        return self.texts[place.path][place.span.start : place.span.end].decode()


def mappings(files: Mapping[str, str] | str) -> list[object]:
    """The mappings of all configs of a project, as plain values; see ``plain``."""
    sources = Sources({"a.py": files} if isinstance(files, str) else files)
    return [plain(config.mapping) if config.mapping else None for config in sources.build().configs]


def plain(value: Value) -> object:
    """A value as Python would print it; ``?reason`` for what is not known.

    What is not known beside the entries of a dict stands under the key ``...``.
    """
    if isinstance(value, Known):
        return value.value
    if isinstance(value, MappingValue):
        entries = {plain(entry.key): plain(entry.value) for entry in value.entries}
        if value.unread:
            entries[...] = [plain(part) for part in value.unread]
        return entries
    if isinstance(value, SequenceValue):
        return tuple(plain(item) for item in value.items)
    if isinstance(value, Instance):
        return f"<{value.dotted}>"
    assert isinstance(value, Unknown)
    return f"?{value.reason}"
