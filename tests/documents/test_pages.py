"""Pages of documentation: what is found in them, and what their blocks really do.

``loading.md`` and ``writing.rst`` hold recipes as the documentation of transformers does, right
ones and wrong ones. What is found in each block is what running that block shows.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kernlint.cli import main
from kernlint.source.containers import read_text
from kernlint.source.embedded import EmbeddedText
from tests.real.conftest import Probe, probe
from tests.real.flow import (
    DEFAULT_NORM,
    DEFAULTS,
    DEVICES,
    NOTHING,
    OWN,
    OWN_AND_DEFAULTS,
    ROPE,
    SILU,
    applied,
)
from tests.real.record import real_line
from tests.real.runner import Snippet

__all__ = ["probe"]

FOLDER = Path(__file__).parent
RELEASE = "5.22.2"


class Block(NamedTuple):
    """A block that can be run: what comes of it, and what is found in it.

    ``found`` are a code and the text that is pointed at. It is run after the earlier blocks that
    ``after`` names by their numbers; ``then`` is what is needed to see the outcome.
    """

    outcome: str
    found: tuple[tuple[str, str], ...] = ()
    after: tuple[int, ...] = ()
    then: str = ""


ON = "ValueError at sanitize"
PARENTS = (
    "ValueError at register: All patterns for a fused kernel must share the same parent module, got"
)
STATEFUL = "_kernels_community_stateful_v1.StatefulNorm"


def unregistered(layer: str) -> str:
    """What the validation says of a layer that the model has not."""
    return (
        f"{ON}: Layer {layer} is not registered in the model, please register it first using"
        " use_kernel_forward_from_hub"
    )


SET = "\nmodel.set_use_kernels(True, config)\n"
USED_UP = (
    f"{ON}: Kernel mapping for 'RMSNorm' must be a valid repo name with a layer name (e.g.,"
    " 'org/repo:layer_name' or '/abs/path:layer_name'), got: {<Mode.INFERENCE: 4>:"
    " <kernels.layer.layer.LayerRepository object>}"
)
TUPLE = "(('RMSNorm', 'model.layers.*.post_attention_layernorm'), ('MLP', 'model.layers.*.mlp'))"

#: The blocks of each page, by their numbers; those that are not here are no programs.
PAGES: dict[str, dict[int, Block]] = {
    "loading.md": {
        0: Block(DEFAULTS),
        1: Block(OWN_AND_DEFAULTS),
        # Read together these two do something wrong; nothing says that they are.
        2: Block(NOTHING, after=(1,)),
        3: Block(USED_UP, after=(1,)),
        4: Block(OWN_AND_DEFAULTS, then=SET),
        5: Block(
            f"{ON}: Only devices in {DEVICES} are supported, got: metal",
            (("KL104", '"metal"'),),
            then=SET,
        ),
        6: Block(
            "ValueError at register: Expected exactly one kernel repo regardless of device/mode"
            " specificity, got {'cuda': 'a/b:L', 'rocm': 'a/b:L'}",
            (("KL302", '{"cuda": "a/b:L", "rocm": "a/b:L"}'),),
        ),
        7: Block(OWN_AND_DEFAULTS),
        8: Block(
            "ValueError at register: Invalid kernel repo string '' for layer 'RMSNorm'",
            (("KL103", '""'),),
        ),
        9: Block(
            "AttributeError at create: 'tuple' object has no attribute 'split'",
            (("KL301", "use_local_kernel=True"),),
        ),
        10: Block(unregistered("RMSnorm"), (("KL201", '"RMSnorm"'),)),
        11: Block(NOTHING, (("KL304", "model.train()"),)),
        12: Block(USED_UP, (("KL305", "model.set_use_kernels(True, config)"),)),
    },
    "writing.rst": {
        1: Block(
            applied(OWN, DEFAULT_NORM, SILU, ROPE),
            after=(0,),
            then="\nmodel.model.norm = GatedNorm().eval()" + SET,
        ),
        2: Block(
            unregistered("GatedNrom"),
            (("KL201", '"GatedNrom"'),),
            after=(0,),
            then="\nmodel.model.norm = GatedNorm().eval()" + SET,
        ),
        3: Block(applied(DEFAULT_NORM, ROPE, STATEFUL)),
        4: Block(
            f"{PARENTS} ['model.norm', 'model.layers.*.mlp']",
            (("KL110", '(\n               ("RMSNorm", "model.norm"),'),),
        ),
        5: Block(f"{PARENTS} ['M', 'L']", (("KL110", '"RMSNorm"'),)),
        6: Block(
            unregistered(TUPLE),
            (("KL110", '(\n                   ("RMSNorm", "model.layers.*.post'),),
        ),
    },
}

#: The findings that can be mended, and what is written instead.
FIXES = {
    "loading.md": [("KL104", "mps"), ("KL201", "RMSNorm")],
    "writing.rst": [("KL201", "GatedNorm")],
}


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages in a working directory with nothing else in it."""
    for page in PAGES:
        shutil.copy(FOLDER / page, tmp_path)
    monkeypatch.chdir(tmp_path)


