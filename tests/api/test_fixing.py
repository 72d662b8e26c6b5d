"""A run that mends: rounds, what is held back, and what is written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from kernlint.api import fix, fixes, fixing
from kernlint.config import Settings, load_settings
from kernlint.model.diagnostic import Edit, Result
from kernlint.project.values import Known
from kernlint.rules import values
from kernlint.source.write import WriteError, replace

HEAD = "from transformers import KernelConfig\n"
HIP = 'KernelConfig({"RMSNorm": {"hip": "a/b:L"}})\n'
ROCM = HIP.replace("hip", "rocm")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def settings(**options: object) -> Settings:
    return load_settings(None, {"jobs": 1, "unsafe-fixes": True} | options)


def held(result: Result) -> list[tuple[str, str, str]]:
    return [(each.place.path, each.code, each.reason) for each in result.held]


@pytest.mark.parametrize(
    ("frame", "codec"),
    [
        pytest.param("{}x = 1\n", "utf-8", id="plain"),
        pytest.param("{}x = 'ü'  # é\n\n", "utf-8", id="wide"),
        pytest.param("\ufeff{}", "utf-8", id="bom"),
        pytest.param("# -*- coding: latin-1 -*-\n# ÿé\n{}# ü", "latin-1", id="latin-1"),
        pytest.param("# coding: shift_jis\nx = '表ソ能'\n{}# 表", "shift_jis", id="shift-jis"),
        pytest.param("\f\n{}\f\nx = 1\f\n", "utf-8", id="form-feeds"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_other_bytes_of_a_file_stay(frame: str, codec: str, end: str, folder: Path) -> None:
    def written(config: str) -> bytes:
        text = frame.replace("{}", f"{HEAD}# ①\n{config}" if codec == "utf-8" else HEAD + config)
        return text.replace("\n", end).encode(codec)

    path = folder / "a.py"
    path.write_bytes(written(HIP))
    found = fix(settings(), ["."])
    assert path.read_bytes() == written(ROCM)
    assert found.result.diagnostics == ()
    assert found.result.fixed == 1


def test_nothing_is_written_without_being_asked_for(folder: Path) -> None:
    (folder / "a.py").write_text(HEAD + HIP)
    found = fixes(settings(), ["."])
    assert found.after == {"a.py": (HEAD + ROCM).encode()}
    assert (folder / "a.py").read_text() == HEAD + HIP


def test_a_cache_does_not_take_the_fixed_text_for_the_file(folder: Path) -> None:
    """Whatever a first run keeps, a second one says the same of the same file."""
    (folder / "a.py").write_text(HEAD + HIP)
    for _ in range(3):
        assert fixes(settings(), ["."]).result.fixed == 1
    assert fix(settings(), ["."]).result.fixed == 1
    assert fixes(settings(), ["."]).result.fixed == 0


def test_fixes_that_need_each_other_are_made_in_rounds(folder: Path) -> None:
    """Both calls ask for the same import; the second one is there after the first round."""
    calls = 'AutoModel.from_pretrained("m", kernel_config={"SiLU": "a/b:L"})\n'
    head = "from transformers import AutoModel\n"
    (folder / "a.py").write_text(head + calls * 2)
    found = fix(settings(), ["."])
    wrapped = calls.replace('{"SiLU": "a/b:L"}', 'KernelConfig({"SiLU": "a/b:L"})')
    assert (folder / "a.py").read_text() == (
        "from transformers import AutoModel, KernelConfig\n" + wrapped * 2
    )
    assert found.result.fixed == 2


def test_a_fix_that_brings_in_an_error_is_held_back(folder: Path) -> None:
    """As a config the mapping is looked at, and its layer is none; the rest is mended."""
    source = (
        "from transformers import AutoModel, KernelConfig\n"
        'AutoModel.from_pretrained("m", kernel_config={"SiLU": "no-slash:L"})\n' + HIP
    )
    (folder / "a.py").write_text(source)
    found = fix(settings(), ["."])
    assert (folder / "a.py").read_text() == source.replace("hip", "rocm")
    ((path, code, reason),) = held(found.result)
    assert (path, code) == ("a.py", "KL306")
    assert reason.startswith("it would bring in KL103 in a.py: ")
    assert [item.code for item in found.result.diagnostics] == ["KL306"]
    assert found.result.exit_code() == 1


def offering(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    """Have the fix of KL104 write something else."""

    def made(value: object, _: str) -> Edit:
        assert isinstance(value, Known)
        assert value.inner is not None
        return Edit(value.part(0, 3).span, content)

    monkeypatch.setattr(values, "rewritten", made)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('"', "it would bring in KL001 in a.py: "),
        ("hip", "the finding would still be there"),
        ("表", "its text cannot be written in iso-8859-1"),
        ('" + name() + "', "a mapping could not be read afterwards"),
    ],
)
def test_a_fix_that_does_no_good_is_held_back(
    content: str, reason: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = f"# coding: latin-1\n{HEAD}{HIP}"
    (folder / "a.py").write_text(source)
    offering(monkeypatch, content)
    found = fix(settings(), ["."])
    assert (folder / "a.py").read_text() == source
    assert [item.code for item in found.result.diagnostics] == ["KL104"]
    ((_, code, why),) = held(found.result)
    assert code == "KL104"
    assert why.startswith(reason)


def test_fixes_that_do_not_come_to_an_end_are_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each round turns the name into another one that is wrong, too."""
    (folder / "a.py").write_text(HEAD + HIP)
    names = iter(f"h{number:02}" for number in range(99))

    def made(value: object, _: str) -> Edit:
        assert isinstance(value, Known)
        return Edit(value.part(0, 3).span, next(names))

    monkeypatch.setattr(values, "rewritten", made)
    monkeypatch.setattr(values, "_near", lambda device, accepted: "rocm")
    monkeypatch.setattr(fixing, "_errors", lambda result: Counter())
    found = fixes(settings(), ["."])
    assert found.result.fixed == fixing.ROUNDS
    assert found.result.notes == (
        f"there is still something to fix after {fixing.ROUNDS} rounds of fixes",
    )


