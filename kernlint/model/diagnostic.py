"""Findings, and the result of a whole run."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING, Literal
from kernlint.model.record import Record
from kernlint.model.text import SourceText

if TYPE_CHECKING:
    from kernlint.model.runtime import RuntimeReport

Severity = Literal["error", "warning", "info"]
Confidence = Literal["high", "medium"]

#: From harmless to fatal; the index is the rank.
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")

#: Findings about what could not be checked: they lead to 3, never to 1.
OPEN_CODES = frozenset({"KL001", "KL907"})


class Place(Record):
    """A range of bytes in a file; ``path`` is relative to the working directory."""

    path: str
    span: Span


class Related(Record):
    """A second place that explains a finding."""

    message: str
    place: Place


class Edit(Record):
    """Replace the bytes of ``span`` by what stands for ``content``, a piece of program.

    An empty span inserts, an empty content deletes.
    """

    span: Span
    content: str


class Fix(Record):
    """How to mend a finding, by edits of the file that it stands in.

    ``safe`` tells that the verdict of the libraries on everything else stays as it is.
    """

    applicability: Literal["safe", "unsafe"]
    message: str
    edits: tuple[Edit, ...]


class Diagnostic(Record):
    """One finding.

    ``message`` says what is wrong, in a line; ``effect`` what happens when the
    code runs (the real exception or the silent effect, with the releases that it
    was judged for); ``help`` what to write instead. ``label`` is the short text
    beside the caret. ``releases`` maps a library to the specifier of the releases
    for which the finding holds. ``sink`` names the path that was judged.
    """

    code: str
    name: str
    severity: Severity
    message: str
    place: Place
    confidence: Confidence = "high"
    effect: str | None = None
    help: str | None = None
    label: str | None = None
    related: tuple[Related, ...] = ()
    releases: tuple[tuple[str, str], ...] = ()
    sink: str | None = None
    fix: Fix | None = None
    url: str | None = None


class NotChecked(Record):
    """A mapping, or a part of one, that could not be read, and why."""

    place: Place
    reason: str


class InternalError(Record):
    """A rule that failed on a piece of code: a defect of kernlint itself."""

    code: str
    place: Place
    detail: str


class Mended(Record):
    """How many findings of a rule this run has mended in a file."""

    path: str
    code: str
    name: str
    number: int


class Held(Record):
    """A fix that was asked for and not made, and why."""

    place: Place
    code: str
    reason: str


class Counts(Record):
    """How much was looked at: the evidence behind "nothing found".

    Findings that are not shown are ``suppressed`` by comments or ``baselined``.
    """

    files: int = 0
    configs: int = 0
    declarations: int = 0
    unread_mappings: int = 0
    suppressed: int = 0
    baselined: int = 0


class Result(Record):
    """What a run found.

    ``diagnostics`` are sorted by path, place and code and no longer contain
    suppressed ones. ``texts`` holds the source of every file that a finding, a
    related place, a not-checked entry or an internal error points into.
    ``unreadable`` tells that a file which mentions kernels could not be checked, or, where
    layers were to be confirmed, that a config could not be tried out.
    ``notes`` are for the user and about the run: a dependency file that cannot be read.
    ``runtime`` holds what was confirmed with the real libraries, a report for each check.
    ``mended`` are the findings that this run has fixed, by file and rule, ``held`` the fixes that
    were asked for and are not made.
    """

    diagnostics: tuple[Diagnostic, ...]
    not_checked: tuple[NotChecked, ...]
    internal_errors: tuple[InternalError, ...]
    counts: Counts
    judged: tuple[tuple[str, tuple[str, ...]], ...]
    texts: Mapping[str, SourceText]
    unreadable: bool = False
    notes: tuple[str, ...] = ()
    runtime: tuple[RuntimeReport, ...] = ()
    mended: tuple[Mended, ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def fixed(self) -> int:
        """How many findings this run has mended."""
        return sum(each.number for each in self.mended)

    def exit_code(self, fail_on: Severity = "warning", exit_zero: bool = False) -> int:
        """The exit status of the run.

        0 nothing found, and every layer confirmed that was to be confirmed; 1 findings at or above
        ``fail_on``; 3 not checkable, or a layer not confirmed, whichever rules are reported.
        ``exit_zero`` makes no success of a layer that is not confirmed.
        """
        threshold = SEVERITIES.index(fail_on)
        found = any(
            SEVERITIES.index(d.severity) >= threshold
            for d in self.diagnostics
            if d.code not in OPEN_CODES
        )
        if found and not exit_zero:
            return 1
        if not all(report.confirmed for report in self.runtime):
            return 3
        if found:
            return 0
        return 3 if self.unreadable or self.internal_errors else 0
