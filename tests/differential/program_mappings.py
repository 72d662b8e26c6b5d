"""The parts of a generated program that give a mapping of layers."""

from __future__ import annotations

from tests.differential.configs import DEVICES
from tests.differential.program_values import (
    KERNELS,
    LAYERS,
    kernel,
    key,
    layer_name,
    unlike,
    value,
)
from tests.differential.program_writer import MAPPINGS, STEPS, Block, Writer, part


def mapping(writer: Writer, block: Block) -> str:
    """An expression for a mapping, made in whatever way."""
    return writer.held(block, lambda at: writer.choose(MAPPINGS, display)(writer, at), 45)


def display(writer: Writer, block: Block) -> str:
    """A mapping that is spelled out, but for what is in it."""
    count = writer.random.choice((1, 1, 2, 2, 3))
    keys = unlike([key(writer, block) for _ in range(count)])
    items = [f"{each}: {value(writer, block)}" for each in keys]
    return f"{{{', '.join(items)}}}"


def steps(writer: Writer, block: Block, name: str, most: int = 2) -> None:
    """A few statements that change the dict of a name."""
    writer.refill()
    for _ in range(writer.random.randint(1, most)):
        writer.choose(STEPS, assign)(writer, block, name)


def assign(writer: Writer, block: Block, name: str) -> None:
    """Map one layer."""
    block.add(f"{name}[{key(writer, block)}] = {value(writer, block)}")


def layer_names(writer: Writer) -> str:
    """A list or tuple of layer names."""
    names = [layer_name(writer) for _ in range(writer.random.choice((1, 2, 3)))]
    items = ", ".join(map(repr, names))
    return f"[{items}]" if writer.chance(50) else f"({items},)"


def _pairs(writer: Writer, block: Block) -> str:
    count = writer.random.choice((1, 2))
    pairs = [f"({key(writer, block)}, {value(writer, block)})" for _ in range(count)]
    return f"[{', '.join(pairs)}]"


def keywords(writer: Writer, block: Block) -> str:
    """Layers as keyword arguments."""
    names = dict.fromkeys(layer_name(writer) for _ in range(2))
    return ", ".join(f"{name}={value(writer, block)}" for name in names)


def _bound(writer: Writer, block: Block) -> str:
    """A name in the block for a new mapping."""
    made = mapping(writer, block)
    name = writer.name()
    hint = ""
    if writer.may("annotation", 15):
        hint = ": dict[str, object]"
    block.add(f"{name}{hint} = {made}")
    return name


@part(MAPPINGS, "dict(...)")
def _dict(writer: Writer, block: Block) -> str:
    forms = writer.random.choice(("pairs", "keywords", "mapping", "both", "zip", "comprehension"))
    if forms == "pairs":
        return f"dict({_pairs(writer, block)})"
    if forms == "keywords":
        return f"dict({keywords(writer, block)})"
    if forms == "mapping":
        return f"dict({mapping(writer, block)})"
    if forms == "zip":
        items = ", ".join(value(writer, block) for _ in range(2))
        return f"dict(zip({layer_names(writer)}, [{items}]))"
    if forms == "comprehension":
        return f"dict((name, {kernel(writer, block)!s}) for name in {layer_names(writer)})"
    return f"dict({mapping(writer, block)}, {keywords(writer, block)})"


@part(MAPPINGS, "** in a dict")
def _spread(writer: Writer, block: Block) -> str:
    item = f"{key(writer, block)}: {value(writer, block)}"
    first = f"**{mapping(writer, block)}"
    items = [first, f"**{mapping(writer, block)}"] if writer.chance(30) else [first, item]
    if writer.chance(30):
        items.reverse()
    return f"{{{', '.join(items)}}}"


@part(MAPPINGS, "** of a conditional")
def _spread_conditional(writer: Writer, block: Block) -> str:
    item = f"{key(writer, block)}: {value(writer, block)}"
    optional = f"({mapping(writer, block)} if {writer.condition(block)} else {{}})"
    return f"{{{item}, **{optional}}}"


@part(MAPPINGS, "| of dicts")
def _union(writer: Writer, block: Block) -> str:
    return f"({mapping(writer, block)} | {mapping(writer, block)})"


@part(MAPPINGS, "fromkeys")
def _fromkeys(writer: Writer, block: Block) -> str:
    return f"dict.fromkeys({layer_names(writer)}, {value(writer, block)})"


@part(MAPPINGS, "copy")
def _copy(writer: Writer, block: Block) -> str:
    made = mapping(writer, block)
    form = writer.random.choice(("copy.copy", "copy.deepcopy", "dict", ""))
    if not form:
        return f"{made}.copy()"
    if form.startswith("copy"):
        block.file.imports["import copy"] = None
    return f"{form}({made})"


@part(MAPPINGS, "change of a copy")
def _copied_and_changed(writer: Writer, block: Block) -> str:
    base = _bound(writer, block)
    name = writer.name("changed", "local")
    form = writer.random.choice(("{}", "{}.copy()", "dict({})", "{{**{}}}", "copy.deepcopy({})"))
    if form.startswith("copy"):
        block.file.imports["import copy"] = None
    block.add(f"{name} = {form.format(base)}")
    steps(writer, block, name)
    return writer.random.choice((name, base, f"({base} | {name})"))


@part(MAPPINGS, "change of a name")
def _changed(writer: Writer, block: Block) -> str:
    name = _bound(writer, block)
    steps(writer, block, name, 3)
    return name


