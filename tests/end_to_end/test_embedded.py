"""Notebooks, documents and docstrings, checked by the real command."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.end_to_end.conftest import BAD, GOOD, PLAIN, Folder
from tests.source.notebooks import code, notebook, text

IMPORT = "from transformers import AutoModelForCausalLM, KernelConfig\n"
NORM = "kernels-community/liger-kernels:LigerRMSNorm"
CONFIG = f'config = KernelConfig({{"RMSNorm": "{NORM}"}})\n'
WRONG = f'KernelConfig({{"RMSnorm": "{NORM}"}})\n'
LOAD = 'model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)\n'
DECLARE = """\
from kernels import use_kernel_forward_from_hub

@use_kernel_forward_from_hub("OwnNorm")
class OwnNorm: ...
"""
USE = 'from transformers import KernelConfig\nKernelConfig({"OwnNorm": "org/kernels:OwnNorm"})\n'


def fence(*blocks: str) -> str:
    """A document with some blocks of Python."""
    return "# Title\n\n" + "\n".join(f"```py\n{block}```\n" for block in blocks)


def write_notebook(name: str, *sources: str, **options: object) -> None:
    cells = [text("# Title"), *(code(source) for source in sources)]
    Path(name).write_bytes(notebook(cells, **options))  # type: ignore[arg-type]


def test_a_folder_is_searched_for_all_of_them(folder: Folder) -> None:
    folder.write(
        {
            "a.md": fence(BAD),
            "docs/b.mdx": fence(BAD),
            "docs/c.rst": ".. code-block:: python\n\n   " + BAD.replace("\n", "\n   "),
            "docs/d.md": "KernelConfig({1: 2})\n",
            "e.py": f'"""\n>>> {IMPORT}>>> {WRONG}"""\n',
        }
    )
    write_notebook("docs/f.ipynb", BAD)
    assert folder.lint().findings == [
        "a.md:6:36 KL104",
        "docs/b.mdx:6:36 KL104",
        "docs/c.rst:5:39 KL104",
        "docs/f.ipynb:cell 2:3:36 KL104",
        "e.py:3:19 KL201",
    ]


def test_a_finding_in_a_notebook_in_json(folder: Folder) -> None:
    write_notebook("a.ipynb", "%pip install kernels\n" + IMPORT, "# é\n" + WRONG)
    run = folder.run("--no-cache", "--output-format", "json", ".")
    (found,) = json.loads(run.out)["diagnostics"]
    assert found["cell"] == 3
    assert found["start"] == {"line": 2, "column": 15}
    assert found["end"] == {"line": 2, "column": 24}


def test_a_finding_in_a_notebook_is_shown_with_lines_of_its_cells(folder: Folder) -> None:
    write_notebook(
        "a.ipynb", IMPORT + CONFIG + LOAD, "# again\nmodel.set_use_kernels(True, config)"
    )
    run = folder.run("--no-cache", ".")
    assert run.out.splitlines()[1:8] == [
        " --> a.ipynb:cell 3:2:1",
        "  |",
        "1 | # again",
        "2 | model.set_use_kernels(True, config)",
        "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "  |",
        " ::: a.ipynb:cell 2:3:9",
    ]


def test_cells_are_one_program_and_blocks_may_be_alternatives(folder: Folder) -> None:
    again = "model.set_use_kernels(True, config)\n"
    parts = (IMPORT + CONFIG + LOAD, again, "model.train()\n", again)
    write_notebook("a.ipynb", *parts)
    folder.write({"b.md": fence(*parts), "c.md": fence(parts[0], parts[1] + parts[1])})
    assert folder.lint("a.ipynb").findings == ["a.ipynb:cell 3:1:1 KL305"]
    assert folder.lint("b.md").findings == []
    folder.write({"d.md": fence("".join(parts[:2]))})
    assert folder.lint("d.md").findings == ["d.md:7:1 KL305"]
    assert folder.lint("c.md").findings == ["c.md:11:1 KL305"]


def test_what_a_function_of_an_earlier_block_does_counts_for_the_block_that_calls_it(
    folder: Folder,
) -> None:
    define = (
        IMPORT
        + "def load(config):\n"
        + '    return AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)\n'
    )
    call = "load(config)\n"
    folder.write(
        {"a.md": fence(define + CONFIG, call, call), "b.md": fence(define + CONFIG, call * 2)}
    )
    assert folder.lint("a.md").findings == []
    assert folder.lint("b.md").findings == ["b.md:6:12 KL305"]


def test_each_is_a_program_of_its_own(folder: Folder) -> None:
    folder.write({"own.md": fence(DECLARE, USE), "other.md": fence(USE), "use.py": USE})
    write_notebook("own.ipynb", DECLARE, USE)
    findings = ["other.md:5:15 KL201", "use.py:2:15 KL201"]
    assert folder.lint().findings == findings
    folder.write({"layers.py": DECLARE})
    assert folder.lint().findings == []


def test_nothing_imports_one_and_each_may_import_modules(folder: Folder) -> None:
    folder.write(
        {
            "names.py": f'NORM = {{"RMSnorm": "{NORM}"}}\n',
            "a.md": fence("from names import NORM\n" + IMPORT + "KernelConfig(NORM)\n"),
            "use.py": "from cells import NAMES\n" + IMPORT + "KernelConfig(NAMES)\n",
        }
    )
    write_notebook("cells.ipynb", f'NAMES = {{"RMSnorm": "{NORM}"}}\n' + IMPORT)
    assert folder.lint().findings == ["names.py:1:9 KL201"]
    assert folder.lint("a.md").findings == ["names.py:1:9 KL201"]
    assert folder.lint("cells.ipynb").findings == []


def test_what_cannot_be_read_is_told_where_it_mentions_kernels(folder: Folder) -> None:
    folder.write({"a.ipynb": '{"cells": 1, "x": "KernelConfig"}', "b.ipynb": '{"cells": 1}'})
    Path("c.md").write_bytes(b"KernelConfig \xff")
    Path("d.ipynb").write_bytes(notebook([code("KernelConfig(")]))
    run = folder.run("--no-cache", "--output-format", "concise", ".")
    assert run.code == 3
    no_notebook = "a notebook is an object with a list of `cells`"
    assert run.out.splitlines()[:3] == [
        f"a.ipynb:1:1: KL001 the file cannot be decoded: {no_notebook}",
        "c.md:1:14: KL001 the file cannot be decoded: byte 0xff is not UTF-8",
        "d.ipynb:cell 1:1:13: KL001 '(' was never closed",
    ]


def test_a_notebook_of_another_language_is_left_out(folder: Folder) -> None:
    write_notebook("a.ipynb", "KernelConfig(", metadata={"kernelspec": {"language": "julia"}})
    assert folder.lint().findings == []


@pytest.mark.parametrize(
    ("comment", "findings"),
    [
        ("# kernlint: ignore[KL201]", []),
        ("# kernlint: ignore[KL104]", ["KL201", "KL002"]),
    ],
)
def test_comments_in_code(folder: Folder, comment: str, findings: list[str]) -> None:
    line = WRONG.rstrip() + f"  {comment}\n"
    folder.write({"a.md": fence(IMPORT, line), "b.py": f'"""\n>>> {IMPORT}>>> {line}"""\n'})
    write_notebook("c.ipynb", IMPORT, line)
    found = folder.lint().findings
    assert found == [
        f"{place} {each}"
        for places in (
            ("a.md:8:15", f"a.md:8:{len(WRONG) + 2}"),
            ("b.py:3:19", f"b.py:3:{len(WRONG) + 6}"),
            ("c.ipynb:cell 3:1:15", f"c.ipynb:cell 3:1:{len(WRONG) + 2}"),
        )
        for place, each in zip(places, findings, strict=False)
    ]


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("a.md", "<!-- kernlint: {} -->"),
        ("a.mdx", "{{/* kernlint: {} */}}"),
        ("a.rst", ".. kernlint: {}"),
    ],
)
def test_comments_between_blocks(folder: Folder, name: str, comment: str) -> None:
    blocks = [IMPORT + WRONG, WRONG]
    if name.endswith(".rst"):
        parts = [
            ".. code:: python\n\n" + "".join(f"   {line}\n" for line in block.splitlines())
            for block in blocks
        ]
    else:
        parts = [f"```py\n{block}```\n" for block in blocks]
    line = comment.format("ignore[unknown-layer] as an example")
    folder.write({name: f"{line}\n\n{parts[0]}\n{parts[1]}"})
    assert len(folder.lint().findings) == 1
    folder.write({name: f"{comment.format('skip-file')}\n\n{parts[0]}\n{parts[1]}"})
    assert folder.lint().findings == []
    folder.write({name: f"{parts[0]}\n{parts[1]}\n{comment.format('ignore')}\n"})
    assert [each.split()[-1] for each in folder.lint().findings] == ["KL201", "KL201", "KL002"]


def test_a_comment_that_is_shown_is_none(folder: Folder) -> None:
    shown = "````markdown\n<!-- kernlint: skip-file -->\n````\n\n`<!-- kernlint: skip-file -->`\n"
    folder.write({"a.md": shown + fence(BAD)})
    assert folder.lint().findings == ["a.md:11:36 KL104"]


def test_the_cache_and_the_workers_make_no_difference(folder: Folder) -> None:
    folder.write({"a.md": fence(BAD, "KernelConfig({...})\n"), "b.py": fence(BAD), "c.py": BAD})
    folder.write({"d.py": f'"""\n>>> {IMPORT}>>> {WRONG}"""\n', "e.py": GOOD, "f.md": PLAIN})
    write_notebook("g.ipynb", BAD, "x = !ls\n" + WRONG)
    Path("b.py").rename("b.md")
    for entry in os.scandir("."):
        os.utime(entry.path, (time.time() - 60, time.time() - 60))
    first = folder.run("--no-cache", "--output-format", "json", "-j", "1", ".")
    assert json.loads(first.out)["summary"]["error"] == 6
    for argv in (["-j", "4"], ["-j", "1"], ["-j", "4"]):
        run = folder.run("--cache-dir", "kept", "--output-format", "json", *argv, ".")
        assert run == first


def test_the_same_bytes_are_read_by_the_name_of_the_file(folder: Folder) -> None:
    folder.write({"a.py": GOOD, "a.md": GOOD, "a.rst": GOOD})
    for entry in os.scandir("."):
        os.utime(entry.path, (time.time() - 60, time.time() - 60))
    for _ in range(2):
        run = folder.run("--cache-dir", "kept", "--output-format", "json", ".")
        assert (json.loads(run.out)["configs"], json.loads(run.out)["files"]) == (1, 3)


def test_an_older_notebook_without_kernels_costs_nothing_but_a_search(folder: Folder) -> None:
    folder.write({"a.ipynb": "no JSON at all", "b.md": "```py\nfor\n```\n"})
    assert folder.lint().findings == []
    assert folder.run("--strict-docs", "--no-cache", ".").code == 0


def test_strict_docs(folder: Folder) -> None:
    folder.write(
        {"a.md": fence(GOOD, "for in KernelConfig\n"), "kernlint.toml": "strict-docs = true\n"}
    )
    run = folder.run("--no-cache", "--output-format", "concise", ".")
    assert run.code == 3
    assert run.out.splitlines()[0].startswith("a.md:11:1: KL001 this block is not valid Python: ")
    assert folder.run("--isolated", "--no-cache", ".").code == 0


def test_a_docstring_sees_its_module_and_no_other_docstring(folder: Folder) -> None:
    folder.write(
        {
            "a.py": f'''
from transformers import KernelConfig
NORM = {{"RMSnorm": "{NORM}"}}
def f():
    """
    >>> config = KernelConfig(NORM)
    """
def g():
    """
    >>> KernelConfig(config)
    """
'''
        }
    )
    run = folder.run("--no-cache", "--output-format", "concise", "--show-unchecked", ".")
    assert "a.py:3:9: KL201" in run.out
    assert "a.py:10:22: not checked: " in run.out
