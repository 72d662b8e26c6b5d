"""What the fixes of rules have in common.

A rule does not see the text of a file, so a fix is made of places that the facts hold. The one
thing that it may rely on: the characters of a string that has an ``inner`` stand in the file one
by one, as ASCII and without escapes.
"""

from __future__ import annotations

from kernlint.model.diagnostic import Edit, Fix
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Known, MappingValue
from kernlint.rules.paths import entries

if TYPE_CHECKING:
    from typing import Literal

    from kernlint.model.diagnostic import Place
    from kernlint.project.flow import Config
    from kernlint.project.values import Value

    Applicability = Literal["safe", "unsafe"]

#: What can stand between quotes whatever they are.
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./: ")


def reach(value: Value, config: Config) -> Applicability | None:
    """How safe it is to change what stands at the place of a part of a mapping.

    Safe where it is written within the call of ``KernelConfig``, so that nothing else can have
    it. Unsafe where it is written in a dict of the mapping that is made elsewhere, which other
    code may use as well. None where the dict takes it from somewhere else, such as a constant.
    """
    if within(value.place, config.place):
        return "safe"
    dicts = [config.mapping, *(entry.value for entry in entries(config))]
    if any(isinstance(each, MappingValue) and within(value.place, each.place) for each in dicts):
        return "unsafe"
    return None


def retyped(value: Value, start: int, end: int, content: str) -> Edit | None:
    """Other characters for some of a string; None where they cannot be pointed at."""
    if not isinstance(value, Known) or value.inner is None or not _PLAIN.issuperset(content):
        return None
    if not isinstance(value.value, str) or not value.value.isascii():
        return None
    if value.inner == value.place.span.start and not content.isidentifier():
        return None  # the name of an argument, as in `dict(RMSNorm=...)`
    return Edit(value.part(start, end).span, content)


def rewritten(value: Value, content: str) -> Edit | None:
    """Another text for a whole string; None where its characters cannot be pointed at."""
    length = len(value.value) if isinstance(value, Known) and isinstance(value.value, str) else 0
    return retyped(value, 0, length, content)


def replaced(value: Known, content: str) -> Edit | None:
    """An expression in the place of a string and its quotes."""
    if value.inner is None or value.inner == value.place.span.start:
        return None
    return Edit(value.place.span, content)


def before(place: Place, content: str) -> Edit:
    """Something more in front of what stands at a place."""
    return Edit(Span(place.span.start, place.span.start), content)


def behind(place: Place, content: str) -> Edit:
    """Something more behind what stands at a place."""
    return Edit(Span(place.span.end, place.span.end), content)


def mending(applicability: Applicability | None, message: str, *edits: Edit | None) -> Fix | None:
    """A fix of these edits; None where one of them cannot be made."""
    possible = tuple(edit for edit in edits if edit is not None)
    if applicability is None or len(possible) < len(edits):
        return None
    return Fix(applicability, message, possible)


def within(inner: Place, outer: Place) -> bool:
    """Whether a place lies in another one."""
    return (
        outer.path == inner.path
        and outer.span.start <= inner.span.start
        and inner.span.end <= outer.span.end
    )
