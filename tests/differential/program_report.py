"""On which generated programs kernlint and Python differ, for whoever looks for the reason."""

from __future__ import annotations

import functools
import textwrap
import time
from collections import Counter
from collections.abc import Sequence

from tests.differential import program_check
from tests.differential.program_check import Disagreement, differing, show, values, verdicts
from tests.differential.program_shrink import Judge, shrink
from tests.differential.programs import Case, draw


def report(
    count: int,
    seed: int,
    *,
    only: Sequence[str] = (),
    using: Sequence[str] = (),
    releases: Sequence[str] = (),
    most: int = 12,
) -> int:
    """Compare and print; returns the exit status.

    Args:
        count: How many programs to draw.
        seed: What they start from.
        only: The constructs that a program may use; none for all.
        using: The constructs of which a program has to use one.
        releases: Whose verdicts to compare, of the programs whose values agree.
        most: How many kinds of disagreement to show.
    """
    start = time.monotonic()
    cases = draw(count, seed, only or None)
    if using:
        cases = [case for case in cases if {*using} & {*case.program.constructs}]
    found = differing(cases)
    seconds = time.monotonic() - start
    print(f"values: {len(cases)} programs, {len(found)} differ ({seconds:.0f} s)")
    _show(found, cases, most, values)
    bad = {each.case.program.text for each in found}
    agreeing = [case for case in cases if case.program.text not in bad]
    for release in releases or program_check.RELEASES:
        wrong = differing(agreeing, [release])
        print(f"verdicts of {release}: {len(agreeing)} programs, {len(wrong)} differ")
        _show(wrong, agreeing, most, functools.partial(verdicts, release=release))
        found += wrong
    return int(bool(found))


def _show(found: Sequence[Disagreement], cases: Sequence[Case], most: int, judge: Judge) -> None:
    if not found:
        return
    everywhere = Counter(name for case in cases for name in case.program.constructs)
    here = Counter(name for each in found for name in each.case.program.constructs)
    print("constructs by the share of their programs that differ:")
    shares = sorted(here, key=lambda name: (-here[name] / everywhere[name], -here[name], name))
    line = ", ".join(f"{name} {here[name]}/{everywhere[name]}" for name in shares)
    print(textwrap.fill(line, 110, initial_indent="  ", subsequent_indent="  "))
    agreeing = ", ".join(name for name in sorted(everywhere) if name not in here)
    print(textwrap.fill(f"none of: {agreeing}", 110, initial_indent="  ", subsequent_indent="  "))
    print()
    kinds = Counter(each.kind for each in found)
    least = program_check.shortest(found)
    for kind, number in kinds.most_common(most):
        together = Counter(
            name for each in found if each.kind == kind for name in each.case.program.constructs
        )
        typical = sorted(
            together, key=lambda name: (-(together[name] ** 2) / everywhere[name], name)
        )
        print(show(shrink(least[kind], judge)))
        print(f"   {number} programs; mostly: {', '.join(typical[:3])}\n")
    rest = kinds.most_common()[most:]
    if rest:
        print("and " + ", ".join(f"{kind} ({number})" for kind, number in rest) + "\n")
