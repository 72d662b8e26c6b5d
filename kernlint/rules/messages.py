"""The exceptions of transformers, kernels and huggingface_hub, and the reasons they stand for.

Read in transformers 5.22.2, kernels 0.17.2 and huggingface_hub 2.4.0, in the files that are named
beside each.
"""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record

if TYPE_CHECKING:
    from kernlint.model.runtime import ExceptionFacts, Stage

#: What kernels notes on every exception of a kernel's own code while it is imported
#: (kernels ``importer.py``; Python 3.10 has no notes).
IMPORTING = "while importing kernel"


class Message(Record):
    """How an exception is told by its classes and its text.

    ``classes`` are names of which one must be in its mro; none for any. ``pattern`` is searched
    in the message. ``stages`` are the steps that can raise it; none for any. ``importing`` tells
    whether the kernel's code was being imported; None where that is not asked. ``local`` tells
    that it is about a kernel on this machine. ``source`` is the library and file of the text.
    """

    code: str
    classes: frozenset[str]
    pattern: re.Pattern[str]
    source: str
    stages: frozenset[str] = frozenset()
    importing: bool | None = None
    local: bool = False

    def fits(self, raised: ExceptionFacts, stage: Stage | None) -> bool:
        """Whether the exception is this one; a stage that is not known excludes nothing."""
        if self.classes and not self.classes.intersection(raised.mro):
            return False
        if self.stages and stage is not None and stage not in self.stages:
            return False
        if self.importing is not None and self.importing != is_importing(raised):
            return False
        return self.pattern.search(raised.message) is not None


def is_importing(raised: ExceptionFacts) -> bool:
    """Whether an exception came out of the kernel's own code while it was imported."""
    return any(note.startswith(IMPORTING) for note in raised.notes)


def _said(
    code: str,
    classes: str,
    pattern: str,
    source: str,
    *,
    stages: str = "",
    importing: bool | None = None,
    local: bool = False,
) -> Message:
    return Message(
        code,
        frozenset(classes.split()),
        re.compile(pattern, re.DOTALL),
        source,
        frozenset(stages.split()),
        importing,
        local,
    )


_CONFIG = "transformers utils/kernel_config.py"
_HUB = "transformers integrations/hub_kernels.py"
_MODEL = "transformers modeling_utils.py"
_LAYER = "kernels layer/layer.py"
_REPOS = "kernels layer/repos.py"
_IMPORTER = "kernels importer.py"
_RESOLVER = "kernels resolver.py"
_TRUST = "kernels hf_hub.py"
_VERSIONS = "kernels _versions.py"
_DEPENDENCIES = "kernels python_deps.py"
_ERRORS = "huggingface_hub errors.py"
_DOWNLOAD = "huggingface_hub file_download.py, _snapshot_download.py"

