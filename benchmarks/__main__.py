"""Measures kernlint beside ruff, grep, TorchFix and Fixit: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence

from benchmarks.linters import Linters
from benchmarks.process import FailedError
from benchmarks.rounds import Outcome, play, to_stderr
from benchmarks.scenarios import SCENARIOS, SLOW, Sample
from benchmarks.table import markdown, plain
from benchmarks.trees import WHEEL, Trees, fetch_wheel, python_files, size, wheel_folder

#: The part of a page that ``--write`` replaces.
MARK = "benchmarks"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; returns the exit status, 1 where something could not be measured."""
    options = _parser().parse_args(arguments)
    if options.write and options.scenario:
        print("benchmarks: --write needs all scenarios", file=sys.stderr)
        return 2
    try:
        report, raw, complete = _measured(options)
        if options.write:
            write(options.write, report)
    except (FailedError, ValueError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report, end="")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(raw)
    return 0 if complete else 1


def _measured(options: argparse.Namespace) -> tuple[str, str, bool]:
    """The report, the raw numbers, and whether nothing is missing."""
    wheel = fetch_wheel(options.wheels, *WHEEL)
    linters = Linters(_interpreter(options.python), os.path.join(options.wheels, "environments"))
    chosen = options.scenario or list(SCENARIOS)
    sample = Sample(options.sample, options.seed)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="kernlint-benchmarks-") as folder:
        trees = Trees(folder, wheel)
        for name in (name for name in SCENARIOS if name in chosen):
            to_stderr(f"{name}: preparing")
            scenario = SCENARIOS[name](trees, linters, sample)
            trees.settle()
            rounds = options.sample_runs if name == SLOW else options.runs
            outcomes.append(play(scenario, rounds, to_stderr))
        setting = _setting(options, trees, linters)
    complete = not any(
        result.missing for outcome in outcomes for result in outcome.results.values()
    )
    raw = json.dumps(plain(outcomes, setting), indent=1) + "\n"
    return markdown(outcomes, setting), raw, complete


def _setting(options: argparse.Namespace, trees: Trees, linters: Linters) -> dict[str, str]:
    """What the numbers depend on."""
    files = list(python_files(trees.tree()))
    versions = ", ".join(f"{name} {release}" for name, release in linters.versions().items())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    slow = f"{options.sample_runs} for the linters built on libcst"
    return {
        "Tree": f"{' '.join(WHEEL)}, {len(files):,} Python files, {size(files) / 1e6:.1f} MB",
        "Compared": versions,
        "Machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, {python}",
        "Rounds": f"{options.runs}, {slow}",
        "Load of the machine at the end": f"{os.getloadavg()[0]:.1f}",
    }


def _interpreter(python: str) -> str:
    """The path of an interpreter, which has to hold wherever a command runs."""
    found = shutil.which(python)
    if found is None:
        raise FailedError(f"{python}: there is no such interpreter")
    return os.path.abspath(found)


def write(path: str, report: str) -> None:
    """Put the report between the marks of a page."""
    from tools.gen_docs import filled

    with open(path, encoding="utf-8") as file:
        text = filled(file.read(), {MARK: report})
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, allow_abbrev=False
    )
    names = ", ".join(SCENARIOS)
    parser.add_argument("--runs", type=_count, default=5, metavar="N", help="timed rounds [5]")
    parser.add_argument(
        "--scenario",
        action="append",
        choices=SCENARIOS,
        metavar="NAME",
        help=f"only this one, may be repeated: {names}",
    )
    parser.add_argument("--python", default=sys.executable, help="has kernlint [this one]")
    parser.add_argument(
        "--wheels",
        default=wheel_folder(),
        metavar="DIR",
        help="where wheels and environments are kept [KERNLINT_WHEELS, else .wheels]",
    )
    parser.add_argument(
        "--sample", type=_count, default=60, metavar="N", help="files for TorchFix and Fixit [60]"
    )
    parser.add_argument(
        "--sample-runs", type=_count, default=1, metavar="N", help="timed rounds on the sample [1]"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the sample [1]")
    parser.add_argument("--json", metavar="FILE", help="where to write every single run")
    parser.add_argument("--write", metavar="FILE", help="a page whose marked part is replaced")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
