"""KL102 and KL104: the kernels of a mapping, and the devices they are for."""

from __future__ import annotations

from kernlint.catalog.release import minor
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest
from kernlint.project.values import (
    Instance,
    Known,
    MappingValue,
    SequenceValue,
    is_tuple,
    text_of,
    type_name,
)
from kernlint.rules.base import Rule, a, example, quoted
from kernlint.rules.mend import mending, reach, rewritten
from kernlint.rules.paths import entries, finish, raises, silent, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config
    from kernlint.project.values import Entry, Value
    from kernlint.rules.base import Context

#: What a device is called elsewhere, and its key here.
ALIASES = {"hip": "rocm", "amd": "rocm", "nvidia": "cuda", "gpu": "cuda", "metal": "mps"}

#: The names that leave no doubt which device is meant.
_PLAIN_ALIASES = frozenset({"hip", "amd", "nvidia", "metal"})


class KernelValueType(Rule):
    """A layer is mapped to something that is no kernel.

    A kernel is a string `"org/repo:LayerName"`; from transformers 5.13 on also a
    tuple of such a string and a dict of metadata (KL502 before that); or a dict from
    devices to those.
    Anything else (a list, None, a `LayerRepository`, a dict by `Mode`) makes
    `sanitize_kernel_mapping` raise a ValueError, and `from_pretrained` from 5.11 on a
    ValueError or AttributeError.

    Write the string, or the tuple where the judged releases take it.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`.
    """

    code = "KL102"
    name = "kernel-value-type"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": «["kernels-community/liger-kernels:LigerRMSNorm"]»,
                    "SiLU": «None»,
                }
            )
            """
        ),
        example(
            """
            from kernels import LayerRepository
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        "cuda": «LayerRepository(
                            "kernels-community/liger-kernels", layer_name="LigerRMSNorm", version=1
                        )»
                    }
                }
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"version": 1}),
                    "SiLU": {"cuda": "kernels-community/activation:Silu"},
                }
            )
            """
        ),
        example(
            """
            from settings import RMS_NORM
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": RMS_NORM})
            """
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every value, and at those of every device."""
        for entry in entries(config):
            if isinstance(entry.value, MappingValue):
                for inner in entry.value.entries:
                    yield from self._value(config, context, entry, inner.value, inner.key)
            else:
                yield from self._value(config, context, entry, entry.value)

    def _value(
        self,
        config: Config,
        context: Context,
        entry: Entry,
        value: Value,
        device: Value | None = None,
    ) -> Iterator[Diagnostic]:
        wrong = _not_a_kernel(value, nested=device is not None)
        if wrong is None or ("tuple" not in context.release.value_forms and is_tuple(value)):
            return  # a good kernel, or one that needs another release (KL502)
        layer = str(entry.key.value) if isinstance(entry.key, Known) else "..."
        kind = type_name(wrong) or "value"
        if device is None and wrong is value:
            message = context.release.message("format")
            early = "ValueError", context.release.message("hub-repository", layer_name=repr(layer))
        else:
            message = context.release.message("repo-name", layer_name=layer)
            early = "AttributeError", f"'{kind}' object has no attribute 'partition'"
            if kind == "bytes":
                early = "TypeError", "a bytes-like object is required, not 'str'"
        rejected = raises(context, "`sanitize_kernel_mapping`", "ValueError", message)
        # A mode in the place of a device raises before its value is looked at (KL104).
        validated = None if isinstance(device, Instance) else rejected
        outcome = worst(config, context, validated, raises(context, "`from_pretrained`", *early))
        if outcome is not None:
            found = self.found(
                wrong.place,
                f"{_named(wrong, kind)} is not a kernel",
                help='write `"org/repo:LayerName"`, or a dict from devices to such strings',
            )
            yield finish(found, outcome, config)


def _not_a_kernel(value: Value, *, nested: bool) -> Value | None:
    """The value, or the item of a tuple, that is no kernel; None where nothing is wrong."""
    kind = type_name(value)
    if kind in {None, "str"} or (kind == "dict" and not nested):
        return None
    if not is_tuple(value):
        return value
    # The number of items is KL105's business.
    first = value.items[0] if len(value.items) == 2 else None
    return first if first is not None and type_name(first) not in {None, "str"} else None


def _named(value: Value, kind: str) -> str:
    if isinstance(value, Known) and value.value is None:
        return "None"
    if isinstance(value, Instance):
        return f"a `{kind}` object"
    return a(kind)


