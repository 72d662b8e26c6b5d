"""What transformers does with one kernel of a mapping, step by step.

``sanitized`` and ``built`` are the loops of ``KernelConfig.sanitize_kernel_mapping`` and
``create_compatible_mapping`` (transformers 5.0 to 5.23, utils/kernel_config.py), ``preloaded``
that of ``register_kernel_replacements_and_fusions``, with which from_pretrained begins from 5.11
on (integrations/hub_kernels.py). All work on the objects that ``plain`` makes.
"""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING, cast
from kernlint.model.mapping import Repository
from kernlint.rules.paths import local_repository_error
from kernlint.rules.plain import kind_of

if TYPE_CHECKING:
    from kernlint.catalog.release import MessageName
    from kernlint.rules.base import Context


class RejectedError(Exception):
    """An exception of the libraries: who raises it, its type and its text, if known.

    ``advice`` is what the user can do about it, where that is not plain.
    """

    def __init__(self, by: str, exception: str, message: str | None) -> None:
        super().__init__(message)
        self.by = by
        self.exception = exception
        self.message = message
        self.advice: str | None = None


class _NoDevice:
    """The place of a device key where none is written."""


NO_DEVICE = _NoDevice()

_SANITIZE = "sanitize_kernel_mapping"
_CREATE = "create_compatible_mapping"
_LOAD = "from_pretrained"

#: The methods in the order in which they run over all kernels.
STEPS = (_LOAD, _SANITIZE, _CREATE)


def rejected(context: Context, by: str, name: MessageName, **values: str) -> RejectedError:
    """A ValueError with the text of the release, up to what is not known of it."""
    message = context.release.message(name, **values)
    if message is not None and "..." in message:
        message = f"{message.partition('...')[0].rstrip(' ,:')} …"
    return RejectedError(by, "ValueError", message)


def not_registered(layer: object, context: Context) -> RejectedError:
    """The exception for a layer that the model does not have."""
    return rejected(context, _SANITIZE, "not-registered", layer_name=str(layer))


def sanitized(layer: object, device: object, kernel: object, context: Context) -> None:
    """Validate the kernel of a layer that the model has; RejectedError where it is refused."""
    release = context.release
    if device is NO_DEVICE and not isinstance(kernel, _forms(context)):
        raise rejected(context, _SANITIZE, "format")
    if device is not NO_DEVICE and device not in release.device_keys:
        raise rejected(context, _SANITIZE, "device", device=str(device))
    text = kernel
    if isinstance(kernel, tuple) and tuple in _forms(context):
        text, metadata = _unpacked(kernel, _SANITIZE)
        _check_metadata(metadata, context)
    if not isinstance(text, str) or "/" not in text or ":" not in text:
        raise rejected(context, _SANITIZE, "repo-name", layer_name=str(layer), repo_name=str(text))


def built(kernel: object, device: str, context: Context, *, local: bool) -> Repository:
    """The repository of a kernel for the device that the model is on."""
    if device not in context.release.device_keys:
        raise rejected(context, _CREATE, "device", device=device)
    if local:
        return _local(kernel, context)
    # What was validated is a string, or a tuple of a string and a dict.
    text, metadata = cast(
        "tuple[str, dict[str, object] | None]",
        kernel if isinstance(kernel, tuple) else (kernel, None),
    )
    repo_id, layer_name = text.split(":")[:2]
    named: dict[str, object] = {"repo_id": repo_id, "layer_name": layer_name}
    if tuple not in _forms(context):
        return _remote(_CREATE, named, context)
    if metadata is None:
        metadata = {"version": context.release.string_version}
    given = {
        "version": metadata.get("version"),
        "revision": metadata.get("revision"),
        "trust_remote_code": metadata.get("trust_remote_code", False),
    }
    return _remote(_CREATE, named | given, context)


