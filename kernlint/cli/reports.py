"""Reports are made, and handed out: printed, and written to files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from kernlint.cli.outputs import Output, refuse_same_file
from kernlint.cli.streams import complain, is_terminal, tell
from kernlint.cli.terminal import known_width, use_color, use_links
from kernlint.cli.usage import WrongUsageError
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from kernlint.config import Settings
    from kernlint.model.diagnostic import Result
    from kernlint.model.run import RuleInfo


def outputs_of(args: argparse.Namespace, settings: Settings) -> tuple[Output, ...]:
    """The reports of a run; the first is that of stdout, which ``--output-file`` redirects.

    Raises WrongUsageError where a file cannot be written: nothing was done yet that is lost.
    """
    outputs = (Output(settings.output_format, args.output_file), *args.reports)
    refuse_same_file(outputs)
    for path in (each.path for each in outputs if each.path is not None):
        from kernlint.cli.files import refusal

        reason = refusal(path)
        if reason is not None:
            raise WrongUsageError(f"cannot write `{path}`: {reason}")
    return outputs


def require(outputs: Sequence[Output], option: str, names: Sequence[str]) -> None:
    """Raise WrongUsageError for a format that an option has no output in."""
    for output in outputs:
        if output.format not in names:
            shown = [f"`{name}`" for name in names]
            having = " or ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
            raise WrongUsageError(
                f"`{option}` needs the output format {having}, not `{output.format}`"
            )


def report(args: argparse.Namespace, settings: Settings, result: Result, output: Output) -> str:
    """The result in the format of an output, as it is printed or written."""
    from kernlint.model.run import Run
    from kernlint.report.rendering import renderer

    terminal = output.path is None and is_terminal(sys.stdout)
    width = known_width()
    color = use_color(args.color, os.environ, terminal)
    cwd = os.getcwd()
    run = Run(
        fail_on=settings.fail_on,
        exit_code=result.exit_code(settings.fail_on, args.exit_zero),
        rules=_rules,
        root=_with_slashes(repository_root(cwd)),
        cwd=_with_slashes(cwd),
        color=color,
        links=use_links(os.environ, color, terminal),
        width=width,
        wrapped=terminal and width > 0,
        closing=not args.quiet,
        unchecked=settings.show_unchecked,
    )
    if args.statistics:
        from kernlint.report import people, statistics

        as_json = output.format == "json"
        return (statistics.render_json if as_json else people.statistics)(result, run)
    return renderer(output.format)(result, run)


def _rules() -> tuple[RuleInfo, ...]:
    from kernlint.cli.show import rule_infos

    return rule_infos()


def repository_root(folder: str) -> str:
    """The nearest folder upwards with a ``.git``, which may be a file; else the folder itself."""
    here = folder
    while not os.path.exists(os.path.join(here, ".git")):
        parent = os.path.dirname(here)
        if parent == here:
            return folder
        here = parent
    return here


def _with_slashes(path: str) -> str:
    return path.replace(os.sep, "/")


def hand_out(outputs: Sequence[Output], made: Callable[[Output], str]) -> list[str]:
    """Make each report, and print or write it; what could not be written, and why.

    Where that is a file and nothing was printed, the first report is printed instead of lost.
    """
    failed: list[str] = []
    for output in outputs:
        text = made(output)
        if output.path is None:
            tell(text)
            continue
        from kernlint.cli.files import write_report

        try:
            write_report(output.path, text)
        except OSError as error:
            failed.append(f"cannot write `{output.path}`: {error.strerror or error}")
    if failed and all(output.path is not None for output in outputs):
        tell(made(outputs[0]))
    return failed


def finish(
    args: argparse.Namespace, settings: Settings, outputs: Sequence[Output], result: Result
) -> int:
    """Hand out a result, and tell what is no finding; the exit code."""
    if args.verbose:
        judged = [f"{library} {', '.join(releases)}" for library, releases in result.judged]
        complain(f"judged releases: {'; '.join(judged) or 'none'}\n")
    for note in result.notes:
        complain(f"warning: {note}\n")
    failed = hand_out(outputs, lambda output: report(args, settings, result, output))
    if result.internal_errors:
        from kernlint.report.text import render_internal_errors

        complain(render_internal_errors(result))
    refuse(failed)
    return result.exit_code(settings.fail_on, args.exit_zero)


def refuse(failed: Sequence[str]) -> None:
    """Raise WrongUsageError where reports could not be written."""
    if failed:
        raise WrongUsageError("; ".join(failed))
