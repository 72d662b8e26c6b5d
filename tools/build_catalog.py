"""Writes kernlint/catalog/data from released wheels: ``python -m tools.build_catalog``.

Wheels are downloaded and read, never imported. The newest patch release of every minor
release counts; the same wheels give the same bytes.

Without an option the data files are written. With --add they are, too, and what the releases
that are new changed is printed as an entry for the changelog. With --check nothing is written:
the exit status is 1 where the package index offers a release that the catalog lacks, or where
the data files differ from what their wheels give. With --offline the package index is not
asked: the wheels in the folder are those that count.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

from packaging.version import Version

from tools._changes import changelog
from tools._kernels_facts import kernels_facts
from tools._layers import Declaration, Layers, default_mapping
from tools._model_data import models_data, models_text
from tools._periods import periods
from tools._transformers_facts import transformers_facts
from tools._wheel import Fact, Json, StrangeWheelError, Wheel

# KernelConfig came with transformers 5.0; kernels 0.9 is the oldest that it ever admitted.
OLDEST = {"transformers": Version("5.0"), "kernels": Version("0.9")}
DATA_FILES = ("transformers.json", "layers.json", "kernels.json", "models.json")
DATA = os.path.join(os.path.dirname(__file__), os.pardir, "kernlint", "catalog", "data")


def newest_patches(library: str, versions: Iterable[str]) -> list[str]:
    """The newest patch of every minor release that the catalog covers, oldest first."""
    newest: dict[tuple[int, int], Version] = {}
    for version in map(Version, versions):
        if version.is_prerelease or version < OLDEST[library]:
            continue
        minor = (version.major, version.minor)
        newest[minor] = max(version, newest.get(minor, version))
    return [str(newest[minor]) for minor in sorted(newest)]


def released(library: str) -> list[str]:
    """Every release of ``library`` that the package index knows."""
    output = _pip("index", "versions", library)
    line = re.search(r"^Available versions: (.+)$", output, re.MULTILINE)
    if line is None:
        raise StrangeWheelError(f"pip index versions {library}: not found: the available versions")
    return line[1].split(", ")


class IndexFailedError(Exception):
    """The package index could not be asked, or did not give what was asked for."""


def _pip(*arguments: str) -> str:
    """What pip prints; IndexFailedError where it fails."""
    command = [sys.executable, "-m", "pip", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        reason = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise IndexFailedError(f"pip {' '.join(arguments)} failed: {' '.join(reason[-1:])}")
    return done.stdout


def newer_than(known: Iterable[str], offered: Iterable[str]) -> list[str]:
    """The offered releases that the catalog lacks: of a new minor, or a newer patch."""
    newest = {(each.major, each.minor): each for each in map(Version, known)}
    return [
        release
        for release in offered
        for each in [Version(release)]
        if (each.major, each.minor) not in newest or each > newest[each.major, each.minor]
    ]


def wheels_in(folder: str, library: str) -> dict[str, str]:
    """Path of each wheel of ``library`` in ``folder``, by version."""
    return {
        name.split("-")[1]: os.path.join(folder, name)
        for name in sorted(os.listdir(folder))
        if name.startswith(f"{library}-") and name.endswith(".whl")
    }


def download(folder: str, library: str, versions: Iterable[str]) -> None:
    """Put the wheels of ``versions`` into ``folder``, unless they are there."""
    os.makedirs(folder, exist_ok=True)
    for version in versions:
        if version not in wheels_in(folder, library):
            print(f"downloading {library} {version}", file=sys.stderr)
            options = ["-q", "--no-deps", "--only-binary", ":all:", "-d", folder]
            _pip("download", *options, f"{library}=={version}")


def intervals(releases: Sequence[str], facts: Sequence[Fact]) -> list[Json]:
    """The facts of consecutive releases, equal neighbours joined: since (in), until (out)."""
    found: list[Json] = []
    for index, fact in enumerate(facts):
        if index and facts[index - 1].value == fact.value:
            continue
        until = next(
            (
                later
                for later, other in zip(releases[index:], facts[index:], strict=True)
                if other.value != fact.value
            ),
            None,
        )
        source: Json = {"release": releases[index], "file": fact.file, "line": fact.line}
        found.append(
            {"since": releases[index], "until": until, "value": fact.value, "source": source}
        )
    return found


def library_data(
    library: str, wheels: Sequence[Wheel], read: Callable[[Wheel], Mapping[str, Fact]]
) -> Json:
    """The content of transformers.json or kernels.json."""
    releases = [wheel.release for wheel in wheels]
    facts = [read(wheel) for wheel in wheels]
    return {
        "library": library,
        "releases": releases,
        "facts": {name: intervals(releases, [each[name] for each in facts]) for name in facts[0]},
    }


def layers_data(wheels: Sequence[Wheel], declared: Sequence[Sequence[Declaration]]) -> Json:
    """The content of layers.json; places are ``module:owner``, grouped by their period.

    ``declared`` are the layers of each of the wheels.
    """
    releases = [wheel.release for wheel in wheels]
    mapped = [default_mapping(wheel) for wheel in wheels]
    kinds: dict[str, str] = {}
    for wheel, found in zip(wheels, declared, strict=True):
        for each in found:
            if kinds.setdefault(each.name, each.kind) != each.kind:
                raise wheel.strange(each.module, f"{each.name} as the name of a {kinds[each.name]}")
    return {
        "default-mapping": {
            name: _mapped(releases, [found.get(name) for found in mapped])
            for name in sorted(set().union(*mapped))
        },
        "layers": {
            name: {
                "kind": kind,
                "sites": _groups(releases, [_places(found, name) for found in declared]),
                "unattached": _groups(
                    releases,
                    [_places([d for d in found if not d.attached], name) for found in declared],
                ),
            }
            for name, kind in kinds.items()
        },
    }


def _mapped(releases: Sequence[str], lines: Sequence[Fact | None]) -> list[Json]:
    """The periods in which a name stands in the default mapping, and where it first did."""
    found: list[Json] = []
    for since, until in periods(releases, [fact is not None for fact in lines]):
        fact = lines[releases.index(since)]
        if fact is not None:
            source: Json = {"release": since, "file": fact.file, "line": fact.line}
            found.append({"since": since, "until": until, "source": source})
    return found


def _places(found: Iterable[Declaration], name: str) -> set[str]:
    return {f"{each.module}:{each.owner}" for each in found if each.name == name}


def _groups(releases: Sequence[str], places: Sequence[set[str]]) -> list[Json]:
    """Places that share a period, under that period."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for place in sorted(set().union(*places)):
        for period in periods(releases, [place in here for here in places]):
            groups.setdefault(period, []).append(place)
    order = {release: index for index, release in enumerate(releases)}
    return [
        {"since": since, "until": until, "at": groups[since, until]}
        for since, until in sorted(
            groups, key=lambda period: (order[period[0]], order.get(period[1] or "", len(order)))
        )
    ]


