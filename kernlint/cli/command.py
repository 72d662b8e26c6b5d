"""The run of the command: what was asked for, printed, and the exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence

from kernlint import __version__
from kernlint.cli import INTERRUPTED, TerminatedError
from kernlint.cli.arguments import (
    asked_of,
    build_parser,
    parse,
    request_of,
    settings_of,
)
from kernlint.cli.progress import PATIENCE, Progress
from kernlint.cli.reports import finish, hand_out, outputs_of, refuse, require
from kernlint.cli.stdin import paths_of
from kernlint.cli.streams import complain, is_terminal, tell
from kernlint.cli.terminal import known_width
from kernlint.cli.usage import WRONG_USAGE, WrongUsageError
from kernlint.config import ConfigError, Settings
from kernlint.model.formats import FORMATS
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result

NOT_CHECKED = 3
TERMINATED = 143


def obey(words: Sequence[str]) -> int:
    """Run with these arguments; the exit code. See ``kernlint.cli.main``."""
    try:
        return _obey(*parse(words))
    except WrongUsageError as error:
        tip = f"tip: {error.tip}\n" if error.tip else ""
        complain(f"error: {error.message}\n{tip}")
        return WRONG_USAGE
    except ConfigError as error:
        from kernlint.cli.show import config_error_text

        complain(config_error_text(error))
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except TerminatedError:
        return TERMINATED
    except Exception as error:  # noqa: BLE001 - the boundary: users get a message, not a traceback
        from kernlint.cli.show import internal_error_text

        complain(internal_error_text(error, verbose=bool({"-v", "--verbose"} & {*words})))
        return NOT_CHECKED


def _obey(args: argparse.Namespace, paths: list[str]) -> int:
    if args.help:
        return tell(build_parser().format_help())
    if args.version:
        return tell(f"kernlint {__version__}\n")
    if args.list_rules:
        from kernlint.cli.show import rule_list

        return tell(rule_list())
    if args.explain is not None:
        from kernlint.cli.show import explanation

        return tell(explanation(args.explain, known_width() if is_terminal(sys.stdout) else 0))
    paths, given = paths_of(args, paths)
    settings = settings_of(args, paths)
    from kernlint.api import UsageError, list_files

    try:
        if args.show_settings:
            from kernlint.cli.show import settings_text

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

    outputs = outputs_of(args, settings)
    if args.statistics:
        require(outputs, "--statistics", [each.name for each in FORMATS if each.counts])
    if args.verbose:
        from kernlint.cli.show import shown_path

        complain(f"configuration: {shown_path(settings.config_path)}\n")
    if args.fix or args.diff:
        from kernlint.cli.mend import mend

        return mend(args, settings, paths, given, outputs)

    def run() -> Result:
        with Progress(sys.stderr, quiet=args.quiet, patience=PATIENCE) as progress:
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
    return finish(args, settings, outputs, result)


def _confirm(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from kernlint.api import confirm
    from kernlint.cli.terminate import terminable

    outputs = outputs_of(args, settings)
    with terminable(), Progress(sys.stderr, quiet=args.quiet) as progress:
        result = confirm(
            settings,
            paths,
            request_of(args),
            ignore_noqa=args.ignore_noqa,
            announce=complain,
            progress=progress.told,
        )
    return finish(args, settings, outputs, result)


def _show_mappings(
    args: argparse.Namespace,
    settings: Settings,
    paths: Sequence[str],
    given: Mapping[str, bytes],
) -> int:
    from kernlint.api import show_mappings
    from kernlint.report.mapping import render_json, render_text

    outputs = outputs_of(args, settings)
    require(outputs, "--show-mapping", [each.name for each in FORMATS if each.mappings])
    found = show_mappings(settings, paths, asked_of(args), given)
    for note in found.notes:
        complain(f"warning: {note}\n")
    refuse(
        hand_out(
            outputs, lambda each: (render_json if each.format == "json" else render_text)(found)
        )
    )
    return NOT_CHECKED if found.unreadable else 0
