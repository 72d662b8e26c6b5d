"""What real models register, against what the catalog says of their classes.

``probed`` holds a file for each release that was asked. It is written by an interpreter that has
that release, kernels that go with it and torch: ``PYTHON tools/_model_probe.py FILE``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernlint.catalog.models import class_for, model_layers
from kernlint.catalog.store import load

PROBED = Path(__file__).parent / "probed"
RELEASES = sorted(path.stem for path in PROBED.iterdir())
ACTIVATIONS = {"FastGELU", "GeLU", "GeluTanh", "NewGELU", "QuickGELU", "SiLU"}
# The classes that were built, and those of them of which the catalog says all names.
COUNTS = {
    "5.4.0": (1075, 932),
    "5.12.1": (1213, 1024),
    "5.17.0": (1319, 1121),
    "5.22.2": (1400, 1166),
}
# Names that a class has under another config than the default one.
BY_CONFIG = {
    # rms_norm_eps
    "Cohere2MoeForCausalLM": {"RMSNorm"},
    "Cohere2MoeModel": {"RMSNorm"},
    # norm_type, use_qk_norm
    "InternVLVisionModel": {"RMSNorm"},
    "QianfanOCRVisionModel": {"RMSNorm"},
    # layers_block_type
    "GraniteMoeHybridForCausalLM": {"rotary_pos_emb"},
    "GraniteMoeHybridModel": {"rotary_pos_emb"},
    # layer_types
    "Lfm2ForCausalLM": {"causal_conv1d_fn", "causal_conv1d_update"},
    "Lfm2Model": {"causal_conv1d_fn", "causal_conv1d_update"},
}


def registered(release: str) -> dict[str, set[str]]:
    """The names that each class registers when it is built from its default config."""
    groups = json.loads((PROBED / f"{release}.json").read_text(encoding="utf-8"))["registered"]
    return {
        name: set(names.split()) for names, classes in groups.items() for name in classes.split()
    }


@pytest.mark.parametrize("release", RELEASES)
def test_every_name_is_possible(release: str) -> None:
    for name, names in registered(release).items():
        known = model_layers(release, name)
        assert known is not None, name
        assert known.open or names <= known.possible, name


@pytest.mark.parametrize("release", RELEASES)
def test_possible_are_little_more_than_those(release: str) -> None:
    """Beside activations, which the config decides about, a few names by config."""
    facts = load().transformers(release)
    loose: dict[str, set[str]] = {}
    closed = 0
    for name, names in registered(release).items():
        known = model_layers(release, name)
        assert known is not None
        if known.open:
            continue
        closed += 1
        more = set(known.possible) - names - ACTIVATIONS
        if not facts.registers_function_layers:
            more = {layer for layer in more if facts.layer_kind(layer) == "class"}
        if more:
            loose[name] = more
    assert (len(registered(release)), closed) == COUNTS[release]
    assert {name: BY_CONFIG.get(name) for name in loose} == loose


@pytest.mark.parametrize("release", RELEASES)
def test_the_probed_release(release: str) -> None:
    content = json.loads((PROBED / f"{release}.json").read_text(encoding="utf-8"))
    assert content["versions"]["transformers"] == release
    assert class_for(release, "AutoModel", "llama") in registered(release)
