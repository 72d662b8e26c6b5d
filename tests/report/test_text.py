from __future__ import annotations

import pytest

from kernlint.model.diagnostic import (
    Counts,
    Diagnostic,
    Edit,
    Fix,
    InternalError,
    NotChecked,
    Place,
    Related,
)
from kernlint.model.expr import Span
from kernlint.model.text import SourceText
from kernlint.report.text import (
    render_concise,
    render_full,
    render_internal_errors,
    render_unchecked,
)
from tests.report.samples import TRAIN, finding, place, result

CUDA = place(TRAIN, '"cuda:0"')

DETAILED = Diagnostic(
    "KL104",
    "unsupported-device",
    "error",
    "`cuda:0` is not a device key of KernelConfig",
    CUDA,
    effect="with transformers 5.22.2: raises ValueError:\nOnly devices in [...]",
    help="write `cuda`",
    label="did you mean `cuda`?",
    releases=(("transformers", ">=5.0,<5.21"), ("kernels", "")),
    fix=Fix("safe", "write `cuda`", (Edit(CUDA.span, '"cuda"'),)),
    url="https://example.org/KL104",
)


def test_a_finding_with_all_its_parts() -> None:
    assert render_full(result(DETAILED), color=False, width=80, links=False) == (
        "KL104[unsupported-device] [*] error: `cuda:0` is not a device key of KernelConfig\n"
        " --> src/train.py:5:9\n"
        "  |\n"
        "3 | cfg = KernelConfig(\n"
        '4 |     {"RMSNorm": {\n'
        '5 |         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "  |         ^^^^^^^^ did you mean `cuda`?\n"
        "6 |     }}\n"
        "  |\n"
        "  = with transformers 5.22.2: raises ValueError:\n"
        "    Only devices in [...]\n"
        "  = help: write `cuda`\n"
        "  = releases: transformers >=5.0,<5.21; kernels any\n"
        "  = for more: kernlint --explain KL104\n"
        "  = fix: write `cuda` (safe, made by --fix)\n"
        "  |\n"
        '5 -         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        '5 +         "cuda": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "\n"
        "Checked 1 file with 1 config: 1 error.\n"
        "[*] 1 fixable with --fix.\n"
    )


def test_colours_and_links() -> None:
    warning = DETAILED._replace(
        severity="warning", effect=None, releases=(), fix=None, related=(Related("layer", LAYER),)
    )
    rendered = render_full(result(warning), color=True, width=80, links=True)
    assert rendered == (
        "\x1b[1;33m\x1b]8;;https://example.org/KL104\x1b\\KL104\x1b]8;;\x1b\\\x1b[0m"
        "[unsupported-device] warning: `cuda:0` is not a device key of KernelConfig\n"
        " \x1b[1;34m-->\x1b[0m src/train.py:5:9\n"
        "  \x1b[1;34m|\x1b[0m\n"
        "\x1b[1;34m3 |\x1b[0m cfg = KernelConfig(\n"
        '\x1b[1;34m4 |\x1b[0m     {"RMSNorm": {\n'
        "  \x1b[1;34m|\x1b[0m      \x1b[1;34m--------- layer\x1b[0m\n"
        '\x1b[1;34m5 |\x1b[0m         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "  \x1b[1;34m|\x1b[0m         \x1b[1;33m^^^^^^^^ did you mean `cuda`?\x1b[0m\n"
        "\x1b[1;34m6 |\x1b[0m     }}\n"
        "  \x1b[1;34m|\x1b[0m\n"
        "  \x1b[1;34m=\x1b[0m \x1b[1;36mhelp:\x1b[0m write `cuda`\n"
        "  \x1b[1;34m=\x1b[0m for more: kernlint --explain KL104\n"
        "\n"
        "Checked 1 file with 1 config: \x1b[1;33m1 warning\x1b[0m.\n"
    )


LAYER = place(TRAIN, '"RMSNorm"')


def test_a_rule_is_explained_once_and_doubt_is_shown() -> None:
    first = finding(place(TRAIN, "KernelConfig\n"))._replace(confidence="medium")
    second = finding(CUDA)._replace(severity="info")
    assert render_full(result(first, second), color=False, width=80, links=True) == (
        "KL104[unsupported-device] error (not certain):"
        " `cuda:0` is not a device key of KernelConfig\n"
        " --> src/train.py:1:26\n"
        "  |\n"
        "1 | from transformers import KernelConfig\n"
        "  |                          ^^^^^^^^^^^^\n"
        "  |\n"
        "  = for more: kernlint --explain KL104\n"
        "\n"
        "KL104[unsupported-device] info: `cuda:0` is not a device key of KernelConfig\n"
        " --> src/train.py:5:9\n"
        "  |\n"
        "3 | cfg = KernelConfig(\n"
        '4 |     {"RMSNorm": {\n'
        '5 |         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "  |         ^^^^^^^^\n"
        "6 |     }}\n"
        "\n"
        "Checked 1 file with 1 config: 1 error, 1 info.\n"
    )


