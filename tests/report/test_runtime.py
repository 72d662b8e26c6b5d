"""Tables and closing lines of what was confirmed, at every width, and as JSON."""

from __future__ import annotations

import json
import os
import re

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from kernlint.model.diagnostic import Counts, InternalError, NotChecked, Result
from kernlint.model.runtime import ModuleStates, NumericFacts, RuntimeFacts
from kernlint.model.text import SourceText
from kernlint.report import json_v1
from kernlint.report.runtime import closing, render_lines, render_tables, size
from kernlint.report.terminal import display_width
from kernlint.report.text import render_concise, render_full
from kernlint.rules.verdicts import report
from tests.rules.seen import (
    CONFIG,
    ENVIRONMENT,
    MODEL,
    NO_BUILD,
    SIGNATURE,
    check,
    facts,
    fine,
    kernel,
    ran,
    refused,
    together,
)

SOURCE = b'config = KernelConfig({"RMSNorm": "org/norms:Norm", "SiLU": "org/activations:Silu"})\n'

#: A kernel that raised, one of a revision, and a note.
REJECTED = facts(
    check=check(mode="training"),
    model=MODEL._replace(notes=("quantization_config is ignored",)),
    strict=(
        refused("RMSNorm", SIGNATURE),
        fine("SiLU", kernel=kernel("SiLU", revision="5c1a9b2")),
    ),
    together=together({"RMSNorm": ModuleStates(untouched=5)}, SIGNATURE, "RMSNorm"),
)
COMPARED = facts(
    check=check(numerics=True),
    numerics=(NumericFacts("SiLU", 2, 0, 0.0078, 0.003, (), 1.42),),
)
NOT_APPLIED = facts(
    strict=(refused("RMSNorm", NO_BUILD), fine("SiLU")),
    together=together({"RMSNorm": ModuleStates(original=5)}),
)
NOWHERE = facts(
    environment=ENVIRONMENT._replace(device=None, accelerator=None, capability=None),
    strict=(),
    together=None,
    execution=(),
)
NO_DEVICE = "torch 2.13.0 finds no accelerator on this machine"
SOME = "1 of 2 confirmed nothing"
UNEXECUTED = facts(check=check(execute=False), execution=())


def result(*seen: RuntimeFacts, **more: object) -> Result:
    found = Result((), (), (), Counts(1, 1), (), {"train.py": SourceText(SOURCE)})
    return found._replace(runtime=tuple(map(report, seen)), **more)  # type: ignore[arg-type]


def table(seen: RuntimeFacts, width: int = 100) -> str:
    [block] = render_tables([report(seen)], color=False, width=width)
    return block


def last(*seen: RuntimeFacts, **more: object) -> str:
    return closing(result(*seen, **more), color=False)


def test_a_table() -> None:
    assert table(facts(), 120) == (
        "train.py:1:11: LlamaForCausalLM (1.4K parameters, 33 modules)\n"
        "  set_use_kernels, for inference\n"
        "  cuda (NVIDIA H100, capability 9.0); torch 2.13.0, transformers 5.22.2, kernels 0.17.2, "
        "Python 3.12.11\n"
        "\n"
        "  layer    applied  verdict  kernel\n"
        "  RMSNorm      5/5  applied  org/norms (torch-universal)\n"
        "  SiLU         2/2  applied  org/activations (torch-universal)\n"
        "\n"
        "  took 5.4 s and 348 MB\n"
    )


def test_a_table_with_reasons_and_notes() -> None:
    assert table(REJECTED, 80) == (
        "train.py:1:11: LlamaForCausalLM (1.4K parameters, 33 modules)\n"
        "  set_use_kernels, for training\n"
        "  cuda (NVIDIA H100, capability 9.0); torch 2.13.0, transformers 5.22.2, kernels\n"
        "  0.17.2, Python 3.12.11\n"
        "\n"
        "  layer    applied  verdict                  kernel\n"
        "  RMSNorm      0/5  rejected: SIGNATURE      org/norms\n"
        "  SiLU         2/2  partly-applied: ABORTED  org/activations@5c1a9b2\n"
        "                                             (torch-universal)\n"
        "\n"
        "  note: quantization_config is ignored\n"
        "  took 5.4 s and 348 MB\n"
    )


def test_a_table_with_numbers() -> None:
    assert table(COMPARED, 80).splitlines()[5:8] == [
        "  layer    applied  max error  speed  verdict  kernel",
        "  RMSNorm      5/5          -      -  applied  org/norms (torch-universal)",
        "  SiLU         2/2    7.8e-03  1.42x  applied  org/activations (torch-universal)",
    ]


