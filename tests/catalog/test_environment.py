"""What is installed for an interpreter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kernlint.catalog.installed import installed
from kernlint.catalog.target import NoEnvironmentError

BOTH = {"transformers": "5.22.2", "kernels": "0.17.2"}


def environment(root: Path, packages: str, settings: str | None = "home = /nowhere\n") -> None:
    """A virtual environment in ``root``; no settings make it an installation of its own."""
    for name in (
        "transformers-5.22.2.dist-info",
        "Kernels-0.17.2.dist-info",
        "hub_kernels-1.0.dist-info",
        "~ransformers-5.1.0.dist-info",
        "transformers",
        "sentence_transformers-5.0.dist-info",
    ):
        (root / packages / name).mkdir(parents=True)
    if settings is not None:
        (root / "pyvenv.cfg").write_text(settings)


def interpreter(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return str(path)


def test_virtual_environment(tmp_path: Path) -> None:
    environment(tmp_path, "lib/python3.11/site-packages")
    (tmp_path / "lib64").symlink_to("lib")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    assert installed(str(tmp_path)) == BOTH
    assert installed(str(tmp_path / "bin" / "python3")) == BOTH


@pytest.mark.parametrize("name", ["Scripts/python.exe", "Scripts/pythonw.exe", "python.exe"])
def test_windows(tmp_path: Path, name: str) -> None:
    environment(tmp_path, "Lib/site-packages", None if name == "python.exe" else "home = x\n")
    assert installed(interpreter(tmp_path / name)) == BOTH


def test_the_version_that_made_the_environment(tmp_path: Path) -> None:
    environment(tmp_path, "lib/python3.12/site-packages", "home = x\nversion_info = 3.12.1.final.0")
    (tmp_path / "lib/python3.9/site-packages/transformers-5.1.0.dist-info").mkdir(parents=True)
    assert installed(str(tmp_path)) == BOTH


def test_system_packages_come_second(tmp_path: Path) -> None:
    base, venv = tmp_path / "base", tmp_path / "venv"
    environment(base, "lib/python3.11/site-packages", None)
    (base / "lib/python3.9/site-packages").mkdir(parents=True)
    own = venv / "lib/python3.11/site-packages"
    (own / "kernels-0.15.2.dist-info").mkdir(parents=True)
    settings = f"home = {base / 'bin'}\ninclude-system-site-packages = {{}}\n"
    (venv / "pyvenv.cfg").write_text(settings.format("true"))
    assert installed(str(venv)) == {"kernels": "0.15.2", "transformers": "5.22.2"}
    (venv / "pyvenv.cfg").write_text(settings.format("false"))
    assert installed(str(venv)) == {"kernels": "0.15.2"}


def test_installation_with_several_versions(tmp_path: Path) -> None:
    environment(tmp_path, "lib/python3.11/site-packages", None)
    (tmp_path / "lib/python3.9/site-packages").mkdir(parents=True)
    real = interpreter(tmp_path / "bin" / "python3.11")
    (tmp_path / "bin" / "python3").symlink_to(real)
    assert installed(real) == BOTH
    assert installed(str(tmp_path / "bin" / "python3")) == BOTH
    assert installed(interpreter(tmp_path / "bin" / "python3.9")) == {}
    with pytest.raises(NoEnvironmentError) as failure:
        installed(str(tmp_path))
    assert str(failure.value) == (
        f"`{tmp_path}` holds packages of Python 3.9, 3.11: name one interpreter, such as python3.11"
    )


def test_debian(tmp_path: Path) -> None:
    environment(tmp_path, "lib/python3/dist-packages", None)
    (tmp_path / "local/lib/python3.11/dist-packages").mkdir(parents=True)
    assert installed(interpreter(tmp_path / "bin" / "python3.11")) == BOTH


def test_two_versions_at_once(tmp_path: Path) -> None:
    packages = "lib/python3.11/site-packages"
    environment(tmp_path, packages)
    (tmp_path / packages / "transformers-5.1.0.dist-info").mkdir()
    with pytest.raises(NoEnvironmentError) as failure:
        installed(str(tmp_path))
    assert str(failure.value) == (
        f"`{tmp_path / packages}` holds transformers 5.1.0 and 5.22.2: "
        "reinstall it so that one is left"
    )


def test_no_environment(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(NoEnvironmentError) as failure:
            installed(str(path))
        return str(failure.value)

    assert message(tmp_path / "no") == f"there is no interpreter or environment at `{tmp_path}/no`"
    script = interpreter(tmp_path / "run.sh")
    assert message(Path(script)) == f"`{script}` is not a Python interpreter"
    alone = interpreter(tmp_path / "bin" / "python")
    assert message(Path(alone)) == (
        f"`{alone}` is not part of a Python environment: no site-packages below `{tmp_path}`"
    )
    assert message(tmp_path) == (
        f"`{tmp_path}` is not part of a Python environment: no site-packages below `{tmp_path}`"
    )


def test_the_interpreter_of_the_tests() -> None:
    assert set(installed(sys.executable)) <= {"transformers", "kernels"}
