"""Configs become smaller and stay what they are; on plain objects, without transformers."""

from __future__ import annotations

from typing import Any

from kernlint.runtime.probe.shrink import LARGE, Outline, Plan, deepest, plans, shrunk


class Config:
    """What the configs of transformers have in common."""

    model_type = "test"

    def __init__(self, **values: object) -> None:
        for name, value in values.items():
            setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:  # reached for what is not set
        raise AttributeError(name)

    def to_dict(self) -> dict[str, object]:
        return dict(vars(self))


class ComputedConfig(Config):
    """The kinds of its layers follow from their number, as in Jamba."""

    @property
    def layer_types(self) -> list[str]:
        return ["attention" if at % 4 == 3 else "mamba" for at in range(self.num_hidden_layers)]


def outline_of(config: Any) -> Outline:
    """A model with a norm in each layer, and an attention or a state space."""
    kinds = {("RMSNorm", "Norm")} | {(kind, "Layer") for kind in config.layer_types}
    return Outline(frozenset(kinds), config.vocab_size)


def test_the_fewest_layers_with_every_kind_are_taken() -> None:
    config = ComputedConfig(num_hidden_layers=32, vocab_size=32_000)
    first = next(plans(config, outline_of(config), outline_of))
    assert first == Plan(4)
    small = shrunk(config, first)
    assert small.layer_types == ["mamba", "mamba", "mamba", "attention"]
    assert small.vocab_size == 1024
    assert config.num_hidden_layers == 32


def test_a_number_of_layers_without_a_model_is_passed_by() -> None:
    config = ComputedConfig(num_hidden_layers=12, vocab_size=10)

    def even_only(config: Any) -> Outline | None:
        return None if config.num_hidden_layers in (1, 4) else outline_of(config)

    assert next(plans(config, outline_of(config), even_only)).depth == 6


def test_the_whole_model_is_the_last_resort() -> None:
    config = Config(num_hidden_layers=5, layer_types=list("abcde"), vocab_size=10)
    found = list(plans(config, outline_of(config), outline_of))
    assert found == [Plan(None), Plan(None, vocabulary=False)]


def test_experts_are_left_out_of_large_models_alone() -> None:
    config = Config(num_hidden_layers=4, layer_types=["moe"] * 4, vocab_size=10)
    full = outline_of(config)
    large = full._replace(size=LARGE + 1)
    assert next(plans(config, full, lambda _: full)) == Plan(1)
    assert next(plans(config, full, lambda _: large)) == Plan(1, experts=True)


def test_lists_with_an_element_for_each_layer_are_cut() -> None:
    config = Config(
        num_hidden_layers=6,
        layer_types=["linear", "full"] * 3,
        mlp_layer_types=("dense",) * 6,
        rope_dimensions=[16, 24, 24],
    )
    small = shrunk(config, Plan(2))
    assert small.layer_types == ["linear", "full"]
    assert small.mlp_layer_types == ("dense", "dense")
    assert small.rope_dimensions == [16, 24, 24]


def test_configs_within_a_config_are_shrunk() -> None:
    config = Config(
        text_config=Config(num_hidden_layers=40, vocab_size=150_000, image_token_id=149_000),
        vision_config=Config(depth=27, patch_size=14),
        image_token_id=149_000,
        video_token_index=149_001,
        eos_token_id=[2, 149_002],
    )
    assert deepest(config) == 40
    small = shrunk(config, Plan(1))
    assert (small.text_config.num_hidden_layers, small.vision_config.depth) == (1, 1)
    assert small.text_config.vocab_size == 1024
    # A token keeps its meaning in both, and differs from the others.
    assert small.image_token_id == small.text_config.image_token_id
    tokens = {small.image_token_id, small.video_token_index, small.eos_token_id[1]}
    assert len(tokens) == 3
    assert max(tokens) < 1024
    assert small.eos_token_id[0] == 2


def test_stages_keep_their_number() -> None:
    config = Config(depths=(2, 2, 6, 2), num_layers=4, num_heads=(3, 6, 12, 24))
    assert deepest(config) == 6
    small = shrunk(config, Plan(1))
    assert small.depths == (1, 1, 1, 1)
    assert (small.num_layers, small.num_heads) == (4, (3, 6, 12, 24))


def test_groups_of_experts_stay_equal() -> None:
    config = Config(num_hidden_layers=1, n_routed_experts=256, n_group=8, num_experts_per_tok=8)
    assert shrunk(config, Plan(None, experts=True)).n_routed_experts == 16
    odd = Config(num_hidden_layers=1, num_experts=60, n_group=3, num_experts_per_tok=4)
    assert shrunk(odd, Plan(None, experts=True)).num_experts == 9
    few = Config(num_hidden_layers=1, num_local_experts=8, num_experts_per_tok=2)
    assert shrunk(few, Plan(None, experts=True)).num_local_experts == 8


def test_nothing_random_is_left() -> None:
    config = Config(
        attention_dropout=0.1, resid_pdrop=0.1, layerdrop=0.05, router_jitter_noise=0.01, eps=1e-5
    )
    small = shrunk(config, Plan(None, vocabulary=False))
    assert vars(small) == {
        "attention_dropout": 0.0,
        "resid_pdrop": 0.0,
        "layerdrop": 0.0,
        "router_jitter_noise": 0.0,
        "eps": 1e-5,
    }


def test_a_config_that_minds_is_changed_all_the_same() -> None:
    class Strict(Config):
        def __setattr__(self, name: str, value: object) -> None:
            if name in vars(self):
                raise ValueError(f"{name} does not fit the others")
            super().__setattr__(name, value)

    assert shrunk(Strict(num_hidden_layers=8), Plan(2)).num_hidden_layers == 2