def test_a_kernel_that_has_no_room_beside_stands_below() -> None:
    assert table(COMPARED, 60).splitlines()[6:] == [
        "  layer    applied  max error  speed  verdict",
        "  RMSNorm      5/5          -      -  applied",
        "      org/norms (torch-universal)",
        "  SiLU         2/2    7.8e-03  1.42x  applied",
        "      org/activations (torch-universal)",
        "",
        "  took 5.4 s and 348 MB",
    ]


def test_what_is_not_confirmed_stands_above_the_table() -> None:
    assert table(NOWHERE).splitlines()[2:5] == [
        "  no accelerator; torch 2.13.0, transformers 5.22.2, kernels 0.17.2, Python 3.12.11",
        "  nothing is confirmed: torch 2.13.0 finds no accelerator on this machine",
        "",
    ]


def test_a_prediction_says_what_is_here() -> None:
    seen = facts(check=check(device="xpu", compiled=True), together=None, execution=())
    rows = table(seen).splitlines()
    assert rows[1] == "  set_use_kernels, for inference and torch.compile"
    assert rows[2].startswith("  predicted for xpu, here: cuda (NVIDIA H100, capability 9.0); ")


def test_a_check_of_which_nothing_is_known() -> None:
    seen = facts(
        environment=None, model=None, strict=(), together=None, execution=(), layers=(), seconds=0.0
    )
    assert table(seen) == (
        "train.py:1:11: model models/llama\n"
        "  set_use_kernels, for inference\n"
        "  nothing is confirmed: the check ended before it could look at the libraries\n"
        "\n"
        "  layer    applied  verdict             kernel\n"
        "  RMSNorm      0/0  unknown: LIBRARIES  org/norms\n"
        "  SiLU         0/0  unknown: LIBRARIES  org/activations\n"
    )


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("seen", [facts(), REJECTED, COMPARED, NOT_APPLIED, NOWHERE])
def test_no_line_is_wider_than_the_terminal(width: int, seen: RuntimeFacts) -> None:
    rows = table(seen, width).splitlines()
    assert max(display_width(row) for row in rows) <= width
    assert [row for row in rows if row != row.rstrip()] == []


@pytest.mark.parametrize("seen", [facts(), REJECTED, COMPARED, NOT_APPLIED, NOWHERE])
def test_colours_change_nothing_but_the_colour(seen: RuntimeFacts) -> None:
    [painted] = render_tables([report(seen)], color=True, width=80)
    assert painted != table(seen, 80)
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == table(seen, 80)


def test_what_a_terminal_would_obey_is_shown() -> None:
    config = check().config._replace(label="a\x1b[31m.py:1:1")
    wild = facts(
        check=check(config=config),
        strict=(fine("RMSNorm", kernel=kernel("RMSNorm", variant="\n")),),
    )
    shown = table(wild)
    assert "\x1b" not in shown
    assert "␛" in shown
    assert "org/norms (␊)" in shown


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_400, "1.4K"),
        (117_000_000, "117M"),
        (8_030_261_248, "8.0B"),
        (235_093_634_560, "235B"),
    ],
)
def test_sizes_of_models(number: int, text: str) -> None:
    assert size(number) == text


def test_a_line_for_each_layer() -> None:
    reports = [report(NOT_APPLIED), report(NOWHERE)]
    assert render_lines(reports, color=False) == (
        "train.py:1:11: RMSNorm: 0/5 not-applied: VARIANT\n"
        "train.py:1:11: SiLU: 2/2 applied\n"
        "train.py:1:11: nothing is confirmed: "
        "torch 2.13.0 finds no accelerator on this machine\n"
        "train.py:1:11: RMSNorm: 0/5 unknown: NO-ACCELERATOR\n"
        "train.py:1:11: SiLU: 0/2 unknown: NO-ACCELERATOR\n"
    )


# The closing line.


def test_the_closing_line_of_what_is_well() -> None:
    assert last(facts()) == "Checked 1 config with 2 layers on cuda: every layer runs its kernel.\n"


def test_what_was_not_executed_is_not_said_to_run() -> None:
    assert last(UNEXECUTED) == (
        "Checked 1 config with 2 layers on cuda: every kernel is in place, but not all of them "
        "were executed.\n"
    )


