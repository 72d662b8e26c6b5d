"""What is compared: which commands, on which trees, with which aims."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.linters import Command, Linters
from benchmarks.rounds import Case, Estimate, Ratio, Scenario
from benchmarks.trees import COPIES, MODEL_FILE, PLAIN_FILE, Change, Trees, python_files, size

#: What kernlint's time should be at most: of ruff's without a cache and with a warm one, of its
#: own warm time where a file changed, and of its own time for one tree where there are ten.
COLD, WARM, CHANGED, TEN = 1.5, 4.0, 1.2, 11.0


class Sample(NamedTuple):
    """How many files are drawn for linters that are too slow for a whole tree, and which."""

    files: int
    seed: int


def cold(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """Nothing is known of the tree."""
    tree = trees.tree()
    kernlint = Case(linters.kernlint("--no-cache"), tree)
    ruff = Case(linters.ruff("--no-cache"), tree)
    default = Case(linters.ruff("--no-cache", rules=()), tree)
    grep = Case(linters.grep(), tree)
    ratios = [
        Ratio(kernlint.name, ruff.name, COLD),
        Ratio(kernlint.name, default.name),
        Ratio(kernlint.name, grep.name),
    ]
    return Scenario("cold", "Cold", [kernlint, ruff, default, grep], ratios)


def warm(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """Nothing has changed since the last run."""
    tree = trees.tree()
    kernlint, ruff = _both(trees, linters, tree, "warm")
    default = Case(linters.ruff("--cache-dir", trees.cache("ruff-default"), rules=()), tree)
    grep = Case(linters.grep(), tree)
    ratios = [
        Ratio(kernlint.name, ruff.name, WARM),
        Ratio(kernlint.name, default.name),
        Ratio(kernlint.name, grep.name),
    ]
    return Scenario("warm", "Warm", [kernlint, ruff, default, grep], ratios)


def changed(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """One file has changed since the last run."""
    kernlint, ruff = _both(trees, linters, trees.tree("unchanged"), "unchanged")
    cases, ratios = [kernlint, ruff], []
    for note, path in (
        ("a model file changed", MODEL_FILE),
        ("a file without kernels changed", PLAIN_FILE),
    ):
        name = os.path.basename(path)
        tree = trees.tree(f"changed-{name}")
        change = Change(os.path.join(tree, path))
        mine, other = (
            case._replace(note=note, change=change) for case in _both(trees, linters, tree, name)
        )
        cases += [mine, other]
        ratios += [Ratio(mine.name, kernlint.name, CHANGED), Ratio(mine.name, other.name)]
    name = "named"
    tree = trees.tree(f"changed-{name}")
    command = linters.kernlint("--cache-dir", trees.cache(f"kernlint-{name}"), paths=(MODEL_FILE,))
    change = Change(os.path.join(tree, MODEL_FILE))
    hook = Case(command, tree, "a model file changed, and only it named", change)
    cases.append(hook)
    ratios.append(Ratio(hook.name, kernlint.name, CHANGED))
    return Scenario("changed", "One changed file", cases, ratios)


def configs(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """Something in the tree makes configs, so that its programs are followed."""
    tree = trees.with_configs()
    kernlint = Case(linters.kernlint("--no-cache"), tree)
    ruff = Case(linters.ruff("--no-cache"), tree)
    warm_kernlint, warm_ruff = _both(trees, linters, tree, "configs")
    ratios = [
        Ratio(kernlint.name, ruff.name),
        Ratio(warm_kernlint.name, warm_ruff.name, WARM),
    ]
    cases = [kernlint, ruff, warm_kernlint, warm_ruff]
    return Scenario("configs", "Configs are made in the tree", cases, ratios)


def no_kernels(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """No file holds a kernel word."""
    tree = trees.without_kernels()
    kernlint = Case(linters.kernlint("--no-cache"), tree)
    ruff = Case(linters.ruff("--no-cache"), tree)
    grep = Case(linters.grep(), tree)
    warm_kernlint, warm_ruff = _both(trees, linters, tree, "no-kernels")
    ratios = [
        Ratio(kernlint.name, ruff.name, COLD),
        Ratio(kernlint.name, grep.name),
        Ratio(warm_kernlint.name, warm_ruff.name, WARM),
    ]
    cases = [kernlint, ruff, grep, warm_kernlint, warm_ruff]
    return Scenario("no-kernels", "No kernel word in the tree", cases, ratios)


def copies(trees: Trees, linters: Linters, _sample: Sample) -> Scenario:
    """Ten trees at once, and one."""
    one, ten = trees.tree(), trees.copies()
    cases, ratios = [], []
    for single, several in (
        (Case(linters.kernlint("--no-cache"), one), Case(linters.kernlint("--no-cache"), ten)),
        (Case(linters.ruff("--no-cache"), one), Case(linters.ruff("--no-cache"), ten)),
        *zip(_both(trees, linters, one, "one"), _both(trees, linters, ten, "ten"), strict=True),
    ):
        many = several._replace(note=f"{COPIES} copies")
        aim = TEN if single.name.startswith("kernlint") else None
        cases += [single, many]
        ratios.append(Ratio(many.name, single.name, aim))
    return Scenario("copies", "Ten copies of the tree", cases, ratios)


def libcst(trees: Trees, linters: Linters, sample: Sample) -> Scenario:
    """Linters that parse everything with libcst: on a sample, since they take too long."""
    tree, part, start = trees.tree(), trees.sample(*sample), trees.one_line()
    bytes_of_part, bytes_of_tree = (size(list(python_files(folder))) for folder in (part, tree))
    whole = Case(linters.kernlint("--no-cache"), tree)
    kernlint = whole._replace(folder=part, note="the sample")
    cases, ratios, estimates = [whole, kernlint], [], []
    for command in (linters.torchfix(), linters.fixit()):
        other = Case(command, part, "the sample")
        other_start = Case(command, start, "one line")
        cases += [other, other_start]
        ratios.append(Ratio(other.name, kernlint.name))
        estimates.append(
            Estimate(other.name, other_start.name, bytes_of_part, bytes_of_tree, whole.name)
        )
    title = f"Linters built on libcst, on a sample of {sample.files} files"
    return Scenario("libcst", title, cases, ratios, estimates)


#: How each scenario is made, by its name, in the order of the report.
SCENARIOS: dict[str, Callable[[Trees, Linters, Sample], Scenario]] = {
    "cold": cold,
    "warm": warm,
    "changed": changed,
    "configs": configs,
    "no-kernels": no_kernels,
    "copies": copies,
    "libcst": libcst,
}

#: The scenario that needs minutes for each round.
SLOW = "libcst"


def _both(trees: Trees, linters: Linters, folder: str, name: str) -> tuple[Case, Case]:
    """The two linters that keep caches, each with one of its own."""

    def cached(linter: Callable[..., Command], prefix: str) -> Case:
        return Case(linter("--cache-dir", trees.cache(f"{prefix}-{name}")), folder)

    return cached(linters.kernlint, "kernlint"), cached(linters.ruff, "ruff")
