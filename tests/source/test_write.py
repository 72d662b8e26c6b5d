"""A file is replaced as a whole, keeps its permissions, and is not touched where that is wrong."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from kernlint.source.write import WriteError, refusal, replace


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o640)
    before = path.stat()
    replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"new"
    after = path.stat()
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino, "readers of the old file keep it as it was"
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


def test_a_file_that_has_changed_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"newer")
    with pytest.raises(WriteError, match="it has changed since it was read"):
        replace(str(path), b"old", b"new")
    assert path.read_bytes() == b"newer"


def test_a_file_that_has_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="No such file"):
        replace(str(tmp_path / "a.py"), b"old", b"new")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_put_in_place_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(WriteError, match="No space left on device"):
        replace(str(path), b"old", b"new")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.py", b"old")]


def test_of_a_link_the_target_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "real.py"
    target.write_bytes(b"old")
    link = tmp_path / "link.py"
    link.symlink_to("real.py")
    replace(str(link), b"old", b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_link_is_followed_within_the_project_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "real.py").write_bytes(b"x")
    (inside / "near.py").symlink_to("real.py")
    (inside / "far.py").symlink_to(outside / "real.py")
    (inside / "folder").symlink_to(outside)
    monkeypatch.chdir(inside)
    folders = (str(inside),)
    assert refusal("real.py", folders) is None
    assert refusal("near.py", folders) is None
    assert refusal("../elsewhere/real.py", folders) is None, "named as it is"
    assert refusal("far.py", folders) == "it is a link to a file outside of the project"
    assert refusal("folder/real.py", folders) == "it is a link to a file outside of the project"


def test_a_file_that_is_not_writable_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The superuser may write any file, so the answer of the system is given here."""
    path = tmp_path / "a.py"
    path.write_bytes(b"x")
    monkeypatch.setattr(os, "access", lambda name, mode: not (mode & os.W_OK))
    assert refusal(str(path), (str(tmp_path),)) == "the file is not writable"
