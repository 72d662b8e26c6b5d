"""The probe on a machine without an accelerator, started as kernlint starts it, and its models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runtime.kernels import write
from tests.runtime.probing import (
    TINY_LLAMA,
    Seen,
    Task,
    config,
    job,
    run_probe,
    run_probes,
    write_model,
)

pytestmark = pytest.mark.slow

LLAMA_70B = TINY_LLAMA | {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}

REMOTE_CODE = """
from transformers import LlamaConfig, LlamaForCausalLM


class OwnConfig(LlamaConfig):
    model_type = "own-llama"


class OwnModel(LlamaForCausalLM):
    config_class = OwnConfig
"""


def write_remote(folder: Path) -> Path:
    """A model that brings its own code along."""
    automatic = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}
    write_model(folder, architectures=["OwnModel"], model_type="own-llama", auto_map=automatic)
    (folder / "own.py").write_text(REMOTE_CODE, encoding="utf-8")
    return folder


def write_cached(home: Path) -> None:
    """A model ``org/tiny`` in the cache of the Hub, of which nothing but the config is there."""
    cache = home / "hub" / "models--org--tiny"
    snapshot = cache / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text(json.dumps(TINY_LLAMA), encoding="utf-8")
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("a" * 40, encoding="utf-8")


@pytest.fixture(scope="module")
def seen(real_python: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Every job of this file but two, done in one go."""
    work = tmp_path_factory.mktemp("without")
    model = write_model(work / "llama")
    plain = write_model(work / "plain", architectures=None, quantization_config={"bits": 4})
    remote = write_remote(work / "remote")
    write_cached(work / "hf")
    good = write(work, "good")
    mapping = config({"RMSNorm": good, "NoSuchLayer": good, "SiLU": "no-slash"})
    norm = config({"RMSNorm": good})
    tasks = {
        "auto": Task(job(model, mapping)),
        "auto-from-pretrained": Task(job(model, mapping, way="from_pretrained")),
        "mps": Task(job(model, norm, device="mps")),
        "rocm": Task(job(model, norm, device="rocm", execute=True, numerics=True)),
        "cached": Task(job("org/tiny", norm, device="npu")),
        "config-file": Task(job(plain / "config.json", norm, device="xpu")),
        "remote-refused": Task(job(remote, norm, device="xpu")),
        "remote-trusted": Task(job(remote, norm, device="xpu", trust_remote_code=True)),
        "missing": Task(job("org/missing", norm)),
    }
    return run_probes(real_python, work, tasks, simulated=False)


def test_without_an_accelerator_only_what_is_rejected_anywhere_is_told(
    seen: dict[str, Seen],
) -> None:
    found = seen["auto"]
    assert found.only("environment")["device"] is None
    assert found.only("config")["layers"] == ["RMSNorm", "NoSuchLayer", "SiLU"]
    told = [event["name"] for event in found.events if event["event"] == "strict"]
    assert told == ["NoSuchLayer", "SiLU"]
    exception = found.strict("NoSuchLayer")["exception"]
    assert exception["message"].startswith("Layer NoSuchLayer is not registered in the model")
    assert found.strict("NoSuchLayer")["stage"] == "sanitize"
    assert "must be a valid repo name" in found.strict("SiLU")["exception"]["message"]
    assert not found.has("together")
    assert not seen["auto-from-pretrained"].has("strict")


@pytest.mark.parametrize("device", ["mps", "rocm"])
def test_a_device_that_is_not_there_is_predicted(seen: dict[str, Seen], device: str) -> None:
    strict = seen[device].strict("RMSNorm")
    assert strict["predicted"]
    assert strict["entry"]
    assert strict["exception"] is None
    assert strict["states"]["kernel"] == 5
    # Nothing can be put on it.
    passes = {event["pass"] for event in seen[device].events if event["event"] == "start"}
    assert passes == {"environment", "model", "strict"}
    assert not seen[device].has("failed")


def test_a_model_of_the_cache_is_built_without_weights(seen: dict[str, Seen]) -> None:
    assert seen["cached"].only("model")["name"] == "LlamaForCausalLM"
    assert seen["cached"].strict("RMSNorm")["states"]["kernel"] == 5


def test_a_config_that_names_no_class_is_built_by_its_type(seen: dict[str, Seen]) -> None:
    model = seen["config-file"].only("model")
    assert model["name"] == "LlamaForCausalLM"
    built, quantized = model["notes"]
    assert built == "built with AutoModelForCausalLM: the config names no architecture"
    assert quantized.startswith("quantization_config is ignored")


def test_code_of_a_model_runs_only_where_it_is_trusted(seen: dict[str, Seen]) -> None:
    exception = seen["remote-refused"].failed("model")
    assert exception["type"] == "ValueError"
    assert "trust_remote_code=True" in exception["message"]
    assert seen["remote-trusted"].only("model")["name"] == "OwnModel"
    assert seen["remote-trusted"].strict("RMSNorm")["states"]["kernel"] == 5


def test_a_model_that_is_nowhere_is_a_failure(seen: dict[str, Seen]) -> None:
    assert "OSError" in seen["missing"].failed("model")["mro"]
    assert seen["missing"].only("config")["layers"] == ["RMSNorm"]


def test_a_model_of_70_billion_parameters_takes_neither_long_nor_much_memory(
    real_python: str, tmp_path: Path
) -> None:
    """It is one of the user's, in modules with names that those of the probe have as well."""
    code = f"import transformers\nmake = lambda: transformers.LlamaConfig(**{LLAMA_70B!r})\n"
    (tmp_path / "models.py").write_text(code, encoding="utf-8")
    (tmp_path / "events.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    task = Task(job("models:make", config({"RMSNorm": write(tmp_path, "noisy")}), device="tpu"))
    status, found = run_probe(real_python, tmp_path, task)
    assert status == 0
    assert found.only("model")["parameters"] == 70_553_706_496
    assert found.strict("RMSNorm")["states"]["kernel"] == 161
    assert found.strict("RMSNorm")["kernel"]["file"].startswith(str(tmp_path))
    assert found.events[-1]["event"] == "done"
    assert found.events[-1]["seconds"] < 60
    assert found.events[-1]["peak_memory"] < 2 << 30


def test_layers_that_transformers_does_not_declare_are_not_looked_for(
    real_python: str, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "llama")
    task = Task(
        job(model, config({"RMSNorm": write(tmp_path, "good")}), device="xpu"),
        variables={"USE_HUB_KERNELS": "0"},
    )
    status, found = run_probe(real_python, tmp_path, task)
    assert status == 0
    environment = found.only("environment")
    assert environment["kernels_available"] is True
    assert environment["registers"] is False
    assert environment["variables"]["USE_HUB_KERNELS"] == "0"
    assert found.only("model")["registered"] == {}
    assert not found.has("strict")
