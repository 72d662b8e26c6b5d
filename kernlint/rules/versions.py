"""KL311 and KL502: what only some releases of transformers can do."""

from __future__ import annotations

from kernlint.catalog.release import minor
from kernlint.model.diagnostic import Edit
from kernlint.model.expr import Span
from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.flow import PARAMETERS
from kernlint.project.values import Known, MappingValue, is_tuple
from kernlint.rules.base import Rule, example
from kernlint.rules.mend import before, mending
from kernlint.rules.paths import entries, finish, raises, silent, worst

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kernlint.catalog.release import TransformersRelease
    from kernlint.model.diagnostic import Diagnostic, Fix
    from kernlint.project.flow import Config, PassedArgument
    from kernlint.project.values import Entry, Value
    from kernlint.rules.base import Context


class NeedsOtherRelease(Rule):
    """The judged release lacks something that other releases have.

    `KernelConfig` exists from transformers 5.0 on, fusion keys from 5.11 on, kernels as
    tuples with metadata from 5.13 on, the argument `inherit_mapping` from 5.17 on. With an
    older release the import raises ImportError, the argument TypeError, and the validation
    of the mapping ValueError.

    Require a release that has it, or write the older form.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`,
    `integrations/hub_kernels.py`; transformers 4.57, `__init__.py`.
    """

    code = "KL502"
    name = "needs-other-release"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {
                    "RMSNorm": «("kernels-community/liger-kernels:LigerRMSNorm", {"version": 1})»,
                    "SiLU": {"cuda": «("kernels-community/activation:Silu", {"version": 1})»},
                }
            )
            """,
            transformers="5.12.1",
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}, «inherit_mapping»=False
            )
            """,
            transformers="5.16.1",
        ),
        example(
            """
            from transformers import AutoModelForCausalLM, KernelConfig

            NORM_AND_MLP = «(
                ("RMSNorm", "model.layers.*.post_attention_layernorm"),
                ("MLP", "model.layers.*.mlp"),
            )»
            model = AutoModelForCausalLM.from_pretrained(
                "org/model", kernel_config=KernelConfig({NORM_AND_MLP: "org/fused:NormMLP"})
            )
            """,
            transformers="5.10.4",
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": ("kernels-community/liger-kernels:LigerRMSNorm", {"version": 1})}
            )
            """,
            transformers="5.13.1",
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"}, inherit_mapping=False
            )
            """,
            transformers="5.17.0",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at the import, the arguments, the keys and the values."""
        if context.target.before_first and config.imported is not None:
            first = minor(context.catalog.releases("transformers")[0])
            yield self.found(
                config.imported,
                f"transformers has no KernelConfig before {first}",
                severity="warning" if context.target.transformers else "error",
                effect="with an older release, which "
                f"{context.target.origin} allows, the import raises ImportError: cannot import "
                "name 'KernelConfig' from 'transformers'",
                help=f"require transformers>={first}",
                releases=f"<{first}",
            )
        if not context.target.transformers:
            return
        for arg in config.arguments:
            yield from self._argument(arg, context)
        for entry in entries(config):
            yield from self._entry(entry, config, context)

    def _argument(self, arg: PassedArgument, context: Context) -> Iterator[Diagnostic]:
        name = arg.name
        text = f"KernelConfig.__init__() got an unexpected keyword argument '{name}'"
        accepted = [parameter.name for parameter in context.release.config_parameters]
        if arg.position is not None and len(accepted) <= arg.position < len(PARAMETERS):
            name = PARAMETERS[arg.position]
            text = (
                f"KernelConfig.__init__() takes from 1 to {len(accepted) + 1} positional arguments "
                f"but {arg.position + 2} were given"
            )
        if name is None or name in accepted:
            return

        def has(release: TransformersRelease) -> bool:
            return any(parameter.name == name for parameter in release.config_parameters)

        since, lacking = _history(context, has)
        if since is not None:
            yield self.found(
                arg.name_place or arg.place,
                f"`KernelConfig` takes `{name}` from transformers {since} on",
                effect=raises(context, "`KernelConfig(...)`", "TypeError", text).effect,
                help=f"leave it out, or require transformers>={since}",
                releases=lacking,
            )

    def _entry(self, entry: Entry, config: Config, context: Context) -> Iterator[Diagnostic]:
        layer = str(entry.key.value) if isinstance(entry.key, Known) else "..."
        if is_tuple(entry.key) and not context.release.from_pretrained_fusions:
            message = context.release.message("not-registered")
            yield from self._form(
                entry.key,
                "a fusion of layers is a key",
                lambda r: r.from_pretrained_fusions,
                message,
                ("ValueError", message),
                config,
                context,
            )
        if "tuple" in context.release.value_forms:
            return
        if is_tuple(entry.value):
            message = context.release.message("format")
            early = "ValueError", context.release.message("hub-repository", layer_name=repr(layer))
            yield from self._form(
                entry.value, _TUPLE, _takes_tuples, message, early, config, context
            )
        elif isinstance(entry.value, MappingValue):
            message = context.release.message("repo-name", layer_name=layer)
            early = "AttributeError", "'tuple' object has no attribute 'partition'"
            for inner in entry.value.entries:
                if is_tuple(inner.value):
                    yield from self._form(
                        inner.value, _TUPLE, _takes_tuples, message, early, config, context
                    )

    def _form(
        self,
        value: Value,
        what: str,
        has: Callable[[TransformersRelease], bool],
        message: str | None,
        preloaded: tuple[str, str | None],
        config: Config,
        context: Context,
    ) -> Iterator[Diagnostic]:
        since, lacking = _history(context, has)
        rejected = raises(context, "`sanitize_kernel_mapping`", "ValueError", message)
        early = raises(context, "`from_pretrained`", *preloaded)
        outcome = worst(config, context, rejected, early)
        if outcome is not None:
            found = self.found(
                value.place,
                f"{what} from transformers {since} on",
                help=f"require transformers>={since}, or write the string alone"
                if what is _TUPLE
                else f"require transformers>={since}",
                releases=lacking,
            )
            yield finish(found, outcome, config)


_TUPLE = "a tuple with metadata is a kernel"


def _takes_tuples(release: TransformersRelease) -> bool:
    return "tuple" in release.value_forms


def _history(
    context: Context, has: Callable[[TransformersRelease], bool]
) -> tuple[str | None, str | None]:
    """The first minor that has something, and the releases that have not."""
    having = context.catalog.where("transformers", has)
    lacking = context.catalog.where("transformers", lambda r: not has(r))
    since = minor(having[0]) if having else None
    return since, context.catalog.specifier("transformers", lacking) if lacking else None


class MutableDefaultConfig(Rule):
    """A config without a mapping is filled by `update_kernel`, and shares its dict.

    In transformers 5.0 to 5.2 the default of `kernel_mapping` is one dict for all
    configs: what `update_kernel` adds to a `KernelConfig()` is in every other
    `KernelConfig()`, too.

    Pass a dict of its own: `KernelConfig({})`.

    Source: transformers 5.0 to 5.2, `utils/kernel_config.py` (`KernelConfig.__init__`).
    """

    code = "KL311"
    name = "mutable-default-config"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = «KernelConfig»()
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({})
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            transformers="5.2.0",
        ),
        example(
            """
            from transformers import KernelConfig

            config = «KernelConfig»(use_local_kernel=False)
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({}, use_local_kernel=False)
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            transformers="5.0.0",
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({})
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            transformers="5.2.0",
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig()
            config.update_kernel("org/norms", "RMSNorm", "Norm", "cuda", None)
            """,
            transformers="5.3.0",
        ),
    )

    def config(self, config: Config, context: Context) -> Iterator[Diagnostic]:
        """Look at configs that get their kernels later."""
        default = next(p for p in context.release.config_parameters if p.name == "kernel_mapping")
        updated = any(sink.kind == "update_kernel" for sink in config.sinks)
        if config.mapping is not None or not updated or default.default == "None":
            return
        sharing = context.catalog.where(
            "transformers",
            lambda r: any(
                p.name == "kernel_mapping" and p.default != "None" for p in r.config_parameters
            ),
        )
        yield self.found(
            config.callee,
            "the kernels of this config are shared with every config without a mapping",
            effect=silent(context, "all of them hold one and the same dict").effect,
            help="pass a dict of its own: `KernelConfig({})`",
            fix=_own_dict(config),
            releases=context.catalog.specifier("transformers", sharing),
        )


def _own_dict(config: Config) -> Fix | None:
    """A dict as the first argument; what other configs share is shared no longer."""
    if any(argument.star for argument in config.arguments):
        return None
    if config.arguments:
        first = min(config.arguments, key=lambda argument: argument.place.span.start)
        return mending("unsafe", "pass a dict of its own", before(first.place, "{}, "))
    end = config.place.span.end - len(")")
    return mending("unsafe", "pass a dict of its own", Edit(Span(end, end), "{}"))
