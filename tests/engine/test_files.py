"""Reading files, and what becomes of one that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernlint.engine.files import Files
from kernlint.model.expr import Span
from kernlint.model.facts import FileFacts, Problem

CONFIG = 'from transformers import KernelConfig\nKernelConfig({"RMSNorm": "org/repo:RMSNorm"})\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def unread(message: str, start: int = 0, end: int = 0) -> FileFacts:
    return FileFacts(problem=Problem(message, Span(start, end)))


def test_only_files_that_may_matter_are_kept() -> None:
    Path("config.py").write_text(CONFIG)
    Path("plain.py").write_text("print(1)\n")
    Path("comment.py").write_text("x = 1  # kernlint: ignore\n")
    Path("noqa.py").write_text("x = 1  # noqa: E501, KL104\n")
    Path("other.py").write_text("x = 1  # noqa: E501\nKL = 1\n")
    files = Files()
    given = ["comment.py", "config.py", "noqa.py", "other.py", "plain.py"]
    assert files.read(given) == (["config.py"], ["comment.py", "noqa.py"])
    assert {path: text.data for path, text in files.texts.items()} == {
        path: Path(path).read_bytes() for path in ("comment.py", "config.py", "noqa.py")
    }
    assert files.matter_elsewhere(["config.py", "noqa.py"])


def test_a_mapping_alone_may_matter_to_another_file() -> None:
    Path("names.py").write_text('NAMES = {"RMSNorm": "org/repo:Norm"}\n')
    Path("none.py").write_text('NAMES = {"RMSNorm": "org/repo"}\n')
    files = Files()
    assert files.read(["names.py", "none.py"]) == ([], [])
    assert files.read(["names.py", "none.py"], alone=True) == (["names.py"], [])
    assert files.matter_elsewhere(["names.py"])


def test_facts_are_made_once_and_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("config.py").write_text(CONFIG)
    files = Files()
    facts = files.facts("config.py")
    assert [site.span for site in facts.calls] == [Span(38, 83)]
    Path("config.py").unlink()
    files.extract(["config.py"])
    assert files.facts("config.py") is facts


def test_a_file_that_is_gone_has_a_problem_for_facts() -> None:
    files = Files()
    reason = os.strerror(2)
    gone = unread(f"the file cannot be read: {reason}")
    assert files.read(["gone.py"]) == (["gone.py"], [])
    assert files.facts("gone.py") == gone
    assert files.facts("also_gone.py") == gone
    assert files.texts["gone.py"].data == b""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_folder_or_pipe_is_not_read() -> None:
    Path("folder.py").mkdir()
    os.mkfifo("pipe.py")
    files = Files()
    assert files.read(["folder.py", "pipe.py"]) == (["folder.py", "pipe.py"], [])
    assert files.facts("folder.py") == unread("the file cannot be read: Is a directory")
    assert files.facts("pipe.py") == unread("the file cannot be read: Not a regular file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_without_permission_is_not_read() -> None:
    Path("secret.py").write_text(CONFIG)
    Path("secret.py").chmod(0)
    files = Files()
    assert files.read(["secret.py"]) == (["secret.py"], [])
    assert files.facts("secret.py") == unread("the file cannot be read: Permission denied")


def test_a_file_that_is_no_text_is_shown_byte_by_byte() -> None:
    Path("latin.py").write_bytes(b"# KernelConfig\nx = '\xe9'\n")
    files = Files()
    assert files.read(["latin.py"]) == (["latin.py"], [])
    assert files.facts("latin.py") == unread(
        "the file cannot be decoded: byte 0xe9 is not UTF-8, and no other encoding is declared",
        20,
        21,
    )
    assert files.texts["latin.py"].position(20) == (2, 6)
    assert files.texts["latin.py"].line(2) == "x = 'é'"


def test_a_file_without_a_kernel_word_need_not_be_text() -> None:
    Path("latin.py").write_bytes(b"x = '\xe9'\n")
    files = Files()
    assert files.read(["latin.py"]) == ([], [])
    assert files.texts == {}
