"""The real libraries of an older release, beside the interpreter that has the newest.

transformers and kernels are unpacked from their wheels and found before the installed ones; torch
is the interpreter's. Transformers before 5.18 also needs an older huggingface_hub, and before
5.16 an older tokenizers.
"""

from __future__ import annotations

import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.real.old_release import fetch_wheel, kernels_release_for, wheel_folder

OLDER_HUB = "huggingface_hub<2"
OLDER_TOKENIZERS = "0.22.2"
KERNELS_DATA = {"0.15.2": "0.16.2", "0.16.2": "0.16.2"}
"""A part of kernels that is a package of its own; none before 0.14."""


@contextmanager
def made_at(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` unless another process is faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        made = Path(beside) / folder.name
        made.mkdir()
        yield made
        with suppress(OSError):
            made.rename(folder)


def unpacked(project: str, release: str) -> Path:
    """The folder of one release, unpacked beside its wheel."""
    folder = wheel_folder().resolve() / "unpacked" / f"{project}-{release}"
    if not folder.exists():
        with made_at(folder) as made, zipfile.ZipFile(fetch_wheel(project, release)) as archive:
            archive.extractall(made)
    return folder


def older_hub(python: str) -> Path:
    """A folder with what transformers before 5.18 needs of an older huggingface_hub."""
    folder = wheel_folder().resolve() / "unpacked" / "older-hub"
    if not folder.exists():
        pip = [python, "-m", "pip", "install", "--quiet", "--no-warn-conflicts"]
        with made_at(folder) as made:
            subprocess.run([*pip, "--target", str(made), OLDER_HUB], check=True)
    return folder


def libraries_of(python: str, release: str) -> list[Path]:
    """Folders for the PYTHONPATH of ``python``, with this release of transformers in them.

    From 5.18 on the other libraries are those that the interpreter has.
    """
    numbers = tuple(map(int, release.split(".")))
    folders = [unpacked("transformers", release)]
    if numbers >= (5, 18):
        return folders
    kernels = kernels_release_for(release)
    folders.append(unpacked("kernels", kernels))
    if kernels in KERNELS_DATA:
        folders.append(unpacked("kernels_data", KERNELS_DATA[kernels]))
    if numbers < (5, 16):
        folders.append(unpacked("tokenizers", OLDER_TOKENIZERS))
    return [*folders, older_hub(python)]
