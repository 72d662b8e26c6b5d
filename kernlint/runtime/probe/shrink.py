"""A smaller copy of a model's config: fewer layers, a small vocabulary, the same kinds of layers.

What decides how a kernel behaves stays as it is: the widths, the heads, the precision. Configs are
changed as plain objects, without torch or transformers.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

VOCABULARY = 1024
DEPTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
"""The numbers of layers that are tried, beyond them the model's own."""

COUNTS = (
    "num_hidden_layers",
    "num_layers",
    "num_decoder_layers",
    "num_encoder_layers",
    "encoder_layers",
    "decoder_layers",
    "n_layer",
    "n_layers",
    "depth",
)
"""Attributes of configs that say how many layers there are (transformers 5.22.2)."""

STAGES = ("depths",)
"""Attributes that say how many layers each stage has (Swin, ConvNeXt and their like)."""

EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
FEWEST_EXPERTS = 8

LARGE = 2 * 10**9
"""Bytes of parameters beyond which experts are left out, too."""

MUCH = 8 * 10**9
"""Bytes of parameters beyond which no more layers are kept than the names need."""

DROPPED = ("drop", "jitter")
"""Parts of the names of attributes that make a forward pass random in training mode."""


class Plan(NamedTuple):
    """How to shrink a config: to how many layers (None for all), and what else of it."""

    depth: int | None
    vocabulary: bool = True
    experts: bool = False


class Outline(NamedTuple):
    """What is to be kept of a model, and what it costs.

    ``names`` are its layer names, each with the classes that carry it; ``classes`` are those of
    all its modules; ``size`` is that of its parameters in bytes.
    """

    names: frozenset[tuple[str, str]]
    classes: frozenset[str]
    size: int


def plans(
    config: Any, full: Outline, outline_of: Callable[[Any], Outline | None]
) -> Iterator[Plan]:
    """The ways to shrink a model, best first.

    The fewest layers with every layer name will do, but a few more, with modules of every class,
    are better: a model without any attention generates no text, say. ``outline_of`` builds the
    model of a config, and gives None where there is no such model. Later plans change less of the
    config, for models that cannot run without what the first ones change.
    """
    depths: list[int | None] = []
    for depth in (*DEPTHS, None):
        if depth is not None and depth >= deepest(config):
            continue
        outline = outline_of(shrunk(config, Plan(depth, vocabulary=False)))
        if outline is None or outline.names != full.names:
            continue
        if outline.classes == full.classes:
            smallest = outline_of(shrunk(config, Plan(depth, experts=True)))
            cheap = smallest is not None and smallest.size <= MUCH
            depths.insert(0 if cheap else len(depths), depth)
            break
        if not depths:
            depths.append(depth)
    for depth in depths:
        smaller = outline_of(shrunk(config, Plan(depth)))
        if smaller is not None and smaller.size > LARGE:
            yield Plan(depth, experts=True)
        yield Plan(depth)
        yield Plan(depth, vocabulary=False)


def shrunk(config: Any, plan: Plan) -> Any:
    """A shrunk copy of a config, without anything random in its forward pass."""
    small = copy.deepcopy(config)
    parts = _parts(small)
    for part in parts:
        if plan.depth is not None:
            _fewer_layers(part, plan.depth)
        if plan.experts:
            _fewer_experts(part)
        _nothing_random(part)
    if plan.vocabulary:
        _smaller_vocabulary(parts)
    return small


def deepest(config: Any) -> int:
    """The largest number of layers in a config and the configs within it."""
    counts = [_count(part, name) for part in _parts(config) for name in COUNTS]
    stages = [max(values) for part in _parts(config) for values in _stages(part).values()]
    return max([count for count in counts if count is not None] + stages, default=0)


def _parts(config: Any) -> list[Any]:
    """A config and those within it: of the text model, the vision tower and so on."""
    found = [config]
    for value in vars(config).values():
        if hasattr(value, "to_dict") and hasattr(value, "model_type"):
            found += _parts(value)
    return found


def _count(config: Any, name: str) -> int | None:
    value = vars(config).get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _stages(config: Any) -> dict[str, list[int]]:
    found = {name: vars(config).get(name) for name in STAGES}
    return {
        name: list(values)
        for name, values in found.items()
        if isinstance(values, (list, tuple)) and values and all(isinstance(n, int) for n in values)
    }


def _fewer_layers(config: Any, depth: int) -> None:
    """Cut the numbers of layers, and every list that has an element for each of them."""
    stages = _stages(config)
    counts = {name: _count(config, name) for name in COUNTS}
    if stages:  # num_layers is the number of stages there
        counts = {}
    for name, values in stages.items():
        _set(config, name, type(vars(config)[name])(min(depth, value) for value in values))
    before = {count for count in counts.values() if count is not None and count > depth}
    for name, count in counts.items():
        if count is not None and count > depth:
            _set(config, name, depth)
    for name, value in list(vars(config).items()):
        if not name.startswith("_") and isinstance(value, (list, tuple)) and len(value) in before:
            _set(config, name, value[:depth])


def _fewer_experts(config: Any) -> None:
    """Cut the number of experts, in the same number of equal groups."""
    chosen = max(_count(config, name) or 1 for name in ("num_experts_per_tok", "moe_k", "top_k"))
    groups = _count(config, "n_group") or 1
    fewest = max(FEWEST_EXPERTS, 2 * chosen, 2 * groups)
    fewest += -fewest % groups
    for name in EXPERTS:
        count = _count(config, name)
        if count is not None and count > fewest:
            _set(config, name, fewest)


def _nothing_random(config: Any) -> None:
    for name, value in list(vars(config).items()):
        if isinstance(value, float) and value and any(part in name for part in DROPPED):
            _set(config, name, 0.0)


def _smaller_vocabulary(parts: list[Any]) -> None:
    """Cut the vocabularies; special tokens beyond them get numbers of their own at the end."""
    numbers: dict[int, int] = {}
    for part in parts:
        for name in list(vars(part)):
            count = _count(part, name)
            if name.startswith("vocab_size") and count is not None and count > VOCABULARY:
                _set(part, name, VOCABULARY)
    for part in parts:
        for name, value in list(vars(part).items()):
            if not name.endswith(("_token_id", "_token_index")):
                continue
            many = isinstance(value, (list, tuple))
            replaced = [_small(number, numbers) for number in (value if many else [value])]
            _set(part, name, replaced if many else replaced[0])


def _small(number: Any, numbers: dict[int, int]) -> Any:
    if not isinstance(number, int) or number < VOCABULARY:
        return number
    return numbers.setdefault(number, VOCABULARY - 1 - len(numbers))


def _set(config: Any, name: str, value: Any) -> None:
    """Set an attribute; some configs compute it, others check it against those not yet set."""
    try:
        setattr(config, name, value)
    except Exception:  # noqa: BLE001 (of a config class that checks what it is given)
        vars(config)[name] = value
