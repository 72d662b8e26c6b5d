"""Where the layers of a recorded check come from: their names, places, and kernels as written."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kernlint.model.diagnostic import Place
    from kernlint.model.runtime import ConfigSource, RuntimeFacts, StrictFacts


class Alike(Record):
    """A kernel that another one with the same id stands in for: the code, and a text."""

    code: str
    text: str


def name_of(key: object) -> str:
    """The name that a key of the mapping has in facts: itself, or how it is written."""
    return key if isinstance(key, str) else repr(key)


def layer_names(facts: RuntimeFacts) -> tuple[str, ...]:
    """The layers of the config, in its order."""
    mapping = facts.check.config.mapping
    return facts.layers or tuple(name_of(key) for key in mapping or ())


def place_of(config: ConfigSource, name: str) -> Place:
    """The key of a layer, or the config where that is not known."""
    return next((place for key, place in config.keys if name_of(key) == name), config.place)


def written(facts: RuntimeFacts, name: str) -> str | None:
    """The repository or folder of a layer's kernel as the mapping writes it, for its device."""
    mapping = facts.check.config.mapping or {}
    value = next((value for key, value in mapping.items() if name_of(key) == name), None)
    if isinstance(value, Mapping):
        device = facts.check.device
        if device == "auto" and facts.environment is not None:
            device = facts.environment.device or device
        is_dropped = facts.check.config.way == "from_pretrained"  # the device, in its one entry
        only = next(iter(value.values())) if len(value) == 1 else None
        value = value.get(device, only if is_dropped or device == "auto" else None)
    if isinstance(value, tuple) and value:
        value = value[0]
    return value.partition(":")[0] if isinstance(value, str) else None


def named_alike(strict: Sequence[StrictFacts]) -> dict[str, Alike]:
    """The layers whose code is another kernel's, because both have the same id.

    kernels puts each kernel into ``sys.modules`` under the id in its metadata. Where a second
    kernel has the same one, ``from . import layers`` in it gives the layers of the first.

    Source: kernels 0.17, ``importer.py`` (``_import_from_path``).
    """
    found: dict[str, Alike] = {}
    for item in strict:
        kernel = item.kernel
        if kernel is None or kernel.file is None or kernel.folder is None:
            continue
        if _is_below(kernel.file, kernel.folder):
            continue
        for other in strict:
            folder = other.kernel.folder if other.kernel else None
            if folder and folder != kernel.folder and _is_below(kernel.file, folder):
                found[item.name] = Alike(
                    "SAME-ID",
                    f"its layers are loaded from `{kernel.file}`, a kernel of `{other.name}` with "
                    "the same id in its metadata",
                )
    return found


def _is_below(file: str, folder: str) -> bool:
    return file.replace("\\", "/").startswith(folder.replace("\\", "/").rstrip("/") + "/")
