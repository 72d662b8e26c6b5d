"""A library of models, changed step by step: the cache never makes a difference."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.engine import seen
from kernlint.model.codec import Codec
from kernlint.model.diagnostic import Result
from kernlint.project import build, outcome
from kernlint.source.read import read_bytes

HUB = "def use_kernel_forward_from_hub(name):\n    return lambda cls: cls\n"
MODEL = """from ...integrations import use_kernel_forward_from_hub


@use_kernel_forward_from_hub("RMSNorm")
class {name}RMSNorm:
    pass
"""
LOADER = """from .models.llama.modeling import LlamaRMSNorm


def load(model, kernel_config=None):
    model.set_use_kernels(True, kernel_config)
    return LlamaRMSNorm
"""
CONFIG = 'from transformers import KernelConfig\n\nKernelConfig({"RMSNrom": "a/b:C"})\n'
NAMES = ("llama", "mistral", "qwen", "gemma")


@pytest.fixture(autouse=True)
def _library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seen, "_TOO_RECENT", 0)  # the files of a test are new
    write("lib/__init__.py", "")
    write("lib/integrations/__init__.py", "from .hub import use_kernel_forward_from_hub\n")
    write("lib/integrations/hub.py", HUB)
    write("lib/loading.py", LOADER)
    write("lib/models/__init__.py", "")
    for name in NAMES:
        write(f"lib/models/{name}/__init__.py", "")
        write(model(name), MODEL.format(name=name.title()))


def model(name: str) -> str:
    return f"lib/models/{name}/modeling.py"


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    write(path, text.replace(old, new))


HELPER = """from transformers import KernelConfig


def make(mapping):
    return KernelConfig(mapping)
"""
CALLER = "from helper import make\n\nLAYER = 'RMSNrom'\nmake({LAYER: 'a/b:C'})\n"


def run(folder: str, *paths: str, rules: Sequence[str] = ("ALL",)) -> Result:
    settings = load_settings(None, {"cache-dir": folder, "jobs": 1, "extend-select": [*rules]})
    return check(settings, paths or ["."])


def shown(result: Result) -> object:
    return result.diagnostics, result.not_checked, result.counts, result.unreadable


def same(*paths: str, rules: Sequence[str] = ("ALL",)) -> Result:
    """The result with the cache, which is that without it."""
    kept = run("kept", *paths, rules=rules)
    assert shown(kept) == shown(run("", *paths, rules=rules))
    return kept


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each project was put together from that was not recalled."""
    counts: list[int] = []
    original = build.build_parts

    def counted(paths: list[str], *more: object) -> object:
        counts.append(len(paths))
        return original(paths, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "build_parts", counted)
    return counts


def layers(result: Result) -> int:
    return result.counts.declarations


def test_a_changed_model_file_is_looked_at_alone(
    built: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert layers(run("kept")) == 4
    before = len(built)
    read: list[str] = []

    def noted(path: str, *more: object) -> bytes:
        read.append(path)
        return read_bytes(path, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("kernlint.engine.texts.read_bytes", noted)
    edit(model("qwen"), '"RMSNorm"', '"MyNorm"')
    found = run("kept")
    assert [(item.code, item.place.path) for item in found.diagnostics] == [
        ("KL205", model("qwen"))
    ]
    assert set(read) == {model("qwen")}
    assert len(built) == before
    assert shown(found) == shown(run(""))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (model("qwen"), "QwenRMSNorm", "LlamaRMSNorm"),  # the name of a class that others import
        (model("qwen"), "...integrations", "....elsewhere"),
        (model("qwen"), "    pass\n", "    pass\n\n\nload(kernel_config={})\n"),
        ("lib/integrations/__init__.py", "use_kernel_forward_from_hub", "hub"),
        ("lib/integrations/hub.py", "def use_kernel_forward_from_hub", "def other"),
        ("lib/loading.py", "models.llama", "models.qwen"),
    ],
)
def test_what_may_matter_elsewhere_is_followed_anew(
    path: str, old: str, new: str, built: list[int]
) -> None:
    same()
    before = len(built)
    edit(path, old, new)
    run("kept")
    assert len(built) == before + 1
    same()


def test_a_decorator_that_is_gone_declares_nothing() -> None:
    assert layers(same()) == 4
    edit("lib/integrations/hub.py", "def use_kernel_forward_from_hub", "def other")
    assert layers(same()) == 0
    edit("lib/integrations/hub.py", "def other", "def use_kernel_forward_from_hub")
    assert layers(same()) == 4


