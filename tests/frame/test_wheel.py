"""What a user installs: the package with its data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.frame.checkout import PACKAGE, ROOT, committed_files, copy_committed_files


@pytest.mark.slow
def test_the_wheel_holds_the_package_with_all_its_data(tmp_path: Path) -> None:
    source = copy_committed_files(tmp_path / "source")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir"]
    subprocess.run([*build, str(tmp_path), str(source)], check=True)

    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name for name in names if ".dist-info/" not in name}
    package = {
        file.relative_to(ROOT).as_posix() for file in committed_files() if PACKAGE in file.parents
    }
    assert packed == package
