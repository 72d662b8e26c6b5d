"""Reports beside what is printed: what may be asked for, and what becomes of the files."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from kernlint.cli import main
from kernlint.cli.files import refusal, write_report
from kernlint.cli.outputs import Output, split_outputs
from kernlint.cli.reports import repository_root
from kernlint.config import ConfigError
from kernlint.model.diagnostic import InternalError, Result
from kernlint.model.formats import FORMATS
from tests.cli.conftest import FINDING, PLACE, World, result
from tests.cli.test_check import CONCISE, FOUND, FULL
from tests.report.ci import commands, valid

UNCHANGED = "what was there before\n"


@pytest.mark.parametrize(
    ("words", "printed", "files"),
    [
        ([], None, ()),
        (["json"], "json", ()),
        (["sarif:out.sarif"], None, (Output("sarif", "out.sarif"),)),
        (
            ["full", "sarif:a", "json:b"],
            "full",
            (Output("sarif", "a"), Output("json", "b")),
        ),
        (["json:C:\\x\\y.json"], None, (Output("json", "C:\\x\\y.json"),)),
        (["json:a:b", "json:c"], None, (Output("json", "a:b"), Output("json", "c"))),
    ],
)
def test_words(words: list[str], printed: str | None, files: tuple[Output, ...]) -> None:
    assert split_outputs(words) == (printed, files)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["sarif:"],
            "`--output-format` `sarif:` names no file; `sarif` alone is written to stdout",
        ),
        (["json:-"], "`--output-format` `json:-` names no file; `json` alone is written to stdout"),
        (
            ["full", "json"],
            (
                "`--output-format` names two formats for stdout, `full` and `json`; "
                "`json:FILE` writes a file"
            ),
        ),
        (["json:a", "sarif:./a"], "two reports would be written to `./a`"),
    ],
)
def test_words_that_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        split_outputs(words)
    assert caught.value.message == message


def test_an_unknown_format_with_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--output-format", "srif:out"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.splitlines()[1]) == ("", "tip: a similar value is `sarif`")


def test_a_file_beside_the_text(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    world.answer = result(FINDING)
    assert main(["--output-format", "sarif:out.sarif"]) == 1
    assert capsys.readouterr() == (f"{FULL}\n{FOUND}", "")
    log = valid("sarif-2.1.0.json", json.loads((tmp_path / "out.sarif").read_text("utf-8")))
    (one,) = log["runs"]
    assert [found["ruleId"] for found in one["results"]] == ["KL104"]
    assert one["invocations"][0]["exitCode"] == 1
    (rule,) = one["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"].startswith("A key is no device that transformers")
    assert os.listdir(tmp_path) == ["out.sarif"]


def test_several_files(world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    world.answer = result(FINDING)
    words = ["concise", *(f"{each.name}:{each.name}.out" for each in FORMATS)]
    argv = [argument for word in words for argument in ("--output-format", word)]
    assert main([*argv, "-q"]) == 1
    assert capsys.readouterr() == (CONCISE, "")
    assert sorted(os.listdir(tmp_path)) == sorted(f"{each.name}.out" for each in FORMATS)
    assert all("KL104" in file.read_text("utf-8") for file in tmp_path.iterdir())
    assert (tmp_path / "full.out").read_text("utf-8") == FULL


@pytest.mark.parametrize(
    ("argv", "printed", "written"),
    [
        (["-o", "text"], "", f"{FULL}\n{FOUND}"),
        (["-o", "text", "--output-format", "concise"], "", CONCISE + FOUND),
        (["-o", "text", "--output-format", "json:x"], "", f"{FULL}\n{FOUND}"),
        (["--output-format", "concise:text"], f"{FULL}\n{FOUND}", CONCISE + FOUND),
    ],
)
def test_the_output_file_takes_what_would_be_printed(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    argv: list[str],
    printed: str,
    written: str,
) -> None:
    world.answer = result(FINDING)
    assert main(argv) == 1
    assert capsys.readouterr() == (printed, "")
    assert (tmp_path / "text").read_text("utf-8") == written


def test_the_environment_and_the_setting_choose_what_is_printed(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    world.answer = result(FINDING)
    (tmp_path / "kernlint.toml").write_text('output-format = "concise"\n')
    assert main(["--output-format", "json:out"]) == 1
    assert capsys.readouterr().out == CONCISE + FOUND
    monkeypatch.setenv("KERNLINT_OUTPUT_FORMAT", "github")
    assert main(["--output-format", "json:out"]) == 1
    assert [each[0] for each in commands(capsys.readouterr().out)] == ["error"]
    assert main(["--output-format", "full", "--output-format", "json:out"]) == 1
    assert capsys.readouterr().out == f"{FULL}\n{FOUND}"


@pytest.mark.parametrize("value", ["sarif:out.sarif", "full,json"])
def test_the_environment_names_no_file(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    value: str,
) -> None:
    monkeypatch.setenv("KERNLINT_OUTPUT_FORMAT", value)
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("error: `KERNLINT_OUTPUT_FORMAT` must be `full`")


@pytest.mark.parametrize("name", [each.name for each in FORMATS])
@pytest.mark.parametrize(
    ("answer", "argv", "code"),
    [
        (result(FINDING), [], 1),
        (result(FINDING), ["--exit-zero"], 0),
        (result(FINDING._replace(severity="info")), [], 0),
        (result(FINDING._replace(severity="info")), ["--fail-on", "info"], 1),
        (result()._replace(unreadable=True), [], 3),
        (result()._replace(internal_errors=(InternalError("KL104", PLACE, "x"),)), [], 3),
    ],
)
def test_the_exit_code_is_the_same_in_every_format(
    world: World, name: str, answer: Result, argv: list[str], code: int
) -> None:
    world.answer = answer
    assert main(["--output-format", name, *argv]) == code
    assert main(["--output-format", f"{name}:out", *argv]) == code


@pytest.mark.parametrize("option", ["--statistics", "--show-mapping"])
@pytest.mark.parametrize("form", FORMATS, ids=[each.name for each in FORMATS])
def test_formats_of_counts_and_mappings(
    world: World, capsys: pytest.CaptureFixture[str], option: str, form: object
) -> None:
    each = next(known for known in FORMATS if known == form)
    admitted = each.counts if option == "--statistics" else each.mappings
    for word in (each.name, f"{each.name}:out"):
        assert main([option, "--output-format", word]) == (0 if admitted else 2)
        error = capsys.readouterr().err
        assert (f"`{option}` needs the output format" in error) is not admitted


@pytest.mark.parametrize("argv", [["-o", "{}"], ["--output-format", "json:{}"]])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing/out", "there is no such directory"),
        ("folder", "it is a directory"),
        ("file/out", "there is no such directory"),
    ],
)
def test_what_cannot_be_written_is_refused_before_the_run(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    argv: list[str],
    path: str,
    reason: str,
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    assert main([argument.format(path) for argument in argv]) == 2
    assert capsys.readouterr() == ("", f"error: cannot write `{path}`: {reason}\n")
    assert world.calls == []


def test_one_file_for_two_reports(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-o", "a", "--output-format", "json:./a"]) == 2
    assert capsys.readouterr() == ("", "error: two reports would be written to `./a`\n")
    assert world.calls == []


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        (["--output-format", "json:full"], f"{FULL}\n{FOUND}"),
        (["-o", "full"], f"{FULL}\n{FOUND}"),
        (["-o", "full", "--output-format", "concise"], CONCISE + FOUND),
    ],
)
def test_findings_are_printed_where_a_file_fails_late(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    argv: list[str],
    out: str,
) -> None:
    def no_space(path: str, text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kernlint.cli.files.write_report", no_space)
    world.answer = result(FINDING)
    assert main(argv) == 2
    assert capsys.readouterr() == (
        out,
        "error: cannot write `full`: No space left on device\n",
    )


def test_one_file_that_fails_leaves_the_others(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A folder that disappears while the run goes on."""
    (tmp_path / "gone").mkdir()
    world.answer = result(FINDING)
    check = world.check

    def slow(*args: object, **more: object) -> Result:
        (tmp_path / "gone").rmdir()
        return check(*args, **more)  # type: ignore[arg-type]  # handed on

    world.check = slow  # type: ignore[method-assign]  # in place of the fake
    sys.modules["kernlint.api"].check = slow  # type: ignore[attr-defined]  # made of fakes
    argv = ["--output-format", "json:gone/a.json", "--output-format", "concise:b"]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == f"{FULL}\n{FOUND}"
    assert err == "error: cannot write `gone/a.json`: No such file or directory\n"
    assert (tmp_path / "b").read_text("utf-8") == CONCISE + FOUND


