"""The trees that are linted are made right."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from benchmarks.trees import CONFIGS, Change, Trees, fetch_wheel, python_files, size

FILES = {
    "lib/__init__.py": "",
    "lib/model.py": "from lib import KernelConfig\n",
    "lib/plain.py": "x = 1\n",
    "lib/more/plain.py": "y = 2\n",
    "lib/py.typed": "",
}


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    wheel = tmp_path / "lib-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return Trees(str(tmp_path / "trees"), fetch_wheel(str(tmp_path), "lib", "1.0"))


def content(folder: str | Path) -> dict[str, str]:
    root = Path(folder)
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }


def test_a_tree_holds_the_files_of_the_wheel(trees: Trees) -> None:
    assert content(trees.tree()) == FILES
    assert size(list(python_files(trees.tree()))) == sum(map(len, FILES.values()))


def test_ten_copies_are_whole_and_lie_apart(trees: Trees) -> None:
    copies = sorted(Path(trees.copies()).iterdir())
    assert [copy.name for copy in copies] == [f"copy{number:02}" for number in range(1, 11)]
    assert all(content(copy) == FILES for copy in copies)
    (copies[0] / "lib" / "plain.py").write_text("changed", "utf-8")
    assert content(copies[1]) == content(trees.tree()) == FILES


def test_a_tree_with_configs_has_all_of_the_tree(trees: Trees) -> None:
    assert content(trees.with_configs()) == FILES | CONFIGS
    assert content(trees.tree()) == FILES
    assert all("KernelConfig(" in text for text in CONFIGS.values())


def test_a_tree_without_kernels_has_no_file_with_the_word(trees: Trees) -> None:
    left = content(trees.without_kernels())
    assert left == {name: text for name, text in FILES.items() if name != "lib/model.py"}
    assert "lib/model.py" in content(trees.tree())


def test_a_sample_is_the_same_for_the_same_seed(trees: Trees, tmp_path: Path) -> None:
    again = Trees(str(tmp_path / "again"), str(tmp_path / "lib-1.0-py3-none-any.whl"))
    sample = content(trees.sample(2, 1))
    assert sample == content(again.sample(2, 1))
    assert len(sample) == 2
    assert sample.items() <= FILES.items()
    assert len(content(trees.sample(9, 1))) == 4


def test_a_change_is_another_each_time_and_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n", "utf-8")
    change = Change(str(path))
    seen = []
    for _ in range(2):
        change.apply()
        seen.append(path.read_text("utf-8"))
    change.restore()
    assert seen == ["x = 1\nCHANGED = 1\n", "x = 1\nCHANGED = 2\n"]
    assert path.read_text("utf-8") == "x = 1\n"