def build(transformers: Sequence[str], kernels: Sequence[str]) -> dict[str, str]:
    """The text of every data file, by file name, from paths of wheels, oldest first."""
    ours = [Wheel(path) for path in transformers]
    theirs = [Wheel(path) for path in kernels]
    reader = Layers()
    declared = [reader.declarations(wheel) for wheel in ours]
    data = {
        "transformers.json": library_data("transformers", ours, transformers_facts),
        "layers.json": layers_data(ours, declared),
        "kernels.json": library_data("kernels", theirs, kernels_facts),
    }
    texts = {
        name: json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        for name, content in data.items()
    }
    return {**texts, "models.json": models_text(models_data(ours, declared))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the data files, or compare them; returns the exit status."""
    about, _, details = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m tools.build_catalog",
        description=about,
        epilog=details,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--wheels", default=".wheels", metavar="DIR", help="folder of wheels")
    parser.add_argument("--data", default=DATA, metavar="DIR", help="folder of the data files")
    parser.add_argument("--offline", action="store_true", help="use the wheels that are there")
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--add", action="store_true", help="write, and print what is new")
    action.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args(arguments)
    try:
        before = _committed(options.data)
        versions = None if options.offline else _offered()
        if versions is not None and options.check:
            versions = _only_known(before, versions)
        built = build(*_wheels(options.wheels, versions))
    except IndexFailedError as error:
        print(f"build_catalog: {error}", file=sys.stderr)
        print("build_catalog: --offline does without the package index", file=sys.stderr)
        return 1
    except StrangeWheelError as error:
        print(f"build_catalog: {error}", file=sys.stderr)
        return 1
    if options.check:
        return _compare(before, built)
    _write(options.data, built)
    if options.add:
        print(changelog(before, built), end="")
    return 0


def _offered() -> dict[str, list[str]]:
    return {library: newest_patches(library, released(library)) for library in OLDEST}


def _only_known(
    before: Mapping[str, str], offered: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The releases in the catalog; StrangeWheelError where there are newer ones."""
    known = {library: _releases(before, library) for library in OLDEST}
    newer = [
        f"{library} {release}"
        for library, releases in offered.items()
        for release in newer_than(known[library], releases)
    ]
    if newer:
        raise StrangeWheelError(
            f"the catalog lacks {', '.join(newer)}: run python -m tools.build_catalog --add"
        )
    return known


def _wheels(folder: str, versions: Mapping[str, Sequence[str]] | None) -> list[list[str]]:
    """Paths of the wheels of each library, oldest first; ``versions`` are fetched if need be."""
    paths: list[list[str]] = []
    for library in OLDEST:
        if versions is not None:
            download(folder, library, versions[library])
        found = wheels_in(folder, library)
        wanted = newest_patches(library, found) if versions is None else versions[library]
        if not wanted:
            raise StrangeWheelError(f"{folder}: not found: a wheel of {library}")
        paths.append([found[version] for version in wanted])
    return paths


def _committed(folder: str) -> dict[str, str]:
    """The data files as they are, by name; those that are missing are left out."""
    texts: dict[str, str] = {}
    for name in DATA_FILES:
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                texts[name] = file.read()
    return texts


def _releases(texts: Mapping[str, str], library: str) -> list[str]:
    name = f"{library}.json"
    return list(json.loads(texts[name])["releases"]) if name in texts else []


def _write(folder: str, built: Mapping[str, str]) -> None:
    os.makedirs(folder, exist_ok=True)
    for name, text in built.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


def _compare(before: Mapping[str, str], built: Mapping[str, str]) -> int:
    """Print how the data files differ from what was built; 1 where they do."""
    status = 0
    for name, text in built.items():
        current = before.get(name, "")
        if current != text:
            status = 1
            sys.stdout.writelines(
                difflib.unified_diff(
                    current.splitlines(keepends=True),
                    text.splitlines(keepends=True),
                    f"{name} (committed)",
                    f"{name} (from the wheels)",
                )
            )
    return status


if __name__ == "__main__":
    sys.exit(main())
