"""A file is replaced as a whole, or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from kernlint.source.replace import replace_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="permissions and links")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


@pytest.mark.parametrize("bits", [0o600, 0o644, 0o755, 0o664])
def test_the_permissions_stay(bits: int) -> None:
    Path("a").write_bytes(b"old")
    Path("a").chmod(bits)
    replace_file("a", b"new\r\n")
    assert (Path("a").read_bytes(), mode("a"), os.listdir()) == (b"new\r\n", bits, ["a"])


def test_a_new_file_is_as_other_new_ones() -> None:
    before = os.umask(0o027)
    try:
        replace_file("a", b"new")
    finally:
        os.umask(before)
    assert (Path("a").read_bytes(), mode("a")) == (b"new", 0o640)


def test_a_link_stays_one() -> None:
    Path("folder").mkdir()
    Path("folder/a").write_bytes(b"old")
    Path("b").symlink_to("folder/a")
    replace_file("b", b"new")
    assert Path("b").is_symlink()
    assert Path("folder/a").read_bytes() == b"new"


def test_a_failure_leaves_everything_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file("a", b"new")
    assert (Path("a").read_bytes(), os.listdir()) == (b"old", ["a"])


def test_a_file_that_may_not_be_written_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a").write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda path, how: False)
    with pytest.raises(PermissionError):
        replace_file("a", b"new")
    assert Path("a").read_bytes() == b"old"


def test_a_folder_is_no_file() -> None:
    Path("folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file("folder", b"new")
    assert os.listdir() == ["folder"]
