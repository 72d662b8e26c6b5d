"""KL205, KL206 and KL207: how a project declares its layers."""

from __future__ import annotations

from kernlint.model.hints import TYPE_CHECKING
from kernlint.project.outcome import REPLACER, place_of_name
from kernlint.project.values import Known, type_name
from kernlint.rules.base import Rule, a, example
from kernlint.rules.paths import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.model.diagnostic import Diagnostic
    from kernlint.project.outcome import Declaration
    from kernlint.rules.base import Context


class UnusedDeclaration(Rule):
    """The project declares a layer that none of its configs maps.

    Nothing goes wrong: without a kernel for its name the layer runs its own code. The
    default mapping of transformers counts as a use; a mapping that is registered with
    `register_kernel_mapping` is not looked at.

    Source: transformers 5.0 to 5.23, `integrations/hub_kernels.py`.
    """

    code = "KL205"
    name = "unused-declaration"
    severity = "info"
    default_on = False
    whole_project = True
    bad = (
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub


            @use_kernel_forward_from_hub(«"GatedMLP"»)
            class GatedMLP(torch.nn.Module):
                pass
            """
        ),
        example(
            """
            import torch
            from transformers import KernelConfig


            class Router(torch.nn.Module):
                «kernel_layer_name» = "OwnRouter"


            config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
            """.replace('«kernel_layer_name» = "OwnRouter"', 'kernel_layer_name = «"OwnRouter"»')
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


            config = KernelConfig({"GatedMLP": "org/kernels:GatedMLP"})
            """
        ),
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub


            @use_kernel_forward_from_hub("RMSNorm")
            class OwnRMSNorm(torch.nn.Module):
                pass
            """
        ),
    )

    def declaration(self, declaration: Declaration, context: Context) -> Iterator[Diagnostic]:
        """Look for a config that maps the layer."""
        layer = declaration.layer
        if layer is None or context.release.has_default(layer):
            return
        mapped = {
            entry.key.value
            for config in context.configs
            for entry in entries(config)
            if isinstance(entry.key, Known)
        }
        if layer not in mapped:
            yield self.found(
                place_of_name(declaration),
                f"no config of the project maps the layer `{layer}`",
                effect="unless a mapping is registered in another way, the layer runs its own code",
            )


class DynamicDeclaration(Rule):
    """A layer name is computed, so that it cannot be read.

    The code works. But kernlint cannot tell which name it declares: a mapping with
    a name that is not declared elsewhere is then not checked instead of reported.

    Write the name as a literal, or list it in `known-layers`.

    Source: transformers 5.0 to 5.23, `integrations/hub_kernels.py`.
    """

    code = "KL206"
    name = "dynamic-declaration"
    severity = "info"
    default_on = False
    bad = (
        example(
            """
            import os

            import torch
            from kernels import use_kernel_forward_from_hub

            LAYER = os.environ["LAYER"]


            @«use_kernel_forward_from_hub(LAYER)»
            class GatedMLP(torch.nn.Module):
                pass
            """
        ),
        example(
            """
            def declare(cls, name):
                «setattr(cls, "kernel_layer_name", name)»
            """
        ),
    )
    good = (
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub

            LAYER = "RMSNorm"


            @use_kernel_forward_from_hub(LAYER)
            class OwnRMSNorm(torch.nn.Module):
                pass
            """
        ),
        example(
            """
            def declare(cls):
                cls.kernel_layer_name = "RMSNorm"
            """
        ),
    )

    def declaration(self, declaration: Declaration, context: Context) -> Iterator[Diagnostic]:
        """A declaration whose name is unknown although it is passed."""
        if declaration.called and type_name(declaration.name) is None:
            yield self.found(
                declaration.place,
                "the layer name that is declared here cannot be read",
                effect=f"{getattr(declaration.name, 'reason', 'it is not a literal')}",
                help="write the name as a literal, or list it in `known-layers`",
            )


class DeclarationMisuse(Rule):
    """A layer is declared in a way that does not declare it.

    `use_kernel_forward_from_hub` takes the layer name and returns the decorator.
    Without the call, `@use_kernel_forward_from_hub` takes the class for the name and
    puts a function in the place of the class, without a message. A name that is no
    string is stored as it is and no key of a KernelConfig reaches it. A name that is
    set on `self` passes the validation of transformers, but kernels looks for it on
    the class, so that the layer keeps its own code.

    Source: kernels 0.9 to 0.17, `layer/layer.py`; transformers 5.0 to 5.23,
    `integrations/hub_kernels.py`.
    """

    code = "KL207"
    name = "declaration-misuse"
    severity = "error"
    bad = (
        example(
            """
            import torch
            from kernels import use_kernel_forward_from_hub


            @«use_kernel_forward_from_hub»
            class OwnRMSNorm(torch.nn.Module):
                pass
            """
        ),
        example(
            """
            import torch
            from kernels import replace_kernel_forward_from_hub


            class OwnRMSNorm(torch.nn.Module):
                pass


            replace_kernel_forward_from_hub(«"RMSNorm"», OwnRMSNorm)
            """
        ),
        example(
            """
            import torch


            class OwnRMSNorm(torch.nn.Module):
                def __init__(self):
                    super().__init__()
                    «self.kernel_layer_name» = "RMSNorm"
            """
        ),
    )
    good = (
        example(
            """
            import torch
            from kernels import replace_kernel_forward_from_hub, use_kernel_forward_from_hub


            @use_kernel_forward_from_hub("RMSNorm")
            class OwnRMSNorm(torch.nn.Module):
                pass


            class OtherRMSNorm(torch.nn.Module):
                pass


            replace_kernel_forward_from_hub(OtherRMSNorm, "RMSNorm")
            """
        ),
        example(
            """
            from mine import use_kernel_forward_from_hub


            @use_kernel_forward_from_hub
            class OwnRMSNorm:
                pass
            """
        ),
    )

    def declaration(self, declaration: Declaration, context: Context) -> Iterator[Diagnostic]:
        """The shape of the call, where the function is known to be the library's."""
        if declaration.function == "kernel_layer_name" and declaration.owner == "self":
            yield self.found(
                declaration.place,
                "the layer name is set on one object, not on its class",
                severity="warning",
                effect=f"kernels {context.kernels.version} looks for it on the class: "
                "the layer keeps its own code",
                help="write `kernel_layer_name = ...` in the body of the class",
            )
        if not declaration.library:
            return
        if not declaration.called:
            yield self.found(
                declaration.place,
                f"`{declaration.function}` is not called with a layer name",
                effect=f"with kernels {context.kernels.version} `{declaration.owner}` becomes a "
                "function without a message; calling it raises TypeError",
                help=f'write `@{declaration.function}("Name")`',
            )
            return
        kind = type_name(declaration.name)
        if isinstance(declaration.name, Known) and kind != "str":
            yield self.found(
                declaration.name.place,
                f"the layer name is {a(kind or 'value')}, not a string",
                severity="warning",
                effect="transformers compares the name as it is and kernels its text: "
                "no key of a KernelConfig reaches the layer",
                help='write the name as a string: `"RMSNorm"`',
            )
        if declaration.function == REPLACER and isinstance(declaration.target, Known):
            yield self.found(
                declaration.target.place,
                "the first argument is the class, the second its layer name",
                effect=f"with kernels {context.kernels.version} it raises AttributeError: "
                f"'{type_name(declaration.target)}' object has no attribute 'kernel_layer_name'",
                help="swap the arguments",
            )
