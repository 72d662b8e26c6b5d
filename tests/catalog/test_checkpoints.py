"""Config files of models on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernlint.catalog.checkpoints import Activation, Checkpoint, checkpoint

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Hub's cache, empty."""
    for variable in ("HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    return folder


def write(folder: Path, content: object, name: str = "config.json") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def store(cache: Path, model_id: str, content: object, commit: str = COMMIT) -> None:
    folder = cache / ("models--" + model_id.replace("/", "--"))
    write(folder / "snapshots" / commit, content)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text(commit, encoding="ascii")


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "models" / "tiny", LLAMA)
    expected = Checkpoint(
        str(tmp_path / "models" / "tiny" / "config.json"),
        "llama",
        ("LlamaForCausalLM",),
        False,
        (Activation("hidden_act", "silu"),),
    )
    assert checkpoint("models/tiny", str(tmp_path)) == expected
    assert checkpoint(str(tmp_path / "models" / "tiny"), "elsewhere") == expected


def test_a_model_in_the_cache(cache: Path, tmp_path: Path) -> None:
    store(cache, "org/name", LLAMA)
    found = checkpoint("org/name", str(tmp_path))
    assert found is not None
    assert found.model_type == "llama"
    assert found.path.endswith(f"{COMMIT}/config.json")
    store(cache, "gpt2", {"model_type": "gpt2"})
    found = checkpoint("gpt2", str(tmp_path))
    assert found is not None
    assert (found.model_type, found.architectures, found.activations) == ("gpt2", (), ())


def test_a_folder_comes_before_the_cache(cache: Path, tmp_path: Path) -> None:
    store(cache, "org/name", LLAMA)
    write(tmp_path / "org" / "name", {"model_type": "mistral"})
    found = checkpoint("org/name", str(tmp_path))
    assert found is not None
    assert found.model_type == "mistral"
    # from_pretrained does not look for it elsewhere, either.
    (tmp_path / "org" / "name" / "config.json").unlink()
    assert checkpoint("org/name", str(tmp_path)) is None


@pytest.mark.parametrize(
    ("variable", "below"),
    [("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "hub"), ("XDG_CACHE_HOME", "huggingface/hub")],
)
def test_where_the_cache_is(
    variable: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv(variable, str(tmp_path / "there"))
    store(tmp_path / "there" / below, "org/name", LLAMA)
    found = checkpoint("org/name", str(tmp_path))
    assert found is not None
    assert found.path.startswith(str(tmp_path / "there" / below))
    assert found.model_type == "llama"


def test_the_cache_in_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    store(tmp_path / ".cache" / "huggingface" / "hub", "org/name", LLAMA)
    found = checkpoint("org/name", str(tmp_path))
    assert found is not None
    assert found.path.startswith(str(tmp_path / ".cache"))
    assert found.model_type == "llama"


def test_fields_of_nested_configs(tmp_path: Path) -> None:
    content = {
        "model_type": "llava",
        "auto_map": {"AutoModel": "modeling.Model"},
        "vision_config": {"hidden_act": "quick_gelu", "hidden_size": 3, "action": "x"},
        "text_config": {"hidden_activation": "gelu_pytorch_tanh"},
        "activation_function": "gelu_new",
        "hidden_act": None,
        "exact": "x",
    }
    write(tmp_path / "m", content)
    found = checkpoint("m", str(tmp_path))
    assert found is not None
    assert found.remote_code
    assert found.activations == (
        Activation("activation_function", "gelu_new"),
        Activation("text_config.hidden_activation", "gelu_pytorch_tanh"),
        Activation("vision_config.hidden_act", "quick_gelu"),
    )


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", "\ufeff{}", "[" * 100_000, '{"a": ' * 100_000, '{"a": "\ud800"'],
    ids=["empty", "cut", "list", "number", "mark", "deep", "deeper", "surrogate"],
)
def test_malformed(text: str, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert checkpoint("m", str(tmp_path)) is None


def test_odd_types_are_left_out(tmp_path: Path) -> None:
    write(tmp_path / "m", {"model_type": 3, "architectures": "LlamaModel", "hidden_act": ["x"]})
    path = str(tmp_path / "m" / "config.json")
    assert checkpoint("m", str(tmp_path)) == Checkpoint(path, None, (), False, ())
    write(tmp_path / "m", {"architectures": ["A", 3]})
    assert checkpoint("m", str(tmp_path)) == Checkpoint(path, None, ("A",), False, ())


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "m", {"model_type": "x" * 1_000_000})
    assert checkpoint("m", str(tmp_path)) is None


def test_an_adapter_is_for_another_model(tmp_path: Path) -> None:
    write(tmp_path / "m", LLAMA)
    write(tmp_path / "m", {"base_model_name_or_path": "org/other"}, "adapter_config.json")
    assert checkpoint("m", str(tmp_path)) is None


@pytest.mark.parametrize(
    "model_id",
    ["", "\0", "org/name/more", "../name", "org/..", "a--b", "org/no such", "missing/model"],
)
def test_no_model(model_id: str, tmp_path: Path) -> None:
    assert checkpoint(model_id, str(tmp_path / "cwd")) is None


def test_a_ref_that_is_no_commit(cache: Path, tmp_path: Path) -> None:
    store(cache, "org/name", LLAMA)
    ref = cache / "models--org--name" / "refs" / "main"
    for text in ("../../elsewhere", "", "\u00e9"):
        ref.write_text(text, encoding="utf-8")
        assert checkpoint("org/name", str(tmp_path)) is None
    ref.unlink()
    assert checkpoint("org/name", str(tmp_path)) is None
