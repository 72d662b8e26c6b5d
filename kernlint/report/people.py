"""The formats for people: the findings, on request what could not be read, and the summary.

What draws findings is loaded where there are some.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.report.summary import summary

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result
    from kernlint.model.run import Run


def full(result: Result, run: Run) -> str:
    """Every finding with its source; parts are an empty line apart."""
    body = ""
    if result.diagnostics or result.runtime:
        from kernlint.report.text import render_full

        body = render_full(
            result, color=run.color, width=run.width, links=run.links, wrapped=run.wrapped
        )
    return _joined(body, "\n\n", result, run)


def concise(result: Result, run: Run) -> str:
    """A line for each finding."""
    body = ""
    if result.diagnostics or result.runtime:
        from kernlint.report.text import render_concise

        body = render_concise(result, color=run.color, links=run.links)
    return _joined(body, "\n", result, run)


def statistics(result: Result, run: Run) -> str:
    """How often each rule was found, instead of the findings."""
    from kernlint.report.statistics import render_statistics

    return _joined(render_statistics(result, color=run.color), "\n\n", result, run)


def _joined(body: str, between: str, result: Result, run: Run) -> str:
    closing = summary(result, color=run.color)
    parts = [body.removesuffix(closing)]
    if run.unchecked and result.not_checked:
        from kernlint.report.text import render_unchecked

        parts.append(render_unchecked(result))
    if run.closing:
        if result.mended:
            from kernlint.report.fixes import render_mended

            parts.append(render_mended(result))
        parts.append(closing)
    joined = between.join(part.strip("\n") for part in parts if part.strip("\n"))
    return f"{joined}\n" if joined else ""
