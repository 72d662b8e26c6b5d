"""The run of the command: what was asked for, printed, and the exit code."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from kernlint import __version__
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
from kernlint.cli.terminal import terminal_width, use_color, use_links
from kernlint.cli.terminate import TerminatedError, terminable
from kernlint.config import ConfigError, Settings

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Result

FINDINGS = 1
WRONG_USAGE = 2
NOT_CHECKED = 3
INTERRUPTED = 130
TERMINATED = 143

#: Runs that take longer tell on a terminal what they do, in seconds.
_PATIENCE = 2.0


def run() -> NoReturn:
    """The command: run and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the encoding lacks must not end the run.
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run with these arguments (those of the process by default); the exit code.

    Errors become a message on stderr: 2 wrong usage or configuration, 3 a defect
    of kernlint, 130 interrupted, 143 terminated while it had something else run.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _obey(*parse(words))
    except WrongUsageError as error:
        tip = f"tip: {error.tip}\n" if error.tip else ""
        _complain(f"error: {error.message}\n{tip}")
        return WRONG_USAGE
    except ConfigError as error:
        _complain(config_error_text(error))
        return WRONG_USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except TerminatedError:
        return TERMINATED
    except Exception as error:  # noqa: BLE001 - the boundary: users get a message, not a traceback
        _complain(internal_error_text(error, verbose=bool({"-v", "--verbose"} & {*words})))
        return NOT_CHECKED


def _obey(args: argparse.Namespace, paths: list[str]) -> int:
    if args.help:
        return _print(build_parser().format_help())
    if args.version:
        return _print(f"kernlint {__version__}\n")
    if args.list_rules:
        return _print(rule_list())
    if args.explain is not None:
        return _print(explanation(args.explain))
    paths = paths or ["."]
    settings = settings_of(args, paths)
    from kernlint.api import UsageError, list_files

    try:
        if args.show_settings:
            return _print(settings_text(settings, paths))
        if args.show_files:
            return _print("".join(f"{path}\n" for path in list_files(settings, paths)))
        if args.show_mapping:
            return _show_mappings(args, settings, paths)
        if args.runtime:
            return _confirm(args, settings, paths)
        return _check(args, settings, paths)
    except UsageError as error:
        raise WrongUsageError(error.message, error.hint) from None


def _check(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from kernlint.api import check

    if args.statistics and settings.output_format in {"json", "junit"}:
        raise WrongUsageError("`--statistics` needs the output format `full` or `concise`")
    if args.verbose:
        _complain(f"configuration: {shown_path(settings.config_path)}\n")
    if args.fix or args.diff:
        return _mend(args, settings, paths)
    with Progress(sys.stderr, quiet=args.quiet, patience=_PATIENCE) as progress:
        result = check(settings, paths, ignore_noqa=args.ignore_noqa, progress=progress.stage)
    return _finish(args, settings, result)


def _mend(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    """Make fixes, or show what they would change; the exit code."""
    from kernlint.api import fix, fixes
    from kernlint.report import fixes as texts
    from kernlint.report import text

    make = fixes if args.diff else fix
    with Progress(sys.stderr, quiet=args.quiet, patience=_PATIENCE) as progress:
        found = make(settings, paths, ignore_noqa=args.ignore_noqa, progress=progress.stage)
    _complain(texts.render_held(found.result))
    if not args.diff:
        for path, reason in found.unwritten:
            _complain(f"error: cannot write `{shown_path(path)}`: {reason}\n")
        code = _finish(args, settings, found.result)
        return WRONG_USAGE if found.unwritten else code
    terminal = args.output_file is None and sys.stdout.isatty()
    color = use_color(args.color, os.environ, terminal)
    diff = texts.render_diff(found.before, found.after, color=color, terminal=terminal)
    _hand_out(args, diff)
    for note in found.result.notes:
        _complain(f"warning: {note}\n")
    if not args.quiet:
        _complain(texts.render_planned(found.result))
    _complain(text.render_internal_errors(found.result))
    changes = bool(found.after) and not args.exit_zero
    return FINDINGS if changes else found.result.exit_code(settings.fail_on, args.exit_zero)


def _confirm(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from kernlint.api import confirm

    with terminable(), Progress(sys.stderr, quiet=args.quiet) as progress:
        result = confirm(
            settings,
            paths,
            request_of(args),
            ignore_noqa=args.ignore_noqa,
            announce=_complain,
            progress=progress.told,
        )
    return _finish(args, settings, result)


def _finish(args: argparse.Namespace, settings: Settings, result: Result) -> int:
    """Hand out a result; the exit code."""
    from kernlint.report.text import render_internal_errors

    if args.verbose:
        judged = [f"{library} {', '.join(releases)}" for library, releases in result.judged]
        _complain(f"judged releases: {'; '.join(judged) or 'none'}\n")
    for note in result.notes:
        _complain(f"warning: {note}\n")
    _hand_out(args, report(args, settings, result))
    _complain(render_internal_errors(result))
    return result.exit_code(settings.fail_on, args.exit_zero)


def _show_mappings(args: argparse.Namespace, settings: Settings, paths: Sequence[str]) -> int:
    from kernlint.api import show_mappings
    from kernlint.report.mapping import render_json, render_text

    if settings.output_format == "junit":
        raise WrongUsageError("`--show-mapping` needs the output format `full` or `json`")
    found = show_mappings(settings, paths, asked_of(args))
    for note in found.notes:
        _complain(f"warning: {note}\n")
    _hand_out(args, (render_json if settings.output_format == "json" else render_text)(found))
    return NOT_CHECKED if found.unreadable else 0


def report(args: argparse.Namespace, settings: Settings, result: Result) -> str:
    """The findings in the chosen format, as they are printed or written."""
    if settings.output_format == "json":
        from kernlint.report.json_v1 import render

        return render(result)
    if settings.output_format == "junit":
        from kernlint.report import junit

        return junit.render(result, fail_on=settings.fail_on)
    from kernlint.report import text

    terminal = args.output_file is None and sys.stdout.isatty()
    color = use_color(args.color, os.environ, terminal)
    links = use_links(os.environ, color, terminal)
    closing = text.summary(result, color=color)
    if args.statistics:
        body = text.render_statistics(result, color=color)
    elif settings.output_format == "concise":
        body = text.render_concise(result, color=color, links=links)
    else:
        body = text.render_full(result, color=color, width=terminal_width(), links=links)
    unchecked = text.render_unchecked(result) if settings.show_unchecked else ""
    mended = ""
    if result.mended:
        from kernlint.report.fixes import render_mended

        mended = render_mended(result)
    parts = [body.removesuffix(closing), unchecked, *([] if args.quiet else [mended, closing])]
    between = "\n\n" if settings.output_format == "full" else "\n"
    joined = between.join(part.strip("\n") for part in parts if part.strip("\n"))
    return f"{joined}\n" if joined else ""


def _hand_out(args: argparse.Namespace, text: str) -> None:
    """Print a report, or write it to the file that was asked for."""
    if args.output_file is None:
        _print(text)
    else:
        _write(args.output_file, text)


def _print(text: str) -> int:
    """Write to stdout; a reader that has gone away (``| head -1``) is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(text)


def _write(path: str, text: str) -> None:
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise WrongUsageError(f"cannot write `{path}`: {error.strerror}") from None
