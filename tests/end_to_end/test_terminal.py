"""What is seen in a terminal, and what happens when the output goes nowhere."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import unicodedata
from typing import NamedTuple

import pytest

from tests.end_to_end.conftest import BAD, Folder

if sys.platform == "win32":
    pytest.skip("terminals and signals of POSIX", allow_module_level=True)

import fcntl
import pty
import struct
import termios

COMMAND = (sys.executable, "-m", "kernlint")
WIDE = """\
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": {"日本語日本語日本語日本語日本語": "org/repo:日本語", \
"cudda": "org/repo:A"}})  # 日本語日本語日本語日本語
config = KernelConfig({\t"RMSNorm":\t{"cu\x07d\u202ea": "org/repo:A"}})\t# \x1b[31m red
print(config)
"""
STYLE = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;;[^\x1b]*\x1b\\")


class Screen(NamedTuple):
    """What a terminal was sent, and the exit code."""

    code: int
    text: str

    @property
    def lines(self) -> list[str]:
        return STYLE.sub("", self.text).replace("\r\n", "\n").splitlines()


def show(columns: int, *argv: str, **environ: str) -> Screen:
    """Run the command in a terminal of that many columns; 0 where it does not know."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24 * bool(columns), columns, 0, 0))
    environ = {"TERM": "xterm-256color", **environ}
    with subprocess.Popen(
        [*COMMAND, *argv],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, **environ},
        start_new_session=True,
    ) as process:
        os.close(other)
        parts: list[bytes] = []
        try:
            while part := os.read(main, 65536):
                parts.append(part)
        except OSError:  # Linux: there is nobody at the other side any more
            pass
        os.close(main)
        code = process.wait(timeout=60)
    return Screen(code, b"".join(parts).decode())


