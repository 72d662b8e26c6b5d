"""What kernlint says about generated programs against what a released validation does.

An ``error`` has to be there exactly where the library raises, with the exception that it raises.
More is said only about kernels that pass the validation and cannot be loaded.
"""

from __future__ import annotations

import os
import re
import tempfile
import textwrap
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from kernlint.api import check
from kernlint.catalog.store import load
from kernlint.config import load_settings
from kernlint.model.diagnostic import Place, Result
from tests.differential.configs import is_fusion
from tests.real.cases import CONFIG_IMPORTS
from tests.real.old_release import OldRelease, load_release

Sink = Literal["set_use_kernels", "from_pretrained"]
SINKS: tuple[Sink, ...] = ("set_use_kernels", "from_pretrained")

USES: dict[Sink, str] = {
    "set_use_kernels": "",
    "from_pretrained": 'AutoModel.from_pretrained("model", kernel_config=config)\n',
}
"""What follows a config: nothing in sight is judged like set_use_kernels."""

RELEASES = (
    "5.0.0",
    "5.3.0",
    "5.4.0",
    "5.5.4",
    "5.9.0",
    "5.12.1",
    "5.13.1",
    "5.14.1",
    "5.17.0",
    "5.21.1",
    "5.22.2",
    "5.23.0",
)
"""Releases whose validation, or whose way to it, differs."""

LOADING_CODES = frozenset({"KL103", "KL106", "KL109", "KL111"})
"""The rules that know of kernels that pass the validation and cannot be loaded."""
LOADING = (
    "loading the kernel",
    "HFValidationError",
    "RepositoryNotFoundError",
    "FileNotFoundError",
)
CLASS_NAME = "is no declared layer name; from transformers 5.11 on from_pretrained also takes"
"""The reason that leaves a name open on the way of from_pretrained."""

OPEN: dict[str, str] = {}
"""Known disagreements: what they are, to a pattern of sink, kind and program."""

_BATCH = 200
_HEADER = f"{CONFIG_IMPORTS}from transformers import AutoModel\n"


class Finding(NamedTuple):
    """An error of kernlint: the code of the rule, and what happens when the program runs."""

    code: str
    effect: str

    @property
    def is_loading(self) -> bool:
        """Whether the kernel passes the validation and fails to load."""
        return any(word in self.effect for word in LOADING)


class Linted(NamedTuple):
    """What kernlint says about one program."""

    errors: tuple[Finding, ...]
    not_checked: tuple[str, ...]


class Raised(NamedTuple):
    """The exception of a library, the step that raised it, and its text."""

    exception: str
    stage: str
    message: str


class Disagreement(NamedTuple):
    """A program on which the two differ, and how, in a line that similar ones share."""

    release: str
    sink: Sink
    kind: str
    program: str
    raised: Raised | None
    linted: Linted


def lint(release: str, programs: Sequence[str], sink: Sink) -> list[Linted]:
    """kernlint's verdict on every program, as its own run of it would give.

    The programs lie in a few files, each in a function of its own.
    """
    files: dict[str, str] = {}
    starts: dict[str, tuple[int, list[int]]] = {}
    for start in range(0, len(programs), _BATCH):
        name = f"batch_{start}.py"
        files[name], offsets = _together(programs[start : start + _BATCH], sink)
        starts[name] = start, offsets
    result = run_on(release, files)

    def number(place: Place) -> int:
        first, offsets = starts[place.path]
        return first + bisect_right(offsets, place.span.start) - 1

    errors: list[list[Finding]] = [[] for _ in programs]
    reasons: list[list[str]] = [[] for _ in programs]
    for diagnostic in result.diagnostics:
        if diagnostic.severity == "error":
            finding = Finding(diagnostic.code, diagnostic.effect or "")
            errors[number(diagnostic.place)].append(finding)
    for item in result.not_checked:
        reasons[number(item.place)].append(item.reason)
    return [Linted(tuple(found), tuple(why)) for found, why in zip(errors, reasons, strict=True)]


def run_on(release: str, files: Mapping[str, str]) -> Result:
    """kernlint's run over a project of these files."""
    with tempfile.TemporaryDirectory() as folder, _working_in(folder):
        for name, text in files.items():
            Path(name).parent.mkdir(exist_ok=True)
            Path(name).write_text(text, encoding="utf-8")
        settings = load_settings(None, {"transformers": f"=={release}", "jobs": 1})
        result = check(settings, ["."])
    if result.internal_errors or result.unreadable:
        raise RuntimeError(f"the run failed: {result.internal_errors or result.diagnostics}")
    return result


