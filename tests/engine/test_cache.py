"""What is kept between runs, and that it never makes a difference."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.engine import runner, seen
from kernlint.engine.cache import Cache
from kernlint.engine.seen import Known
from kernlint.model.diagnostic import Result
from kernlint.rules.registry import all_rules

CONFIG = 'from transformers import KernelConfig\nKernelConfig({"RMSNorm": {"cudda": "a/b:L"}})\n'
LAYER = (
    "from kernels import use_kernel_forward_from_hub\n"
    "@use_kernel_forward_from_hub('RMSNorm')\nclass Norm: pass\n"
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seen, "_TOO_RECENT", 0)  # the files of a test are new


def run(jobs: int = 1, folder: str = "kept", **more: object) -> Result:
    settings = load_settings(None, {"cache-dir": folder, "jobs": jobs, **more})
    return check(settings, ["."])


def shown(result: Result) -> object:
    """Everything of a result that a report shows."""
    texts = {path: text.data for path, text in result.texts.items()}
    places = [(item, texts.get(item.place.path)) for item in result.diagnostics]
    return places, result.not_checked, result.counts, result.judged, result.notes, result.unreadable


def write(files: dict[str, str | bytes]) -> None:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(text.encode() if isinstance(text, str) else text)


@pytest.fixture
def extracted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is given to the parser in this process."""
    found: list[str] = []
    original = runner._extract

    def counted(source: object, extent: object) -> object:
        found.append(repr(source))
        return original(source, extent)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "_extract", counted)
    return found


EXAMPLES = [
    (rule.code, number, example)
    for rule in all_rules()
    for number, example in enumerate((*rule.bad, *rule.good))
]


@pytest.mark.parametrize(
    ("code", "number", "example"),
    EXAMPLES,
    ids=[f"{code}-{number}" for code, number, _ in EXAMPLES],
)
def test_no_example_is_judged_otherwise(
    code: str, number: int, example: object, tmp_path: Path
) -> None:
    write(example.sources)  # type: ignore[attr-defined]
    more = {"select": ["ALL"], "show-unchecked": True}
    without = shown(run(1, "", **more))
    for jobs in (1, 4):
        for _ in range(2):
            assert shown(run(jobs, "kept", **more)) == without
        shutil.rmtree("kept")


def test_nothing_is_parsed_twice(extracted: list[str]) -> None:
    write({"a.py": CONFIG, "b.py": LAYER, "c.py": "print(1)\n"})
    first = run()
    assert len(extracted) == 1  # what only declares is read without a parse
    assert shown(run()) == shown(first)
    assert len(extracted) == 1
    Path("c.py").write_text("print(2)\n")
    assert shown(run()) == shown(first)
    assert len(extracted) == 1


def test_what_changes_is_seen() -> None:
    write({"a.py": CONFIG, "names.py": "DEVICE = 'cuda'\n"})
    Path("a.py").write_text(
        CONFIG.replace('"cudda"', "DEVICE").replace("\n", "\nfrom names import DEVICE\n", 1)
    )
    assert run().diagnostics == ()
    Path("names.py").write_text("DEVICE = 'cudda'\n")
    assert [item.code for item in run().diagnostics] == ["KL104"]
    Path("names.py").unlink()
    assert run().diagnostics == ()
    write({"names/__init__.py": "DEVICE = 'cudda'\n"})
    assert [item.code for item in run().diagnostics] == ["KL104"]


def test_a_change_that_leaves_size_and_time_is_seen() -> None:
    write({"a.py": CONFIG})
    assert len(run().diagnostics) == 1
    status = os.stat("a.py")
    Path("a.py").write_text(CONFIG.replace("cudda", "cuda "))
    os.utime("a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert '"cuda "' in CONFIG.replace("cudda", "cuda ")
    assert "cuda " in run().diagnostics[0].message


def test_a_file_that_has_just_changed_is_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_TOO_RECENT", 60_000_000_000)
    write({"a.py": CONFIG})
    run()
    assert Cache("kept", ".").files.get("a.py", os.stat("a.py")) is None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"\x00\xff" * 100,
        b"kernlint 0.0.1 x y\n{}",
        b"{}",
        b"[" * 5000,
    ],
)
def test_a_broken_cache_is_an_empty_one(damage: bytes) -> None:
    write({"a.py": CONFIG, "b.py": LAYER})
    expected = shown(run(1, ""))
    run()
    for path in Path("kept").glob("*.json"):
        path.write_bytes(damage)
    assert shown(run()) == expected
    assert shown(run()) == expected


