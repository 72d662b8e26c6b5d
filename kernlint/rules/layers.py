"""KL201 and KL203: the layer names that a mapping uses."""

from __future__ import annotations

from kernlint.catalog.release import minor
from kernlint.model.diagnostic import NotChecked, Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.nearest import nearest, nearest_all
from kernlint.project.outcome import place_of_name
from kernlint.project.values import Instance, Known, text_of
from kernlint.rules.base import Rule, a, example, quoted
from kernlint.rules.mend import mending, reach, rewritten
from kernlint.rules.paths import entries, finish, raises, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.catalog.release import Period
    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context
    from kernlint.rules.paths import Outcome, Verdict

#: Why from_pretrained may take a name that nothing declares.
LAYOUT = (
    "from transformers 5.11 on from_pretrained also takes the name of a class when the kernel "
    "brings a layout for it, which cannot be known without the Hub"
)


#: How alike two names have to be (difflib's ratio) for one to be a slip for the other.
_SLIP = 0.85


class _NoName:
    """A key that is an object; it prints as the library prints it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class _LayerRule(Rule):
    """A rule about layer names that nothing in sight declares."""

    severity = "error"

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic | NotChecked]:
        """Look at every key of the mapping that is known."""
        declared = declared_layers(context)
        for entry in entries(config):
            key = entry.key
            if isinstance(key, Instance):  # a member of kernels.Mode, by its name
                key = Known(_NoName(key.short), key.place)
            if isinstance(key, Known) and key.value not in declared:
                yield from self.undeclared(key, declared, config, context)

    def undeclared(
        self, key: Known, declared: frozenset[str], config: Config, context: Context
    ) -> Iterator[Diagnostic | NotChecked]:
        """What this rule says of a layer name that is not declared."""
        yield from ()


def declared_layers(context: Context) -> frozenset[str]:
    """Every layer name that the judged release, the project or the user vouches for."""
    own = {item.layer for item in context.declarations if item.layer is not None}
    return context.release.layer_names | own | context.known_layers


def _rejected(key: Known, context: Context) -> Verdict:
    message = context.release.message("not-registered", layer_name=str(key.value))
    return raises(context, "`sanitize_kernel_mapping`", "ValueError", message)


def _judged(key: Known, config: Config, context: Context, *, certain: bool) -> Outcome | None:
    """The verdict; where from_pretrained may take a class name it needs certainty."""
    rejected = _rejected(key, context)
    early = rejected
    if not isinstance(key.value, str):
        # from_pretrained leaves such a key alone and looks for the name of the kernel.
        message = context.release.message("not-registered")
        early = raises(context, "`from_pretrained`", "ValueError", message)
    return worst(config, context, rejected, early if certain else None)


class UnknownLayer(_LayerRule):
    """No module declares the layer name.

    A kernel replaces the layers that carry its name: those declared with
    `use_kernel_forward_from_hub("Name")` in transformers, in your code or in the code
    of the model. `sanitize_kernel_mapping` raises `ValueError: Layer ... is not
    registered in the model` for any other name. Case matters.

    A name that is no slip for a declared one is reported as not certain: the model may
    come from a package that kernlint does not read. List such names in `known-layers`.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`sanitize_kernel_mapping`); the names are read from the modules of each release.
    """

    code = "KL201"
    name = "unknown-layer"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({«"RMSnorm"»: "kernels-community/liger-kernels:LigerRMSNorm"})
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """,
        ),
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub
            from transformers import KernelConfig


            @use_kernel_forward_from_hub("GatedMLP")
            class GatedMLP(torch.nn.Module):
                pass


            config = KernelConfig(
                {
                    «"GatedMlp"»: "org/kernels:GatedMLP",
                    «"Linear"»: "org/kernels:Linear",
                    «7»: "org/kernels:GatedMLP",
                }
            )
            """,
            """
            import torch
            from kernels import use_kernel_forward_from_hub
            from transformers import KernelConfig


            @use_kernel_forward_from_hub("GatedMLP")
            class GatedMLP(torch.nn.Module):
                pass


            config = KernelConfig(
                {
                    "GatedMLP": "org/kernels:GatedMLP",
                    "Linear": "org/kernels:Linear",
                    7: "org/kernels:GatedMLP",
                }
            )
            """,
        ),
    )
    good = (
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub
            from transformers import KernelConfig


            @use_kernel_forward_from_hub("GatedMLP")
            class GatedMLP(torch.nn.Module):
                pass


            config = KernelConfig(
                {
                    "GatedMLP": "org/kernels:GatedMLP",
                    "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",
                }
            )
            """
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig({"LlamaMLP": "org/kernels:FusedMLP"})
            )
            """
        ),
    )

    def undeclared(
        self, key: Known, declared: frozenset[str], config: Config, context: Context
    ) -> Iterator[Diagnostic | NotChecked]:
        """Names that no release declares, and keys that are no names."""
        if not isinstance(key.value, str):
            outcome = _judged(key, config, context, certain=True)
            if outcome is not None:
                what = a(type(key.value).__name__)
                if isinstance(key.value, _NoName):
                    what = f"`{key.value}`"
                found = self.found(key.place, f"{what} is not a layer name")
                yield finish(found, outcome, config)
            return
        if context.catalog.layer_history(key.value):
            return
        similar = nearest_all(key.value, sorted(declared))
        same = nearest(key.value, sorted(declared), cutoff=1.0)
        default = context.release.has_default(key.value)
        elsewhere = may_be_declared(context)
        if elsewhere is not None and same is None:
            yield NotChecked(key.place, f"`{key.value}` may be declared in {elsewhere}")
            return
        outcome = _judged(key, config, context, certain=same is not None or default)
        if outcome is None:
            yield NotChecked(key.place, f"`{key.value}` is no declared layer name; {LAYOUT}")
            return
        message = f"{context.minor} has no layer `{key.value}`, and the project declares none"
        if default:
            message = f"{context.minor} has a default kernel for `{key.value}`, but no such layer"
        certain = default or nearest(key.value, sorted(declared), cutoff=_SLIP) is not None
        help_text = f"or {quoted(similar[1:])}" if len(similar) > 1 else None
        if not certain:
            help_text = "if the code of the model declares it, list it in `known-layers`"
        found = self.found(
            key.place,
            message,
            fix=_renamed(key, similar[0], config, context) if certain and similar else None,
            confidence="high" if certain else "medium",
            help=help_text,
            label=f"did you mean `{similar[0]}`?" if similar else None,
            related=_own_declarations(similar[:1], context) if similar else (),
        )
        yield finish(found, outcome, config)


def _renamed(key: Known, name: str, config: Config, context: Context) -> Fix | None:
    """Another name for a layer, where the mapping has none of that name.

    Never safe: that layers get the kernel at last is another program.
    """
    own = {item.layer for item in context.declarations} | context.known_layers
    if any(text_of(entry.key) == name for entry in entries(config)):
        return None
    if name not in own and not all(release.declares(name) for release in context.allowed):
        return None
    possible = reach(key, config) and "unsafe"
    return mending(possible, f'write `"{name}"`', rewritten(key, name))


def may_be_declared(context: Context) -> str | None:
    """Where the project may declare a name that is not seen; None where it cannot."""
    for item in context.declarations:
        if item.called and item.layer is None:
            return f"{item.place.path}, by a name that is not written out"
    return f"{context.unread[0]}, which could not be read" if context.unread else None


def _own_declarations(names: list[str] | tuple[str, ...], context: Context) -> list[Related]:
    """Where the project declares a name that transformers has not."""
    return [
        Related(f"`{item.layer}` is declared here", place_of_name(item))
        for item in context.declarations
        if item.layer is not None and item.layer in names
        if not context.release.declares(item.layer)
    ][:1]


class LayerRenamedOrRemoved(_LayerRule):
    """The judged release does not declare a layer name that another release has.

    Layer names come and go: `Llama4TextMoe` went with transformers 5.13,
    `recurrent_gated_delta_rule` is `fused_recurrent_gated_delta_rule` from 5.16 on.
    `sanitize_kernel_mapping` raises `ValueError: Layer ... is not registered in the
    model` where the release does not have the name.

    Use the new name, or require a release that has the old one.

    Source: the modules of transformers 5.0 to 5.23.
    """

    code = "KL203"
    name = "layer-renamed-or-removed"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    «"recurrent_gated_delta_rule"»: "org/fla:recurrent_gated_delta_rule",
                    «"Llama4TextMoe"»: "kernels-community/moe:Llama4TextMoe",
                }
            )
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "fused_recurrent_gated_delta_rule": "org/fla:recurrent_gated_delta_rule",
                    "Llama4TextMoe": "kernels-community/moe:Llama4TextMoe",
                }
            )
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({«"SoftmaxTopKRouter"»: "org/router:SoftmaxTopKRouter"})
            """,
            transformers="5.17.0",
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"Llama4TextMoe": "kernels-community/moe:Llama4TextMoe"})
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"fused_recurrent_gated_delta_rule": "org/fla:fused_recurrent_gated_delta_rule"}
            )
            """
        ),
    )

    def undeclared(
        self, key: Known, declared: frozenset[str], config: Config, context: Context
    ) -> Iterator[Diagnostic | NotChecked]:
        """Names that some other release declares."""
        name = key.value
        history = context.catalog.layer_history(name) if isinstance(name, str) else ()
        if not isinstance(name, str) or not history:
            return
        outcome = _judged(key, config, context, certain=False)
        if outcome is None:
            yield NotChecked(key.place, f"`{name}` is no declared layer name; {LAYOUT}")
            return
        successor = context.catalog.layer_successor(name)
        has_successor = successor is not None and successor in declared
        known = context.catalog.where("transformers", lambda r: not r.declares(name))
        found = self.found(
            key.place,
            f"{context.minor} has no layer `{name}`: {_when(history, context)} it",
            help=f"from transformers {minor(history[-1].until or '')} on it is `{successor}`"
            if has_successor
            else None,
            label=f"renamed to `{successor}`" if has_successor else None,
            fix=_renamed(key, successor, config, context) if successor is not None else None,
            releases=context.catalog.specifier("transformers", known),
        )
        yield finish(found, outcome, config)


def _when(history: tuple[Period, ...], context: Context) -> str:
    """``transformers 5.0 to 5.12 declare``: the releases that have a name."""
    releases = context.catalog.releases("transformers")
    spans: list[str] = []
    for since, until in history:
        first = minor(since)
        last = minor(releases[releases.index(until) - 1]) if until else None
        spans.append(first if first == last else f"{first} to {last}" if last else f"{first} on")
    if len(spans) == 1 and spans[0] == minor(history[0].since):
        return f"only transformers {spans[0]} declares"
    if history[-1].until is None and len(spans) == 1:
        return f"transformers from {spans[0]} declares"
    return f"transformers {' and '.join(spans)} declare"
