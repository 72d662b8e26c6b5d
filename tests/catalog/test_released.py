"""The data that is shipped, regenerated from the released wheels."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernlint.catalog.store import Library, load
from tools.build_catalog import OLDEST, build, download, newest_patches, released, wheels_in

ROOT = Path(__file__).parents[2]
DATA = ROOT / "kernlint" / "catalog" / "data"


@pytest.mark.slow
def test_the_released_wheels_give_the_same_bytes() -> None:
    # .wheels is where the generator keeps them, too; somewhere else for another user of it.
    folder = os.environ.get("KERNLINT_WHEELS", str(ROOT / ".wheels"))
    catalog = load()
    paths = []
    libraries: tuple[Library, ...] = ("transformers", "kernels")
    for library in libraries:
        releases = catalog.releases(library)
        download(folder, library, releases)
        found = wheels_in(folder, library)
        paths.append([found[release] for release in releases])
    built = build(*paths)
    assert sorted(built) == sorted(path.name for path in DATA.iterdir())
    for name, text in built.items():
        assert (DATA / name).read_text(encoding="utf-8") == text, name


@pytest.mark.slow
@pytest.mark.parametrize("library", OLDEST)
def test_every_release_is_known_to_the_index(library: str) -> None:
    newest = newest_patches(library, released(library))
    assert newest[0] == ("5.0.0" if library == "transformers" else "0.9.1")
