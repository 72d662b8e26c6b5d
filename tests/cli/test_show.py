"""Everything that is shown instead of checking."""

import itertools
from pathlib import Path

import pytest

from kernlint import __version__
from kernlint.cli import main
from kernlint.config import OPTIONS
from kernlint.model.diagnostic import NotChecked, Place
from kernlint.model.expr import Span
from kernlint.model.mapping import Asked
from tests.cli.conftest import World


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(argv) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--version") == f"kernlint {__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_names_every_option_on_one_line(
    world: World, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    lines = shown(capsys, option).splitlines()
    assert lines[0] == "usage: kernlint [OPTIONS] [PATH ... | -]"
    assert max(map(len, lines)) <= 80
    before_formats = itertools.takewhile(lambda line: not line.startswith("formats"), lines)
    options = [line for line in before_formats if line.startswith("  ")]
    assert all(line.lstrip().startswith("-") for line in options)
    for key in OPTIONS:
        assert sum(f"--{key.key} " in line for line in options) == 1


def test_lines_of_the_help(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "--help").splitlines()
    for line in (
        "  --select RULE,...             Report these rules only [KL]",
        "  --per-file-ignores GLOB:RULE  Ignore rules in the files of a glob",
        "  --exclude GLOB,...            Skip files and folders [see --show-settings]",
        "  --output-format FORMAT        Format of the findings, see below [full]",
        "  --fail-on LEVEL               Level that fails: info, warning, error [warning]",
        "  --force-exclude               Skip excluded files even where named",
        "  -j N, --jobs N                Number of processes, 0 for one per processor [0]",
        "  -h, --help                    Show this help",
        "formats; FORMAT:FILE writes a file beside what is printed, and may be repeated:",
        "  concise  a line for each finding",
        "  sarif    SARIF 2.1.0, for code scanning and editors",
        "environment: KERNLINT_OUTPUT_FORMAT, KERNLINT_CACHE_DIR, NO_COLOR, FORCE_COLOR,",
        "CLICOLOR_FORCE",
    ):
        assert line in lines


def test_the_list_of_rules(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--list-rules") == (
        "KL104  unsupported-device  error    on   "
        "A key is no device that transformers knows, e.g. `gpu`.\n"
        "KL205  unused-thing        info     off  Nothing uses it.\n"
    )


@pytest.mark.parametrize("word", ["KL104", "kl104", "unsupported-device", "Unsupported-Device"])
def test_an_explanation(world: World, capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert shown(capsys, "--explain", word) == (
        "KL104 unsupported-device\n"
        "error, high confidence, on by default\n"
        "\n"
        "A key is no device that transformers\n"
        "knows, e.g. `gpu`. Loading raises.\n"
        "\n"
        "Write `cuda`.\n"
        "\n"
        "Reported:\n"
        "\n"
        '    config = {"gpu": 1}\n'
        "\n"
        "Not reported:\n"
        "\n"
        "    # a.py\n"
        "    A = 1\n"
        "\n"
        "    B = 2\n"
        "\n"
        "    # b.py\n"
        "    C = 3\n"
    )


def test_an_explanation_without_examples(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--explain", "KL205") == (
        "KL205 unused-thing\ninfo, medium confidence, off by default\n\nNothing uses it.\n"
    )


def test_the_files(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, "--show-files", "a", "b", "--extend-exclude", "x") == "a/1.py\nb/1.py\n"
    assert world.calls == []


def test_the_settings_and_where_they_come_from(
    world: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.kernlint]\nexclude = ["gen"]\nextend-ignore = ["KL104"]\n\n'
        '[tool.kernlint.per-file-ignores]\n"tests/**" = ["KL2"]\n'
    )
    monkeypatch.setenv("KERNLINT_OUTPUT_FORMAT", "concise")
    argv = ["--show-settings", "--extend-ignore", "KL205", "--kernels", "0.16.0"]
    assert shown(capsys, *argv) == (
        "# configuration: pyproject.toml\n"
        f"# root: {tmp_path}\n"
        'select = ["KL"]  # default\n'
        "ignore = []  # default\n"
        "extend-select = []  # default\n"
        'extend-ignore = ["KL104", "KL205"]  # pyproject.toml:3, command line\n'
        'per-file-ignores = { "tests/**" = ["KL2"] }  # pyproject.toml:5\n'
        'exclude = ["gen"]  # pyproject.toml:2\n'
        "extend-exclude = []  # default\n"
        "force-exclude = false  # default\n"
        "known-layers = []  # default\n"
        "# transformers: not set  # default\n"
        'kernels = "0.16.0"  # command line\n'
        "# python: not set  # default\n"
        "# baseline: not set  # default\n"
        "unsafe-fixes = false  # default\n"
        'fail-on = "warning"  # default\n'
        'output-format = "concise"  # environment variable KERNLINT_OUTPUT_FORMAT\n'
        "show-unchecked = false  # default\n"
        'cache-dir = ".kernlint_cache"  # default\n'
        "strict-docs = false  # default\n"
        "jobs = 0  # default\n"
        "# judged: transformers 5.21.1, 5.22.2 (pyproject.toml line 7)\n"
        "# judged: kernels 0.16.0 (--kernels)\n"
    )


def test_settings_that_admit_no_release(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--show-settings", "--transformers", "==1.0"]) == 2
    assert capsys.readouterr() == ("", "error: `--transformers ==1.0` admits no release\n")


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        ((), Asked()),
        (("--device", "cuda, rocm", "--device", "xpu"), Asked(("cuda", "rocm", "xpu"))),
        (("--mode", "training", "--compile"), Asked((), "training", compiled=True)),
    ],
)
def test_the_mappings(
    world: World, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], asked: Asked
) -> None:
    assert main(["--show-mapping", "a", "b", *argv]) == 0
    assert world.asked == [(("a", "b"), asked)]
    assert capsys.readouterr() == ("No KernelConfig in 2 files.\n", "warning: a note\n")
    assert world.calls == []


def test_mappings_of_a_file_that_cannot_be_read(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.unreadable = (NotChecked(Place("a.py", Span(0, 0)), "it is a folder"),)
    assert main(["--show-mapping", "--exit-zero"]) == 3
    assert capsys.readouterr().out == "a.py:1:1: not read: it is a folder\n"
