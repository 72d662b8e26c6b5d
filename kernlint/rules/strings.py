"""Rules about kernel strings, and KL103: their form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kernlint.rules.base import Rule, example
from kernlint.rules.paths import Slot, Verdict, finish, flag, raises, silent, slots, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Place
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context

# huggingface_hub 1.x and 2.x, utils/_validators.py, validate_repo_id.
_REPO_ID = re.compile(r"(\b[\w\-.]+\b/)?\b[\w\-.]{1,96}\b", re.ASCII)
#: What huggingface_hub says of a repository id that it does not accept.
BAD_ID = "Repo id must use alphanumeric chars, '-', '_' or '.'. ..."
_PATH = re.compile(r"[/~\\]|\.{1,2}/|[A-Za-z]:[/\\]|file:")
#: A path of Windows.
DRIVE = re.compile(r"[A-Za-z]:[/\\]")


class Fault(NamedTuple):
    """What is wrong in a kernel string, where (characters), and what comes of it."""

    start: int
    end: int
    message: str
    help: str
    validated: Verdict
    preloaded: Verdict
    place: Place | None = None


class StringRule(Rule):
    """A rule about the string of a kernel: at most one finding for each."""

    severity = "error"

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every kernel string of the mapping."""
        for slot in slots(config):
            if slot.text is None:
                continue
            fault = self.fault(str(slot.text.value), slot, config, context)
            outcome = fault and worst(config, context, fault.validated, fault.preloaded)
            if fault and outcome:
                place = fault.place or slot.text.part(fault.start, fault.end)
                found = self.found(place, fault.message, help=fault.help)
                yield finish(found, outcome, config)

    def fault(self, text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
        """What this rule has against a kernel string."""
        return None


def loading(context: Context, exception: str, message: str) -> Verdict:
    """An exception that the kernel is loaded with."""
    return raises(context, "loading the kernel", exception, message)


def is_path(text: str) -> bool:
    """Whether a string can only be meant as a path."""
    return _PATH.match(text) is not None


class MalformedKernelString(StringRule):
    """A kernel string does not have the form `org/repo:LayerName`.

    Without a slash or a colon `sanitize_kernel_mapping` raises a ValueError. What
    passes that check fails when the kernel is loaded: an empty part, spaces (nothing
    is stripped), more than one slash in the repository, a layer that is no
    identifier. With two colons the mapping is split at the first one and everything
    from the second one on is dropped without a word; `from_pretrained` from
    transformers 5.11 on looks for a layer with a colon in its name.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`sanitize_kernel_mapping`, `add_to_mapping`), `integrations/hub_kernels.py`.
    """

    code = "KL103"
    name = "malformed-kernel-string"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": "«liger-kernels»:LigerRMSNorm",
                    "SiLU": "«kernels-community/activation»",
                }
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        "cuda": "kernels-community/liger-kernels:«LigerRMSNorm »",
                        "rocm": "«kernels-community/liger kernels»:LigerRMSNorm",
                        "xpu": "kernels-community/liger-kernels«:»",
                        "npu": "kernels-community/liger-kernels:Liger«:RMSNorm»",
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

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/my kernels:RMSNorm"}, use_local_kernel=True)
            """
        ),
    )

    def fault(self, text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
        """Missing, empty and superfluous parts, and parts that no Hub accepts."""
        local = flag(config.use_local_kernel)
        if DRIVE.match(text) or (local is not True and is_path(text)):
            return None
        return (
            _missing(text, slot, context)
            or _empty(text, slot, context)
            or (_parts(text, context) if local is False else None)
        )


def _missing(text: str, slot: Slot, context: Context) -> Fault | None:
    """A string without a slash or a colon."""
    repo, colon, layer = text.partition(":")
    if "/" in text and colon:
        return None
    name = _layer_name(slot)
    rejected = raises(
        context,
        "`sanitize_kernel_mapping`",
        "ValueError",
        context.release.message("repo-name", layer_name=name, repo_name=text),
    )
    early = rejected
    if not repo or not layer:
        early = raises(
            context,
            "`from_pretrained`",
            "ValueError",
            context.release.message("repository-string", layer_name=f"'{name}'", got=repr(text)),
        )
    if not colon:
        message, end = f"`{text}` names no layer: there is no `:`", len(text)
    else:
        message, end = f"`{text}` names no organisation: there is no `/`", len(repo)
    return Fault(0, end or len(text), message, 'write `"org/repo:LayerName"`', rejected, early)


def _empty(text: str, slot: Slot, context: Context) -> Fault | None:
    """A string whose repository or layer is empty."""
    repo, _, layer = text.partition(":")
    if repo and layer:
        return None
    early = raises(
        context,
        "`from_pretrained`",
        "ValueError",
        context.release.message(
            "repository-string", layer_name=f"'{_layer_name(slot)}'", got=repr(text)
        ),
    )
    if repo:
        late = loading(context, "ValueError", f"Layer `` not found in kernel repo `{repo}`")
        message = f"`{text}` names no layer after the `:`"
    else:
        late = loading(context, "HFValidationError", BAD_ID)
        message = f"`{text}` names no repository before the `:`"
    return Fault(len(repo), len(repo) + 1, message, 'write `"org/repo:LayerName"`', late, early)


def _parts(text: str, context: Context) -> Fault | None:
    """The repository and the layer of a string that has both."""
    repo, _, layer = text.partition(":")
    colon = len(repo)
    used, second, _ = layer.partition(":")
    if "@" in repo:
        return None
    if repo.count("/") > 1 or not _REPO_ID.fullmatch(repo) or "--" in repo or ".." in repo:
        fails = loading(context, "HFValidationError", BAD_ID)
        reason = "has spaces around it" if repo != repo.strip() else "is not a repository id"
        message = f"`{repo}` {reason}"
        return Fault(0, colon, message, "write the id as on the Hub: `org/repo`", fails, fails)
    if second:
        fails = loading(context, "ValueError", f"Layer `{layer}` not found in kernel repo ...")
        drops = silent(context, f"the string is cut at the second `:` and layer `{used}` is used")
        message = f"`{text}` has more than one `:`"
        return Fault(colon + 1 + len(used), len(text), message, "keep one layer name", drops, fails)
    if not layer.isidentifier():
        fails = loading(context, "ValueError", f"Layer `{layer}` not found in kernel repo ...")
        reason = (
            "has spaces around it, which are not stripped"
            if layer.strip().isidentifier()
            else "is not the name of a class"
        )
        message = f"layer `{layer}` {reason}"
        return Fault(colon + 1, len(text), message, "write the name of the class", fails, fails)
    return None


def _layer_name(slot: Slot) -> str:
    return str(getattr(slot.layer, "value", "..."))
