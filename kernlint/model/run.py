"""What a report needs to know of a run besides its result."""

from __future__ import annotations

from collections.abc import Callable

from kernlint.model.diagnostic import Confidence, Severity
from kernlint.model.record import Record


class RuleInfo(Record):
    """What formats tell of a rule: ``summary`` is a sentence, ``doc`` its page in Markdown."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    default_on: bool
    summary: str
    doc: str
    url: str


def _no_rules() -> tuple[RuleInfo, ...]:
    return ()


class Run(Record):
    """A run, as far as a report heeds or tells it.

    ``fail_on`` is the level that fails, ``exit_code`` what the run ends with. ``rules`` gives
    every rule; it is a function, since few formats ask. ``root`` is the absolute folder of the
    repository and ``cwd`` the working directory, that paths are relative to, both with ``/``; where
    they are empty, paths are told as they are.

    The rest is about people who read it: ``color``, ``links`` and ``width`` are what their screen
    can show, ``wrapped`` whether texts are divided at the width, without ``closing`` there is no
    summary at the end, and ``unchecked`` asks for what could not be read.
    """

    fail_on: Severity = "warning"
    exit_code: int = 0
    rules: Callable[[], tuple[RuleInfo, ...]] = _no_rules
    root: str = ""
    cwd: str = ""
    color: bool = False
    links: bool = False
    width: int = 0
    wrapped: bool = False
    closing: bool = True
    unchecked: bool = False


#: A run of which nothing is known.
RUN = Run()
