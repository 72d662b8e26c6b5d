"""Compare kernlint with released validations: ``python -m tests.differential.run --cases 20000``.

Prints, for every release and path of a config, on how many programs the two differ, and the
shortest program of every kind. The wheels are those of ``KERNLINT_WHEELS`` (default ``.wheels``),
downloaded where they are missing. Exits with 1 where something differs that is not listed as open.

With ``--programs``, whole programs are drawn that build a mapping in many ways, and kernlint is
compared with what Python computes: the values first, and the verdicts where these agree.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.differential import mappings, program_report, recorded, recorded_programs
from tests.differential.compare import (
    RELEASES,
    SINKS,
    Disagreement,
    compare,
    open_point,
    shortest,
)
from tests.differential.configs import draw_programs
from tests.differential.programs import CONSTRUCTS, EXTRAS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential.run", description=__doc__)
    parser.add_argument("--cases", type=int, default=2000, metavar="N", help="programs to draw")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what they start from")
    parser.add_argument("--release", action="append", choices=RELEASES, help="only this release")
    parser.add_argument("--sink", action="append", choices=SINKS, help="only this path")
    parser.add_argument(
        "--record", action="store_true", help="write what is recorded instead of comparing"
    )
    _programs_options(parser)
    options = parser.parse_args(arguments)
    if options.programs and options.record:
        recorded_programs.write(recorded_programs.record())
        return 0
    if options.programs:
        return program_report.report(
            options.cases,
            options.seed,
            only=options.only,
            using=options.using,
            releases=options.release or (),
            most=options.show,
        )
    if options.record:
        recorded.write(recorded.record(draw_programs(recorded.COUNT, recorded.SEED)))
        mappings.write_recorded(mappings.record())
        return 0
    programs = draw_programs(options.cases, options.seed)
    found: list[Disagreement] = []
    for sink in options.sink or SINKS:
        for release in options.release or RELEASES:
            start = time.monotonic()
            here = compare(release, programs, sink)
            found.extend(here)
            seconds = time.monotonic() - start
            print(
                f"{sink:<15} transformers {release:<7} {len(programs)} programs, "
                f"{len(here)} differ ({seconds:.0f} s)",
                flush=True,
            )
    for each in shortest(found):
        _show(each, Counter(other.release for other in found if other.kind == each.kind))
    return int(any(open_point(each) is None for each in found))


def _programs_options(parser: argparse.ArgumentParser) -> None:
    """Add what belongs to ``--programs``."""
    group = parser.add_argument_group("whole programs")
    group.add_argument("--programs", action="store_true", help="draw whole programs")
    constructs = ", ".join((*CONSTRUCTS, *EXTRAS)).replace("%", "%%")
    group.add_argument(
        "--only",
        type=_constructs,
        default=[],
        metavar="A,B",
        help=f"the constructs that a program may use, of: {constructs}",
    )
    group.add_argument(
        "--using",
        type=_constructs,
        default=[],
        metavar="A,B",
        help="leave out the programs that use none of these constructs",
    )
    group.add_argument(
        "--show", type=int, default=12, metavar="N", help="kinds of disagreement to print"
    )


def _constructs(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in {*CONSTRUCTS, *EXTRAS}]
    if unknown:
        raise argparse.ArgumentTypeError(f"no construct: {', '.join(unknown)}")
    return names


def _show(found: Disagreement, releases: Counter[str]) -> None:
    known = open_point(found)
    print(f"\n{found.sink}: {found.kind}{f' [open: {known}]' if known else ''}")
    print("  " + found.program.strip().replace("\n", "\n  "))
    if found.raised is not None:
        print(f"  library: {found.raised.exception}: {found.raised.message.splitlines()[0][:120]}")
    for error in found.linted.errors:
        print(f"  kernlint: {error.code}: {error.effect[:160]}")
    print(f"  releases: {', '.join(f'{release} ({n})' for release, n in releases.items())}")


if __name__ == "__main__":
    sys.exit(main())