def lint(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    main(["--isolated", "--no-cache", "--transformers", RELEASE, "--output-format", "json", *argv])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def read(page: str) -> EmbeddedText:
    found = read_text(page, (FOLDER / page).read_bytes())
    assert isinstance(found, EmbeddedText)
    return found


def offset(page: EmbeddedText, position: dict[str, int]) -> int:
    """The byte at a line and column; the pages are ASCII."""
    return page.line_starts[position["line"] - 1] + position["column"] - 1


def number_of(page: EmbeddedText, start: int) -> int:
    """The number of the block that holds a byte of the file."""
    (number,) = (
        number
        for number, part in enumerate(page.parts)
        if page.in_file(part).start <= start < page.in_file(part).end
    )
    return number


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("page", PAGES)
def test_what_is_found(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = read(page)
    found: list[tuple[int, str]] = []
    fixes: list[tuple[str, str]] = []
    for each in lint(capsys, page)["diagnostics"]:
        assert (each["path"], each["cell"]) == (page, None)
        fixes += [(each["code"], each["fix"]["edits"][0]["content"])] if each["fix"] else []
        start, end = (offset(text, each[edge]) for edge in ("start", "end"))
        number = number_of(text, start)
        found.append((number, each["code"]))
        (expected,) = (part for code, part in PAGES[page][number].found if code == each["code"])
        assert text.slice(start, end).startswith(expected)
        if "\n" not in expected:
            assert text.slice(start, end) == expected
    wanted = [(n, code) for n, block in PAGES[page].items() for code, _ in block.found]
    assert found == wanted
    assert fixes == FIXES[page]


@pytest.mark.usefixtures("pages")
def test_what_is_mended() -> None:
    before = {page: Path(page).read_text() for page in PAGES}
    main(["--isolated", "--no-cache", "--transformers", RELEASE, "--fix", "--unsafe-fixes", "."])
    after = {page: Path(page).read_text() for page in PAGES}
    assert after == {
        "loading.md": before["loading.md"]
        .replace('"metal": "a/b:L"', '"mps": "a/b:L"')
        .replace('...     "RMSnorm"', '...     "RMSNorm"'),
        "writing.rst": before["writing.rst"].replace('{"GatedNrom"', '{"GatedNorm"'),
    }


@pytest.mark.usefixtures("pages")
def test_what_is_silenced_and_what_is_left_open(capsys: pytest.CaptureFixture[str]) -> None:
    report = lint(capsys, ".")
    assert report["summary"]["suppressed"] == 3
    reasons = [each["reason"] for each in report["not_checked"]]
    assert [reason for reason in reasons if "`...`" in reason] == [
        "what `...` stands for is not followed"
    ] * 3
    assert len(reasons) == 4


@pytest.mark.usefixtures("pages")
def test_what_is_no_python_is_told_where_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = lint(capsys, "--strict-docs", "--select", "KL001", ".")
    (found,) = report["diagnostics"]
    line = (
        (FOLDER / "loading.md").read_text(encoding="utf-8").splitlines()[found["start"]["line"] - 1]
    )
    assert (found["code"], found["path"]) == ("KL001", "loading.md")
    assert "with kernels and so on" in line
    assert found["message"].startswith("this block is not valid Python: ")


@pytest.mark.slow
@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize("page", PAGES)
def test_the_real_libraries_do_what_is_found(
    page: str,
    probe: Probe,  # the fixture
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = read(page)
    sources = [text.program.data[slice(*part)].decode() for part in text.parts]
    snippets = []
    for number, block in PAGES[page].items():
        source = "\n".join(sources[each] for each in (*block.after, number)) + block.then
        device = "movable" if "device_map" in source else "cuda"
        source = source.replace('"org/model"', "model_dir")
        snippets.append(Snippet(f"{page}-{number}", source, "source", device))
    outcomes = [real_line(outcome) for outcome in probe(snippets)]
    assert dict(zip(PAGES[page], outcomes, strict=True)) == {
        number: block.outcome for number, block in PAGES[page].items()
    }

    for each in lint(capsys, page)["diagnostics"]:
        if each["severity"] != "error":
            continue
        start = offset(text, each["start"])
        outcome = PAGES[page][number_of(text, start)].outcome
        told = re.search(r"raises (\w+): (.*)", each["effect"])
        assert told is not None
        exception, _, rest = outcome.partition(" at ")
        message = rest.partition(": ")[2]
        assert told[1] == exception
        # What depends on the code is left open in what is told.
        for part in re.split(r"…|\(…\)", told[2]):
            assert part.strip() in message
