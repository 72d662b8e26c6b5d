"""What checks with the real libraries saw, for the examples of the rules about run time.

The exceptions are those that transformers 5.22.2 and kernels 0.17.2 raise; the model is a Llama of
8 billion parameters.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from kernlint.model.diagnostic import Place
from kernlint.model.expr import Span
from kernlint.model.runtime import (
    Check,
    ClassFacts,
    ConfigSource,
    EnvironmentFacts,
    ExceptionFacts,
    ExecutionFacts,
    Interrupted,
    KernelFacts,
    Mismatch,
    ModelFacts,
    ModuleStates,
    NumericFacts,
    RuntimeFacts,
    StrictFacts,
    TogetherFacts,
)

#: The modules of each layer name in a Llama of 32 blocks.
MODULES = {"RMSNorm": 65, "SiLU": 32, "rotary_pos_emb": 1}

_ENVIRONMENT = EnvironmentFacts(
    python="3.12.11",
    versions={"torch": "2.13.0", "transformers": "5.22.2", "kernels": "0.17.2"},
    kernels_available=True,
    registers=True,
    variables={},
    device="cuda",
    accelerator="NVIDIA H100 80GB HBM3",
    capability="9.0",
)
_MODEL = ModelFacts("LlamaForCausalLM", 8_030_261_248, 423, MODULES)
_BUILD = "torch213-cxx11-cu130-x86_64-linux"
_NO_BUILD = (
    "Cannot find a build variant for this system in org/norms (revision: 5c1a9b2):\n\n"
    "torch28-cxx11-cu128-x86_64-linux: Torch version (2.8) does not match environment Torch "
    "version (2.13)"
)


def facts(situation: str, path: str, source: str) -> RuntimeFacts:
    """What a check saw of the one config in ``source``; KeyError for an unknown situation."""
    return SITUATIONS[situation](_applied(_check(path, source)))


def _check(path: str, source: str) -> Check:
    """A check of the ``KernelConfig(...)`` in a source."""
    lines = [len(line) for line in source.encode().splitlines(keepends=True)]

    def place(node: ast.expr) -> Place:
        start = sum(lines[: node.lineno - 1]) + node.col_offset
        end = sum(lines[: (node.end_lineno or 1) - 1]) + (node.end_col_offset or 0)
        return Place(path, Span(start, end))

    call = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "KernelConfig"
    )
    [display] = [argument for argument in call.args if isinstance(argument, ast.Dict)]
    flags = {item.arg: ast.literal_eval(item.value) for item in call.keywords}
    config = ConfigSource(
        f"{path}:{call.lineno}:{call.col_offset + 1}",
        place(call),
        ast.literal_eval(display),
        flags.get("use_local_kernel", False),
        flags.get("inherit_mapping", True),
        "from_pretrained" if "kernel_config=" in source else "set_use_kernels",
        keys=tuple((ast.literal_eval(key), place(key)) for key in display.keys if key),
    )
    return Check(
        config,
        model="models/llama",
        device="auto",
        mode="inference",
        compiled=False,
        offline=False,
        trust_remote_code=False,
        execute=True,
        numerics=False,
        timeout=600.0,
        python="python",
    )


def _applied(check: Check) -> RuntimeFacts:
    """Everything as it should be."""
    names = [str(name) for name in check.config.mapping or ()]
    kernels = {name: KernelFacts(_repository(check, name), variant=_BUILD) for name in names}
    whole = {name: ModuleStates(kernel=MODULES[name]) for name in names}
    return RuntimeFacts(
        check,
        _ENVIRONMENT,
        _MODEL,
        tuple(names),
        tuple(StrictFacts(name, whole[name], kernel=kernels[name]) for name in names),
        TogetherFacts(whole),
        tuple(ExecutionFacts(name, 2, 2, device="cuda") for name in names),
        seconds=9.4,
        peak_memory=352 * 2**20,
    )


def _repository(check: Check, name: str) -> str:
    value = (check.config.mapping or {})[name]
    if isinstance(value, Mapping):
        value = next(iter(value.values()))
    return str(value[0] if isinstance(value, tuple) else value).partition(":")[0]


def _raised(type_: str, message: str, *bases: str) -> ExceptionFacts:
    return ExceptionFacts(type_, (type_, *bases, "Exception", "BaseException"), message)


def _for(seen: RuntimeFacts, name: str, states: ModuleStates, strict: StrictFacts) -> RuntimeFacts:
    """A layer that does not run its kernel, while the attempt goes through."""
    together = seen.together or TogetherFacts({})
    return seen._replace(
        strict=tuple(strict if item.name == name else item for item in seen.strict),
        together=together._replace(states={**together.states, name: states}),
        execution=tuple(item for item in seen.execution if item.name != name),
    )


def _refused(name: str, raised: ExceptionFacts) -> StrictFacts:
    states = ModuleStates(untouched=MODULES[name])
    return StrictFacts(name, states, stage="kernelize", exception=raised)


def _silent(seen: RuntimeFacts, name: str, raised: ExceptionFacts) -> RuntimeFacts:
    """A layer whose exception transformers swallows."""
    original = ModuleStates(original=MODULES[name])
    return _for(seen, name, original, _refused(name, raised))


def _loud(seen: RuntimeFacts, name: str, raised: ExceptionFacts) -> RuntimeFacts:
    """A layer whose exception ends the attempt at its first module."""
    untouched = ModuleStates(untouched=MODULES[name])
    found = _for(seen, name, untouched, _refused(name, raised))
    return found._replace(together=TogetherFacts({name: untouched}, raised, name), execution=())


def _no_build(seen: RuntimeFacts) -> RuntimeFacts:
    return _silent(seen, "RMSNorm", _raised("FileNotFoundError", _NO_BUILD, "OSError"))


def _compiled(seen: RuntimeFacts) -> RuntimeFacts:
    states = ModuleStates(original=MODULES["SiLU"])
    found = _for(seen, "SiLU", states, seen.strict[0])
    return found._replace(check=seen.check._replace(compiled=True))


def _signature(seen: RuntimeFacts) -> RuntimeFacts:
    text = (
        "Forward signature of `org/norms` (revision: 5c1a9b2), layer `AddRMSNorm` does not match "
        "`LlamaRMSNorm`: different number of arguments."
    )
    return _loud(seen, "RMSNorm", _raised("TypeError", text))


def _untrusted(seen: RuntimeFacts) -> RuntimeFacts:
    text = (
        "Kernel repository 'someone/norms' is not from a trusted publisher. Set "
        "trust_remote_code=True or add the repository ID to the trust_remote_code allowlist to "
        "allow loading kernels from untrusted sources."
    )
    return _loud(seen, "RMSNorm", _raised("ValueError", text))


def _excluded(seen: RuntimeFacts) -> RuntimeFacts:
    states = ModuleStates(kernel=64, untouched=1, others=("model.norm",))
    strict = seen.strict[0]._replace(states=states, excluded=1)
    found = _for(seen, "RMSNorm", states, strict)
    return found._replace(execution=seen.execution)


def _hooked(seen: RuntimeFacts) -> RuntimeFacts:
    executed = ExecutionFacts("RMSNorm", 5, 3, device="cuda")
    return seen._replace(execution=(executed,))


def _inexact(seen: RuntimeFacts) -> RuntimeFacts:
    mismatch = Mismatch(
        "output",
        "model.layers.0.input_layernorm",
        "the relative error is 9.3e-3 where the original code has 2.3e-3 (bfloat16)",
    )
    return seen._replace(
        check=seen.check._replace(numerics=True),
        numerics=(NumericFacts("RMSNorm", 5, 0, 1.04e-2, 9.3e-3, (mismatch,), 1.31),),
    )


def _attribute(seen: RuntimeFacts) -> RuntimeFacts:
    raised = _raised("AttributeError", "'LlamaRMSNorm' object has no attribute 'eps'")
    return seen._replace(execution=(ExecutionFacts("RMSNorm", 1, 1, raised, device="cuda"),))


def _overridden(seen: RuntimeFacts) -> RuntimeFacts:
    classes = (
        ClassFacts("transformers.models.llama.modeling_llama.LlamaRMSNorm", 64),
        ClassFacts("project.models.ScaledRMSNorm", 1, inherited="LlamaRMSNorm"),
    )
    return seen._replace(strict=(seen.strict[0]._replace(classes=classes),))


def _ended(seen: RuntimeFacts, end: Interrupted) -> RuntimeFacts:
    return seen._replace(strict=(), together=None, execution=(), interrupted=(end,))


def _crashed(seen: RuntimeFacts) -> RuntimeFacts:
    return _ended(seen, Interrupted("crashed", "strict", "RMSNorm", -11, "signal SIGSEGV"))


def _hung(seen: RuntimeFacts) -> RuntimeFacts:
    return _ended(seen, Interrupted("hung", "execute", "SiLU", None, "killed after 600 s"))


def _elsewhere(seen: RuntimeFacts) -> RuntimeFacts:
    states = ModuleStates(original=MODULES["RMSNorm"])
    return _for(seen, "RMSNorm", states, StrictFacts("RMSNorm", states, entry=False))


def _no_accelerator(seen: RuntimeFacts) -> RuntimeFacts:
    environment = _ENVIRONMENT._replace(
        versions={**_ENVIRONMENT.versions, "torch": "2.13.0+cpu"},
        device=None,
        accelerator=None,
        capability=None,
    )
    return seen._replace(environment=environment, strict=(), together=None, execution=())


def _unreachable(seen: RuntimeFacts) -> RuntimeFacts:
    raised = _raised("ConnectError", "[Errno 111] Connection refused", "TransportError")
    return _loud(seen, "SiLU", raised)


def _training(seen: RuntimeFacts) -> RuntimeFacts:
    return seen._replace(
        check=seen.check._replace(mode="training"),
        execution=tuple(item._replace(backward=True) for item in seen.execution),
    )


def _compared(seen: RuntimeFacts) -> RuntimeFacts:
    return seen._replace(
        check=seen.check._replace(numerics=True),
        numerics=tuple(NumericFacts(name, 5, 0, 7.8e-3, 3.0e-3, (), 1.42) for name in seen.layers),
    )


#: What was seen, by the name that an example has for it: a change to everything being well.
SITUATIONS: Mapping[str, Callable[[RuntimeFacts], RuntimeFacts]] = {
    "applied": lambda seen: seen,
    "applied in training": _training,
    "applied and compared": _compared,
    "no build for this system": _no_build,
    "kernelized for torch.compile": _compiled,
    "another signature": _signature,
    "a publisher who is not trusted": _untrusted,
    "a condition that excludes one": _excluded,
    "hooks around some modules": _hooked,
    "an inexact result": _inexact,
    "an attribute that is missing": _attribute,
    "a class with a forward of its own": _overridden,
    "a crash": _crashed,
    "a call that does not end": _hung,
    "another device": _elsewhere,
    "no accelerator": _no_accelerator,
    "no network": _unreachable,
}
