"""The rules as SARIF describes them, and what its texts may hold."""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.run import RuleInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kernlint.model.diagnostic import Confidence, Diagnostic, Result, Severity
    from kernlint.model.run import Run
    from kernlint.report.json_v1 import Object

LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}

#: What the families of rules are about, by the first digit of their codes.
_FAMILIES: Mapping[str, str] = {
    "0": "run",
    "1": "mapping",
    "2": "layer",
    "3": "config",
    "4": "kernels",
    "5": "versions",
    "6": "security",
    "9": "runtime",
}

#: GitHub's names: how sure a rule is, and what a finding of it is.
_PRECISIONS: Mapping[Confidence, str] = {"high": "very-high", "medium": "medium"}
_PROBLEMS: Mapping[Severity, str] = {
    "error": "error",
    "warning": "warning",
    "info": "recommendation",
}

_PLACEHOLDER = re.compile(r"\{(\d+)\}")


def rules_of(result: Result, run: Run) -> list[Object]:
    """The rules that have findings, by code; one that is not known is told by its finding."""
    known = {rule.code: rule for rule in run.rules()}
    found = {item.code: known.get(item.code) or _made_of(item) for item in result.diagnostics}
    return [_descriptor(found[code]) for code in sorted(found)]


def escaped(text: str) -> str:
    """A text without what SARIF gives a meaning: placeholders and links (3.11.5, 3.11.6).

    Other braces stand as they are, though 3.11.5 has all of them doubled: viewers show messages
    without arguments as they are, and doubled braces in code would be wrong code.
    """
    return _PLACEHOLDER.sub(r"{{\1}}", text).replace("](", "\\](")


def _made_of(item: Diagnostic) -> RuleInfo:
    url = item.url or ""
    return RuleInfo(
        item.code, item.name, item.severity, item.confidence, True, item.name, item.name, url
    )


def _descriptor(rule: RuleInfo) -> Object:
    found: Object = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": escaped(_plain(rule.summary))},
        "fullDescription": {"text": escaped(_plain(rule.doc.partition("\n\n")[0]))},
        "help": {"text": escaped(_plain(rule.doc)), "markdown": rule.doc},
        "defaultConfiguration": {"enabled": rule.default_on, "level": LEVELS[rule.severity]},
        "properties": {
            "tags": [_FAMILIES[digit] for digit in rule.code[2:3] if digit in _FAMILIES],
            "precision": _PRECISIONS[rule.confidence],
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }
    if rule.url:
        found["helpUri"] = rule.url
    return found


def _plain(markdown: str) -> str:
    return markdown.replace("`", "")
