"""Workflow commands, read back as the runner of GitHub Actions reads them."""

from __future__ import annotations

import pytest

from kernlint.model.diagnostic import Counts, NotChecked
from kernlint.model.run import Run
from kernlint.model.text import SourceText
from kernlint.report.github import escaped, escaped_property, render
from kernlint.rules.verdicts import report
from tests.report.ci import (
    CUDA,
    FINDING,
    INFO,
    MAPPING,
    NOTEBOOK,
    RUN,
    UNREAD,
    commands,
    in_notebook,
)
from tests.report.samples import finding, result
from tests.rules.seen import facts


def test_a_finding() -> None:
    assert render(result(FINDING), RUN) == (
        "::error title=KL104 unsupported-device,file=sub dir/src/train.py,line=5,endLine=5,"
        "col=9,endColumn=17::"
        "sub dir/src/train.py:5:9: KL104 `cuda:0` is no device: did you mean `cuda`?"
        "%0Awith transformers 5.22.2 it raises ValueError: 100%25"
        "%0Ahelp: write `cuda`"
        "%0Asub dir/src/train.py:4:5: in this mapping\n"
        "Checked 1 file with 1 config: 1 error.\n"
        "[*] 1 fixable with --fix.\n"
    )


def test_the_worst_come_first() -> None:
    """A step shows ten annotations of a level, whatever the files."""
    warning = finding(CUDA)._replace(severity="warning")
    found = commands(render(result(INFO, warning, FINDING, finding(CUDA)), RUN))
    assert [command for command, _, _ in found] == ["error", "error", "warning", "notice"]
    assert found[0][2].splitlines()[1:2] == [FINDING.effect]
    assert "(not certain)" in found[3][2]


def test_columns_are_of_one_line_alone() -> None:
    """GitHub takes columns where the first line is the last one."""
    ((_, properties, _),) = commands(render(result(finding(MAPPING)), RUN))
    assert properties == {
        "title": "KL104 unsupported-device",
        "file": "sub dir/src/train.py",
        "line": "4",
        "endLine": "5",
    }


def test_in_a_notebook_the_line_is_that_of_the_file() -> None:
    where = in_notebook('"cuda:0"')
    finished = result(finding(where), texts={"a b.ipynb": NOTEBOOK})
    ((_, properties, message),) = commands(render(finished, Run()))
    assert (properties["file"], properties["line"]) == ("a b.ipynb", "3")
    assert message.startswith("a b.ipynb:3:")
    assert message.endswith("KL104 `cuda:0` is not a device key of KernelConfig (cell 2, line 5)")


def test_what_was_not_checked_is_counted_and_shown_on_request() -> None:
    finished = result(not_checked=(UNREAD,), counts=Counts(1, 1, 0, 1))
    summary = (
        "Checked 1 file with 1 config: no problems found in what could be read; "
        "1 of 1 mapping could not be read in full (--show-unchecked lists it).\n"
    )
    assert render(finished, RUN) == summary
    assert render(finished, RUN._replace(closing=False)) == ""
    shown = render(finished, RUN._replace(unchecked=True))
    assert shown.endswith(f"\n{summary}")
    ((command, properties, message),) = commands(shown)
    assert (command, properties["line"]) == ("notice", "4")
    assert message == "sub dir/src/train.py:4:5: not checked: the call of a function"


def test_what_was_confirmed_stands_in_the_log() -> None:
    finished = result(texts={"train.py": SourceText(b"x" * 100)})
    shown = render(finished._replace(runtime=(report(facts()),)), Run())
    assert commands(shown) == []
    assert "RMSNorm" in shown


@pytest.mark.parametrize(
    "line", ["::error::spoof", "  ::add-mask::x", "a ##[error]spoof", "##[group]x"]
)
def test_a_line_of_the_log_is_no_command(line: str) -> None:
    """The names of layers come from the code that is checked."""
    seen = report(facts())
    layer = seen.layers[0]._replace(name=line, verdict="rejected", message=line)
    finished = result(texts={"train.py": SourceText(b"x" * 100)})._replace(
        runtime=(seen._replace(layers=(layer,)),)
    )
    shown = render(finished, Run())
    assert commands(shown) == []
    assert "##[" not in shown


def test_hostile_messages_stay_in_their_command() -> None:
    text = "a\n::error::b\r\n%0A::c, d\x1b[31m"
    item = FINDING._replace(message=text, place=CUDA._replace(path="a,b::c%\n.py"), related=())
    ((_, properties, message),) = commands(render(result(item), Run(closing=False)))
    assert properties["file"] == "a,b::c%\n.py"
    assert "\x1b" not in message
    assert "\n::error::b\n%0A::c, d␛[31m" in message


def test_escapes() -> None:
    assert escaped("100%\r\n%0A:,") == "100%25%0D%0A%250A:,"
    assert escaped_property("a:b,c%\n") == "a%3Ab%2Cc%25%0A"


def test_an_unread_place_in_a_notebook() -> None:
    finished = result(
        not_checked=(NotChecked(in_notebook("cfg"), "why"),), texts={"a b.ipynb": NOTEBOOK}
    )
    ((_, properties, _),) = commands(render(finished, Run(unchecked=True)))
    assert properties["line"] == "3"
