"""Which file decides, and which releases follow from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernlint.catalog.constraints import ConstraintFinder
from kernlint.catalog.statements import Constraints, alternatives
from kernlint.catalog.store import load
from kernlint.catalog.target import TargetError, find_target
from tests.catalog.projects import constraints, problems, said, target, write

NEWEST = load().newest("transformers")
ALL = load().releases("transformers")

LOCK = '[[package]]\nname = "transformers"\nversion = "{}"\n'
PYPROJECT = '[project]\ndependencies = ["transformers{}"]\n'
SETUP = "[options]\ninstall_requires =\n  transformers{}\n"
REQUIREMENTS = "torch\ntransformers{}\n"

#: Every kind of source with one version each, the most telling first.
SOURCES = {
    "uv.lock": LOCK.format("5.1.0"),
    "poetry.lock": LOCK.format("5.2.0"),
    "pdm.lock": LOCK.format("5.3.0"),
    "pylock.toml": LOCK.replace("package", "packages").format("5.4.0"),
    "requirements-lock.txt": "transformers==5.5.4\n",
    "pyproject.toml": PYPROJECT.format("==5.6.2"),
    "setup.cfg": SETUP.format("==5.7.0"),
    "requirements.txt": REQUIREMENTS.format("==5.8.1"),
    "requirements-dev.txt": "transformers==5.9.0\n",
}


def test_nothing_said(tmp_path: Path) -> None:
    assert constraints(tmp_path) == Constraints()
    assert constraints(tmp_path, "missing/folder") == Constraints()
    assert target(tmp_path) == find_target()


def test_precedence_in_a_folder(tmp_path: Path) -> None:
    for name, text in SOURCES.items():
        (tmp_path / name).write_text(text)
    order = []
    for name in SOURCES:
        order.append(target(tmp_path).origin.partition(" ")[0])
        (tmp_path / name).unlink()
    assert order == list(SOURCES)


@pytest.mark.parametrize("name", list(SOURCES))
def test_the_nearest_folder_comes_first(tmp_path: Path, name: str) -> None:
    write(tmp_path, a___requirements__txt="torch\ntransformers==5.22.2\n")
    (tmp_path / name).write_text(SOURCES[name])
    assert target(tmp_path, "a/b").transformers == ("5.22.2",)
    assert target(tmp_path, "c").transformers != ("5.22.2",)


def test_monorepo(tmp_path: Path) -> None:
    write(
        tmp_path,
        uv__lock=LOCK.format("5.10.4") + '[[package]]\nname = "kernels"\nversion = "0.12.3"\n',
        pyproject__toml=PYPROJECT.format(">=5"),
        old___pyproject__toml=PYPROJECT.format(">=5.0,<5.2"),
        same___pyproject__toml=PYPROJECT.format("[kernels]"),
        kernels___requirements__txt="kernels==0.11.7\n",
    )
    found = ConstraintFinder(root=str(tmp_path), cwd=str(tmp_path))

    def judged(folder: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        judged = find_target(constraints=found.constraints_for(folder))
        return judged.transformers, judged.kernels

    assert judged(".") == (("5.10.4",), ("0.12.3",))
    assert judged("old/src/x") == (("5.0.0", "5.1.0"), ("0.12.3",))
    # A requirement without a version leaves the decision to the lock above.
    assert judged("same") == (("5.10.4",), ("0.12.3",))
    assert [r.extras for r in found.constraints_for("same").statements] == [
        {"kernels"},
        frozenset(),
        frozenset(),
    ]
    assert judged("kernels") == (("5.10.4",), ("0.11.7",))
    assert found.constraints_for("old") is found.constraints_for("old")
    assert found.constraints_for(str(tmp_path / "old")) is found.constraints_for("old")


def test_nothing_above_the_root_is_read(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=PYPROJECT.format("==5.3.0"), a___b___x="", ab___x="")
    finder = ConstraintFinder(root=str(tmp_path / "a"), cwd=str(tmp_path))
    assert finder.constraints_for("a/b") == Constraints()
    assert finder.constraints_for("ab") == Constraints()
    # Outside of the root a folder speaks for itself.
    assert [r.specifier for r in finder.constraints_for(".").statements] == ["==5.3.0"]


def test_kernels_from_the_file_that_decides(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml='[project]\ndependencies = ["kernels==0.12.3"]\n',
        requirements__txt="torch\ntransformers==5.13.1\nkernels==0.15.2\n",
    )
    assert target(tmp_path).kernels == ("0.15.2",)
    write(tmp_path, requirements__txt="torch\ntransformers==5.13.1\n")
    assert target(tmp_path).kernels == ("0.12.3",)


def test_paths_are_relative_to_the_working_folder(tmp_path: Path) -> None:
    write(tmp_path, p___pyproject__toml=PYPROJECT.format("==5.3.0"), p___src___x="")
    finder = ConstraintFinder(root=str(tmp_path / "p"), cwd=str(tmp_path / "p" / "src"))
    found = finder.constraints_for(".").transformers
    assert found is not None
    assert found.place.path == "../pyproject.toml"


def test_a_broken_file_leaves_it_to_the_next(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="transformers",
        setup__cfg=SETUP.format("==5.3.0"),
    )
    assert target(tmp_path).transformers == ("5.3.0",)
    (problem,) = problems(tmp_path)
    assert problem[:2] == ("pyproject.toml", 1)


def test_an_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").mkdir()
    assert problems(tmp_path) == [("uv.lock", 1, "cannot read the file: Is a directory")]


def test_markers_are_alternatives(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            dependencies = [
              "transformers>=5.1,<5.3; python_version<'3.10'",
              "transformers>=5.21,<5.23; python_version>='3.10'",
            ]
        """,
    )
    judged = target(tmp_path)
    assert judged.transformers == ("5.1.0", "5.2.0", "5.21.1", "5.22.2")
    assert judged.origin == "pyproject.toml line 3 and pyproject.toml line 4"


