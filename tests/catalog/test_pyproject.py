"""The dependencies in a pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.projects import constraints, problems, quoted, said, write


def test_dependencies(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            # transformers>=1 in a comment
            [project]
            name = "über-transformers"
            description = "needs transformers>=5.10,<6"
            dependencies = [
              "sentence-transformers>=3", "hub-kernels", 'liger-kernel==1',
              'transformers >=5.10,<6',  # transformers>=5.10,<6
              "Kernels (>=0.15) ; sys_platform == 'linux'",
            ]
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [
        ("transformers", ">=5.10,<6", ""),
        ("kernels", ">=0.15", "sys_platform == 'linux'"),
    ]
    assert quoted(tmp_path, found.transformers) == ("pyproject.toml", 7, "transformers >=5.10,<6")
    assert quoted(tmp_path, found.kernels) == (
        "pyproject.toml",
        8,
        "Kernels (>=0.15) ; sys_platform == 'linux'",
    )


def test_the_right_one_of_equal_texts(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [tool.other]
            dependencies = ["transformers>=5"]
            [project]
            dependencies = [
              "transformers>=5",
            ]
        """,
    )
    assert quoted(tmp_path, constraints(tmp_path).transformers) == (
        "pyproject.toml",
        5,
        "transformers>=5",
    )


def test_extras_and_groups(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            name = "My.Project"
            [project.optional-dependencies]
            hub = ["transformers[kernels, hub_kernels]>=5.12"]
            all = ["my-project[hub]", "kernels<1"]
            [dependency-groups]
            Test = ["transformers<5.20", {include-group = "lint"}]
            lint = ["kernels", {include-group = "test"}]
        """,
    )
    assert said(tmp_path) == [
        ("transformers", ">=5.12", "extra hub"),
        ("transformers", ">=5.12", "extra all"),
        ("transformers", "<5.20", "group Test"),
        ("transformers", "<5.20", "group lint"),
        ("kernels", "<1", "extra all"),
        ("kernels", "", "group Test"),
        ("kernels", "", "group lint"),
    ]
    assert constraints(tmp_path).statements[0].extras == {"kernels", "hub-kernels"}


def test_poetry(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [tool.poetry.dependencies]
            python = "^3.10"
            transformers = {version = "^5.10", extras = ["kernels"], markers = "os_name == 'nt'"}
            [tool.poetry.group.dev.dependencies]
            kernels = "~0.15"
            [tool.poetry.dev-dependencies]
            Kernels = "0.16.*"
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [
        ("transformers", ">=5.10,<6", "os_name == 'nt'"),
        ("kernels", "==0.16.*", "group dev"),
        ("kernels", ">=0.15,<0.16", "group dev"),
    ]
    assert quoted(tmp_path, found.transformers) == ("pyproject.toml", 3, "^5.10")
    assert found.transformers is not None
    assert found.transformers.extras == {"kernels"}


def test_poetry_alternatives(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [tool.poetry.dependencies]
            transformers = [
              {version = "<5.5", python = "<3.11"},
              {version = ">=5.5", python = ">=3.11", optional = true},
            ]
            kernels = "0.15.2 || ^0.16"
        """,
    )
    assert said(tmp_path) == [
        ("transformers", "<5.5", "python <3.11"),
        ("transformers", ">=5.5", "python >=3.11; optional"),
        ("kernels", "==0.15.2", "one of several versions: ==0.15.2"),
        ("kernels", ">=0.16,<0.17", "one of several versions: >=0.16,<0.17"),
    ]


@pytest.mark.parametrize(
    "value",
    [
        '"*"',
        '{git = "https://github.com/huggingface/transformers.git", branch = "main"}',
        '{path = "../transformers"}',
    ],
)
def test_poetry_without_a_version(tmp_path: Path, value: str) -> None:
    write(tmp_path, pyproject__toml=f"[tool.poetry.dependencies]\ntransformers = {value}\n")
    assert said(tmp_path) == [("transformers", "", "")]
    assert quoted(tmp_path, constraints(tmp_path).transformers)[:2] == ("pyproject.toml", 2)


def test_uv_and_pdm(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [tool.uv]
            dev-dependencies = ["kernels==0.15.2"]
            constraint-dependencies = ["transformers<5.20"]
            [tool.pdm.dev-dependencies]
            hub = ["kernels>=0.16"]
        """,
    )
    assert said(tmp_path) == [
        ("transformers", "<5.20", ""),
        ("kernels", "==0.15.2", "group dev"),
        ("kernels", ">=0.16", "group hub"),
    ]


def test_an_override_of_uv_replaces_the_rest(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            dependencies = ["transformers<5", "kernels>=0.15"]
            [tool.uv]
            override-dependencies = ["transformers>=5.3"]
        """,
    )
    assert said(tmp_path) == [("transformers", ">=5.3", ""), ("kernels", ">=0.15", "")]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ('[project]\nx = "transformers\n', 2, "not valid TOML: illegal character '\\n'"),
        ("# transformers\n[project\n", 2, "not valid TOML: expected ']' at the end of a table"),
        ("# transformers\na = [", 2, "not valid TOML: "),
    ],
)
def test_not_toml(tmp_path: Path, text: str, line: int, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (problem,) = constraints(tmp_path).problems
    assert (problem.path, problem.line) == ("pyproject.toml", line)
    assert problem.message.startswith(message)


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# transformers\n# \xe9\n")
    assert problems(tmp_path) == [("pyproject.toml", 2, "cannot read the file: it is not UTF-8")]
    (tmp_path / "pyproject.toml").write_bytes(b"# torch\n# \xe9\n")
    assert problems(tmp_path) == []


def test_not_a_requirement(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            dependencies = ["transformers=5", "torch=2", "kernels>=0.15"]
            [tool.poetry.dependencies]
            transformers = "about 5"
        """,
    )
    assert said(tmp_path) == [("kernels", ">=0.15", "")]
    assert problems(tmp_path) == [
        (
            "pyproject.toml",
            2,
            "`transformers=5` is left out: it is not a valid requirement",
        ),
        ("pyproject.toml", 4, "transformers: `about 5` is left out: it is not a valid version"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        'project = 3\ntool = "transformers"\n',
        "[project]\ndependencies = 'transformers>=5'\n",
        "[project]\ndependencies = [['transformers>=5'], {a = 'transformers'}]\n",
        "[project]\nname = 1\n[dependency-groups]\nx = [{include-group = 'transformers'}, 3]\n",
        "[[tool]]\nuv = 'transformers'\n",
        "[tool.poetry]\ndependencies = ['transformers']\ngroup = 1\n",
    ],
)
def test_other_shapes_say_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert said(tmp_path) == []


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    text = '[project]\r\n# é\r\ndependencies = [\r\n  """transformers>=5""",\r\n]\r\n'
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert quoted(tmp_path, constraints(tmp_path).transformers) == (
        "pyproject.toml",
        4,
        "transformers>=5",
    )


def test_groups_that_include_each_other_many_times(tmp_path: Path) -> None:
    rows = ["[dependency-groups]", 'g0 = ["transformers>=5"]']
    for number in range(1, 60):
        names = [f'{{include-group = "g{other}"}}' for other in range(number)]
        rows.append(f"g{number} = [{', '.join(names)}]")
    (tmp_path / "pyproject.toml").write_text("\n".join(rows))
    assert said(tmp_path) == [("transformers", ">=5", f"group g{n}") for n in range(60)]
