"""KL109 and KL111: where a kernel string says that the kernel is."""

from __future__ import annotations

import re

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import MappingValue, text_of
from kernlint.rules.base import example
from kernlint.rules.mend import before, behind, mending, reach, retyped, within
from kernlint.rules.paths import (
    Slot,
    Verdict,
    flag,
    local_repository_error,
    raises,
    silent,
    slots,
)
from kernlint.rules.strings import Fault, StringRule, is_path, loading, repo_id_error

if TYPE_CHECKING:
    from kernlint.model.diagnostic import Fix
    from kernlint.project.flow import Config
    from kernlint.project.values import Value
    from kernlint.rules.base import Context

#: A branch, tag or commit that needs no quoting.
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class RevisionInKernelString(StringRule):
    """A kernel string carries a revision: `org/repo@revision:LayerName`.

    That form exists for `attn_implementation` only. A KernelConfig takes everything
    before the colon as the repository id, and the Hub client rejects an id with an
    `@`: HFValidationError, when the kernel is loaded.

    From transformers 5.13 on write a tuple:
    `("org/repo:LayerName", {"revision": "..."})`. Before that there is no way to name
    a revision.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py` (`add_to_mapping`).
    """

    code = "KL109"
    name = "revision-in-kernel-string"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "kernels-community/liger-kernels«@v1»:LigerRMSNorm"}
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"revision": "v1"})}
            )
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": {"cuda": "kernels-community/liger-kernels«@3fa9c01»:LigerRMSNorm"}}
            )
            """,
            transformers="5.12.1",
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"revision": "v1"})}
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/kernels@v1:RMSNorm"}, use_local_kernel=True)
            """
        ),
    )

    def fault(self, text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
        """An `@` in the repository part of a Hub kernel."""
        repo, colon, layer = text.partition(":")
        at = repo.find("@")
        if at < 0 or not colon or "/" not in text or is_path(text, local=False):
            return None
        if flag(config.use_local_kernel) is not False:
            return None
        revision = repo[at + 1 :]
        fails = loading(context, "HFValidationError", repo_id_error(repo) or "")
        advice = "name no revision: this release has no form for it"
        if "revision" in context.release.metadata_keys:
            advice = f'write `("{repo[:at]}:{layer}", {{"revision": "{revision}"}})`'
        message = "a kernel string cannot carry a revision"
        fix = _pinned(text, slot, config, context)
        return Fault(at, len(repo), message, advice, fails, fails, fix=fix)


def _pinned(text: str, slot: Slot, config: Config, context: Context) -> Fix | None:
    """The tuple that names the revision, where every allowed release takes it."""
    repo, _, layer = text.partition(":")
    name, _, revision = repo.partition("@")
    if repo_id_error(name) is not None or not layer.isidentifier() or slot.text is None:
        return None
    if slot.metadata is not None or not _REVISION.fullmatch(revision):
        return None
    if not all("revision" in release.metadata_keys for release in context.allowed):
        return None
    return mending(
        reach(slot.text, config),
        "name the revision in a tuple",
        before(slot.text.place, "("),
        retyped(slot.text, len(name), len(repo), ""),
        behind(slot.text.place, f', {{"revision": "{revision}"}})'),
    )


class LocalPathMismatch(StringRule):
    """A path without `use_local_kernel=True`, or that flag without a path.

    Without the flag a path is taken as a repository id, and the Hub client raises
    HFValidationError when the kernel is loaded. With the flag every kernel of the
    mapping is a path; `~` is not expanded and a drive letter ends at its colon, so
    that the folder is not found. That raises FileNotFoundError up to transformers
    5.19. From 5.20 on `set_use_kernels` runs the original code without a message, and
    `from_pretrained` still raises. Metadata beside a path raises
    `AttributeError: 'tuple' object has no attribute 'split'`.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`add_to_mapping_local`), `integrations/hub_kernels.py` (`kernelize`).
    """

    code = "KL111"
    name = "local-path-mismatch"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "«/opt/rmsnorm»:RMSNorm"})
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=True)
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "«~/kernels/rmsnorm»:RMSNorm"}, use_local_kernel=True)
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "«/opt/kernels/rmsnorm »:RMSNorm"}, use_local_kernel=True
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "/opt/kernels/rmsnorm:RMSNorm"}, use_local_kernel=True
            )
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("/opt/kernels/rmsnorm:RMSNorm", «{"version": 1}»)},
                use_local_kernel=True,
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=True)
            """
        ),
        example(
            """
            from flags import LOCAL
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "/opt/rmsnorm:RMSNorm"}, use_local_kernel=LOCAL)
            """
        ),
    )

    def fault(self, text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
        """Paths and the flag that makes them one."""
        local = flag(config.use_local_kernel)
        repo, colon, _ = text.partition(":")
        if not colon or "/" not in text or local is None:
            return None
        if local and slot.metadata is not None and "tuple" in context.release.value_forms:
            return _with_metadata(slot.metadata, context)
        if local and local_repository_error(context):
            return None  # no local kernel works at all (KL301)
        if is_path(text, local=True):
            return _with_colon(text, context, local=local)
        if local:
            return _local(text, slot, config, context)
        if not is_path(text, local=False):
            return None
        fails = loading(context, "HFValidationError", repo_id_error(repo) or "")
        message = f"`{repo}` is a path, but the config is for kernels of the Hub"
        advice = "pass `use_local_kernel=True`, or name a repository: `org/repo`"
        if _is_preloaded(config, context):
            advice = (
                "load the model first, then call `model.set_use_kernels(True, config)` with a "
                "config that has `use_local_kernel=True`"
            )
        fix = _flagged(slot, config, context)
        return Fault(0, len(repo), message, advice, fails, fails, fix=fix)


def _flagged(slot: Slot, config: Config, context: Context) -> Fix | None:
    """The flag, where every kernel of the config is a folder and nothing stands against it.

    It also switches the default kernels off, so that layers may run others than before.
    """
    texts = [text_of(each.text) if each.text is not None else None for each in slots(config)]
    paths = [text for text in texts if text is not None and text.startswith(("/", "./", "../"))]
    is_whole = isinstance(config.mapping, MappingValue) and not config.mapping.unread
    if len(paths) < len(texts) or not is_whole or config.use_local_kernel is not None:
        return None
    if any(each.metadata is not None for each in slots(config)):
        return None
    if _is_preloaded(config, context) or local_repository_error(context):
        return None
    if slot.text is None or slot.text.place.path != config.place.path or not config.arguments:
        return None
    last = max(config.arguments, key=lambda argument: argument.place.span.end)
    if not within(last.place, config.place):
        return None
    return mending(
        "unsafe",
        "pass `use_local_kernel=True`",
        behind(last.place, ", use_local_kernel=True"),
    )


def _is_preloaded(config: Config, context: Context) -> bool:
    """Whether the config goes to a from_pretrained that takes no local kernels (KL301)."""
    release = context.release
    return (
        release.from_pretrained_fusions
        and "tuple" in release.value_forms
        and any(sink.kind == "from_pretrained" for sink in config.sinks)
    )


def _with_colon(text: str, context: Context, *, local: bool) -> Fault:
    """A drive letter or a URL: the string is cut at its first colon."""
    whole = text.rpartition(":")[0]
    repo = text.partition(":")[0]
    message = f"`{whole}` has a colon, at which the string is cut"
    if local:
        return Fault(
            0, len(whole), message, "write a path without a colon", *_not_found(context, repo)
        )
    error = f"`{repo}` is taken for the repository"
    fails = loading(context, "RepositoryNotFoundError", error)
    return Fault(0, len(whole), message, 'write `"org/repo:LayerName"`', fails, fails)


def _with_metadata(metadata: Value, context: Context) -> Fault:
    """A tuple where add_to_mapping_local expects a string."""
    fails = raises(
        context,
        "`create_compatible_mapping`",
        "AttributeError",
        "'tuple' object has no attribute 'split'",
    )
    message = "a local kernel takes no metadata"
    return Fault(0, 0, message, "write the string alone", fails, fails, metadata.place)


def _local(text: str, slot: Slot, config: Config, context: Context) -> Fault | None:
    """What is wrong with a path that is meant as one."""
    repo = text.partition(":")[0]
    if text.startswith("~"):
        message = "`~` is not expanded in the path of a kernel"
        return Fault(0, len(repo), message, "write the whole path", *_not_found(context, repo))
    if repo != repo.strip():
        message = f"the path `{repo}` has spaces around it, which are not stripped"
        fix = _bare_path(repo, slot, config)
        late, early = _not_found(context, repo)
        return Fault(0, len(repo), message, "remove the spaces", late, early, fix=fix)
    if text.startswith("kernels-community/"):
        message = f"`{repo}` is a repository of the Hub, but the config is for local kernels"
        advice = "leave `use_local_kernel` out, or write the path of a folder"
        return Fault(0, len(repo), message, advice, *_not_found(context, repo))
    return None


def _bare_path(path: str, slot: Slot, config: Config) -> Fix | None:
    """The path without the spaces around it; a folder could have such a name all the same."""
    if slot.text is None:
        return None
    bare = path.strip()
    possible = reach(slot.text, config) and "unsafe"
    return mending(possible, "remove the spaces", retyped(slot.text, 0, len(path), bare))


def _not_found(context: Context, path: str) -> tuple[Verdict, Verdict]:
    """A folder that is not there: on the path of set_use_kernels, and in from_pretrained.

    From transformers 5.20 on set_use_kernels leaves the layer as it is where files are missing.
    """
    error = f"Cannot find a build variant for this system in {path}"
    early = raises(context, "`from_pretrained`", "FileNotFoundError", error)
    if context.release.swallows_missing_files:
        effect = "the folder is not found and the original code runs, without a message"
        return silent(context, effect), early
    return loading(context, "FileNotFoundError", error), early
