"""Requirements files, as pip understands them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.projects import constraints, problems, quoted, said, write


def test_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            --find-links https://example.org/wheels
            # transformers>=1 \\
            torch>=2  # transformers>=2
            hub-kernels
            sentence-transformers
            kernels>=0.15 --config-settings "a=b" # kernels
            transformers[kernels] >= 5.10 , < 6 ; python_version > "3"  # why
            git+https://github.com/huggingface/peft
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [
        ("transformers", ">= 5.10 , < 6", 'python_version > "3"'),
        ("kernels", ">=0.15", ""),
    ]
    assert quoted(tmp_path, found.kernels) == ("requirements.txt", 6, "kernels>=0.15")
    assert quoted(tmp_path, found.transformers) == (
        "requirements.txt",
        7,
        'transformers[kernels] >= 5.10 , < 6 ; python_version > "3"',
    )
    assert found.transformers is not None
    assert found.transformers.extras == {"kernels"}
    assert not found.transformers.locked


def test_compiled_file_is_a_lock(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            # compiled
            -e .
            kernels==0.17.2 \\
                --hash=sha256:00 \\
                --hash=sha256:11
                # via transformers
            torch @ https://example.org/torch.whl
            transformers==5.22.2 ; sys_platform != 'win32' \\
                --hash=sha256:22
            tqdm===4.0
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [
        ("transformers", "==5.22.2", "sys_platform != 'win32'"),
        ("kernels", "==0.17.2", ""),
    ]
    assert [each.locked for each in found.statements] == [True, True]
    assert quoted(tmp_path, found.kernels) == ("requirements.txt", 3, "kernels==0.17.2")


@pytest.mark.parametrize("other", ["torch", "torch>=2", "torch==2.*", "torch==2,<3", "./local"])
def test_no_lock(tmp_path: Path, other: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"transformers==5.22.2\n{other}\n")
    assert [each.locked for each in constraints(tmp_path).statements] == [False]


def test_includes(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            -r more/base.txt
            -c more/limits.txt
            --requirement=requirements.txt
        """,
        more___base__txt="-rdeep.txt\ntransformers>=5.3\n--constraint 'missing limits.txt'\n",
        more___deep__txt="kernels\n-r base.txt\n",
        more___limits__txt="kernels<0.17\ntransformers<5.20\n",
    )
    assert said(tmp_path) == [
        ("transformers", ">=5.3", ""),
        ("transformers", "<5.20", ""),
        ("kernels", "", ""),
        ("kernels", "<0.17", ""),
    ]
    assert quoted(tmp_path, constraints(tmp_path).transformers) == (
        "more/base.txt",
        2,
        "transformers>=5.3",
    )
    assert problems(tmp_path) == [
        ("more/base.txt", 3, "`missing limits.txt` is left out: there is no such file")
    ]


def test_links(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            -e git+https://github.com/huggingface/transformers@v5.22.2#egg=transformers
            git+https://github.com/huggingface/kernels
            -r https://example.org/more.txt
        """,
    )
    found = constraints(tmp_path)
    assert said(tmp_path) == [("kernels", "", ""), ("transformers", "==5.22.2", "")]
    assert quoted(tmp_path, found.transformers) == (
        "requirements.txt",
        1,
        "git+https://github.com/huggingface/transformers@v5.22.2#egg=transformers",
    )
    message = "`https://example.org/more.txt` is left out: kernlint reads local files only"
    assert problems(tmp_path) == [("requirements.txt", 3, message)]


def test_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            transformers==${TF_VERSION}
            torch==${TORCH}
            torch=2
            kernels>=0.15<0.17
        """,
    )
    assert said(tmp_path) == []
    variable = "its version comes from an environment variable"
    assert problems(tmp_path) == [
        ("requirements.txt", 1, f"`transformers==${{TF_VERSION}}` is left out: {variable}"),
        ("requirements.txt", 4, "`kernels>=0.15<0.17` is left out: it is not a valid requirement"),
    ]


def test_continued_comment_swallows_the_next_line(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("torch # a \\\ntransformers>=5\nkernels>=0.15\n")
    assert said(tmp_path) == [("kernels", ">=0.15", "")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_written_by_a_windows_shell(tmp_path: Path, encoding: str) -> None:
    text = "torch==2.0 # é\r\ntransformers==5.22.2\r\n"
    data = text.encode(encoding)
    (tmp_path / "requirements.txt").write_bytes(data)
    (found,) = constraints(tmp_path).statements
    assert (found.specifier, found.line, found.locked) == ("==5.22.2", 2, True)
    span = data[found.place.span.start : found.place.span.end]
    assert span.decode(encoding.removesuffix("-sig") + ("-le" if "16" in encoding else "")) == (
        "transformers==5.22.2"
    )


def test_other_requirements_files_are_groups(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements_dev__txt="transformers>=5.10\n",
        requirements_test__txt="kernels>=0.15\ntransformers==5.1.0\n",
    )
    assert said(tmp_path) == [
        ("transformers", ">=5.10", "requirements_dev.txt"),
        ("transformers", "==5.1.0", "requirements_test.txt"),
        ("kernels", ">=0.15", "requirements_test.txt"),
    ]


def test_undecodable(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"torch\n# \xe9\ntransformers>=5\n")
    assert problems(tmp_path) == [("requirements.txt", 2, "cannot read the file: it is not UTF-8")]
