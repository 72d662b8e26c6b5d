"""Folders, settings and caches that are made to upset."""

from __future__ import annotations

import os
import stat

import pytest

from tests.hostile.conftest import BAD, Hostile


def test_what_is_no_file(hostile: Hostile) -> None:
    hostile.write("a.py", BAD)
    os.mkfifo(hostile.path / "pipe.py")
    (hostile.path / "folder.py").mkdir()
    (hostile.path / "dangling.py").symlink_to("nowhere.py")
    (hostile.path / "itself.py").symlink_to("itself.py")
    (hostile.path / "up").symlink_to(".")
    found = hostile.check()
    assert found.status == 1
    assert found.codes["a.py"] == {"KL104"}


@pytest.mark.parametrize("name", ["pipe.py", "itself.py"])
def test_what_is_named_and_no_file_is_told(hostile: Hostile, name: str) -> None:
    os.mkfifo(hostile.path / "pipe.py")
    (hostile.path / "itself.py").symlink_to("itself.py")
    found = hostile.check(name)
    assert found.status in {2, 3}
    assert name in found.out + found.err


def test_a_file_that_may_not_be_read(hostile: Hostile) -> None:
    path = hostile.write("a.py", BAD)
    path.chmod(0)
    readable = os.access(path, os.R_OK)
    found = hostile.check()
    assert found.codes["a.py"] == ({"KL104"} if readable else {"KL001"})
    assert found.status == (1 if readable else 3)
    path.chmod(stat.S_IRWXU)


def test_modules_that_import_each_other(hostile: Hostile) -> None:
    head = "from kernels import use_kernel_forward_from_hub\n"
    for name, other in ("ab", "bc", "ca"):
        text = f"{head}import {name}, {other}\nfrom {other} import x{other}\n"
        hostile.write(f"{name}.py", f"x{name} = {{}}\n{BAD}{text}KernelConfig(x{other})\n")
    found = hostile.check()
    assert found.status == 1
    assert all("KL104" in found.codes[f"{name}.py"] for name in "abc")


def test_very_many_files(hostile: Hostile) -> None:
    for number in range(1_500):
        hostile.write(f"p{number % 50}/m{number}.py", "KernelConfig\n")
    hostile.write("a.py", BAD)
    assert hostile.check().codes == {"a.py": {"KL104"}}


def test_a_crash_costs_one_file(hostile: Hostile) -> None:
    hostile.write("a.py", BAD)
    hostile.write("b.py", f"{BAD}match x:\n case {'[' * 90}{']' * 90}: pass\n")
    hostile.write("c.py", BAD + "a" + "()" * 50_000)
    found = hostile.check()
    assert found.codes == {"a.py": {"KL104"}, "b.py": {"KL001"}, "c.py": {"KL001"}}
    assert found.status == 1


@pytest.mark.parametrize(
    "text",
    [
        "[tool.kernlint]\na = [\n",
        "[tool.kernlint]\n\0",
        "[tool.kernlint]\n# \xff",
        "[tool.kernlint\n",
        "[[tool.kernlint]]\n",
        "tool.kernlint = 3\n",
        "[tool.kernlint]\na = " + "[" * 5_000,
    ],
)
def test_settings_that_are_none(hostile: Hostile, text: str) -> None:
    hostile.write("pyproject.toml", text.encode("latin-1"))
    hostile.write("a.py", BAD)
    found = hostile.check()
    assert found.status == 2
    assert found.err.startswith("error: ")
    assert "pyproject.toml" in found.err


@pytest.mark.parametrize("text", ["[tool.other\n", "\0", "\xff", "a = " * 99, "a = " + "[" * 5_000])
def test_settings_of_others_do_not_matter(hostile: Hostile, text: str) -> None:
    hostile.write("pyproject.toml", text.encode("latin-1"))
    hostile.write("a.py", BAD)
    found = hostile.check()
    assert (found.status, found.codes) == (1, {"a.py": {"KL104"}})


@pytest.mark.parametrize("damage", ["a file", "empty", "half", "noise", "folders", "a link"])
def test_a_cache_that_is_none(hostile: Hostile, damage: str) -> None:
    path = hostile.write("a.py", BAD)
    os.utime(path, (1, 1))
    cache = hostile.path / ".kernlint_cache"
    if damage == "a file":
        cache.write_text("x")
    elif damage == "a link":
        cache.symlink_to("nowhere/at/all")
    else:
        hostile.check()
        for kept in cache.glob("*.json"):
            content = kept.read_bytes()
            kept.unlink()
            if damage == "folders":
                kept.mkdir()
            else:
                half = content[: len(content) // 2]
                kept.write_bytes({"empty": b"", "half": half, "noise": os.urandom(999)}[damage])
    for _ in range(2):
        found = hostile.check()
        assert (found.status, found.codes) == (1, {"a.py": {"KL104"}})


def test_modules_that_are_called_as_what_kernlint_needs(hostile: Hostile) -> None:
    names = [
        "argparse",
        "difflib",
        "json",
        "libcst",
        "nt",
        "pathspec",
        "pickle",
        "select",
    ]
    for name in names:
        hostile.write(f"{name}.py", BAD)
    found = hostile.check()
    assert found.codes == {f"{name}.py": {"KL104"} for name in names}