def test_what_is_always_required_holds_together(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            dependencies = ["transformers>=5.1", "transformers<5.4,!=5.2.*"]
            optional-dependencies.old = ["transformers<5.2"]
        """,
    )
    found = constraints(tmp_path)
    assert [
        [r.line for r in group] for group in alternatives(found.statements, "transformers")
    ] == [[2, 2]]
    assert target(tmp_path).transformers == ("5.1.0", "5.3.0")


def test_extras_admit_their_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            dependencies = ["transformers"]
            [project.optional-dependencies]
            old = ["transformers>=5.1", "transformers<5.2"]
            new = ["transformers==5.22.*"]
        """,
    )
    assert target(tmp_path).transformers == ("5.1.0", "5.22.2")


def test_a_requirement_without_a_version(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=PYPROJECT.format("[kernels]"))
    judged = target(tmp_path)
    assert judged.transformers == (NEWEST,)
    assert judged.origin == "the newest release that kernlint knows"
    assert judged.requirement is not None
    assert judged.requirement.extras == {"kernels"}
    assert (judged.before_first, judged.newer) == (False, False)


def test_extra_and_kernels_together(tmp_path: Path) -> None:
    text = '[project]\ndependencies = ["transformers{}==5.13.1", "kernels>=0.14"]\n'
    (tmp_path / "pyproject.toml").write_text(text.format(""))
    assert target(tmp_path).kernels == ("0.14.1", "0.15.2", "0.16.2", "0.17.2")
    (tmp_path / "pyproject.toml").write_text(text.format("[kernels]"))
    assert target(tmp_path).kernels == ("0.15.2",)
    # No release fulfils both: what is asked for stays visible.
    (tmp_path / "pyproject.toml").write_text(text.format("[kernels]").replace("0.14", "0.16"))
    assert target(tmp_path).kernels == ("0.16.2", "0.17.2")


