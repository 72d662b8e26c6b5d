"""What the documentation takes from the code is what the code says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kernlint.rules.base import Example, Rule, example
from kernlint.rules.registry import all_rules, rule
from tests.frame.checkout import ROOT
from tools import gen_docs

PAGES = ROOT / "docs" / "rules"


def test_everything_is_up_to_date() -> None:
    assert "".join(gen_docs.differences(str(ROOT))) == ""


def test_a_second_run_gives_the_same() -> None:
    assert gen_docs.generated(str(ROOT)) == gen_docs.generated(str(ROOT))


def test_every_rule_has_its_page_and_no_page_is_left_over() -> None:
    assert sorted(page.name for page in PAGES.iterdir()) == sorted(
        [*(f"{rule.code}.md" for rule in all_rules()), "README.md"]
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The documentation and what it is made from, to be changed."""
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "kernlint").mkdir()
    for name in ("README.md", "kernlint/kernlint.schema.json"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_changed_page_is_shown_as_a_difference(copy: Path) -> None:
    page = copy / "docs" / "rules" / "KL104.md"
    page.write_text(page.read_text(encoding="utf-8").replace("# KL104", "# KL1O4", 1), "utf-8")
    lines = list(gen_docs.differences(str(copy)))
    assert lines[:2] == [
        "--- docs/rules/KL104.md\n",
        "+++ docs/rules/KL104.md as generated\n",
    ]
    assert [line for line in lines[2:] if line[0] in "+-"] == [
        "-# KL1O4: unsupported-device\n",
        "+# KL104: unsupported-device\n",
    ]


def test_a_page_without_a_rule_is_a_difference_and_is_removed(copy: Path) -> None:
    (copy / "docs" / "rules" / "KL999.md").write_text("# KL999: none\n", encoding="utf-8")
    assert list(gen_docs.differences(str(copy))) == ["docs/rules/KL999.md: there is no such rule\n"]
    gen_docs.write(str(copy))
    assert list(gen_docs.differences(str(copy))) == []


def test_a_missing_page_is_written(copy: Path) -> None:
    (copy / "docs" / "rules" / "KL104.md").unlink()
    gen_docs.write(str(copy))
    assert (copy / "docs" / "rules" / "KL104.md").read_bytes() == (PAGES / "KL104.md").read_bytes()


def test_the_finding_follows_the_examples(copy: Path) -> None:
    serve = copy / "examples" / "serve.py"
    serve.write_text(serve.read_text(encoding="utf-8").replace('"cuda:0":', '"gpu":'), "utf-8")
    changed = gen_docs.generated(str(copy))["README.md"]
    assert "`gpu` is not a device of a kernel mapping" in changed
    assert "serve.py:32:17" in changed


@pytest.mark.parametrize("arguments", [["-m", "tools.gen_docs"], ["tools/gen_docs.py"]])
def test_the_check_as_a_command(arguments: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, *arguments, "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_parts_are_filled_between_their_marks() -> None:
    text = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert gen_docs.filled(text, {"x": "new\n"}) == (
        "a\n<!-- begin x -->\nnew\n<!-- end x -->\nb\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "generated parts ['x'], but marks for []"),
        ("<!-- begin x -->\n", "no end of the generated part 'x'"),
        (
            "<!-- begin x -->\n<!-- end x -->\n<!-- begin y -->\n<!-- end y -->\n",
            "generated parts ['x'], but marks for ['x', 'y']",
        ),
    ],
)
def test_marks_that_do_not_fit_are_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        gen_docs.filled(text, {"x": "new"})


@pytest.mark.parametrize(
    ("code", "number", "options"),
    [
        ("KL103", 1, []),
        ("KL104", 2, ["--transformers", "5.20.2"]),
        ("KL205", 0, ["--extend-select", "KL205"]),
    ],
)
def test_the_output_on_a_page_is_that_of_the_command(
    code: str, number: int, options: list[str], tmp_path: Path
) -> None:
    shown = rule(code).bad[number]
    for path, text in shown.sources.items():
        (tmp_path / path).write_text(text, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "kernlint", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": str(gen_docs.WIDTH)},
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert run.stdout == gen_docs.output(rule(code), shown)
    assert f"```text\n{run.stdout}```\n" in page


def test_the_command_shown_with_the_finding_gives_it() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = gen_docs.shown_finding(str(ROOT))
    assert block.startswith("```console\n$ kernlint examples/ --select KL104  # exits with 1\n")
    assert block in readme


def test_an_example_of_several_files_names_them() -> None:
    class Several(Rule):
        """Two files."""

        code = "KL998"
        name = "several-files"
        severity = "info"
        bad = (example("import os\n"),)
        good = (Example({"a.py": "x = 1", "b.py": "y = 2"}, "5.20.2"),)

    page = gen_docs.rule_page(Several())
    assert page.endswith(
        "## Not reported\n\nWith `--transformers 5.20.2`:\n\n"
        "`a.py`:\n\n```python\nx = 1\n```\n\n`b.py`:\n\n```python\ny = 2\n```\n\n"
        "[All rules](README.md)\n"
    )


def test_the_exit_codes_are_those_of_the_design() -> None:
    assert re.findall(r"^\| (\d) \|", gen_docs.exit_codes(), flags=re.MULTILINE) == list("0123")


def test_the_help_does_not_depend_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    narrow = gen_docs.help_text()
    assert os.environ["COLUMNS"] == "40"
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert gen_docs.help_text() == narrow
    assert "  -o, --output-file FILE        Write the findings to a file\n" in narrow
    assert max(map(len, narrow.splitlines())) <= 80