def _together(programs: Sequence[str], sink: Sink) -> tuple[str, list[int]]:
    """A file of programs, and their offsets in bytes."""
    text = _HEADER
    starts: list[int] = []
    for number, program in enumerate(programs):
        starts.append(len(text.encode()))
        text += f"\n\ndef case_{number}():\n{textwrap.indent(program + USES[sink], '    ')}"
    return text, starts


@contextmanager
def _working_in(folder: str) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@cache
def _on_every_device(release: str) -> tuple[OldRelease, ...]:
    devices = load().transformers(release).device_keys
    return tuple(load_release(release, device) for device in devices)


def ask(release: str, program: str, sink: Sink) -> Raised | None:
    """What the validation of a release does with a program.

    Only the kernels of the device at hand are built, so it runs on each that the release knows;
    the first exception counts. The model has every layer that the release declares.
    """
    layers = sorted(load().transformers(release).layer_names)
    for old in _on_every_device(release):
        verdict = old.judge(CONFIG_IMPORTS + program, sink, layers, ())
        if verdict.raised is not None:
            return Raised(verdict.raised, verdict.stage or "", verdict.message)
    return None


def difference(
    release: str, program: str, sink: Sink, raised: Raised | None, linted: Linted
) -> str | None:
    """In which way the two differ, None where they agree.

    ``missed`` and ``false alarm`` break the promise of an error; ``other exception`` is one for
    which kernlint states another exception than the one that is raised first.
    """
    fusion = is_fusion(program)
    for why in linted.not_checked:
        if not fusion and CLASS_NAME not in why:
            return f"not checked: {why}"
    for error in linted.errors:
        if error.is_loading and error.code not in LOADING_CODES:
            return f"{error.code} speaks of loading: {error.effect}"
    rejected = [error for error in linted.errors if not error.is_loading]
    codes = " ".join(sorted({error.code for error in rejected}))
    if raised is None:
        return f"false alarm: {codes}" if rejected else None
    if fusion or linted.not_checked:
        return None
    early = sink == "from_pretrained" and load().transformers(release).from_pretrained_fusions
    if early and raised.stage in {"sanitize", "create"} and rejected != list(linted.errors):
        return None  # there the kernels are loaded before that step
    if any(f"raises {raised.exception}" in error.effect for error in rejected):
        return None
    start = " ".join(raised.message.split()[:3])
    what = f"{raised.exception} at {raised.stage} ({start})"
    return f"other exception: {what}, but {codes}" if rejected else f"missed: {what}"


def compare(
    release: str,
    programs: Sequence[str],
    sink: Sink,
    answers: Mapping[str, Raised | None] | None = None,
) -> list[Disagreement]:
    """The programs on which kernlint and a release differ.

    ``answers`` are what the release does with each, where that is known.
    """
    found: list[Disagreement] = []
    for program, linted in zip(programs, lint(release, programs, sink), strict=True):
        raised = answers[program] if answers is not None else ask(release, program, sink)
        kind = difference(release, program, sink, raised, linted)
        if kind is not None:
            found.append(Disagreement(release, sink, kind, program, raised, linted))
    return found


def shortest(found: Sequence[Disagreement]) -> list[Disagreement]:
    """The shortest program of every kind."""
    least: dict[tuple[Sink, str], Disagreement] = {}
    for each in sorted(found, key=lambda item: (len(item.program), item.program)):
        least.setdefault((each.sink, each.kind), each)
    return list(least.values())


def unexpected(found: Sequence[Disagreement]) -> list[str]:
    """One line for every kind of disagreement that is not listed in ``OPEN``."""
    return [
        f"transformers {each.release}, {each.sink}: {each.kind}: {each.program.strip()}"
        for each in shortest([each for each in found if not open_point(each)])
    ]


def open_point(found: Disagreement) -> str | None:
    """The entry of ``OPEN`` that a disagreement belongs to."""
    text = f"{found.sink}: {found.kind}\n{found.program}"
    return next((name for name, pattern in OPEN.items() if re.search(pattern, text)), None)