#: In this order: the first that fits counts.
MESSAGES = (
    # What the kernel's own code does while it is imported, whatever it raises.
    _said("EXITED", "SystemExit", "", "Python"),
    _said("FILE-MISSING", "FileNotFoundError", "", _IMPORTER, importing=True),
    _said("IMPORT", "", "", _IMPORTER, importing=True),
    # The mapping, before any kernel is loaded.
    _said("LAYER-NOT-IN-MODEL", "ValueError", "^Layer .* is not registered in the model", _CONFIG),
    # The device of the model itself: the mapping's own devices are looked at before.
    _said(
        "NO-ACCELERATOR",
        "ValueError",
        r"^Only devices in .* are supported, got: (cpu|meta)$",
        _CONFIG,
        stages="create",
    ),
    *(
        _said("MAPPING", "ValueError", pattern, _CONFIG)
        for pattern in (
            "^Kernel mapping must ",
            "^Kernel mapping for .* must be a valid repo name",
            r"^Only devices in .* are supported, got: ",
            "^The passed metadata as second entry in a tuple needs to be a dict",
            "^Expected a bool value for `trust_remote_code`",
            "^Expected valid combination for version/revision",
        )
    ),
    _said("MAPPING", "ValueError", "^Expected `kernel_config` to be of type", _MODEL),
    *(
        _said("MAPPING", "ValueError", pattern, _HUB)
        for pattern in (
            "^Expected exactly one kernel repo",
            "^Invalid hub repo ",
            "^Invalid kernel repo string ",
            "^Fused kernel .* requires a companion layout class",
            "^All patterns for a fused kernel must share the same parent",
            "^Module .* does not have the expected child modules",
            "^No module matched pattern .* for fused kernel",
        )
    ),
    # A tuple or something else where transformers takes a string apart.
    _said(
        "MAPPING",
        "AttributeError",
        "object has no attribute '(split|partition)'",
        f"{_CONFIG}; {_HUB}",
    ),
    _said("MAPPING", "ValueError", "^Either a revision or a version must be specified", _LAYER),
    _said("MAPPING", "ValueError", "^Only one of `revision` or `version` must be", _VERSIONS),
    _said("MAPPING", "HFValidationError", "", "huggingface_hub utils/_validators.py"),
    _said("MAPPING", "ValueError", "^Unknown device type: ", _REPOS),
    # What the libraries say of themselves and of the machine.
    _said("VERSIONS", "ValueError", "^Kernels are not available", _MODEL),
    _said("VERSIONS", "RuntimeError", "requires `kernels` to be installed", _HUB),
    _said("VERSIONS", "ImportError", "^`kernels` is either not installed or uses an incom", _HUB),
    _said("NO-ACCELERATOR", "AssertionError", "^Torch not compiled with ", "torch"),
    _said(
        "NO-ACCELERATOR",
        "RuntimeError",
        "No (CUDA|HIP) GPUs are available|Found no NVIDIA driver",
        "torch",
    ),
    # What kernelize says, in its order.
    _said("PROPERTIES", "ValueError", "^No layer mapping for .* with the right properties", _LAYER),
    _said("DEVICE", "ValueError", "^No layer mapping for ", _LAYER),
    _said("MODE", "ValueError", "^No repository for .* for configuration mode=", _LAYER),
    _said("MODE", "ValueError", "^Available kernel does not support mode", _LAYER),
    _said("NO-BACKWARD", "ValueError", "does not support backward", _LAYER),
    _said("NO-COMPILE", "ValueError", r"does not support torch\.compile", _LAYER),
    _said("SIGNATURE", "TypeError", "^Forward signature of .* does not match", _LAYER),
    _said("NOT-STATELESS", "TypeError", r"must not override nn\.Module constructor", _LAYER),
    _said("NOT-STATELESS", "TypeError", "must not contain additional members", _LAYER),
    _said("NOT-A-LAYER", "TypeError", "is not a Torch layer", _LAYER),
    # The same check of something that is no class at all.
    _said("NOT-A-LAYER", "TypeError", r"^issubclass\(\) arg 1 must be a class", _LAYER),
    _said("NO-LAYERS", "ValueError", "does not define any layers", _LAYER),
    _said("LAYER-MISSING", "ValueError", "^Layer .* not found in kernel repo", _LAYER),
    _said("LAYER-MISSING", "ValueError", "^Function .* not found in ", "kernels layer/func.py"),
    # Finding a build.
    _said(
        "PATH",
        "FileNotFoundError",
        r"^Cannot find a build variant for this system in (?!.*\(revision: )[^\n]*:\s*$",
        _RESOLVER,
        local=True,
    ),
    _said(
        "VARIANT",
        "FileNotFoundError",
        r"^Cannot find a build variant for this system in (?![^\n]*\(revision: )",
        _RESOLVER,
        local=True,
    ),
    _said("VARIANT", "FileNotFoundError", "^Cannot find a build variant for", _RESOLVER),
    _said("OFFLINE", "FileNotFoundError", "^Cannot find a local snapshot for", _RESOLVER),
    _said("FILE-MISSING", "FileNotFoundError", "^Variant path does not exist", _RESOLVER),
    _said("FILE-MISSING", "FileNotFoundError", "^No kernel module found at", _IMPORTER),
    _said("OFFLINE", "ValueError", "Hugging Face Hub is in offline mode", _VERSIONS),
    _said("VERSION", "ValueError", "^Version .* not found, available versions", _VERSIONS),
    _said("UNTRUSTED", "ValueError", "is not from a trusted publisher", _TRUST),
    _said("TRUST-UNKNOWN", "ValueError", "could not verify publisher trust status", _TRUST),
    _said("METADATA", "ValueError", "^Cannot parse metadata from ", "kernels _rust"),
    _said("METADATA", "OSError", r"^Failed to open .*metadata\.json", "kernels _rust"),
    _said("MIN-VERSION", "RuntimeError", "requires kernels>=", "kernels validate.py"),
    _said("ARCH", "RuntimeError", "does not support the current device", "kernels archs.py"),
    _said("DEPENDENCY", "ImportError", "requires Python dependency", _DEPENDENCIES),
    _said("DEPENDENCY", "ValueError", "uses unsupported kernel dependency", _DEPENDENCIES),
    _said("DEPENDENCY", "RuntimeError", "not found in kernel dependencies", "kernels deps.py"),
    # What the Hub answers, or does not. Both libraries for HTTP name their exceptions alike.
    _said("TELEMETRY", "LocalProtocolError", "^Illegal header value", "httpx2, h11"),
    _said("REPO-MISSING", "RepositoryNotFoundError DisabledRepoError", "", _ERRORS),
    _said("REVISION-MISSING", "RevisionNotFoundError", "", _ERRORS),
    _said("BUILD-MISSING", "RemoteEntryNotFoundError", "", _ERRORS),
    _said("OFFLINE", "OfflineModeIsEnabled", "", _ERRORS),
    _said("OFFLINE", "LocalEntryNotFoundError", "outgoing traffic has been disabled", _DOWNLOAD),
    _said("NETWORK", "LocalEntryNotFoundError", "", _DOWNLOAD),
    # Before huggingface_hub 1.0 this is what the Hub answers.
    _said("BUILD-MISSING", "EntryNotFoundError", "", _ERRORS),
    _said(
        "NETWORK",
        "HfHubHTTPError",
        r"\b5\d\d Server Error|^Server error |\b429 Too Many Requests|^Client error '(408|429) ",
        "huggingface_hub utils/_http.py",
    ),
    _said("NETWORK", "TransportError ConnectionError TimeoutError", "", "httpx2; Python"),
    # Where Python has no notes, an import that fails shows as what it is.
    _said("FILE-MISSING", "FileNotFoundError", "", "Python"),
    _said("IMPORT", "ImportError", "", "Python"),
    _said("IMPORT", "OSError", r"\.(so|pyd|dylib|dll)\b", "Python"),
)
