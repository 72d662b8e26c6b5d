"""What a model class can register: the shipped data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kernlint.catalog.models import ModelLayers, class_for, model_layers
from kernlint.catalog.store import load

DATA = Path(__file__).parents[2] / "kernlint" / "catalog" / "data"
ACTIVATIONS = {"FastGELU", "GeLU", "GeluTanh", "NewGELU", "QuickGELU", "SiLU"}
LLAMA = "models/llama/modeling_llama.py"


def layers(release: str, name: str) -> ModelLayers:
    found = model_layers(release, name)
    assert found is not None
    return found


@pytest.mark.parametrize("release", load().releases("transformers"))
def test_llama_in_every_release(release: str) -> None:
    """The config decides about the activation, so any of them is possible."""
    names = frozenset({"RMSNorm", "rotary_pos_emb", *ACTIVATIONS})
    everywhere = {"MegaBlocksMoeMLP"} if release == "5.23.0" else set()
    for name in ("LlamaForCausalLM", "LlamaModel", "LlamaForSequenceClassification"):
        found = layers(release, name)
        assert found == ModelLayers(names | everywhere, False, LLAMA), name
    assert class_for(release, "AutoModelForCausalLM", "llama") == "LlamaForCausalLM"


def test_activations_only_where_a_model_has_some() -> None:
    assert layers("5.22.2", "OPTForCausalLM").possible == ACTIVATIONS
    assert layers("5.22.2", "GptOssForCausalLM").possible == {
        "MegaBlocksMoeMLP",
        "RMSNorm",
        "rotary_pos_emb",
    }


def test_a_model_with_parts_that_the_config_names_is_open() -> None:
    assert layers("5.22.2", "LlavaForConditionalGeneration").open
    assert layers("5.22.2", "VisionEncoderDecoderModel").open
    assert layers("5.22.2", "TimmBackbone").open


def test_deformable_attention() -> None:
    assert "MultiScaleDeformableAttention" in layers("5.0.0", "DeformableDetrModel").possible


def test_classes_with_the_name_of_a_layer_that_are_none() -> None:
    assert layers("5.22.2", "BltModel").alike == {"RMSNorm"}
    assert "RMSNorm" not in layers("5.22.2", "BltModel").possible
    assert layers("5.22.2", "Mamba2Model").alike == {"RMSNorm", "RMSNormGated"}
    assert not layers("5.22.2", "T5Model").alike


def test_names_come_and_go_with_releases() -> None:
    assert "Llama4TextMoe" in layers("5.12.1", "Llama4ForCausalLM").possible
    assert "Llama4TextMoe" not in layers("5.13.1", "Llama4ForCausalLM").possible


def test_what_there_is_not() -> None:
    assert model_layers("5.22.2", "NoSuchModel") is None
    assert model_layers("5.22.2", "LlamaMLP") is None
    assert model_layers("5.0.0", "Qwen3_5ForCausalLM") is None
    assert class_for("5.22.2", "AutoModelForCausalLM", "clip") is None
    assert class_for("5.22.2", "NoSuchAutoClass", "llama") is None
    with pytest.raises(KeyError):
        model_layers("4.57.6", "LlamaForCausalLM")


def test_auto_classes() -> None:
    assert class_for("5.0.0", "AutoModel", "clip") == "CLIPModel"
    # The config of funnel chooses between two.
    assert class_for("5.0.0", "AutoModel", "funnel") is None
    # One table takes in another.
    multimodal = class_for("5.22.2", "AutoModelForMultimodalLM", "llava")
    assert multimodal == "LlavaForConditionalGeneration"


def test_periods_do_not_overlap_and_name_known_releases() -> None:
    data = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    releases = data["releases"]
    assert tuple(releases) == load().releases("transformers")
    held: dict[tuple[str, str], list[range]] = {}

    def hold(kind: str, name: str, row: list[Any]) -> None:
        end = len(releases) if row[1] is None else releases.index(row[1])
        held.setdefault((kind, name), []).append(range(releases.index(row[0]), end))

    for rows in data["models"].values():
        for row in rows:
            for name in row[4].split():
                hold("class", name, row)
    for auto_class, rows in data["auto"].items():
        for row in rows:
            for pair in row[2].split():
                hold(auto_class, pair.partition("=")[0], row)
    for key, ranges in held.items():
        covered = [index for each in ranges for index in each]
        assert covered, key
        assert len(covered) == len(set(covered)), key


def test_every_name_is_a_layer_of_the_release() -> None:
    catalog = load()
    data = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    for release in (catalog.releases("transformers")[0], catalog.newest("transformers")):
        known = catalog.transformers(release).layer_names
        for rows in data["models"].values():
            for row in rows:
                for name in row[4].split():
                    found = model_layers(release, name)
                    assert found is None or found.possible <= known, (release, name)


def test_the_data_is_read_when_it_is_asked_for() -> None:
    program = (
        "import sys; from kernlint.catalog import models, store\n"
        "store.load(); print(models._load.cache_info().currsize)\n"
        "models.model_layers('5.0.0', 'X'); print(models._load.cache_info().currsize)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=DATA.parents[2],
    )
    assert run.stdout.split() == ["0", "1"]
