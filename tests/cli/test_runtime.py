"""``--runtime``: what is asked for, what is said first, and the line that shows the progress."""

from __future__ import annotations

import io

import pytest

from kernlint.cli import main
from kernlint.cli.progress import Progress
from kernlint.model.runtime import Request
from tests.cli.conftest import CHECK, FINDING, World, result


@pytest.mark.parametrize(
    ("argv", "request_"),
    [
        ((), Request("models/llama")),
        (("--device", "rocm"), Request("models/llama", device="rocm")),
        (
            ("--mode", "training", "--compile", "--numerics", "--timeout", "1.5"),
            Request("models/llama", mode="training", compiled=True, numerics=True, timeout=1.5),
        ),
        (
            ("--kernel-config", "a:b", "--offline", "--trust-remote-code", "--no-execute"),
            Request("models/llama", "a:b", offline=True, trust_remote_code=True, execute=False),
        ),
    ],
)
def test_what_is_asked_for(world: World, argv: tuple[str, ...], request_: Request) -> None:
    assert main(["--runtime", "--model", "models/llama", "src", *argv]) == 0
    assert world.requests == [(("src",), request_)]


def test_what_is_executed_is_said_on_stderr_and_the_findings_on_stdout(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.answer = result(FINDING)
    assert main(["--runtime", "--model", "m", "--output-format", "concise"]) == 1
    out, err = capsys.readouterr()
    assert err == "what is executed\n"
    assert out.startswith("train.py:1:27: KL104")


def test_the_interpreter_is_that_of_the_settings(world: World) -> None:
    main(["--runtime", "--model", "m", "--python", "venv"])
    assert world.settings.python == "venv"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    with Progress(terminal, quiet=False) as progress:
        progress.told(1, 2, CHECK, "environment", None)
        progress.told(2, 2, CHECK, "strict", "x" * 100)
    erase = "\r\x1b[K"
    first = "[1/2] train.py:1:1: environment"
    second = "[2/2] train.py:1:1: strict " + "x" * 12
    assert terminal.getvalue() == f"{erase}{first}{erase}{second}{erase}"


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_no_progress_in_a_log_or_where_quiet(stream: io.StringIO) -> None:
    with Progress(stream, quiet=stream.isatty()) as progress:
        progress.told(1, 2, CHECK, "model", None)
    assert stream.getvalue() == ""