@part(MAPPINGS, "dict comprehension")
def _comprehension(writer: Writer, block: Block) -> str:
    names = layer_names(writer)
    device = writer.random.choice(DEVICES)
    given = kernel(writer, block)
    other = kernel(writer, block)
    known = repr(writer.random.choice(KERNELS))
    condition = writer.random.choice(
        (
            'name != "RMSNorm"',
            'name.startswith("R")',
            'name in ("RMSNorm", "GeLU")',
            "len(name) > 3",
        )
    )
    forms = (
        f"{{name: {given} for name in {names}}}",
        f"{{name: {{{device}: {given}}} for name in {names}}}",
        f"{{name: {given} for name in {names} if {condition}}}",
        f"{{name: {given} if {condition} else {other} for name in {names}}}",
        f'{{name: "a/b:" + name for name in {names}}}',
        f'{{name: f"a/b:{{name}}" for name in {names}}}',
        f"{{name: kernel for name, kernel in zip({names}, [{given}, {other}])}}",
        f'{{name: {{device: {given} for device in ("cuda", "rocm")}} for name in {names}}}',
        f'{{first + second: {given} for first in ("RMS", "x") for second in ("Norm",)}}',
        f"{{name: ({known}, {{'version': n}}) for n, name in enumerate({names}, 1)}}",
        f"{{text.strip(): {given} for text in ' RMSNorm , SiLU'.split(',')}}",
    )
    return writer.random.choice(forms)


@part(MAPPINGS, "comprehension over a dict")
def _over_dict(writer: Writer, block: Block) -> str:
    base = mapping(writer, block)
    device = writer.random.choice(DEVICES)
    forms = (
        f"{{name: kernel for name, kernel in {base}.items()}}",
        f'{{name: kernel for name, kernel in {base}.items() if name != "SiLU"}}',
        f"{{name: kernel for name, kernel in {base}.items() if kernel is not None}}",
        (
            f"{{name: {{{device}: kernel}} for name, kernel in {base}.items()"
            " if isinstance(kernel, str)}"
        ),
        (
            f"{{name: kernel if isinstance(kernel, dict) else {{{device}: kernel}}"
            f" for name, kernel in {base}.items()}}"
        ),
        (
            f"{{name: kernel for part in ({base}, {mapping(writer, block)})"
            " for name, kernel in part.items()}"
        ),
        f"{{name: {kernel(writer, block)} for name in {base}}}",
        f"dict([(name, kernel) for name, kernel in {base}.items()])",
        f"dict(reversed(list({base}.items())))",
        f"{{name: kernel for name, kernel in zip({base}.keys(), {base}.values())}}",
        f"dict(list({base}.items())[:1])",
    )
    return writer.random.choice(forms)


@part(MAPPINGS, "loop")
def _loop(writer: Writer, block: Block) -> str:
    name = writer.name()
    block.add(f"{name} = {{}}" if writer.chance(70) else f"{name} = {mapping(writer, block)}")
    header, item = writer.random.choice(
        (
            (f"for layer in {layer_names(writer)}:", "layer"),
            (f"for number, layer in enumerate({layer_names(writer)}):", "layer"),
            (f"for layer in sorted({layer_names(writer)}):", "layer"),
            (f"for layer in reversed({layer_names(writer)}):", "layer"),
            (f"for layer, kernel in zip({layer_names(writer)}, {KERNELS!r}):", "layer"),
            ("for number in range(2):", '("RMSNorm", "SiLU")[number]'),
            (f"for layer, kernel in {mapping(writer, block)}.items():", "layer"),
            (f"for layer in {mapping(writer, block)}:", "layer"),
            (f"for number, layer in enumerate(sorted({mapping(writer, block)})):", "layer"),
        )
    )
    body = block.under()
    if writer.chance(40):
        test = f"if {item} == {writer.random.choice(LAYERS)}:"
        body.block(test, writer.random.choice(("continue", "break", f"{name}[{item}] = 1")))
    given = "kernel" if ", kernel in" in header and writer.chance(70) else value(writer, body)
    body.add(
        writer.random.choice(
            (
                f"{name}[{item}] = {given}",
                f"{name}[{item}] = {given}",
                f"{name}.update({{{item}: {given}}})",
                f"{name}.setdefault({item}, {given})",
                f"{name} = {{**{name}, {item}: {given}}}",
                f"{name} |= {{{item}: {given}}}",
            )
        )
    )
    block.block(header, body)
    if writer.chance(15):
        block.block("else:", f"{name}.update(GeLU={given})" if given != "kernel" else "pass")
    return name


@part(MAPPINGS, "while loop")
def _while(writer: Writer, block: Block) -> str:
    name, names, number = writer.name(), writer.name("layers"), writer.name("number")
    given = kernel(writer, block)
    form = writer.random.choice(("count", "pop", "true"))
    if form == "pop":
        block.add(f"{names} = list({layer_names(writer)})", f"{name} = {{}}")
        block.block(f"while {names}:", f"{name}[{names}.pop()] = {given}")
        return name
    block.add(f"{names} = {layer_names(writer)}", f"{number} = 0", f"{name} = {{}}")
    body = f"{name}[{names}[{number}]] = {given}\n{number} += 1"
    if form == "true":
        stop = f"if {number} == len({names}):\n    break\n"
        block.block("while True:", stop + body)
    else:
        block.block(f"while {number} < len({names}):", body)
    return name
