"""KL204: function layers, where a release does not count them as registered."""

from __future__ import annotations

from kernlint.catalog.release import minor
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.values import Known
from kernlint.rules.base import Rule, example
from kernlint.rules.paths import entries, finish, raises, worst

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.flow import Config
    from kernlint.rules.base import Context

#: What makes a layer of a function, up to transformers 5.5 (integrations/hub_kernels.py).
FUNCTION_DECORATOR = "use_kernel_func_from_hub"


class UnreachableFunctionLayer(Rule):
    """The name of a function layer is used where only classes count as registered.

    Some layer names belong to functions, not to classes: `rotary_pos_emb`,
    `causal_conv1d_fn`. transformers 5.6 to 5.16 do not look at the functions of a
    model when they validate a mapping, so such a name raises `ValueError: Layer ... is
    not registered in the model` for every model, although the default mapping uses the
    same name. Up to 5.5 it needs a kernels release with `use_kernel_func_from_hub`.

    Leave the name out, or require transformers 5.17.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`sanitize_kernel_mapping`), `integrations/hub_kernels.py`.
    """

    code = "KL204"
    name = "unreachable-function-layer"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",
                    «"rotary_pos_emb"»: "kernels-community/rotary:apply_rotary_transformers",
                }
            )
            """,
            transformers="5.16.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            config = KernelConfig({«"rotary_pos_emb"»: "org/rotary:apply_rotary"})
            model = AutoModelForCausalLM.from_pretrained("org/model", kernel_config=config)
            """,
            transformers="5.6.2",
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"rotary_pos_emb": "kernels-community/rotary:apply_rotary_transformers"}
            )
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"rotary_pos_emb": "org/rotary:apply_rotary"})
            """,
            transformers="5.5.4",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at every key that names a function layer of the judged release."""
        release = context.release
        if counts_functions(context):
            return
        classes = {item.layer for item in context.declarations if item.owner_kind != "function"}
        lacking = context.catalog.where("transformers", lambda r: not r.registers_function_layers)
        for key in (entry.key for entry in entries(config)):
            if not isinstance(key, Known) or not isinstance(key.value, str):
                continue
            if release.layer_kind(key.value) != "function":
                continue
            if key.value in classes or key.value in context.known_layers:
                continue
            message = release.message("not-registered", layer_name=key.value)
            rejected = raises(context, "`sanitize_kernel_mapping`", "ValueError", message)
            outcome = worst(config, context, rejected, rejected)
            if outcome is None:
                continue
            if release.registers_function_layers:
                found = self.found(
                    key.place,
                    f"`{key.value}` is a function, and kernels {context.kernels.version} "
                    "makes no layers of functions",
                    help=f"leave it out, or require a kernels release with `{FUNCTION_DECORATOR}`",
                )
            else:
                later = context.catalog.releases("transformers")
                since = minor(later[later.index(lacking[-1]) + 1])
                found = self.found(
                    key.place,
                    f"`{key.value}` is a function; {context.minor} looks for classes alone",
                    help=f"leave it out, or require transformers>={since}",
                    releases=context.catalog.specifier("transformers", lacking),
                )
            yield finish(found, outcome, config)


def counts_functions(context: Context) -> bool:
    """Whether a function layer counts as registered with the judged pair of releases."""
    known = FUNCTION_DECORATOR in context.kernels.public_names
    return known and context.release.registers_function_layers