def test_a_file_that_was_not_asked_for_is_not_changed(folder: Path) -> None:
    """The mapping stands in another file than the config that is checked."""
    (folder / "kernels_of.py").write_text('KERNELS = {"RMSNorm": {"hip": "a/b:L"}}\n')
    (folder / "a.py").write_text(f"from kernels_of import KERNELS\n{HEAD}KernelConfig(KERNELS)\n")
    found = fix(settings(), ["a.py"])
    assert held(found.result) == [
        ("kernels_of.py", "KL104", "its file is not among the given paths")
    ]
    assert "hip" in (folder / "kernels_of.py").read_text()
    assert fix(settings(), ["."]).result.fixed == 1
    assert "rocm" in (folder / "kernels_of.py").read_text()


def test_a_link_out_of_the_project_is_not_followed(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "real.py"
    outside.write_text(HEAD + HIP)
    (folder / "a.py").symlink_to(outside)
    found = fix(settings(), ["a.py"])
    assert outside.read_text() == HEAD + HIP
    assert held(found.result) == [
        ("a.py", "KL104", "it is a link to a file outside of the project")
    ]


def test_of_several_files_those_that_can_be_written_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (folder / name).write_text(HEAD + HIP)

    def failing(path: str, before: bytes, after: bytes) -> None:
        if path == "a.py":
            raise WriteError("it has changed since it was read")
        replace(path, before, after)

    monkeypatch.setattr(fixing, "replace", failing)
    found = fix(settings(), ["."])
    assert found.unwritten == (("a.py", "it has changed since it was read"),)
    assert [item.place.path for item in found.result.diagnostics] == ["a.py"]
    assert [(each.path, each.number) for each in found.result.mended] == [("b.py", 1)]
    assert (folder / "b.py").read_text() == HEAD + ROCM


def test_a_suppressed_finding_is_not_mended(folder: Path) -> None:
    source = HEAD + HIP.replace("\n", "  # kernlint: ignore[KL104] on purpose\n")
    (folder / "a.py").write_text(source)
    assert fix(settings(), ["."]).after == {}
    found = fixes(settings(), ["."], ignore_noqa=True)
    assert found.after == {"a.py": source.replace("hip", "rocm").encode()}


def test_given_texts_are_mended_in_the_place_of_files(folder: Path) -> None:
    (folder / "a.py").write_text("x = 1\n")
    found = fixes(settings(), ["a.py"], given={"a.py": (HEAD + HIP).encode()})
    assert found.after == {"a.py": (HEAD + ROCM).encode()}
    assert (folder / "a.py").read_text() == "x = 1\n"


def test_halves_are_tried_until_the_bad_fix_is_found(folder: Path) -> None:
    """One bad one among many is held back, and all others are made."""
    good = "".join(f'A{n} = KernelConfig({{"RMSNorm": {{"hip": "a/b:L"}}}})\n' for n in range(9))
    bad = 'AutoModel.from_pretrained("m", kernel_config={"SiLU": "no-slash:L"})\n'
    (folder / "a.py").write_text(f"from transformers import AutoModel\n{HEAD}{good}{bad}{good}")
    found = fix(settings(), ["."])
    assert found.result.fixed == 18
    assert [each.code for each in found.result.held] == ["KL306"]
