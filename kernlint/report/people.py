"""The formats for people: the findings, on request what could not be read, and the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kernlint.report import text
from kernlint.report.fixes import render_mended
from kernlint.report.statistics import render_statistics

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result
    from kernlint.model.run import Run


def full(result: Result, run: Run) -> str:
    """Every finding with its source; parts are an empty line apart."""
    body = text.render_full(
        result, color=run.color, width=run.width, links=run.links, wrapped=run.wrapped
    )
    return _joined(body, "\n\n", result, run)


def concise(result: Result, run: Run) -> str:
    """A line for each finding."""
    body = text.render_concise(result, color=run.color, links=run.links)
    return _joined(body, "\n", result, run)


def statistics(result: Result, run: Run) -> str:
    """How often each rule was found, instead of the findings."""
    return _joined(render_statistics(result, color=run.color), "\n\n", result, run)


def _joined(body: str, between: str, result: Result, run: Run) -> str:
    closing = text.summary(result, color=run.color)
    unchecked = text.render_unchecked(result) if run.unchecked else ""
    parts = [body.removesuffix(closing), unchecked]
    if run.closing:
        parts += [render_mended(result), closing]
    joined = between.join(part.strip("\n") for part in parts if part.strip("\n"))
    return f"{joined}\n" if joined else ""