def columns_of(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


@pytest.mark.parametrize("columns", [30, 80, 160])
def test_every_line_fits(folder: Folder, columns: int) -> None:
    folder.write({"bad.py": BAD, "wide.py": WIDE})
    screen = show(columns, "--no-cache")
    assert screen.code == 1
    lines = screen.lines[: [line[:7] for line in screen.lines].index("Checked")]
    assert max(map(columns_of, lines)) <= columns
    text = " ".join(line.strip(" |=") for line in lines)
    for words in ("is not a device of a kernel mapping", "did you mean `cuda`?"):
        assert words in " ".join(text.split())
    assert sum(line.startswith(("KL104", "  --> ", " --> ")) for line in lines) == 8


def test_the_span_is_seen_where_a_line_is_cut(folder: Folder) -> None:
    folder.write({"wide.py": WIDE})
    rows = show(40, "--no-cache").lines
    at = next(number for number, row in enumerate(rows) if '"cudda"' in row)
    code, mark = rows[at], rows[at + 1]
    assert code.startswith("3 | …")
    assert code.endswith("…")
    start = columns_of(code[: code.index('"cudda"')])
    assert (mark.index("^"), mark.count("^")) == (start, 7)


def test_a_text_cannot_command_the_terminal(folder: Folder) -> None:
    folder.write({"wide.py": WIDE})
    for argv in ([], ["--output-format", "concise"], ["--show-mapping"]):
        text = STYLE.sub("", show(80, "--no-cache", "--color", "always", *argv).text)
        assert not {"\x1b", "\x07", "\u202e", "\t"} & {*text}
        assert "cu␇d" in text


def test_colour_and_links_are_for_terminals_that_have_them(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    assert "\x1b[1;31m" in show(80).text
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in show(80, **environ).text
    assert "\x1b" not in folder.command().out


def test_a_terminal_without_a_size_counts_as_80_columns(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    # So pre-commit calls its hooks. Only what has to be cut is cut.
    lines = show(0, "--no-cache", PRE_COMMIT="1").lines
    assert lines[:-1] == folder.command("--no-cache").out.splitlines()[:-1]
    assert any(len(line) == 80 and line.endswith("…") for line in lines)
    assert "\x1b]8" not in show(0, "--no-cache", PRE_COMMIT="1").text


def test_what_is_piped_is_not_wrapped(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    text = folder.command().out
    assert any(line.startswith("  = with ") and len(line) > 100 for line in text.splitlines())


def test_explanations_fit(folder: Folder) -> None:
    wide = folder.command("--explain", "KL304").out
    assert max(map(len, wide.partition("Reported:")[0].splitlines())) > 80
    narrow = "\n".join(show(60, "--explain", "KL304").lines)
    assert max(map(len, narrow.partition("Reported:")[0].splitlines())) <= 60
    assert narrow.split() == wide.split()


PATHS = [
    *([], ["--output-format", "concise"], ["--output-format", "json"]),
    *(["--output-format", "junit"], ["--statistics"], ["--explain", "KL104"], ["--list-rules"]),
    *(["--help"], ["--version"], ["--show-mapping"], ["--show-files"], ["--show-settings"]),
]


def shell(folder: Folder, line: str, *argv: str) -> tuple[int, str]:
    """The exit code of the command in a line of bash, where it is ``"$@"``, and its stderr."""
    done = subprocess.run(
        ["bash", "-c", line, "bash", *COMMAND, *argv],
        cwd=folder.path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("argv", PATHS, ids=" ".join)
def test_the_output_may_go_nowhere(folder: Folder, argv: list[str]) -> None:
    folder.write({f"bad{number}.py": BAD for number in range(3)})
    is_check = not argv or argv[0] in {"--output-format", "--statistics"}
    status = 'exit "${PIPESTATUS[0]}"'
    assert shell(folder, f'"$@" | head -c 1 > /dev/null; {status}', *argv) == (int(is_check), "")
    message = "error: cannot write to stdout: it is closed\n"
    assert shell(folder, '"$@" >&-', *argv) == (2, message)
    if os.path.exists("/dev/full"):
        message = "error: cannot write to stdout: No space left on device\n"
        assert shell(folder, '"$@" > /dev/full', *argv) == (2, message)


@pytest.mark.parametrize("argv", PATHS[:4], ids=" ".join)
def test_a_long_report_may_be_cut_off(folder: Folder, argv: list[str]) -> None:
    folder.write({"bad.py": BAD + BAD.splitlines(keepends=True)[2] * 400})
    for target in ((), ("-o", "/dev/stdout")):
        line = '"$@" | head -n 1 > /dev/null; exit "${PIPESTATUS[0]}"'
        assert shell(folder, line, *argv, *target) == (1, "")


def test_a_file_for_the_report_that_cannot_be_written(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    assert shell(folder, '"$@"', "-o", "no/such/file") == (
        2,
        "error: cannot write `no/such/file`: there is no such directory\n",
    )


def test_nobody_may_listen_to_complaints(folder: Folder) -> None:
    folder.write({"bad.py": BAD})
    for where in ("2>&-", "2> /dev/full" if os.path.exists("/dev/full") else "2>&-"):
        assert shell(folder, f'"$@" > /dev/null {where}')[0] == 1
        assert shell(folder, f'"$@" > /dev/null {where}', "--exit-zero", "-v")[0] == 0
        assert shell(folder, f'"$@" {where}', "nowhere")[0] == 2
        assert shell(folder, f'"$@" >&- {where}')[0] == 2


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("seconds", [0.02, 0.4, 1.0])
def test_an_interrupt_ends_it_quietly(folder: Folder, jobs: str, seconds: float) -> None:
    body = (
        "def f{0}(a):\n    return KernelConfig({{'RMSNorm': 'org/repo:N{0}', a: [{0}, (1, 2)]}})\n"
    )
    text = "from transformers import KernelConfig\n"
    text += "".join(body.format(number) for number in range(3000))
    folder.write({f"large{number}.py": text for number in range(6)})
    # What happens before the command is asked for is up to Python.
    program = (
        "import sys; from kernlint.cli import run; print(1, file=sys.stderr, flush=True); run()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "--no-cache", "-j", jobs],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        # What runs in the background of a script begins with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        try:
            assert process.stderr is not None
            process.stderr.readline()
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, b"", b"")
