"""What kernlint says about generated programs against what Python makes of them.

The values: for every call, kernlint's alternatives are the mappings that Python computes over
all combinations of the flags, none of them open. The verdicts: an ``error`` is there exactly where
the validation of a release raises for one of those mappings.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from kernlint.project.values import Instance, Known, MappingValue, SequenceValue, Unknown, Value
from tests.differential.compare import Finding, Linted, Raised, ask, difference, run_on
from tests.differential.programs import Case
from tests.differential.truth_runner import literal
from tests.project.sources import Sources

RELEASES = ("5.0.0", "5.12.1", "5.22.2")

#: What a release does with a mapping that is written as a literal.
Ask = Callable[[str, str], Raised | None]


class Disagreement(NamedTuple):
    """A program on which kernlint and Python differ: how, in a word, and the details."""

    kind: str
    case: Case
    details: tuple[str, ...]


class _OpenError(Exception):
    """A part of a value is not known."""


def values(case: Case) -> Disagreement | None:
    """How the values of a program differ, None where they agree."""
    try:
        configs = Sources(case.program.files).build().configs
    except Exception as error:  # noqa: BLE001 (a crash is one of the ways to differ)
        return Disagreement(f"crash: {_where(error)}", case, (repr(error),))
    found: dict[tuple[str, int], set[str]] = {}
    for config in configs:
        start = config.place.span.start
        line = case.program.files[config.place.path].encode()[:start].count(b"\n") + 1
        try:
            made = "nothing" if config.mapping is None else literal(_python(config.mapping))
        except _OpenError as error:
            why = f"{config.place.path}:{line}: {error}"
            return Disagreement(f"open: {_nameless(str(error))}", case, (why,))
        found.setdefault((config.place.path, line), set()).add(made)
    for place in sorted({*case.truth, *found}):
        truth: frozenset[str] = case.truth.get(place) or frozenset()
        mine: set[str] = found.get(place) or set()
        kind = _kind(truth, mine)
        if kind is not None:
            details = [f"{place[0]}:{place[1]}:"]
            details += [f"  python:   {each}" for each in sorted(truth - mine)]
            details += [f"  kernlint: {each}" for each in sorted(mine - truth)]
            details += [f"  both:     {each}" for each in sorted(truth & mine)]
            return Disagreement(kind, case, tuple(details))
    return None


def _kind(truth: frozenset[str], mine: set[str]) -> str | None:
    """In which way the mappings of a call differ."""
    if truth == mine:
        return None
    if not mine:
        return "no config"
    if not truth:
        return "config that is never made"
    if mine < truth:
        return "mapping is missing"
    return "mapping that never happens" if truth < mine else "wrong mapping"


def _python(value: Value) -> object:
    """A value that is known in full."""
    if isinstance(value, Unknown):
        raise _OpenError(value.reason)
    if isinstance(value, MappingValue):
        for part in value.unread:
            raise _OpenError(part.reason)
        return {_python(entry.key): _python(entry.value) for entry in value.entries}
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Instance):
        return f"<{value.dotted}>"
    assert isinstance(value, SequenceValue)
    items = [_python(item) for item in value.items]
    made: dict[str, Callable[[], object]] = {
        "list": lambda: items,
        "tuple": lambda: tuple(items),
        "set": lambda: set(items),
        "frozenset": lambda: frozenset(items),
    }
    return made[value.kind]()


def _where(error: BaseException) -> str:
    """The type of an exception, and the function that it comes from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = trace.tb_frame.f_code if trace is not None else None
    return f"{type(error).__name__} in {code.co_name if code else '?'}"


@functools.cache
def ask_release(release: str, mapping: str) -> Raised | None:
    """What the validation of a release does with a mapping."""
    return ask(release, _spelled_out(mapping), "set_use_kernels")


def _spelled_out(mapping: str) -> str:
    return f"config = KernelConfig({mapping})\n"


def verdicts(case: Case, release: str, answers: Ask = ask_release) -> Disagreement | None:
    """How the verdicts on a program differ, None where they agree."""
    try:
        result = run_on(release, case.program.files)
    except RuntimeError as error:
        return Disagreement("crash", case, (str(error)[-600:],))
    errors = [each for each in result.diagnostics if each.severity == "error"]
    findings = tuple(Finding(each.code, each.effect or "") for each in errors)
    linted = Linted(findings, tuple(each.reason for each in result.not_checked))
    raised = {mapping: answers(release, mapping) for mapping in case.mappings}
    asked = [(mapping, why) for mapping, why in raised.items() if why is not None]
    kinds = [
        difference(release, _spelled_out(mapping), "set_use_kernels", why, linted)
        for mapping, why in asked
    ] or [difference(release, "", "set_use_kernels", None, linted)]
    for kind in kinds:
        if kind is not None:
            details = [f"transformers {release}"]
            details += [f"  {each}: {why.exception}: {why.message[:90]}" for each, why in asked]
            details += [f"  kernlint: {each.code}: {each.effect[:140]}" for each in findings]
            return Disagreement(_nameless(kind), case, tuple(details))
    return None


def _nameless(kind: str) -> str:
    """A kind without what only this program calls so."""
    return re.sub("`[^`]*`", "`_`", kind)


def differing(
    cases: Sequence[Case], releases: Sequence[str] = (), answers: Ask = ask_release
) -> list[Disagreement]:
    """The programs whose values differ, or the verdicts of one of these releases."""
    found = []
    for case in cases:
        ways = [values(case)] if not releases else []
        ways += [verdicts(case, release, answers) for release in releases]
        found += [way for way in ways if way is not None][:1]
    return found


def shortest(found: Sequence[Disagreement]) -> dict[str, Disagreement]:
    """The shortest program of every kind."""
    least: dict[str, Disagreement] = {}
    for each in sorted(found, key=lambda item: (len(item.case.program.text), item.kind)):
        least.setdefault(each.kind, each)
    return least


def show(found: Disagreement) -> str:
    """A disagreement with its program."""
    lines = [f"== {found.kind}", f"   [{', '.join(found.case.program.constructs)}]"]
    lines += [f"    {line}" for line in found.case.program.text.strip().split("\n")]
    return "\n".join([*lines, *(f"  {line}" for line in found.details)])
