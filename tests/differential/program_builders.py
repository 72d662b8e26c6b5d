"""The parts of a generated program that give a mapping through a function, a class or a table."""

from __future__ import annotations

from tests.differential.configs import DEVICES
from tests.differential.program_mappings import keywords, layer_names, mapping
from tests.differential.program_values import KERNELS, kernel, key, value
from tests.differential.program_writer import MAPPINGS, Block, Writer, part


@part(MAPPINGS, "function that builds")
def _builder(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    name = writer.name("make_kernels", "kernels_for", "build")
    known = repr(writer.random.choice(KERNELS))
    if writer.chance(40):
        body = home.top.function()
        body.add(f"return {mapping(writer, body)}")
        home.top.block(f"def {name}():", body)
        return f"{writer.refer(block, home, name)}()"
    device = writer.random.choice(DEVICES)
    text, call = writer.random.choice(
        (
            (
                (
                    f"def {name}(layers, device={device}):\n"
                    f"    return {{layer: {{device: {known}}} for layer in layers}}"
                ),
                writer.random.choice(
                    (f"({layer_names(writer)})", f'({layer_names(writer)}, "rocm")')
                ),
            ),
            (
                (
                    f"def {name}(*layers, version=1):\n    found = {{}}\n    for layer in layers:\n"
                    f'        found[layer] = ({known}, {{"version": version}})\n    return found'
                ),
                writer.random.choice((f"(*{layer_names(writer)})", '("RMSNorm", version=2)', "()")),
            ),
            (
                f"def {name}(**layers):\n    return {{'RMSNorm': {known}, **layers}}",
                writer.random.choice(("()", f"({keywords(writer, block)})")),
            ),
            (
                (
                    f"def {name}(repo, layer='L', device=None):\n"
                    "    kernel = f'{repo}:{layer}'\n"
                    "    if device is None:\n        return {'RMSNorm': kernel}\n"
                    "    return {'RMSNorm': {device: kernel}}"
                ),
                writer.random.choice(
                    ("('a/b')", f"('a/b', device={device})", "(layer='X', repo='a')")
                ),
            ),
            (
                (
                    f"def {name}(names, repo='a/b'):\n    if not names:\n        return {{}}\n"
                    f"    return {{names[0]: repo + ':L', **{name}(names[1:], repo)}}"
                ),
                f"({layer_names(writer)})",
            ),
            (
                (
                    f"def {name}(base, extra=None):\n    merged = dict(base)\n"
                    "    if extra:\n        merged.update(extra)\n    return merged"
                ),
                f"({mapping(writer, block)}, {mapping(writer, block)})",
            ),
        )
    )
    home.top.add(text)
    return f"{writer.refer(block, home, name)}{call}"


@part(MAPPINGS, "class that builds")
def _class(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    name = writer.name("Builder", "Registry")
    known = repr(writer.random.choice(KERNELS))
    first = mapping(writer, home.top)
    add = f"def add(self, layer, kernel={known}):\n    self.kernels[layer] = kernel"
    if writer.chance(50):
        add += "\n    return self"
        body = f"def __init__(self):\n    self.kernels = {first}\n\n{add}"
        home.top.block(f"class {name}:", body)
        made = writer.refer(block, home, name)
        given = writer.random.choice((f"{key(writer, block)}", f'"GeLU", {value(writer, block)}'))
        return f"{made}().add({given}).kernels"
    body = f"kernels = {first}\n\n{add}"
    home.top.block(f"class {name}:", body)
    instance = writer.name("builder", "registry")
    made = writer.refer(block, home, name)
    block.add(f"{instance} = {made}()", f"{instance}.add({key(writer, block)})")
    return f"{writer.random.choice((instance, made))}.kernels"


@part(MAPPINGS, "enum that is gone through")
def _enum(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    home.imports["from enum import Enum"] = None
    name = writer.name("Layer", "Device")
    plain = writer.chance(60)
    base = "Enum" if plain else "str, Enum"
    home.top.block(f"class {name}({base}):", 'NORM = "RMSNorm"\nACTIVATION = "SiLU"')
    name = writer.refer(block, home, name)
    given = kernel(writer, block)
    if plain:
        return writer.random.choice(
            (
                f"{{layer.value: {given} for layer in {name}}}",
                f'{{{name}.NORM.value: "a/b:L", {name}("SiLU").value: {given}}}',
                f'{{"RMSNorm": "a/b:" + {name}.ACTIVATION.name}}',
            )
        )
    return f"{{{name}.NORM: {given}}}"


@part(MAPPINGS, "TypedDict")
def _typed_dict(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    home.imports["from typing import TypedDict"] = None
    name = writer.name("Layers", "Mapping")
    home.top.block(f"class {name}(TypedDict, total=False):", "RMSNorm: str\nSiLU: object")
    name = writer.refer(block, home, name)
    if writer.chance(50):
        return f"{name}({keywords(writer, block)})"
    made = mapping(writer, block)
    typed = writer.name("typed")
    block.add(f"{typed}: {name} = {made}")
    return typed


@part(MAPPINGS, "default argument that is changed")
def _mutable_default(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    name = writer.name("collect", "register")
    first = mapping(writer, home.top)
    home.top.add(
        f"def {name}(layer, kernel, found={first}):\n    found[layer] = kernel\n    return found"
    )
    name = writer.refer(block, home, name)
    for _ in range(writer.random.choice((0, 1))):
        block.add(f"{name}({key(writer, block)}, {value(writer, block)})")
    return f"{name}({key(writer, block)}, {value(writer, block)})"


@part(MAPPINGS, "dict of tables")
def _tables(writer: Writer, block: Block) -> str:
    home = writer.home(block)
    table = writer.name("BY_DEVICE", "TABLES")
    first, second = mapping(writer, home.top), mapping(writer, home.top)
    home.top.add(f'{table} = {{"cuda": {first}, "rocm": {second}}}')
    table = writer.refer(block, home, table)
    return writer.random.choice(
        (
            f'{table}["cuda"]',
            f'{table}.get("rocm", {{}})',
            f'{{**{table}["cuda"], **{table}["rocm"]}}',
            f"{{name: kernel for part in {table}.values() for name, kernel in part.items()}}",
            f"{table}['cuda' if {writer.condition(block)} else 'rocm']",
        )
    )