class UnsupportedDevice(Rule):
    """A device key is not one that transformers knows.

    The keys are names of backends: `cuda`, `rocm`, `xpu`, `npu`; `neuron` from
    transformers 5.4 on, `tpu` from 5.9 on, `mps` from 5.21 on. Never `cpu`, and no
    device with an index. `sanitize_kernel_mapping` raises a ValueError for any other.
    From 5.11 on `from_pretrained` ignores the device key before it is checked, so that
    the kernel is used on every device.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py` (`add_to_mapping`,
    `sanitize_kernel_mapping`), `integrations/hub_kernels.py`.
    """

    code = "KL104"
    name = "unsupported-device"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": {«"cuda:0"»: "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            """,
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig(
                {"RMSNorm": {«"cpu"»: "kernels-community/liger-kernels:LigerRMSNorm"}}
            )
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": {«"mps"»: "kernels-community/mlx-rmsnorm:RMSNorm"}}
            )
            """,
            transformers="5.20.2",
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        «"Cuda"»: "kernels-community/liger-kernels:LigerRMSNorm",
                        «"hip"»: "kernels-community/liger-kernels:LigerRMSNorm",
                    },
                    "SiLU": {
                        «"gpu"»: "kernels-community/activation:Silu",
                        «"metal"»: "kernels-community/mlx-activation:Silu",
                    },
                    "FastGELU": {
                        «"cuda:0"»: "kernels-community/activation:FastGELU",
                        «"cuda:1"»: "kernels-community/activation:FastGELU",
                    },
                }
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        "cuda": "kernels-community/liger-kernels:LigerRMSNorm",
                        "rocm": "kernels-community/liger-kernels:LigerRMSNorm",
                    },
                    "SiLU": {
                        "cuda": "kernels-community/activation:Silu",
                        "mps": "kernels-community/mlx-activation:Silu",
                    },
                    "FastGELU": {
                        "cuda:0": "kernels-community/activation:FastGELU",
                        "cuda:1": "kernels-community/activation:FastGELU",
                    },
                }
            )
            """,
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        "cuda": "kernels-community/liger-kernels:LigerRMSNorm",
                        "rocm": "kernels-community/liger-kernels:LigerRMSNorm",
                    }
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": {"mps": "kernels-community/mlx-rmsnorm:RMSNorm"}})
            """,
            transformers="5.21.1",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the keys of every dict of devices."""
        for entry in entries(config):
            if isinstance(entry.value, MappingValue):
                for inner in entry.value.entries:
                    yield from self._device(config, context, inner.key, entry.value)

    def _device(
        self, config: Config, context: Context, key: Value, devices: MappingValue
    ) -> Iterator[Diagnostic]:
        if isinstance(key, Known):
            device = str(key.value)
            if key.value in context.release.device_keys:
                return
        elif isinstance(key, Instance):
            device = key.short
        elif isinstance(key, SequenceValue):
            device = "(...)"
        else:
            return
        accepted = context.release.device_keys
        outcome = worst(
            config,
            context,
            raises(
                context,
                "`sanitize_kernel_mapping`",
                "ValueError",
                context.release.message("device", device=device),
            ),
            # Several devices raise before any key is looked at (KL302).
            None
            if len(devices.entries) > 1
            else silent(
                context,
                "`from_pretrained` ignores the device key: "
                "the kernel is used on every device, whatever the key says",
            ),
        )
        if outcome is None:
            return
        known_in = context.catalog.where("transformers", lambda r: device in r.device_keys)
        near = _near(device, accepted)
        message = f"`{device}` is not a device of a kernel mapping"
        if known_in:
            message += f" before transformers {minor(known_in[0])}"
        found = self.found(
            key.place,
            message,
            fix=_device_fix(key, devices, config, context),
            help=f"the devices are {quoted(accepted)}",
            label=f"did you mean `{near}`?" if near else None,
            releases=context.catalog.specifier(
                "transformers",
                context.catalog.where("transformers", lambda r: device not in r.device_keys),
            )
            if known_in
            else None,
        )
        yield finish(found, outcome, config)


def _near(device: str, accepted: Iterable[str]) -> str | None:
    """The device that is probably meant."""
    return ALIASES.get(device.lower()) or nearest(device.partition(":")[0], accepted)


def _device_fix(key: Value, devices: MappingValue, config: Config, context: Context) -> Fix | None:
    """The device that is meant, where every allowed release takes it and no other key has it."""
    accepted = context.release.device_keys
    names = [text_of(entry.key) for entry in devices.entries]
    device = text_of(key)
    if device is None or None in names or devices.unread:
        return None
    near = _near(device, accepted)
    meant = [_near(name, accepted) for name in names if name is not None and name not in accepted]
    if near is None or near in names or meant.count(near) > 1:
        return None
    if not all(near in release.device_keys for release in context.allowed):
        return None
    bare = device.lower().partition(":")[0]
    certain = bare == near or bare in _PLAIN_ALIASES
    applicability = reach(key, config)
    if applicability == "safe" and not certain:
        applicability = "unsafe"
    return mending(applicability, f'write `"{near}"`', rewritten(key, near))