def test_a_related_place_in_another_file_has_its_own_excerpt() -> None:
    model = "import torch\n" * 11 + "class RMSNorm(torch.nn.Module):\n    pass\n"
    texts = {
        "src/train.py": SourceText(TRAIN.encode()),
        "src/model.py": SourceText(model.encode()),
    }
    declared = Related("declared here", place(model, "RMSNorm", "src/model.py"))
    where = place(TRAIN, '"RMSNorm"')
    rendered = render_full(
        result(finding(where, label="no such layer", related=(declared,)), texts=texts),
        color=False,
        width=80,
        links=False,
    )
    assert rendered == (
        "KL104[unsupported-device] error: `cuda:0` is not a device key of KernelConfig\n"
        "  --> src/train.py:4:6\n"
        "   |\n"
        " 3 | cfg = KernelConfig(\n"
        ' 4 |     {"RMSNorm": {\n'
        "   |      ^^^^^^^^^ no such layer\n"
        ' 5 |         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "   |\n"
        "  ::: src/model.py:12:7\n"
        "   |\n"
        "12 | class RMSNorm(torch.nn.Module):\n"
        "   |       ------- declared here\n"
        "   |\n"
        "   = for more: kernlint --explain KL104\n"
        "\n"
        "Checked 1 file with 1 config: 1 error.\n"
    )


def test_concise_is_one_line_for_a_finding() -> None:
    odd = finding(Place("a\nb.py", Span(0, 0)))._replace(message="two\nlines")
    assert render_concise(result(finding(CUDA), odd), color=False, links=False) == (
        "src/train.py:5:9: KL104 `cuda:0` is not a device key of KernelConfig\n"
        "a␊b.py:1:1: KL104 two␊lines\n"
        "Checked 1 file with 1 config: 2 errors.\n"
    )


def test_concise_with_colours_and_links() -> None:
    assert render_concise(result(DETAILED), color=True, links=True) == (
        "src/train.py:5:9: \x1b[1;31m\x1b]8;;https://example.org/KL104\x1b\\KL104"
        "\x1b]8;;\x1b\\\x1b[0m [*] `cuda:0` is not a device key of KernelConfig\n"
        "Checked 1 file with 1 config: \x1b[1;31m1 error\x1b[0m.\n"
        "[*] 1 fixable with --fix.\n"
    )


def test_without_findings_there_is_only_the_summary() -> None:
    expected = "Checked 1 file with 1 config: no problems found.\n"
    assert render_full(result(), color=True, width=0, links=True) == expected
    assert render_concise(result(), color=True, links=True) == expected


def test_what_was_not_checked_is_listed_with_its_reason() -> None:
    finished = result(not_checked=(NotChecked(LAYER, "a loop"), NotChecked(CUDA, "a\x1b[2Jcall")))
    assert render_unchecked(finished) == (
        "src/train.py:4:6: not checked: a loop\nsrc/train.py:5:9: not checked: a␛[2Jcall\n"
    )


def test_a_rule_that_failed_is_a_defect_to_report() -> None:
    error = InternalError("KL104", CUDA, "Traceback:\nKeyError: 'x'")
    assert render_internal_errors(result(internal_errors=(error,))) == (
        "kernlint: KL104 failed. This is a defect of kernlint, not of your code.\n"
        " --> src/train.py:5:9\n"
        "  |\n"
        "3 | cfg = KernelConfig(\n"
        '4 |     {"RMSNorm": {\n'
        '5 |         "cuda:0": "kernels-community/liger-kernels:LigerRMSNorm",\n'
        "  |         ^^^^^^^^ KL104 failed here\n"
        "6 |     }}\n"
        "  |\n"
        "  = Traceback:\n"
        "    KeyError: 'x'\n"
        "  = help: please report it to kernlint, with the lines above\n"
    )


def test_no_failed_rule_no_text() -> None:
    assert render_internal_errors(result(finding(CUDA))) == ""


def test_internal_errors_are_not_in_the_report() -> None:
    error = InternalError("KL104", CUDA, "KeyError: 'x'")
    rendered = render_full(
        result(finding(CUDA), internal_errors=(error,)), color=False, width=0, links=False
    )
    assert "KeyError" not in rendered


def test_control_characters_never_reach_the_terminal() -> None:
    source = 'x = "\x1b[31m\x07"\n'
    hostile = finding(place(source, "x", "a\x1b.py"), label="l\x1b")._replace(
        message="m\x1b", effect="e\x1b", help="h\x1b", url="https://x/\x1b\\"
    )
    texts = {"a\x1b.py": SourceText(source.encode())}
    rendered = render_full(result(hostile, texts=texts), color=False, width=80, links=True)
    assert rendered == (
        "KL104[unsupported-device] error: m␛\n"
        " --> a␛.py:1:1\n"
        "  |\n"
        '1 | x = "␛[31m␇"\n'
        "  | ^ l␛\n"
        "  |\n"
        "  = e␛\n"
        "  = help: h␛\n"
        "  = for more: kernlint --explain KL104\n"
        "\n"
        "Checked 1 file with 1 config: 1 error.\n"
    )


def test_an_undecodable_path_can_be_printed() -> None:
    where = Place("b\udce9.py", Span(0, 0))
    rendered = render_full(result(finding(where)), color=False, width=80, links=False)
    assert rendered.splitlines()[1] == " --> b�.py:1:1"


@pytest.mark.parametrize("width", [0, -1, 80])
def test_an_unknown_width_is_80(width: int) -> None:
    source = "x = " + "9" * 200 + "\n"
    texts = {"src/train.py": SourceText(source.encode())}
    where = place(source, "x")
    rendered = render_full(
        result(finding(where), texts=texts, counts=Counts(1)),
        color=False,
        width=width,
        links=False,
    )
    # 80 columns: four of the gutter, the first 75 of the line and the ellipsis.
    assert rendered.splitlines()[3] == "1 | x = " + "9" * 71 + "…"