def preloaded(layer: object, kernel: object, context: Context, *, local: bool) -> object:
    """What from_pretrained makes of a kernel before it is validated."""
    if isinstance(kernel, _forms(context)):
        kernel = {None: kernel}
    if not isinstance(kernel, dict):
        raise rejected(context, _LOAD, "hub-repository", layer_name=repr(layer), got=repr(kernel))
    if len(kernel) != 1:
        raise rejected(context, _LOAD, "one-repository", got=str(kernel))
    (text,) = kernel.values()
    final: dict[str, object] | None = None
    if tuple in _forms(context):
        final = {"version": context.release.string_version, "trust_remote_code": False}
        if isinstance(text, tuple):
            text, metadata = _unpacked(text, _LOAD)
            final = _final(metadata)
    repo_id, layer_name = _split(text)
    if not repo_id or not layer_name:
        raise rejected(context, _LOAD, "repository-string", layer_name=repr(layer), got=repr(text))
    if not local:
        _remote(_LOAD, {"repo_id": repo_id, "layer_name": layer_name, **(final or {})}, context)
    elif broken := local_repository_error(context):
        raise RejectedError(_LOAD, *broken)
    return text if final is None else (text, final)


def _forms(context: Context) -> tuple[type, ...]:
    """The types of a kernel that is not a dict of devices."""
    return (str, tuple) if "tuple" in context.release.value_forms else (str,)


def _unpacked(kernel: tuple[object, ...], by: str) -> tuple[object, object]:
    if len(kernel) == 2:
        return kernel[0], kernel[1]
    text = "too many values to unpack (expected 2)"
    if len(kernel) < 2:
        text = f"not enough values to unpack (expected 2, got {len(kernel)})"
    raise RejectedError(by, "ValueError", text)


def _check_metadata(metadata: object, context: Context) -> None:
    if not isinstance(metadata, dict):
        kind = kind_of(metadata)
        printed = f"<class '{kind}'>" if kind else "..."
        raise rejected(context, _SANITIZE, "metadata-dict", got_type=printed, got=str(metadata))
    trust = metadata.get("trust_remote_code")
    if trust is not None and not isinstance(trust, bool):
        raise rejected(context, _SANITIZE, "trust-bool", got=str(trust))
    if metadata.get("revision") is None and metadata.get("version") is None:
        raise rejected(context, _SANITIZE, "missing-revision", revision="None", version="None")


def _final(metadata: object) -> dict[str, object]:
    """The metadata that from_pretrained hands on: a version comes before a revision."""
    if not isinstance(metadata, dict):
        raise _without_attribute(_LOAD, metadata, "get")
    version = metadata.get("version")
    one = {"revision": metadata.get("revision")} if version is None else {"version": version}
    return {**one, "trust_remote_code": metadata.get("trust_remote_code", False) or False}


def _split(text: object) -> tuple[str, str]:
    if isinstance(text, bytes):
        message = "a bytes-like object is required, not 'str'"
        raise RejectedError(_LOAD, "TypeError", message)
    if not isinstance(text, str):
        raise _without_attribute(_LOAD, text, "partition")
    repo_id, _, layer_name = text.partition(":")
    return repo_id, layer_name


def _without_attribute(by: str, value: object, name: str) -> RejectedError:
    kind = kind_of(value)
    message = f"'{kind}' object has no attribute '{name}'" if kind else None
    return RejectedError(by, "AttributeError", message)


def _local(kernel: object, context: Context) -> Repository:
    from pathlib import PurePath

    if not isinstance(kernel, str):
        raise _without_attribute(_CREATE, kernel, "split")
    path, layer_name = kernel.split(":")[:2]
    if broken := local_repository_error(context):
        raise RejectedError(_CREATE, *broken)
    values = {
        "repo_path": str(PurePath(path)),
        "package_name": path.split("/")[-1],
        "layer_name": layer_name,
    }
    passed = context.release.local_repository_arguments
    return Repository("LocalLayerRepository", tuple((name, values[name]) for name in passed))


def _remote(by: str, arguments: dict[str, object], context: Context) -> Repository:
    """A call of ``LayerRepository`` (kernels 0.9 to 0.17, layer.py)."""
    given = [arguments.get(name) is not None for name in ("version", "revision")]
    if all(given):
        message = "Either a revision or a version must be specified, not both."
        raise RejectedError(by, "ValueError", message)
    if not any(given) and context.kernels.requires_version_or_revision:
        raise RejectedError(by, "ValueError", "Either a revision or a version must be specified.")
    passed = tuple(item for item in arguments.items() if item[1] is not None)
    return Repository("LayerRepository", passed)