def test_a_file_is_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out"
    path.write_text(UNCHANGED)

    def fail(source: str, target: str) -> None:
        assert Path(source).read_text() == "new"
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="Input/output"):
            write_report(str(path), "new")
    assert path.read_text() == UNCHANGED
    assert os.listdir(tmp_path) == ["out"]
    write_report(str(path), "new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out"]


def test_permissions_stay_and_new_files_have_the_usual_ones(tmp_path: Path) -> None:
    old, new, usual = (tmp_path / name for name in ("old", "new", "usual"))
    old.write_text(UNCHANGED)
    old.chmod(0o640)
    usual.write_text("")
    for path in (old, new):
        write_report(str(path), "x")
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert new.stat().st_mode == usual.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text(UNCHANGED)
    (tmp_path / "link").symlink_to("target")
    write_report(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_what_is_no_regular_file_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(str(pipe)) is None
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_report(str(pipe), "new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert refusal(os.devnull) is None
    write_report(os.devnull, "new")
    assert not Path(os.devnull).is_file()


def test_refusals_for_want_of_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without asking the system, for which the tests may run as root."""
    file = tmp_path / "file"
    file.write_text(UNCHANGED)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert refusal(str(file)) == refusal(str(tmp_path / "new")) == "Permission denied"
    assert refusal("") == "the name is empty"


def test_names_that_are_no_text_are_written(world: World, tmp_path: Path) -> None:
    world.answer = result(FINDING._replace(message="a \udcff b"))
    for each in FORMATS:
        assert main(["--output-format", f"{each.name}:out"]) == 1
        (tmp_path / "out").read_text("utf-8")


def test_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / ".git").write_text("gitdir: elsewhere\n")
    assert repository_root(str(inner)) == str(tmp_path / "a")
    assert repository_root(str(tmp_path / "a")) == str(tmp_path / "a")
    (tmp_path / ".git").mkdir()
    assert repository_root(str(tmp_path)) == str(tmp_path)


def test_paths_are_from_the_root_of_the_repository(
    world: World,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    world.answer = result(FINDING)
    main(["--output-format", "github"])
    ((_, properties, _),) = commands(capsys.readouterr().out)
    assert properties["file"] == "sub/train.py"
    main(["--output-format", "gitlab"])
    assert json.loads(capsys.readouterr().out)[0]["location"]["path"] == "sub/train.py"
    main(["--output-format", "rdjson"])
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["location"]["path"] == "train.py"
