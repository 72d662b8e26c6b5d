"""Inputs for a forward pass of a model, by what its class and its config say that it takes.

The numbers are random and always the same. Whether a model runs with them is seen by running it:
several sets are offered, the ones that reach most of a model first.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

BATCH = 2
LENGTH = 13
"""Of a text, in tokens: no power of two, since kernels are written in blocks of these."""

FIRST_TOKEN = 5
"""Tokens below are special in most vocabularies, and so are those at the end of a shrunk one."""

LAST_TOKEN = 500
SEED = 5
AUDIO_SAMPLES = 16_000
AUDIO_FRAMES = 64
IMAGE_SIZE = 224
"""Of a model whose config says nothing of it: the size that most are trained with."""


class NoInputsError(Exception):
    """Nothing says what a model takes."""


class Length(NamedTuple):
    """How large a batch is, and how many tokens a text has."""

    batch: int = BATCH
    tokens: int = LENGTH


def candidates(model: Any, config: Any, device: Any, length: Length) -> Iterator[dict[str, Any]]:
    """Sets of arguments for a model's forward, as tensors on ``device``.

    Args:
        model: A module; what transformers says of its own is used where it has that.
        config: The config of transformers that says what it takes, or None.
        device: The ``torch.device`` of the tensors.
        length: How much of it.

    Raises:
        NoInputsError: Neither a config nor the module says what its arguments are.
    """
    taken = inspect.signature(model.forward).parameters
    makers = {} if config is None else _makers(model, config, length)
    possible = [name for name in makers if name in taken]
    main = getattr(model, "main_input_name", None)
    settings = {"use_cache": False} if "use_cache" in taken else {}
    found = False
    for names in _choices(possible, main, config):
        made = {name: makers[name]() for name in names}
        if all(value is not None for value in made.values()):
            found = True
            yield _moved(made, model, device) | settings
    if found:
        return
    given = _given(model)
    if given is None:
        forward = f"{type(model).__name__}.forward{inspect.signature(model.forward)}"
        raise NoInputsError(f"no inputs are known for {forward}")
    yield _moved(given, model, device) | settings


def _choices(possible: list[str], main: Any, config: Any) -> list[list[str]]:
    """Which arguments to pass: all that can be made, then the main one alone."""
    decoded = [name for name in possible if name == "decoder_input_ids"]
    if not getattr(config, "is_encoder_decoder", False):
        possible = [name for name in possible if name not in decoded]
        decoded = []
    alone = [name for name in possible if name == main]
    chosen: list[list[str]] = []
    for names in (possible, alone + decoded, alone):
        if names and names not in chosen:
            chosen.append(names)
    return chosen


def _given(model: Any) -> dict[str, Any] | None:
    """The inputs that a model brings along, or none if it can be called without any."""
    try:
        given = getattr(model, "dummy_inputs", None)
    except Exception:  # noqa: BLE001 (a property that computes them)
        given = None
    if isinstance(given, dict) and given:
        return given
    required = [
        parameter
        for parameter in inspect.signature(model.forward).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    return None if required or getattr(model, "main_input_name", None) else {}


def _moved(values: dict[str, Any], model: Any, device: Any) -> dict[str, Any]:
    """The tensors on the device, numbers in the precision of the model's parameters."""
    torch = importlib.import_module("torch")
    floats = (p.dtype for p in model.parameters() if p.is_floating_point())
    dtype = next(floats, torch.float32)
    return {
        name: value.to(device=device, dtype=dtype if value.is_floating_point() else None)
        if isinstance(value, torch.Tensor)
        else value
        for name, value in values.items()
    }


