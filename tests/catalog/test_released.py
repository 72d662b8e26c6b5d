"""The data that is shipped, regenerated from the released wheels."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kernlint.catalog.store import Library, load
from tools._wheel import Wheel
from tools.build_catalog import OLDEST, build, download, newest_patches, released, wheels_in

ROOT = Path(__file__).parents[2]
DATA = ROOT / "kernlint" / "catalog" / "data"


def fetched(library: str, releases: Iterable[str]) -> list[tuple[str, str]]:
    """Release and path of its wheel, downloaded if it is not there."""
    # .wheels is where the generator keeps them, too; somewhere else for another user of it.
    folder = os.environ.get("KERNLINT_WHEELS", str(ROOT / ".wheels"))
    download(folder, library, releases)
    found = wheels_in(folder, library)
    return [(release, found[release]) for release in releases]


@pytest.mark.slow
def test_the_released_wheels_give_the_same_bytes() -> None:
    catalog = load()
    libraries: tuple[Library, ...] = ("transformers", "kernels")
    paths = [
        [path for _, path in fetched(library, catalog.releases(library))] for library in libraries
    ]
    built = build(*paths)
    assert sorted(built) == sorted(path.name for path in DATA.iterdir())
    for name, text in built.items():
        assert (DATA / name).read_text(encoding="utf-8") == text, name


@pytest.mark.slow
@pytest.mark.parametrize("library", OLDEST)
def test_every_release_is_known_to_the_index(library: str) -> None:
    newest = newest_patches(library, released(library))
    assert newest[0] == ("5.0.0" if library == "transformers" else "0.9.1")


def statement(wheel: Wheel, file: str, line: int) -> str:
    """What begins at a line: a whole statement or call, of a block only its head."""
    lines = wheel.read(file).decode().splitlines()
    end = line
    for node in ast.walk(wheel.tree(file)) if file.endswith(".py") else ():
        if isinstance(node, ast.stmt | ast.expr) and node.lineno == line:
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno or line
            end = max(end, last)
    return "\n".join(lines[line - 1 : end])


def telling(fact: str, value: Any) -> list[str]:
    """What the statement must hold that a fact was read from."""
    if fact in {"device-keys", "local-repository-arguments", "lock-version-types", "public-names"}:
        return [str(item) for item in value]
    if fact in {"device-types", "modes"}:
        return ["create_repo" if fact == "device-types" else "class Mode"]
    if fact.endswith(("-message", "type-check")):
        if value is None:
            return []
        pieces = re.split(r"\{\w+\}|\.\.\.", value)
        return [" ".join(max(pieces, key=len).split()[:3])]
    if "parameters" in fact:
        return [item["name"] for item in value or ()]
    if fact in {"kernels-range", "kernels-extra"}:
        return [value["min"]]
    return [TELLING[fact, str(value)]] if (fact, str(value)) in TELLING else [TELLING[fact, "*"]]


TELLING = {
    ("exports", "*"): "KernelConfig",
    ("from-pretrained-fusions", "True"): "register_kernel_replacements_and_fusions(",
    ("from-pretrained-fusions", "False"): "isinstance(kernel_config, KernelConfig)",
    ("from-pretrained-plain-dict", "attribute-error"): "kernel_config.kernel_mapping",
    ("from-pretrained-plain-dict", "ignored"): "isinstance(kernel_config, KernelConfig)",
    ("kernels-gate", "stubs"): "is_kernels_available()",
    ("kernels-gate", "import-any"): "try:",
    ("metadata-keys", "[]"): "def create_compatible_mapping",
    ("metadata-keys", "*"): 'metadata.get("revision"',
    ("nested-forms", "*"): "isinstance(repo",
    ("registers-function-layers", "False"): "def store_registered_layer_names",
    ("registers-function-layers", "True"): "",  # where a function counts as a module, it varies
    ("requires-version-or-revision", "False"): "def __init__",
    ("requires-version-or-revision", "True"): "revision is None and version is None",
    ("string-version", "1"): "version = 1",
    ("string-version", "None"): "def create_compatible_mapping",
    ("swallows-missing-files", "False"): "def kernelize",
    ("swallows-missing-files", "True"): "KernelizeFallback.ALL",
    ("value-forms", "*"): "isinstance(kernel, ",
}


@pytest.mark.slow
@pytest.mark.parametrize("library", OLDEST)
def test_the_recorded_lines_say_so(library: str) -> None:
    """Every value of every fact, at the line of the release that it was first read in."""
    data = json.loads((DATA / f"{library}.json").read_text(encoding="utf-8"))
    wheels = {release: Wheel(path) for release, path in fetched(library, data["releases"])}
    wrong = [
        f"{fact} in {source['release']}: {source['file']}:{source['line']}: {text}"
        for fact, intervals in data["facts"].items()
        for interval in intervals
        for source in [interval["source"]]
        for text in [statement(wheels[source["release"]], source["file"], source["line"])]
        if not all(part in text for part in telling(fact, interval["value"]))
    ]
    assert wrong == []


@pytest.mark.slow
def test_the_recorded_layers_stand_where_it_says() -> None:
    layers = json.loads((DATA / "layers.json").read_text(encoding="utf-8"))
    releases = load().releases("transformers")
    wheels = {release: Wheel(path) for release, path in fetched("transformers", releases)}
    wrong = [
        f"{name}: {mapped['source']}"
        for name, periods in layers["default-mapping"].items()
        for mapped in periods
        for source in [mapped["source"]]
        if f'"{name}"' not in statement(wheels[source["release"]], source["file"], source["line"])
    ]
    for name, layer in layers["layers"].items():
        for group in layer["sites"]:
            for place in group["at"]:
                module, owner = place.split(":")
                text = wheels[group["since"]].read(f"transformers/{module}").decode()
                defined = re.search(rf"(?:class|def) {owner.split('.')[-1]}\b", text)
                if defined is None or not re.search(rf"[\"']{name}[\"']", text):
                    wrong.append(f"{name}: {place} in {group['since']}")
    assert wrong == []
