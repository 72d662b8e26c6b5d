"""Why a layer does not run its kernel: the codes, and which code an exception stands for."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.rules.messages import MESSAGES

if TYPE_CHECKING:
    from kernlint.model.runtime import ExceptionFacts, Stage, Way

#: What stands before the name of an exception that has no code of its own.
OTHER = "OTHER:"


class Reason(Record):
    """A stable code, what it says in a line, and what to do.

    ``meaning`` is a sentence without a full stop, so that it can stand after a colon.
    """

    code: str
    meaning: str
    advice: str | None = None


_ALL = (
    Reason(
        "LAYER-NOT-IN-MODEL",
        "no module of the model carries the layer name",
        "leave the name out of the config for this model",
    ),
    Reason(
        "MAPPING",
        "transformers does not take the kernel that is written",
        "run `kernlint` on the file: it says what to write instead",
    ),
    Reason(
        "DEVICE",
        "the mapping has no kernel for this device",
        "add a kernel for the device, or check on a device that the mapping names",
    ),
    Reason("PROPERTIES", "the kernel is registered for other capabilities than the device has"),
    Reason(
        "MODE",
        "the kernel is not registered for this mode",
        "a KernelConfig registers a kernel for one mode: that of the model when it is applied, "
        "without torch.compile",
    ),
    Reason(
        "NO-BACKWARD",
        "the kernel has no backward pass",
        "use another kernel for training, or none",
    ),
    Reason(
        "NO-COMPILE",
        "the kernel does not support torch.compile",
        "use another kernel, or do not compile the model",
    ),
    Reason(
        "VARIANT",
        "the kernel has no build for this system",
        "use a version of the kernel that has one, or a torch that it is built for",
    ),
    Reason("PATH", "the folder of the kernel is missing or holds no build", "build the kernel"),
    Reason(
        "FILE-MISSING",
        "a file that the kernel needs is missing",
        "the kernel is broken: report it where it comes from",
    ),
    Reason("CONDITION", "the `kernel_condition` of the layer's class excludes the module"),
    Reason(
        "DISABLED",
        "`DISABLE_KERNEL_MAPPING` is set, so kernels replaces no layer",
        "unset `DISABLE_KERNEL_MAPPING`",
    ),
    Reason(
        "HUB-KERNELS-OFF",
        "`USE_HUB_KERNELS` is off, so transformers declares no layer",
        "unset `USE_HUB_KERNELS`",
    ),
    Reason(
        "SIGNATURE",
        "the kernel's forward takes other arguments than the layer's",
        "use a kernel that is made for this layer",
    ),
    Reason(
        "NOT-STATELESS",
        "the kernel's class has a constructor or members of its own",
        "a kernel layer is a class with a forward, and reads what it needs from the module",
    ),
    Reason("NOT-A-LAYER", "the kernel is no class below torch.nn.Module"),
    Reason("NO-LAYERS", "the kernel repository defines no layers", "use a kernel that has layers"),
    Reason(
        "LAYER-MISSING",
        "the kernel repository has no layer of that name",
        "the name after the colon is that of a class in the kernel's `layers`",
    ),
    Reason("IMPORT", "the code of the kernel cannot be imported"),
    Reason("METADATA", "the kernel's metadata.json cannot be read", "build the kernel again"),
    Reason(
        "MIN-VERSION",
        "the kernel needs a newer release of kernels",
        "use a version of the kernel that this release of kernels loads",
    ),
    Reason(
        "DEPENDENCY",
        "the kernel needs a package that is not there",
        "install the package that the message names",
    ),
    Reason(
        "VERSION",
        "the kernel repository has no such version",
        "write one of the versions that the message names",
    ),
    Reason(
        "REPO-MISSING",
        "the kernel repository does not exist, or cannot be seen from here",
        "look at the name of the repository and at the token of the Hub",
    ),
    Reason(
        "REVISION-MISSING",
        "the kernel repository has no such revision",
        "write a branch, tag or commit of the repository",
    ),
    Reason("BUILD-MISSING", "the kernel repository has no builds, or lacks a file of one"),
    Reason(
        "ARCH",
        "the build of the kernel is not made for this accelerator",
        "use a version of the kernel that is built for it",
    ),
    Reason(
        "UNTRUSTED",
        "the publisher of the kernel is not trusted",
        "read the code; to trust it, write a tuple of the kernel and "
        '`{"version": 1, "trust_remote_code": True}`',
    ),
    Reason(
        "TRUST-UNKNOWN",
        "whether the publisher of the kernel is trusted could not be found out",
        "check again with the Hub in reach; for a kernel below a user's account, which has no "
        "such mark, `trust_remote_code` decides",
    ),
    Reason(
        "OFFLINE",
        "the kernel is not in the cache, and the Hub may not be asked",
        "check without `--offline` and `HF_HUB_OFFLINE`, or fill the cache before",
    ),
    Reason("NETWORK", "the Hub could not be reached", "check again with the Hub in reach"),
    Reason(
        "TELEMETRY",
        "with telemetry turned off this kernels cannot ask the Hub for anything",
        "unset `HF_HUB_DISABLE_TELEMETRY`, `DISABLE_TELEMETRY` and `DO_NOT_TRACK`",
    ),
    Reason(
        "SAME-ID",
        "another kernel has the same id in its metadata, and its layers are used instead",
        "give each kernel an id of its own: build them again",
    ),
    Reason("CRASHED", "the process crashed"),
    Reason("HUNG", "the process did not end in time", "allow more time with `--timeout`"),
    Reason("EXITED", "the code of the kernel ended the process"),
    Reason(
        "REPLACED",
        "another kernel was put in its place",
        "`inherit_mapping=False` leaves out the default mapping",
    ),
    Reason(
        "ABORTED",
        "something else ended the attempt before its turn",
        "mend that first, and check again",
    ),
    Reason(
        "INHERITED",
        "a kernel of the default mapping raised, which ended the attempt",
        "`inherit_mapping=False` leaves out the default mapping",
    ),
    Reason("FOREIGN", "something that is neither the kernel nor the original code runs"),
    Reason(
        "NOT-CALLED",
        "a forward pass of the model does not call the layer",
        "`--no-execute` is content with the kernel being in place",
    ),
    Reason("NOT-EXECUTED", "the modules were called, but the kernel's own code did not run"),
    Reason("CALL", "the kernel raises when it is called", "use a kernel that is made for it"),
    Reason("WRONG-OUTPUT", "the kernel's results differ from those of the original code"),
    Reason("WRONG-GRADIENT", "the kernel's gradients differ from those of the original code"),
    Reason("NO-GRADIENT", "no gradient comes through the kernel", "do not train with it"),
    Reason("MUTATES", "the kernel changes its inputs"),
    Reason(
        "NO-ACCELERATOR",
        "there is no accelerator of that kind here",
        "check on a machine that has one",
    ),
    Reason(
        "LIBRARIES",
        "torch, transformers or kernels cannot be imported",
        "`--python` names an interpreter that has them",
    ),
    Reason(
        "VERSIONS",
        "the releases of transformers and kernels do not work together, or are too old to check",
        "install `transformers[kernels]`, which requires a kernels that fits",
    ),
    Reason("MODEL", "the model could not be built", "look at `--model`"),
)

REASONS = {reason.code: reason for reason in _ALL}


def reason(code: str) -> Reason:
    """The reason of a code; KeyError for a code that is none."""
    if code.startswith(OTHER):
        return Reason(code, f"{code[len(OTHER) :]} was raised")
    return REASONS[code]


def classify(raised: ExceptionFacts, stage: Stage | None = None, *, offline: bool = False) -> str:
    """The code of an exception; ``OTHER:`` and its type where it has none.

    Args:
        raised: The exception, as recorded.
        stage: The step that raised it, where that is known.
        offline: Whether the Hub may not be asked. Then what is not found is not found in the
            cache, which says nothing about the Hub.
    """
    for message in MESSAGES:
        if message.fits(raised, stage):
            if offline and message.code in {"VERSION", "VARIANT"} and not message.local:
                return "OFFLINE"
            return message.code
    if _reads_the_mapping(raised, stage):
        return "MAPPING"
    return f"{OTHER}{raised.type}"


def _reads_the_mapping(raised: ExceptionFacts, stage: Stage | None) -> bool:
    """Whether transformers was reading the mapping, whatever it came across there.

    Before a kernel is loaded there is nothing else to do. Where from_pretrained looks for layouts
    it loads kernels, too, so that the place of the exception has to tell.

    Source: transformers 5.22, ``utils/kernel_config.py``, ``integrations/hub_kernels.py``.
    """
    if stage == "register" and raised.frames:
        file = raised.frames[-1].rpartition(":")[0].replace("\\", "/")
        return file.endswith("transformers/integrations/hub_kernels.py")
    return stage in {"sanitize", "create"}


def is_silent(raised: ExceptionFacts, code: str, stage: Stage | None, way: Way) -> bool:
    """Whether transformers says nothing about an exception and leaves the original code.

    ``kernelize`` is called with every fallback of kernels, so that a mapping without a kernel
    for the device, its capability or the mode says nothing, nor does any FileNotFoundError
    while the kernel is loaded. Before that nothing is held back: neither while the mapping is
    read, nor while from_pretrained loads the kernels to look for fusions.

    Source: transformers 5.22, ``integrations/hub_kernels.py`` (``kernelize``,
    ``register_kernel_replacements_and_fusions``); kernels 0.17, ``layer/layer.py``
    (``kernelize_layer``).
    """
    if stage in {"sanitize", "create", "register"}:
        return False
    if code in {"DEVICE", "PROPERTIES", "MODE"}:
        return True
    return way == "set_use_kernels" and "FileNotFoundError" in raised.mro