def _makers(model: Any, config: Any, length: Length) -> dict[str, Callable[[], Any]]:
    """What makes an argument, by its name; it gives None where the config says too little."""
    torch = importlib.import_module("torch")
    generator = torch.Generator().manual_seed(SEED)

    def numbers(*shape: int) -> Any:
        return torch.randn(*shape, generator=generator, device="cpu")

    def tokens(part: Any) -> Any:
        last = min(getattr(part, "vocab_size", None) or LAST_TOKEN, LAST_TOKEN)
        size = (length.batch, length.tokens)
        first = min(FIRST_TOKEN, last - 1)
        return torch.randint(first, last, size, generator=generator, device="cpu")

    def of(name: str) -> Any:
        return getattr(config, name, None) or config

    patches = _patches(config)
    return {
        "input_ids": lambda: tokens(_text(config)),
        "decoder_input_ids": lambda: tokens(_text(config, decoder=True)),
        "pixel_values": lambda: numbers(length.batch, *_image(of("vision_config"))),
        "pixel_values_videos": lambda: numbers(length.batch, *_video(of("vision_config"))),
        "input_features": lambda: _shaped(numbers, _features(of("audio_config")), length),
        "input_values": lambda: numbers(length.batch, *_audio(of("audio_config"))),
        # The patches of images in one row, as Qwen2-VL and its like take them.
        "hidden_states": lambda: _shaped(numbers, patches and patches[0], None),
        "grid_thw": lambda: patches and torch.tensor([patches[1]], device="cpu"),
    }


def _shaped(make: Callable[..., Any], shape: tuple[int, ...] | None, length: Length | None) -> Any:
    if shape is None:
        return None
    return make(*shape) if length is None else make(length.batch, *shape)


def _text(config: Any, *, decoder: bool = False) -> Any:
    """The config of the text model within a config."""
    part = getattr(config, "get_text_config", None)
    return config if part is None else part(decoder=decoder)


def _first(config: Any, *names: str, default: Any = None) -> Any:
    """The first of some attributes that is set."""
    found = (getattr(config, name, None) for name in names)
    return next((value for value in found if value is not None), default)


def _image(config: Any) -> tuple[int, ...]:
    """Channels, height and width of an image; frames before them where the model wants several."""
    size = _first(config, "image_size", "img_size", default=IMAGE_SIZE)
    if isinstance(size, dict):
        size = (size.get("height", IMAGE_SIZE), size.get("width", IMAGE_SIZE))
    height, width = size if isinstance(size, (list, tuple)) else (size, size)
    channels = _first(config, "num_channels", "in_channels", "in_chans", default=3)
    frames = getattr(config, "num_frames", None)
    video = frames is not None and getattr(config, "tubelet_size", None) is not None
    return (*((frames,) if video else ()), channels, height, width)


def _video(config: Any) -> tuple[int, ...]:
    frames = _first(config, "frames_per_clip", "num_frames", default=16)
    return (frames, *_image(config)[-3:])


def _features(config: Any) -> tuple[int, ...] | None:
    """The shape of the spectrogram of one recording."""
    mel = getattr(config, "num_mel_bins", None)
    positions = getattr(config, "max_source_positions", None)
    wide = _first(config, "feature_projection_input_dim", "input_feat_per_channel")
    if wide is not None:
        return (AUDIO_FRAMES, wide * (getattr(config, "input_channels", None) or 1))
    if mel is None:
        return None
    return (mel, 2 * positions) if positions is not None else (AUDIO_FRAMES, mel)


def _audio(config: Any) -> tuple[int, ...]:
    """The shape of one recording: samples, or frames of a spectrogram of a fixed length."""
    mel, length = getattr(config, "num_mel_bins", None), getattr(config, "max_length", None)
    return (AUDIO_SAMPLES,) if mel is None or length is None else (length, mel)


def _patches(config: Any) -> tuple[tuple[int, int], list[int]] | None:
    """The shape of the patches of one image, and how many it has in time, height and width."""
    merged = getattr(config, "spatial_merge_size", None)
    patch, frames = _first(config, "patch_size"), _first(config, "temporal_patch_size", default=1)
    if merged is None or not isinstance(patch, int):
        return None
    side = 4 * merged
    channels = _first(config, "in_channels", "in_chans", "num_channels", default=3)
    return (side * side, channels * frames * patch * patch), [1, side, side]