def test_a_cut_or_altered_cache_is_an_empty_one() -> None:
    write({"a.py": CONFIG, "b.py": LAYER})
    expected = shown(run(1, ""))
    run()
    for path in Path("kept").glob("*.json"):
        data = path.read_bytes()
        path.write_bytes(data[:-10])
        assert shown(run()) == expected
        path.write_bytes(data.replace(b"cudda", b"cuddb"))
        assert shown(run()) == expected


def test_values_of_another_shape_are_not_taken() -> None:
    write({"a.py": CONFIG})
    expected = shown(run(1, ""))
    contents: tuple[dict[str, object], ...] = (
        {"files": {"a.py": [1]}, "project": [1, 2, 3]},
        {"files": [], "project": {}},
    )
    for content in contents:
        kept = Cache("kept", ".")
        os.makedirs("kept", exist_ok=True)
        kept._write("", content)
        kept._write(".facts", {"facts": {"x": [999, 1]}})
        assert shown(run()) == expected
        shutil.rmtree("kept")


def test_a_cache_that_cannot_be_written_costs_a_warning() -> None:
    write({"a.py": CONFIG, "kept": "a file in the way"})
    result = run()
    assert [item.code for item in result.diagnostics] == ["KL104"]
    (note,) = result.notes
    assert note.startswith("the cache in `")
    assert note.endswith("cannot be written: File exists")


def test_a_full_disk_leaves_the_old_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    write({"a.py": CONFIG})
    run()
    before = {path: path.read_bytes() for path in Path("kept").iterdir()}
    write({"b.py": LAYER})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    (note,) = run().notes
    assert note.endswith("No space left on device")
    assert {path: path.read_bytes() for path in Path("kept").iterdir()} == before


def test_the_folder_keeps_out_of_version_control() -> None:
    write({"a.py": CONFIG})
    run()
    assert Path("kept/.gitignore").read_text() == "*\n"
    assert (
        Path("kept/CACHEDIR.TAG")
        .read_text()
        .startswith("Signature: 8a477f597d28d172789f06886806bc55")
    )


def test_nothing_is_kept_where_that_is_not_wanted() -> None:
    write({"a.py": CONFIG})
    run(1, "")
    assert sorted(path.name for path in Path().iterdir()) == ["a.py"]


def test_what_is_gone_is_forgotten() -> None:
    write({"a.py": CONFIG, "b.py": CONFIG.replace("RMSNorm", "SiLU")})
    run()
    size = sum(len(json.loads(_body(path))["facts"]) for path in Path("kept").glob("*.facts.json"))
    Path("b.py").unlink()
    run()
    after = sum(len(json.loads(_body(path))["facts"]) for path in Path("kept").glob("*.facts.json"))
    assert (size, after) == (2, 1)


def _body(path: Path) -> bytes:
    return path.read_bytes().partition(b"\n")[2]


def test_runs_at_the_same_time_do_not_disturb_each_other() -> None:
    write({f"m{number}.py": CONFIG for number in range(5)})
    expected = shown(run(1, ""))
    one, two = Cache("kept", "."), Cache("kept", ".")
    for kept in (one, two):
        kept.files.note("m0.py", os.stat("m0.py"), Known("x", 1))
    assert (one.save(), two.save()) == (None, None)
    assert [path for path in Path("kept").iterdir() if path.suffix == ".tmp"] == []
    time.sleep(0.01)
    assert shown(run()) == expected
