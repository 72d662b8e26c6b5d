"""Every reason for which a kernel is not used, as something that the real libraries can run."""

from __future__ import annotations

from typing import NamedTuple

from tests.runtime.hub import named


class Reason(NamedTuple):
    """A cause, and what brings it about.

    ``entry`` is the value of ``RMSNorm`` in a KernelConfig. With ``mapping``, Python source,
    that is handed to kernels instead, and no KernelConfig is made. ``mode`` is the source of the
    mode that the model is kernelized for; None for what transformers takes by itself. ``before``
    is source that runs first. Source sees ``torch``, ``kernels``, ``model``, and ``local(NAME)``
    and ``hub(NAME)``, which are repositories with a ``Layer``. ``surroundings`` name the
    environment, see ``record.py``.
    """

    cause: str
    entry: object = None
    local: bool = False
    training: bool = False
    mode: str | None = None
    mapping: str | None = None
    before: str = ""
    surroundings: str = "online"
    name: str = "RMSNorm"


def _here(name: str) -> str:
    return f"@HERE@/{name}:Layer"


def _local(cause: str, *, training: bool = False) -> Reason:
    return Reason(cause, _here(cause), local=True, training=training)


def _hub(cause: str, repository: str, **metadata: object) -> Reason:
    text = repository if ":" in repository else named(repository)
    return Reason(cause, (text, metadata) if metadata else text)


REASONS: tuple[Reason, ...] = (
    _local("good"),
    Reason("good-in-training", _here("good"), local=True, training=True),
    # What the mapping says.
    Reason("no-entry-for-device", {"xpu": named("good")}),
    Reason("layer-not-in-model", named("good"), name="RMSNormGated"),
    Reason(
        "device-properties",
        mapping=(
            "{'RMSNorm': {kernels.Device(type='cuda', properties=kernels.CUDAProperties("
            "min_capability=100, max_capability=120)): local('good')}}"
        ),
    ),
    Reason("no-entry-in-kernels-mapping", mapping="{'RMSNorm': {'xpu': local('good')}}"),
    Reason("not-in-kernels-mapping", mapping="{'SiLU': {'cuda': local('silu')}}"),
    Reason(
        "mode-not-registered",
        _here("good"),
        local=True,
        mode="kernels.Mode.INFERENCE | kernels.Mode.TORCH_COMPILE",
    ),
    Reason(
        "kernel-lacks-compile",
        mapping="{'RMSNorm': {'cuda': local('no-compile')}}",
        mode="kernels.Mode.INFERENCE | kernels.Mode.TORCH_COMPILE",
    ),
    Reason(
        "kernel-lacks-backward",
        mapping="{'RMSNorm': {'cuda': local('no-backward')}}",
        mode="kernels.Mode.TRAINING",
        training=True,
    ),
    Reason(
        "registered-for-compile",
        mapping=(
            "{'RMSNorm': {'cuda': {kernels.Mode.INFERENCE | kernels.Mode.TORCH_COMPILE: "
            "local('no-compile')}}}"
        ),
        mode="kernels.Mode.INFERENCE | kernels.Mode.TORCH_COMPILE",
    ),
    _local("no-backward", training=True),
    Reason(
        "kernel-condition",
        _here("good"),
        local=True,
        before=(
            "for module in model.modules():\n"
            "    if getattr(type(module), 'kernel_layer_name', None) == 'RMSNorm':\n"
            "        type(module).kernel_condition = staticmethod(lambda module: False)\n"
        ),
    ),
    # No build that fits.
    _local("other-variant"),
    Reason("missing-folder", "/no/such/folder:Layer", local=True),
    _hub("hub-rocm-only", "rocm-only"),
    _hub("hub-old-torch", "old-torch"),
    _hub("hub-arm-only", "arm-only"),
    # The kernel does not fit the layer.
    _local("signature-count"),
    _local("signature-kind"),
    _local("renamed-argument"),
    _local("own-init"),
    _local("extra-member"),
    _local("not-a-module"),
    _local("no-layers"),
    _local("layer-missing"),
    # The import fails.
    _local("import-fails"),
    _local("shared-object"),
    _local("file-not-found"),
    _local("syntax-error"),
    _local("system-exit"),
    # The metadata are wrong.
    _local("broken-metadata"),
    _local("no-python-depends"),
    _local("newer-kernels"),
    _local("missing-dependency"),
    _local("unknown-dependency"),
    # What the Hub says.
    _hub("hub-good", "good"),
    _hub("hub-good-by-revision", "good", revision="v1"),
    _hub("hub-no-version", "good", version=9),
    _hub("hub-version-is-text", "good", version="1"),
    _hub("hub-main-only", "main-only"),
    _hub("hub-no-repository", "no-such-repository"),
    _hub("hub-no-repository-by-revision", "no-such-repository", revision="main"),
    _hub("hub-no-revision", "good", revision="no-such-branch"),
    _hub("hub-no-build", "no-build"),
    _hub("hub-architecture", "sm-80a"),
    _hub("hub-untrusted", "untrusted/good:Layer"),
    _hub("hub-unknown-publisher", "somebody/good:Layer"),
    _hub("hub-untrusted-but-allowed", "untrusted/good:Layer", version=1, trust_remote_code=True),
    _hub("network-down", "good")._replace(surroundings="network-down"),
    _hub("network-down-by-revision", "good", revision="v1")._replace(surroundings="network-down"),
    _hub("offline-not-cached", "no-backward")._replace(surroundings="offline"),
    _hub("offline-revision-not-cached", "no-backward", revision="v1")._replace(
        surroundings="offline"
    ),
    _hub("offline-version-without-ref", "silu")._replace(surroundings="offline"),
    _hub("offline-good", "good")._replace(surroundings="offline"),
    _hub("telemetry-off", "good")._replace(surroundings="telemetry-off"),
    _hub("telemetry-off-by-revision", "good", revision="v1")._replace(surroundings="telemetry-off"),
    # What the environment says.
    Reason("hub-kernels-off", _here("good"), local=True, surroundings="hub-kernels-off"),
    Reason("mapping-disabled", _here("good"), local=True, surroundings="mapping-disabled"),
)
