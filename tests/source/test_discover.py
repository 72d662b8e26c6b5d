from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kernlint.source import discover as module
from kernlint.source import listing
from kernlint.source.discover import Context, Discovery, context, discover


@pytest.fixture(autouse=True)
def plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Git without the user's own configuration, and no repository above the test's."""
    for name in os.environ:
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A folder of the test's own, as the system spells it."""
    folder = tmp_path.resolve() / "top"
    folder.mkdir()
    return folder


def write(top: Path, *names: str, **texts: str) -> None:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    for name, text in texts.items():
        (top / name.replace("__", "/")).write_text(text)


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def run(
    top: Path,
    *paths: str,
    cwd: Path | None = None,
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
) -> Discovery:
    return discover(
        paths or (".",),
        cwd=str(cwd or top),
        root=str(top),
        exclude=exclude,
        force_exclude=force_exclude,
    )


def files(*arguments: object, **options: object) -> list[str]:
    return list(run(*arguments, **options).files)  # type: ignore[arg-type]  # passed on as is


@pytest.fixture(params=["git", "walk"])
def tree(request: pytest.FixtureRequest, top: Path) -> Path:
    """A folder in a git work tree, and one in none: what is found is the same."""
    if request.param == "git":
        git(top, "init", "-q")
    return top


def test_finds_python_files(tree: Path) -> None:
    write(tree, "b.py", "a/c.pyi", "a/b/d.pyw", "a.txt", "py", "x.pyc")
    (tree / "empty").mkdir()
    assert run(tree)[:3] == (("a/b/d.pyw", "a/c.pyi", "b.py"), (), ())


def test_finds_what_holds_python_which_is_context_for_nothing(tree: Path) -> None:
    write(tree, "a.py", "a.md", "docs/b.mdx", "docs/c.rst", "docs/d.ipynb", "docs/e.html")
    found = run(tree)
    assert found.files == ("a.md", "a.py", "docs/b.mdx", "docs/c.rst", "docs/d.ipynb")
    assert context(run(tree, "docs")).files == ("a.py",)


def test_paths_are_relative_to_the_working_directory(tree: Path) -> None:
    write(tree, "b.py", "a/c.py", "a/b/d.py", "e/f.py")
    assert files(tree, "..", cwd=tree / "a") == ["../b.py", "../e/f.py", "b/d.py", "c.py"]
    assert files(tree, str(tree / "e"), cwd=tree / "a") == ["../e/f.py"]
    assert files(tree, "a", "a/b", "./b.py") == ["a/b/d.py", "a/c.py", "b.py"]


def test_named_files_count_whatever_they_are_called(tree: Path) -> None:
    write(tree, "script", "skipped/a.py", "ignored.py", **{".gitignore": "ignored.py\n"})
    found = files(tree, "script", "skipped/a.py", "ignored.py", exclude=["skipped"])
    assert found == ["ignored.py", "script", "skipped/a.py"]


def test_missing_paths(tree: Path) -> None:
    write(tree, "a.py")
    (tree / "broken.py").symlink_to("nothing")
    named = ("nope", "a.py", "a.py/b", "broken.py", "", "nul\0")
    assert run(tree, *named)[:2] == (("a.py",), ("nope", "a.py/b", "broken.py", "", "nul\0"))


def test_what_cannot_be_a_file_is_kept_when_named(tree: Path) -> None:
    os.mkfifo(tree / "pipe.py")
    (tree / "loop.py").symlink_to("loop.py")
    assert run(tree, "pipe.py", "loop.py")[:2] == (("loop.py", "pipe.py"), ())
    assert files(tree) == []


def test_walking_passes_by_what_is_no_file(tree: Path) -> None:
    write(tree, "a.py", "d.py/b.py")
    os.mkfifo(tree / "pipe.py")
    (tree / "broken.py").symlink_to("nothing")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree / "s.py"))
    assert files(tree) == ["a.py", "d.py/b.py"]


def test_links(tree: Path) -> None:
    write(tree, "src/a.py", "z.py")
    (tree / "a_link.py").symlink_to("src/a.py")
    (tree / "linked").symlink_to("src")
    (tree / "src/up").symlink_to("..")
    outside = tree.parent / "outside.py"
    outside.write_text("")
    (tree / "out.py").symlink_to(outside)
    assert files(tree) == ["out.py", "src/a.py", "z.py"]
    assert files(tree, "a_link.py") == ["a_link.py"]
    assert files(tree, "a_link.py", "src") == ["src/a.py"]
    assert files(tree, "linked") == ["linked/a.py"]