def test_the_closing_line_of_what_is_wrong() -> None:
    assert last(facts(), NOT_APPLIED) == (
        "Checked 1 config in 2 ways with 4 layers on cuda: 3 applied, 1 not-applied.\n"
    )


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ((NOWHERE,), f" with 2 layers: 2 unknown; nothing is confirmed ({NO_DEVICE})"),
        (
            (facts(), NOWHERE),
            f" in 2 ways with 4 layers on cuda: 2 applied, 2 unknown; {SOME} ({NO_DEVICE})",
        ),
        (
            (facts(execution=(ran("RMSNorm"),)),),
            " with 2 layers on cuda: 1 applied, 1 unknown; not every layer is confirmed",
        ),
    ],
)
def test_what_is_not_confirmed_is_never_said_to_be(
    seen: tuple[RuntimeFacts, ...], said: str
) -> None:
    assert last(*seen) == f"Checked 1 config{said}.\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"not_checked": (NotChecked(CONFIG, "a loop"),)}, "1 config could not be tried out"),
        ({"unreadable": True}, "not every file that mentions kernels could be read"),
        ({"internal_errors": (InternalError("KL901", CONFIG, "x"),)}, "1 rule failed"),
    ],
)
def test_what_was_left_out_is_told(more: dict[str, object], said: str) -> None:
    assert last(facts(), **more) == f"Checked 1 config with 2 layers on cuda: 2 applied; {said}.\n"


def test_what_comments_silence_is_counted() -> None:
    assert last(facts(), counts=Counts(1, 1, suppressed=2)).endswith("its kernel (2 suppressed).\n")


def test_the_whole_report() -> None:
    shown = render_full(result(facts()), color=False, width=80, links=False)
    assert shown == f"{table(facts(), 80)}\n{last(facts())}"
    brief = render_concise(result(facts()), color=False, links=False)
    assert brief == f"{render_lines([report(facts())], color=False)}{last(facts())}"


# JSON.


def documents(*seen: RuntimeFacts) -> list[dict[str, object]]:
    """The reports, once they have proved to follow the published schema."""
    path = os.path.join(os.path.dirname(json_v1.__file__), "schema_v1.json")
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    document = json.loads(json_v1.render(result(*seen)))
    jsonschema.validate(document, schema)
    found: list[dict[str, object]] = document["runtime"]
    return found


def test_a_report_as_json() -> None:
    [shown] = documents(NOT_APPLIED)
    layers = shown.pop("layers")
    assert isinstance(layers, list)
    assert shown == {
        "config": "train.py:1:11",
        "model": "models/llama",
        "device": "cuda",
        "mode": "inference",
        "path": "train.py",
        "start": {"line": 1, "column": 11},
        "end": {"line": 2, "column": 1},
        "way": "set_use_kernels",
        "compiled": False,
        "confirmed": True,
        "problem": None,
        "checked": 2,
        "unknown": 0,
        "model_class": "LlamaForCausalLM",
        "parameters": 1400,
        "accelerator": "NVIDIA H100",
        "capability": "9.0",
        "versions": {"torch": "2.13.0", "transformers": "5.22.2", "kernels": "0.17.2"},
        "seconds": 5.4,
        "peak_memory": 348 * 2**20,
    }
    assert layers[0] == {
        "name": "RMSNorm",
        "verdict": "not-applied",
        "modules": 5,
        "applied": 0,
        "reason": "VARIANT",
        "swallowed": True,
        "exception": "FileNotFoundError",
        "message": NO_BUILD.message,
        "repository": "org/norms",
        "variant": None,
        "max_abs_error": None,
        "speedup": None,
        "path": "train.py",
        "start": {"line": 1, "column": 25},
        "end": {"line": 1, "column": 34},
    }


def test_what_is_not_confirmed_as_json() -> None:
    [shown] = documents(NOWHERE)
    assert (shown["device"], shown["confirmed"]) == (None, False)
    assert (shown["checked"], shown["unknown"]) == (0, 2)
    assert shown["problem"] == "torch 2.13.0 finds no accelerator on this machine"
    nothing = facts(environment=None, model=None, strict=(), together=None, peak_memory=None)
    [shown] = documents(nothing)
    assert (shown["versions"], shown["model_class"], shown["peak_memory"]) == ({}, None, None)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have(number: float) -> None:
    compared = (NumericFacts("RMSNorm", 5, 0, number, number, (), number),)
    seen = facts(check=check(numerics=True), numerics=compared)
    text = json_v1.render(result(seen))
    assert "NaN" not in text
    assert "Infinity" not in text
    [shown] = documents(seen)
    assert isinstance(shown["layers"], list)
    assert shown["layers"][0]["max_abs_error"] is None


def test_every_reason_fits_the_schema() -> None:
    error = SIGNATURE._replace(type="Odd_Error", mro=("Odd_Error",))
    strange = refused("RMSNorm", error)
    at_once = together({"RMSNorm": ModuleStates(untouched=5)}, error, "RMSNorm")
    [shown] = documents(facts(strict=(strange, fine("SiLU")), together=at_once))
    assert isinstance(shown["layers"], list)
    assert shown["layers"][0]["reason"] == "OTHER:Odd_Error"
