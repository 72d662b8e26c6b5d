"""The run of the command: what was asked for, printed, and the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kernlint import __version__
from kernlint.cli import INTERRUPTED
from kernlint.cli.arguments import (
    WrongUsageError,
    asked_of,
    build_parser,
    parse,
    request_of,
    settings_of,
)
from kernlint.cli.progress import Progress
from kernlint.cli.show import (
    config_error_text,
    explanation,
    internal_error_text,
    rule_list,
    settings_text,
    shown_path,
)
from kernlint.cli.stdin import paths_of
from kernlint.cli.streams import complain, is_terminal, tell, write_file
from kernlint.cli.terminal import known_width, use_color, use_links
from kernlint.cli.terminate import TerminatedError, terminable
from kernlint.config import ConfigError, Settings

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result

WRONG_USAGE = 2
NOT_CHECKED = 3
TERMINATED = 143

#: Runs that take longer tell on a terminal what they do, in seconds.
_PATIENCE = 2.0


def obey(words: Sequence[str]) -> int:
    """Run with these arguments; the exit code. See ``kernlint.cli.main``."""
    try:
        return _obey(*parse(words))
    except WrongUsageError as error:
        tip = f"tip: {error.tip}\n" if error.tip else ""
        complain(f"error: {error.message}\n{tip}")
        return WRONG_USAGE
    except ConfigError as error:
        complain(config_error_text(error))
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except TerminatedError:
        return TERMINATED
    except Exception as error:  # noqa: BLE001 - the boundary: users get a message, not a traceback
        complain(internal_error_text(error, verbose=bool({"-v", "--verbose"} & {*words})))
        return NOT_CHECKED


def _obey(args: argparse.Namespace, paths: list[str]) -> int:
    if args.help:
        return tell(build_parser().format_help())
    if args.version:
        return tell(f"kernlint {__version__}\n")
    if args.list_rules:
        return tell(rule_list())
    if args.explain is not None:
        return tell(explanation(args.explain, known_width() if is_terminal(sys.stdout) else 0))
    paths, given = paths_of(args, paths)
    settings = settings_of(args, paths)
    from kernlint.api import UsageError, list_files

    try:
        if args.show_settings:
            return tell(settings_text(settings, paths, given))
        if args.show_files:
            return tell("".join(f"{path}\n" for path in list_files(settings, paths, given)))
        if args.show_mapping:
            return _show_mappings(args, settings, paths, given)
        if args.runtime:
            return _confirm(args, settings, paths)
        return _check(args, settings, paths, given)
    except UsageError as error:
        raise WrongUsageError(error.message, error.hint) from None


def _check(
    args: argparse.Namespace,
    settings: Settings,
    paths: Sequence[str],
    given: Mapping[str, bytes],
) -> int:
    from kernlint.api import check

    if args.statistics and settings.output_format not in {"full", "concise", "json"}:
        raise WrongUsageError("`--statistics` needs the output format `full`, `concise` or `json`")
    if args.verbose:
        complain(f"configuration: {shown_path(settings.config_path)}\n")

    def run() -> Result:
        with Progress(sys.stderr, quiet=args.quiet, patience=_PATIENCE) as progress:
            return check(
                settings,
                paths,
                ignore_noqa=args.ignore_noqa,
                progress=progress.stage,
                given=given,
                write_baseline=args.write_baseline,
            )

    result = run()
    told = ""
    if args.add_ignore is not None:
        from kernlint.cli.adopt import ignore

        told = ignore(settings, paths, result, args.add_ignore)
        result = run()
    elif args.write_baseline is not None:
        from kernlint.cli.adopt import written

        told = written(settings, result, args.write_baseline)
    complain("" if args.quiet else told)
    return _finish(args, settings, result)


def _confirm(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from kernlint.api import confirm

    with terminable(), Progress(sys.stderr, quiet=args.quiet) as progress:
        result = confirm(
            settings,
            paths,
            request_of(args),
            ignore_noqa=args.ignore_noqa,
            announce=complain,
            progress=progress.told,
        )
    return _finish(args, settings, result)


def _finish(args: argparse.Namespace, settings: Settings, result: Result) -> int:
    """Hand out a result; the exit code."""
    from kernlint.report.text import render_internal_errors

    if args.verbose:
        judged = [f"{library} {', '.join(releases)}" for library, releases in result.judged]
        complain(f"judged releases: {'; '.join(judged) or 'none'}\n")
    for note in result.notes:
        complain(f"warning: {note}\n")
    _hand_out(args, report(args, settings, result))
    complain(render_internal_errors(result))
    return result.exit_code(settings.fail_on, args.exit_zero)


def _show_mappings(
    args: argparse.Namespace,
    settings: Settings,
    paths: Sequence[str],
    given: Mapping[str, bytes],
) -> int:
    from kernlint.api import show_mappings
    from kernlint.report.mapping import render_json, render_text

    if settings.output_format == "junit":
        raise WrongUsageError("`--show-mapping` needs the output format `full` or `json`")
    found = show_mappings(settings, paths, asked_of(args), given)
    for note in found.notes:
        complain(f"warning: {note}\n")
    _hand_out(args, (render_json if settings.output_format == "json" else render_text)(found))
    return NOT_CHECKED if found.unreadable else 0


def report(args: argparse.Namespace, settings: Settings, result: Result) -> str:
    """The findings in the chosen format, as they are printed or written."""
    if settings.output_format == "json":
        from kernlint.report import json_v1, statistics

        return statistics.render_json(result) if args.statistics else json_v1.render(result)
    if settings.output_format == "junit":
        from kernlint.report import junit

        return junit.render(result, fail_on=settings.fail_on)
    from kernlint.report import text

    terminal = args.output_file is None and is_terminal(sys.stdout)
    color = use_color(args.color, os.environ, terminal)
    links = use_links(os.environ, color, terminal)
    closing = text.summary(result, color=color)
    if args.statistics:
        from kernlint.report.statistics import render_statistics

        body = render_statistics(result, color=color)
    elif settings.output_format == "concise":
        body = text.render_concise(result, color=color, links=links)
    else:
        width = known_width()
        body = text.render_full(
            result, color=color, width=width, links=links, wrapped=terminal and width > 0
        )
    unchecked = text.render_unchecked(result) if settings.show_unchecked else ""
    parts = [body.removesuffix(closing), unchecked, "" if args.quiet else closing]
    between = "\n\n" if settings.output_format == "full" else "\n"
    joined = between.join(part.strip("\n") for part in parts if part.strip("\n"))
    return f"{joined}\n" if joined else ""


def _hand_out(args: argparse.Namespace, text: str) -> None:
    """Print a report, or write it to the file that was asked for."""
    if args.output_file is None:
        tell(text)
    else:
        write_file(args.output_file, text)