def test_given_specifiers_come_first(tmp_path: Path) -> None:
    write(tmp_path, requirements__txt="transformers==5.3.0\nkernels==0.10.5\n")
    judged = find_target("5.22.2", constraints=constraints(tmp_path))
    assert (judged.transformers, judged.requirement) == (("5.22.2",), None)
    assert (judged.kernels, judged.kernels_origin) == (("0.10.5",), "requirements.txt line 2")


def test_only_older_releases(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=PYPROJECT.format(">=4.57,<5"))
    with pytest.raises(TargetError) as failure:
        target(tmp_path)
    assert str(failure.value) == (
        "pyproject.toml line 2: transformers>=4.57,<5 admits no release of transformers that "
        f"kernlint can judge by: it knows 5.0 to {NEWEST.rsplit('.', 1)[0]}"
    )
    assert failure.value.library == "transformers"
    assert failure.value.requirement == constraints(tmp_path).transformers


def test_style_of_trl(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml="""
            [project]
            name = "trl"
            dependencies = ["accelerate>=1.10.1", "transformers>=4.56.2"]
            [project.optional-dependencies]
            deepspeed = ["deepspeed>=0.18.6", "transformers!=5.1.0"]
            kernels = ["transformers[kernels]", "transformers[hub-kernels]"]
            liger = ["liger-kernel>=0.8.2"]
            dev = ["trl[deepspeed]", "trl[kernels]"]
        """,
    )
    judged = target(tmp_path)
    assert judged.transformers == ALL
    assert (judged.before_first, judged.newer, judged.only_newer) == (True, True, False)
    assert judged.origin == "pyproject.toml line 3"
    assert judged.kernels_requirement is None
    assert any("kernels" in each.extras for each in constraints(tmp_path).statements)


def test_style_of_axolotl(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="""
            --find-links https://example.org/wheels
            # START section of dependencies that don't install on Darwin/MacOS
            bitsandbytes==0.49.1
            mamba-ssm==1.2.0.post1
            # END section
            packaging==26.0
            transformers==5.16.1
            trl==1.9.0
            kernels>=0.16.0,<0.17.0
            hf_transfer
            deepspeed-kernels
        """,
    )
    judged = target(tmp_path)
    assert (judged.transformers, judged.kernels) == (("5.16.1",), ("0.16.2",))
    assert (judged.origin, judged.kernels_origin) == (
        "requirements.txt line 7",
        "requirements.txt line 9",
    )


def test_style_of_ms_swift(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="-r requirements/framework.txt\n",
        requirements___framework__txt="""
            accelerate
            cpm_kernels
            transformers>=4.33,<5.20.0
            transformers_stream_generator
        """,
    )
    judged = target(tmp_path)
    assert judged.transformers == ALL[: ALL.index("5.20.2")]
    assert judged.kernels == ("0.17.2",)
    assert (judged.before_first, judged.newer) == (True, False)
    assert judged.origin == "requirements/framework.txt line 3"
    assert said(tmp_path) == [("transformers", ">=4.33,<5.20.0", "")]


PIECES = st.sampled_from(
    [b"transformers", b"kernels", b"[[package]]", b"[project]", b"name", b"version", b'"', b"'",
     b"=", b"==5.3", b"[", b"]", b"{", b"}", b"\n", b"\r\n", b"\\\n", b" ", b"-r", b"-e", b"#",
     b";", b"@", b"dependencies", b"[options]", b"install_requires", b"://", b"\xff\xfe", b"\xe9"]
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SOURCES)),
    data=st.lists(PIECES, max_size=20).map(b"".join) | st.binary(max_size=40),
)
def test_no_content_is_fatal(tmp_path: Path, name: str, data: bytes) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / name).write_bytes(data)
    found = constraints(tmp_path)
    assert all(each.place.path == name for each in found.statements)
    for each in found.statements:
        start, end = each.place.span
        assert 0 <= start <= end <= len(data)
        assert each.line <= data.count(b"\n") + 1