def test_dots_lead_where_the_system_goes(tree: Path) -> None:
    write(tree, "deep/er/a.py", "deep/b.py", "b.py")
    (tree / "link").symlink_to("deep/er")
    assert files(tree, "link/../b.py") == ["deep/b.py"]
    assert files(tree, "link/..") == ["deep/b.py", "deep/er/a.py"]


def test_ignored_files_are_left_out(tree: Path) -> None:
    write(
        tree, "a.py", "gen.py", "build/b.py", "sub/c.py", "sub/gen.py", "sub/build/d.py", "x/own.py"
    )
    write(tree, **{".gitignore": "gen.py\n/build/\n", "sub__.gitignore": "!gen.py\nc.py\n"})
    write(tree, **{"x__.gitignore": "*\n"})
    assert files(tree) == ["a.py", "sub/build/d.py", "sub/gen.py"]
    assert files(tree, "sub") == ["sub/build/d.py", "sub/gen.py"]


def test_what_lies_in_an_ignored_folder_stays_ignored(tree: Path) -> None:
    write(tree, "build/keep/a.py", **{".gitignore": "build/\n!build/keep/\n!a.py\n"})
    assert files(tree) == []


def test_ignored_folder_that_is_named(tree: Path) -> None:
    write(tree, "build/a.py", "build/sub/b.py", "c.py", **{".gitignore": "build/\n"})
    assert files(tree, "build") == ["build/a.py", "build/sub/b.py"]
    assert files(tree, "build/sub", "build", "c.py") == ["build/a.py", "build/sub/b.py", "c.py"]


def test_exclude(tree: Path) -> None:
    write(
        tree, "a.py", "vendor/b.py", "src/vendor/c.py", "src/gen/d.py", "gen/e.py", "src/x_pb2.py"
    )
    found = files(tree, exclude=["vendor", "src/gen", "*_pb2.py"])
    assert found == ["a.py", "gen/e.py"]


def test_exclude_is_relative_to_the_root(tree: Path) -> None:
    write(tree, "src/gen/a.py", "gen/b.py")
    assert files(tree, "..", cwd=tree / "src", exclude=["/gen"]) == ["gen/a.py"]


def test_named_folder_is_not_excluded(tree: Path) -> None:
    write(tree, "vendor/a.py", "vendor/vendor/b.py", "vendor/x/c.py", "d.py")
    assert files(tree, "vendor", exclude=["vendor"]) == ["vendor/a.py", "vendor/x/c.py"]
    assert files(tree, "vendor/x", exclude=["vendor"]) == ["vendor/x/c.py"]
    assert files(tree, ".", "vendor/x", exclude=["vendor"]) == ["d.py", "vendor/x/c.py"]


def test_force_exclude(tree: Path) -> None:
    write(tree, "vendor/a.py", "vendor/x/c.py", "d.py", "e.py")
    named = ("vendor", "vendor/x", "vendor/x/c.py", "d.py", "e.py", "../top/vendor/a.py", "nope")
    found = run(tree, *named, exclude=["vendor", "e.py"], force_exclude=True)
    assert found[:2] == (("d.py",), ("nope",))


def test_force_exclude_outside_the_root(tree: Path) -> None:
    (tree.parent / "b.py").write_text("")
    assert files(tree, "../b.py", exclude=["top"], force_exclude=True) == ["../b.py"]
    assert files(tree, "../b.py", exclude=["b.py"], force_exclude=True) == []


