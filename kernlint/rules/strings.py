"""Rules about kernel strings, and KL103: their form."""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.pattern import lazy
from kernlint.model.record import Record
from kernlint.rules.base import Rule, example
from kernlint.rules.mend import mending, reach, retyped
from kernlint.rules.paths import Slot, Verdict, finish, flag, raises, silent, slots, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic, Fix, Place
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context

_REPO_ID = lazy(r"(\b[\w\-.]{1,96}\b/)?\b[\w\-.]{1,96}\b", re.ASCII)
_PATH = lazy(r"[/~\\]|\.{1,2}/|[A-Za-z]:[/\\]|file:|https?:|hf:")
_COLON_PATH = lazy(r"[A-Za-z]:[/\\]|file:|https?:|hf:")


class Fault(Record):
    """What is wrong in a kernel string, where (characters), and what comes of it."""

    start: int
    end: int
    message: str
    help: str
    validated: Verdict
    preloaded: Verdict
    place: Place | None = None
    fix: Fix | None = None


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
                found = self.found(place, fault.message, help=fault.help, fix=fault.fix)
                yield finish(found, outcome, config)

    def fault(self, text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
        """What this rule has against a kernel string."""
        return None


def loading(context: Context, exception: str, message: str) -> Verdict:
    """An exception that the kernel is loaded with."""
    return raises(context, "loading the kernel", exception, message)


def is_path(text: str, *, local: bool) -> bool:
    """Whether a string is a path in a place where it cannot work as one.

    A path without ``use_local_kernel`` is one; with it, a path that has a colon.
    """
    return (_COLON_PATH if local else _PATH).match(text) is not None


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
                    "GeLU": «""»,
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
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": {
                        "cuda": "kernels-community/liger-kernels:LigerRMSNorm",
                        "rocm": "kernels-community/liger kernels:LigerRMSNorm",
                        "xpu": "kernels-community/liger-kernels:",
                        "npu": "kernels-community/liger-kernels:Liger:RMSNorm",
                    }
                }
            )
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            KERNELS = {
                "RMSNorm": "« kernels-community/liger-kernels »: LigerRMSNorm",
            }
            config = KernelConfig(KERNELS)
            """,
            """
            from transformers import KernelConfig

            KERNELS = {
                "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",
            }
            config = KernelConfig(KERNELS)
            """,
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
        if local is None:
            return None
        fault = _missing(text, slot, context, local=local)
        if fault is not None or is_path(text, local=local):
            return fault
        fault = _empty(text, slot, context)
        if fault is None and not local:
            fault = _repository(text, context)
        fault = fault or _layer(text, context)
        if fault is None:
            return None
        return fault._replace(fix=_stripped(text, slot, config, local=local))


def _stripped(text: str, slot: Slot, config: Config, *, local: bool) -> Fix | None:
    """The string without the spaces around its parts, where nothing else is wrong with it."""
    repo, _, layer = text.partition(":")
    parts = [(len(repo) + 1, layer)]
    if not local:  # a folder may have such a name
        parts.insert(0, (0, repo))
        name, _, _ = repo.strip().partition("@")  # a revision is another rule's (KL109)
        if repo_id_error(name) is not None or "/" not in name:
            return None
    if slot.text is None or not layer.strip().isidentifier():
        return None
    edits = [
        retyped(slot.text, start, end, "")
        for at, part in parts
        for start, end in (
            (at, at + len(part) - len(part.lstrip())),
            (at + len(part.rstrip()), at + len(part)),
        )
        if start < end
    ]
    if not edits:
        return None
    return mending(reach(slot.text, config), "remove the spaces", *edits)


def _missing(text: str, slot: Slot, context: Context, *, local: bool) -> Fault | None:
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
        early = _invalid_string(text, slot, context)
    elif not local:
        asked = f"it asks the Hub for a repository `{repo}`"
        early = raises(context, "`from_pretrained`", "RepositoryNotFoundError", asked)
    advice = 'write `"org/repo:LayerName"`'
    if not text and slot.text is not None:
        advice += ", or leave the layer out"
        message = "the kernel string is empty"
        return Fault(0, 0, message, advice, rejected, early, slot.text.place)
    if not colon:
        message, end = f"`{text}` names no layer: there is no `:`", len(text)
    else:
        message, end = f"`{text}` names no organisation: there is no `/`", len(repo)
    return Fault(0, end or len(text), message, advice, rejected, early)


def _empty(text: str, slot: Slot, context: Context) -> Fault | None:
    """A string whose repository or layer is empty."""
    repo, _, layer = text.partition(":")
    if repo and layer:
        return None
    early = _invalid_string(text, slot, context)
    if repo:
        late = _no_layer(context, "", repo)
        message = f"`{text}` names no layer after the `:`"
    else:
        late = loading(context, "HFValidationError", repo_id_error("") or "")
        message = f"`{text}` names no repository before the `:`"
    return Fault(len(repo), len(repo) + 1, message, 'write `"org/repo:LayerName"`', late, early)


def _invalid_string(text: str, slot: Slot, context: Context) -> Verdict:
    name = _layer_name(slot)
    message = context.release.message("repository-string", layer_name=repr(name), got=repr(text))
    return raises(context, "`from_pretrained`", "ValueError", message)


def _no_layer(context: Context, layer: str, repo: str) -> Verdict:
    return loading(context, "ValueError", f"Layer `{layer}` not found in kernel repo `{repo}`")


def _repository(text: str, context: Context) -> Fault | None:
    """The part before the first colon, as the client of the Hub sees it."""
    repo = text.partition(":")[0]
    error = repo_id_error(repo)
    if "@" in repo or (error is None and "/" in repo):
        return None
    if error is None:
        error = f"the string is cut at its first `:`, which leaves `{repo}` as the repository"
        fails = loading(context, "RepositoryNotFoundError", error)
        message = f"`{text}` names no organisation before its first `:`"
        return Fault(0, len(repo), message, 'write `"org/repo:LayerName"`', fails, fails)
    fails = loading(context, "HFValidationError", error)
    reason, advice = "is not a repository id", "write the id as on the Hub: `org/repo`"
    if any(character.isspace() for character in repo):
        reason, advice = "has a space in it", "remove the space"
    return Fault(0, len(repo), f"`{repo}` {reason}", advice, fails, fails)


def _layer(text: str, context: Context) -> Fault | None:
    """The part after the first colon, of which set_use_kernels takes what is before the next."""
    repo, _, layer = text.partition(":")
    start = len(repo) + 1
    used, second, _ = layer.partition(":")
    if second:
        late = silent(context, f"the string is cut at the second `:` and layer `{used}` is used")
        if not used.isidentifier():
            late = _no_layer(context, used, repo)
        early = _no_layer(context, layer, repo)
        message = f"`{text}` has more than one `:`"
        return Fault(start + len(used), len(text), message, "keep one layer name", late, early)
    if not layer.isidentifier():
        fails = _no_layer(context, layer, repo)
        reason, advice = "is not the name of a class", "write the name of the class"
        if layer.strip().isidentifier():
            reason, advice = "has a space beside it, which is not stripped", "remove the space"
        return Fault(start, len(text), f"layer `{layer}` {reason}", advice, fails, fails)
    return None


def repo_id_error(repo: str) -> str | None:
    """What the client of the Hub says of a repository id; None where it accepts it.

    Source: huggingface_hub 1.0 to 2.4, utils/_validators.py, validate_repo_id.
    """
    if repo.count("/") > 1:
        return f"Repo id must be in the form 'repo_name' or 'namespace/repo_name': '{repo}'. ..."
    if not _REPO_ID.fullmatch(repo):
        return f"Repo id must use alphanumeric chars, '-', '_' or '.'. ... '{repo}'."
    if "--" in repo or ".." in repo:
        return f"Cannot have -- or .. in repo_id: '{repo}'."
    return f"Repo_id cannot end by '.git': '{repo}'." if repo.endswith(".git") else None


def _layer_name(slot: Slot) -> str:
    return str(getattr(slot.layer, "value", "..."))
