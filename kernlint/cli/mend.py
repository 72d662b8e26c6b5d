"""``--fix`` and ``--diff``: what is mended or would be, on the screen."""

from __future__ import annotations

import os
import sys

from kernlint.cli.progress import PATIENCE, Progress
from kernlint.cli.reports import finish, hand_out, refuse
from kernlint.cli.show import shown_path
from kernlint.cli.streams import complain, is_terminal, pass_on
from kernlint.cli.terminal import use_color
from kernlint.cli.usage import FINDINGS, WRONG_USAGE
from kernlint.model.hints import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from kernlint.api.fixing import Fixes
    from kernlint.cli.outputs import Output
    from kernlint.config import Settings


def mend(
    args: argparse.Namespace,
    settings: Settings,
    paths: Sequence[str],
    given: Mapping[str, bytes],
    outputs: Sequence[Output],
) -> int:
    """Make fixes, or show what they would change; the exit code.

    The fixed text of stdin goes to stdout, whether it was changed or not, and what is left to
    say of it goes to stderr.
    """
    from kernlint.api import fix, fixes
    from kernlint.report import fixes as texts

    with Progress(sys.stderr, quiet=args.quiet, patience=PATIENCE) as progress:
        told = {"ignore_noqa": args.ignore_noqa, "progress": progress.stage}
        if args.diff or given:
            found = fixes(settings, paths, given=given, **told)
        else:
            found = fix(settings, paths, **told)
    complain(texts.render_held(found.result))
    if args.diff:
        return _show_diff(args, settings, outputs, found)
    for path, data in given.items():
        pass_on(found.after.get(path, data))
    if given:
        for note in found.result.notes:
            complain(f"warning: {note}\n")
        if not args.quiet:
            complain(texts.render_mended(found.result))
        return found.result.exit_code(settings.fail_on, args.exit_zero)
    for path, reason in found.unwritten:
        complain(f"error: cannot write `{shown_path(path)}`: {reason}\n")
    code = finish(args, settings, outputs, found.result)
    return WRONG_USAGE if found.unwritten else code


def _show_diff(
    args: argparse.Namespace, settings: Settings, outputs: Sequence[Output], found: Fixes
) -> int:
    from kernlint.report import fixes as texts
    from kernlint.report.text import render_internal_errors

    def made(output: Output) -> str:
        terminal = output.path is None and is_terminal(sys.stdout)
        color = use_color(args.color, os.environ, terminal)
        return texts.render_diff(found.before, found.after, color=color, terminal=terminal)

    failed = hand_out(outputs[:1], made)
    for note in found.result.notes:
        complain(f"warning: {note}\n")
    if not args.quiet:
        complain(texts.render_planned(found.result))
    complain(render_internal_errors(found.result))
    refuse(failed)
    changes = bool(found.after) and not args.exit_zero
    return FINDINGS if changes else found.result.exit_code(settings.fail_on, args.exit_zero)