def test_names_that_are_no_text(tree: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (tree / name).write_text("")
    write(tree, "new\nline.py", "quo\"te'.py", "日本.py")
    assert files(tree) == sorted([name, "new\nline.py", "quo\"te'.py", "日本.py"])


def test_hard_linked_file_counts_once(tree: Path) -> None:
    write(tree, "a.py")
    os.link(tree / "a.py", tree / "b.py")
    assert files(tree) == ["a.py"]
    assert files(tree, "b.py") == ["b.py"]


def test_deep_folders(tree: Path) -> None:
    deep = "d/" * 1200
    folder = os.open(tree, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    try:
        assert files(tree, exclude=["x"]) == [deep + "a.py"]
    finally:  # shutil.rmtree, which cleans up after tests, is recursive
        subprocess.run(["rm", "-r", "d"], cwd=tree, check=True)


def test_staged_deleted_and_conflicting_files(top: Path) -> None:
    git(top, "init", "-q", "-b", "main")
    write(top, "both.py", "gone.py", "kept.py", "tracked.py", **{".gitignore": "tracked.py\n"})
    git(top, "add", "-f", ".")
    git(top, "commit", "-qm", "one")
    git(top, "checkout", "-qb", "other")
    (top / "both.py").write_text("a\n")
    git(top, "commit", "-qam", "two")
    git(top, "checkout", "-q", "main")
    (top / "both.py").write_text("b\n")
    git(top, "commit", "-qam", "three")
    with pytest.raises(subprocess.CalledProcessError):
        git(top, "merge", "other")
    (top / "gone.py").unlink()
    (top / "new.py").write_text("")
    assert files(top) == ["both.py", "kept.py", "new.py", "tracked.py"]


def test_repositories_within_are_left_out_unless_named(top: Path) -> None:
    git(top, "init", "-q")
    inner = top / "third" / "inner"
    inner.mkdir(parents=True)
    git(inner, "init", "-q")
    write(top, "a.py", "third/inner/b.py", "third/inner/c/d.py", "third/e.py")
    assert files(top) == ["a.py", "third/e.py"]
    assert files(top, "third/inner") == ["third/inner/b.py", "third/inner/c/d.py"]
    assert files(top, "third/inner/c", ".") == ["a.py", "third/e.py", "third/inner/c/d.py"]


def test_submodule(top: Path) -> None:
    other = top.parent / "other"
    other.mkdir()
    write(other, "m.py")
    for folder in (other, top):
        git(folder, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "one")
    git(top, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    write(top, "a.py")
    assert files(top) == ["a.py"]
    assert files(top, "sub") == ["sub/m.py"]
    assert context(run(top, "sub/m.py")).files == ()


def test_linked_work_tree(top: Path) -> None:
    git(top, "init", "-q")
    write(top, "a.py")
    git(top, "add", ".")
    git(top, "commit", "-qm", "one")
    other = top.parent / "other"
    git(top, "worktree", "add", "-q", str(other))
    write(other, "b.py", "ignored.py", **{".gitignore": "ignored.py\n"})
    assert files(other) == ["a.py", "b.py"]


def test_environment_of_a_hook_does_not_mislead(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(top, "init", "-q")
    write(top, "a.py", "ignored.py", **{".gitignore": "ignored.py\n"})
    git(top, "add", ".")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_LITERAL_PATHSPECS"):
        monkeypatch.setenv(name, "1")
    assert files(top) == ["a.py"]


def test_no_command_of_the_repository_runs(top: Path) -> None:
    git(top, "init", "-q")
    write(top, "a.py", **{"run.sh": "#!/bin/sh\ntouch ran\n"})
    (top / "run.sh").chmod(0o755)
    git(top, "config", "core.fsmonitor", "./run.sh")
    git(top, "config", "core.hooksPath", ".")
    assert files(top) == ["a.py"]
    assert not (top / "ran").exists()


def refuse(top: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Take git away in one of the ways in which it can be."""
    fake = top.parent / "bin"
    fake.mkdir()
    script = {
        "refuses": "echo 'fatal: detected dubious ownership' >&2\nexit 128",
        "hangs": "sleep 5",
    }
    if how in script:
        (fake / "git").write_text(f"#!/bin/sh\n{script[how]}\n")
        (fake / "git").chmod(0o755)
        (fake / "sleep").symlink_to(shutil.which("sleep") or "sleep")
    monkeypatch.setenv("PATH", str(fake))
    monkeypatch.setattr(listing, "_GIT_SECONDS", 0.1)


@pytest.mark.parametrize("how", ["missing", "refuses", "hangs"])
def test_without_git_the_work_tree_is_walked(
    top: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    git(top, "init", "-q")
    write(top, "a.py", "src/b.py", "src/gen.py", ".git/hook.py", **{".gitignore": "gen.py\n"})
    refuse(top, monkeypatch, how)
    began = time.process_time()
    assert files(top) == ["a.py", "src/b.py"]
    assert files(top, "src") == ["src/b.py"]
    assert time.process_time() - began < 60  # it ends


def test_patterns_that_pathspec_refuses_are_skipped(top: Path) -> None:
    write(top, "a.py", "gen.py", "b1.py", "y.py")
    write(top, **{".gitignore": "a\\\n[z-a]\n[[:alpha:]]2.py\n!\ngen.py\n# x\n\ny.py\\\n"})
    assert files(top) == ["a.py", "b1.py", "y.py"]


def test_ignore_file_that_is_none(top: Path) -> None:
    write(top, "a.py")
    (top / ".gitignore").mkdir()
    assert files(top) == ["a.py"]


def test_ignore_file_that_is_no_text(top: Path) -> None:
    write(top, "a.py", "b.py")
    (top / ".gitignore").write_bytes(b"\xff\xfe\nb.py\r\n")
    assert files(top) == ["a.py"]


def test_ignore_files_above_the_root_do_not_count(top: Path) -> None:
    (top.parent / ".gitignore").write_text("*.py\n")
    write(top, "a.py")
    assert files(top) == ["a.py"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


AS_NOBODY = """
import json, os, subprocess, sys
from kernlint.source.discover import discover
os.setgroups([]); os.setgid(65534); os.setuid(65534)
found = discover([".", "closed/b.py"], cwd=sys.argv[1], root=sys.argv[1], exclude=[])
print(json.dumps(found[:3]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
@pytest.mark.parametrize("how", ["git", "refuses", "walk"])
def test_closed_folders_are_named(open_folder: Path, how: str) -> None:
    write(open_folder, "a.py", "closed/b.py", "open/c.py")
    if how != "walk":
        git(open_folder, "init", "-q")
    (open_folder / "closed").chmod(0)
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory"}
    trust["GIT_CONFIG_VALUE_0"] = "*" if how == "git" else ""
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(open_folder)],
        env=os.environ | trust,
        capture_output=True,
        text=True,
        check=False,
    )
    expected = '[["a.py", "closed/b.py", "open/c.py"], [], ["closed"]]\n'
    assert (done.stdout, done.stderr) == (expected, "")


def test_context(tree: Path) -> None:
    write(
        tree, "a.py", "src/b.py", "src/c.py", "gen/d.py", "vendor/e.py", **{".gitignore": "gen\n"}
    )
    found = run(tree, "src/b.py", exclude=["vendor"])
    assert found.files == ("src/b.py",)
    assert context(found) == Context(("a.py", "src/c.py"), truncated=False)
    assert context(run(tree, "src", exclude=["vendor"])) == Context(("a.py",), truncated=False)
    assert context(run(tree, exclude=["vendor"])) == Context((), truncated=False)
    assert context(run(tree, "c.py", cwd=tree / "src")) == Context(
        ("../a.py", "../vendor/e.py", "b.py"), truncated=False
    )


def test_context_is_the_work_tree_of_the_first_path(top: Path) -> None:
    git(top, "init", "-q")
    write(top, "a.py", "conf/b.py")
    other = top.parent / "other"
    other.mkdir()
    git(other, "init", "-q")
    write(other, "c.py", "d.py")
    first = discover(["nope", "../other/c.py", "a.py"], cwd=str(top), root=str(top), exclude=[])
    assert context(first).files == ("../other/d.py",)
    second = discover(["a.py", "../other/c.py"], cwd=str(top), root=str(top / "conf"), exclude=[])
    assert context(second).files == ("conf/b.py",)


def test_context_leaves_out_links_to_what_is_reported(tree: Path) -> None:
    write(tree, "a.py", "b.py")
    (tree / "link.py").symlink_to("a.py")
    assert context(run(tree, "a.py")).files == ("b.py",)


@pytest.mark.parametrize("limit", [2, 3])
def test_context_is_bounded(tree: Path, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    write(tree, "a.py", "b.py", "c.py")
    monkeypatch.setattr(module, "CONTEXT_LIMIT", limit)
    expected = Context(("b.py", "c.py"), False) if limit == 3 else Context((), True)
    assert context(run(tree, "a.py")) == expected


def test_context_walk_ends_at_too_many_folders(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(top, "a.py", "b/c/d/e.py")
    monkeypatch.setattr(module, "CONTEXT_LIMIT", 3)
    assert context(run(top, "a.py")) == Context((), truncated=True)


def test_nothing_named(top: Path) -> None:
    assert discover([], cwd=str(top), root=str(top), exclude=[])[:3] == ((), (), ())