def _steps(chance: random.Random, number: int) -> None:
    """Change something at random; every change makes a file longer or shorter."""
    name = chance.choice(NAMES)
    path = Path(model(name))
    mark = f"# {'x' * number}\n"
    text = path.read_text(encoding="utf-8") if path.exists() else MODEL.format(name=name.title())
    kind = chance.randrange(13)
    if kind == 0:
        write(model(name), text + mark)
    elif kind == 1:
        write(model(name), text.replace("RMSNorm", chance.choice(("SiLU", "MLP"))) + mark)
    elif kind == 2:
        path.unlink(missing_ok=True)
    elif kind == 3:
        write(model(name), MODEL.format(name=chance.choice(NAMES).title()) + mark)
    elif kind == 4:
        write("train.py", CONFIG + mark)
    elif kind == 5:
        Path("train.py").unlink(missing_ok=True)
    elif kind == 6:
        write(model(name), text + f"\n\ndef f(x):\n    return x  # {'y' * number}\n")
    elif kind == 7:
        hub = HUB if chance.random() < 0.6 else "from kernels import use_kernel_forward_from_hub\n"
        write("lib/integrations/hub.py", hub + mark)
    elif kind == 8:
        write(f"lib/models/{name}/other{number}.py", MODEL.format(name="Other") + mark)
    elif kind == 9:
        write("helper.py", HELPER + mark)
    elif kind == 10:
        write("caller.py", CALLER + mark)
    elif kind == 11:
        write("caller.py", mark)
    else:
        Path(chance.choice(("helper.py", "caller.py"))).unlink(missing_ok=True)


@pytest.mark.parametrize("seed", range(8))
def test_changes_at_random(seed: int) -> None:
    chance = random.Random(seed)
    same()
    for number in range(1, 16):
        _steps(chance, number)
        same()
        # Some of the files alone, with the rest around them, and again as nothing has changed.
        files = ["lib/loading.py", *(each for each in ("train.py", "helper.py") if exists(each))]
        for _ in range(2):
            same(chance.choice(files), rules=chance.choice((["ALL"], [])))
        same("lib", *files[1:])


def exists(path: str) -> bool:
    return Path(path).exists()


def test_a_file_that_becomes_a_caller_is_seen(built: list[int]) -> None:
    write("helper.py", HELPER)
    write("caller.py", "print()\n")
    assert same().not_checked
    before = len(built)
    run("kept")
    assert len(built) == before
    write("caller.py", CALLER)
    assert [item.code for item in same().diagnostics if item.severity != "info"] == ["KL201"]
    before = len(built)
    assert [item.code for item in run("kept").diagnostics if item.severity != "info"] == ["KL201"]
    assert len(built) == before
    write("caller.py", CALLER.replace("RMSNrom", "RMSNorm"))
    assert [item for item in same().diagnostics if item.severity != "info"] == []


def test_a_text_that_is_given_may_be_that_of_a_caller() -> None:
    write("helper.py", HELPER)
    write("caller.py", "print()\n")
    assert run("kept").not_checked
    settings = load_settings(None, {"cache-dir": "kept", "jobs": 1})
    found = check(settings, ["."], given={"caller.py": CALLER.encode()})
    assert [item.code for item in found.diagnostics] == ["KL201"]
    assert run("kept").not_checked


def test_a_file_alone_is_judged_by_what_is_known_of_the_rest(built: list[int]) -> None:
    write("train.py", CONFIG)
    same("train.py")
    before = len(built)
    found = run("kept", "train.py")
    assert [item.code for item in found.diagnostics] == ["KL312", "KL201"]
    assert len(built) == before
    edit(model("qwen"), '"RMSNorm"', '"RMSNrom"')
    assert [item.code for item in same("train.py").diagnostics] == ["KL312"]


def test_a_file_that_makes_a_config_is_looked_at_before_the_rest(built: list[int]) -> None:
    write("helper.py", HELPER)
    assert same("helper.py", rules=()).not_checked
    before = len(built)
    run("kept", "helper.py", rules=())
    assert built[before:] == [1]
    write("caller.py", CALLER)
    assert [item.code for item in same("helper.py", rules=()).diagnostics] == ["KL201"]


def test_what_is_recalled_is_kept_as_it_was(built: list[int]) -> None:
    """Also the parts of it that JSON has no value for."""
    same()
    for number in range(1, 4):
        write(model("qwen"), MODEL.format(name="Qwen") + f"# {'x' * number}\n")
        before = len(built)
        run("kept")
        assert len(built) == before
        same()


def test_nothing_is_taken_out_of_what_is_decoded() -> None:
    codec = Codec(outcome)
    kept = codec.encode((..., 1j, frozenset({"a"}), b"x", float("inf")))
    assert (
        codec.decode(kept) == codec.decode(kept) == (..., 1j, frozenset({"a"}), b"x", float("inf"))
    )
