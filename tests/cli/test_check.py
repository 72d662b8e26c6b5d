"""From arguments to settings, and from the result to output and exit code."""

import json
from pathlib import Path

import pytest

from kernlint.cli import main
from kernlint.config.settings import Origin
from kernlint.model.diagnostic import InternalError, NotChecked
from tests.cli.conftest import FINDING, PLACE, World, result
from tests.config.shown import FORMATS_SHOWN

COMMAND_LINE = (Origin("command line"),)
CLEAN = "Checked 2 files with 1 config: no problems found.\n"
FOUND = "Checked 2 files with 1 config: 1 error.\n"
CONCISE = "train.py:1:27: KL104 `cudda` is not a device\n"
FULL = (
    "KL104[unsupported-device] error: `cudda` is not a device\n"
    " --> train.py:1:27\n"
    "  |\n"
    '1 | KernelConfig({"RMSNorm": {"cudda": "a/b:C"}})\n'
    "  |                           ^^^^^^^\n"
    "  |\n"
    "  = for more: kernlint --explain KL104\n"
)
UNCHECKED = "train.py:1:27: not checked: a call\n"


def test_the_working_directory_is_checked_by_default(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 0
    assert capsys.readouterr() == (CLEAN, "")
    ((settings, paths, ignore_noqa),) = world.calls
    assert (paths, ignore_noqa, settings.config_path) == ((".",), False, None)


def test_paths_and_options_in_any_order(world: World) -> None:
    main(["a", "--select", "KL104", "b", "--ignore-noqa", "c", "--", "-d", "--e"])
    ((settings, paths, ignore_noqa),) = world.calls
    assert (paths, ignore_noqa) == (("a", "b", "c", "-d", "--e"), True)
    assert settings.select == ("KL104",)


def test_every_option_reaches_the_settings(world: World) -> None:
    main(
        [
            *("--select", "KL1, KL2", "--select", "ALL"),
            *("--ignore", "KL104"),
            *("--extend-select", "KL2"),
            *("--extend-ignore", "unused-thing"),
            *("--per-file-ignores", "tests/**:KL104,KL2", "--per-file-ignores", "C:/a.py:KL1"),
            *("--per-file-ignores", "tests/**:KL1"),
            *("--exclude", "gen,*.pb2.py"),
            *("--extend-exclude", "old"),
            "--force-exclude",
            *("--known-layers", "MyNorm,MyMLP"),
            *("--transformers", ">=5,<6"),
            *("--kernels", "0.17"),
            *("--python", ".venv"),
            *("--baseline", "old.json"),
            "--unsafe-fixes",
            *("--fail-on", "error"),
            *("--output-format", "concise"),
            "--show-unchecked",
            *("--cache-dir", "kept"),
            "--strict-docs",
            *("-j", "4"),
        ]
    )
    settings = world.settings
    assert settings[:20] == (
        ("KL1", "KL2", "ALL"),
        ("KL104",),
        ("KL2",),
        ("unused-thing",),
        {"tests/**": ("KL104", "KL2", "KL1"), "C:/a.py": ("KL1",)},
        ("gen", "*.pb2.py"),
        ("old",),
        True,
        ("MyNorm", "MyMLP"),
        ">=5,<6",
        "0.17",
        ".venv",
        "old.json",
        True,
        "error",
        "concise",
        True,
        "kept",
        True,
        4,
    )
    assert set(settings.sources.values()) == {COMMAND_LINE}


def test_the_configuration_of_the_first_path_counts(world: World, tmp_path: Path) -> None:
    (tmp_path / "kernlint.toml").write_text("jobs = 1\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kernlint.toml").write_text("jobs = 2\n")
    for argv in (["a/x.py", "."], [".", "a"], ["--isolated", "a"], ["--config", "a/kernlint.toml"]):
        main(argv)
    assert [settings.jobs for settings, *_ in world.calls] == [2, 1, 0, 2]


def test_the_environment_chooses_the_format(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.answer = result(FINDING)
    monkeypatch.setenv("KERNLINT_OUTPUT_FORMAT", "concise")
    assert main([]) == 1
    assert capsys.readouterr() == (CONCISE + FOUND, "")
    monkeypatch.setenv("KERNLINT_OUTPUT_FORMAT", "xml")
    assert main([]) == 2
    assert capsys.readouterr() == (
        "",
        f"error: `KERNLINT_OUTPUT_FORMAT` must be {FORMATS_SHOWN}, not `xml`\n",
    )


def test_junit_takes_the_fail_level(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = result(FINDING._replace(severity="warning"))
    assert main(["--output-format", "junit"]) == 1
    assert '<testsuites name="kernlint" tests="1" failures="1"' in capsys.readouterr().out
    assert main(["--output-format", "junit", "--fail-on", "error"]) == 0
    assert '<testsuites name="kernlint" tests="1" failures="0"' in capsys.readouterr().out
    assert main(["--output-format", "junit", "--statistics"]) == 2


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        ([], f"{FULL}\n{FOUND}"),
        (["--quiet"], FULL),
        (["--output-format", "concise"], CONCISE + FOUND),
        (["--output-format", "concise", "-q"], CONCISE),
        (["--statistics"], f"1  KL104  unsupported-device  error\n\n{FOUND}"),
        (["--statistics", "--quiet"], "1  KL104  unsupported-device  error\n"),
    ],
)
def test_findings_on_stdout(
    world: World, capsys: pytest.CaptureFixture[str], argv: list[str], out: str
) -> None:
    world.answer = result(FINDING)
    assert main(argv) == 1
    assert capsys.readouterr() == (out, "")


def test_nothing_found_and_quiet_is_silence(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["-q"]) == 0
    assert capsys.readouterr() == ("", "")


def test_what_was_not_checked_is_shown_on_request(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.answer = result(FINDING, not_checked=(NotChecked(PLACE, "a call"),))
    main(["--show-unchecked", "--output-format", "concise", "-q"])
    assert capsys.readouterr().out == CONCISE + UNCHECKED
    main(["--show-unchecked", "-q"])
    assert capsys.readouterr().out == f"{FULL}\n{UNCHECKED}"


def test_json_is_the_object_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = result(FINDING)
    assert main(["--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    assert [entry["code"] for entry in json.loads(out)["diagnostics"]] == ["KL104"]
    assert err == ""


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ([], 1),
        (["--exit-zero"], 0),
        (["--fail-on", "error"], 0),
        (["--fail-on", "info"], 1),
    ],
)
def test_exit_codes(world: World, argv: list[str], code: int) -> None:
    world.answer = result(FINDING._replace(severity="warning"))
    assert main(argv) == code


def test_the_fail_level_of_the_configuration_counts(world: World, tmp_path: Path) -> None:
    (tmp_path / "kernlint.toml").write_text('fail-on = "error"\n')
    world.answer = result(FINDING._replace(severity="warning"))
    assert main([]) == 0
    assert main(["--fail-on", "warning"]) == 1


def test_an_output_file_takes_the_findings_without_colour(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    world.answer = result(FINDING)
    assert main(["-o", "out.txt"]) == 1
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "out.txt").read_bytes() == f"{FULL}\n{FOUND}".encode()


def test_colour_on_demand(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.answer = result(FINDING)
    main(["--color", "always", "--output-format", "concise", "-q"])
    assert capsys.readouterr().out == (
        "train.py:1:27: \x1b[1;31mKL104\x1b[0m `cudda` is not a device\n"
    )


def test_a_rule_that_failed_is_told_on_stderr(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.answer = result()._replace(internal_errors=(InternalError("KL104", PLACE, "boom"),))
    assert main(["-q"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == (
        "kernlint: KL104 failed. This is a defect of kernlint, not of your code."
    )


def test_verbose_tells_what_was_used(
    world: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "kernlint.toml").write_text("")
    main(["--verbose", "-q"])
    assert capsys.readouterr() == (
        "",
        "configuration: kernlint.toml\njudged releases: transformers 5.22.2; kernels 0.17.2\n",
    )
