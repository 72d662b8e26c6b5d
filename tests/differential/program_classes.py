"""The parts of a generated program that keep a value in a class or an instance of one."""

from __future__ import annotations

from tests.differential.program_writer import HOLDERS, Block, Make, Writer, part


@part(HOLDERS, "class attribute")
def _class_attribute(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    value, other = make(home.top), make(home.top)
    name = writer.name("Settings", "Options", "Kernels")
    home.top.block(f"class {name}:", f"KERNEL = {value}")
    call = "()" if writer.chance(30) else ""
    if writer.may("inheritance", 30):
        base, name = name, writer.name("Special", "Local")
        home.top.block(
            f"class {name}({base}):", f"KERNEL = {other}" if writer.chance(50) else "pass"
        )
    return f"{writer.refer(block, home, name)}{call}.KERNEL"


@part(HOLDERS, "class with a constructor")
def _constructor(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    name = writer.name("Settings", "Options", "Builder")
    form = writer.random.choice(("argument", "default", "none", "method"))
    value = make(block if form == "argument" else home.top)
    given = "()"
    if form == "argument":
        body, given = "def __init__(self, kernel):\n    self.kernel = kernel", f"({value})"
    elif form == "default":
        body = f"def __init__(self, kernel={value}):\n    self.kernel = kernel"
    elif form == "none":
        body = f"def __init__(self):\n    self.kernel = {value}"
    else:
        body = f"def __init__(self):\n    self.set({value})\n\n"
        body += "def set(self, kernel):\n    self.kernel = kernel"
    ending = ".kernel"
    if writer.may("super()", 15):
        base = writer.name("Base")
        home.top.block(f"class {base}:", body)
        parameter = "kernel" if form == "argument" else ""
        body = f"def __init__(self{', ' * bool(parameter)}{parameter}):\n"
        body += f"    super().__init__({parameter})\n    self.other = None"
        home.top.block(f"class {name}({base}):", body)
        return f"{writer.refer(block, home, name)}{given}{ending}"
    if writer.may("method", 40):
        body += "\n\ndef get(self):\n    return self.kernel"
        ending = ".get()"
    home.top.block(f"class {name}:", body)
    made = f"{writer.refer(block, home, name)}{given}"
    if writer.chance(40):
        instance = writer.name("settings", "options")
        block.add(f"{instance} = {made}")
        made = instance
    return f"{made}{ending}"


@part(HOLDERS, "decorated method")
def _decorated(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    value = make(home.top)
    name = writer.name("Settings", "Options", "Builder")
    body, ending = writer.random.choice(
        (
            (f"@property\ndef kernel(self):\n    return {value}", "().kernel"),
            (f"@staticmethod\ndef kernel():\n    return {value}", ".kernel()"),
            (f"@staticmethod\ndef kernel():\n    return {value}", "().kernel()"),
            (
                f"KERNEL = {value}\n\n@classmethod\ndef kernel(cls):\n    return cls.KERNEL",
                ".kernel()",
            ),
        )
    )
    home.top.block(f"class {name}:", body)
    return f"{writer.refer(block, home, name)}{ending}"


@part(HOLDERS, "dataclass")
def _dataclass(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    home.imports["from dataclasses import dataclass, field"] = None
    default = make(home.top)
    name = writer.name("Settings", "Options", "Spec")
    body = f"name: str = 'norm'\nkernel: object = field(default_factory=lambda: {default})"
    given = "()"
    form = writer.random.choice(("factory", "default", "keyword", "position"))
    if form == "default" and default[0] not in "{[" and default[-1] not in ")]":
        body = f"kernel: object = {default}"
    elif form == "keyword":
        given = f"(kernel={make(block)})"
    elif form == "position":
        given = f"('other', {make(block)})"
    frozen = "(frozen=True)" if writer.chance(30) else ""
    home.top.add(f"@dataclass{frozen}")
    home.top.block(f"class {name}:", body)
    return f"{writer.refer(block, home, name)}{given}.kernel"


@part(HOLDERS, "enum")
def _enum(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    home.imports["from enum import Enum"] = None
    first, second = make(home.top), make(home.top)
    name = writer.name("Kernel", "Choice")
    home.top.block(f"class {name}(Enum):", f"NORM = {first}\nOTHER = {second}")
    name = writer.refer(block, home, name)
    forms = (f"{name}.NORM.value", f"{name}.OTHER.value", f'{name}["NORM"].value')
    return writer.random.choice((*forms, f"[each.value for each in {name}][0]"))


@part(HOLDERS, "named tuple")
def _named_tuple(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    home.imports["from typing import NamedTuple"] = None
    default = make(home.top)
    name = writer.name("Pair", "Spec")
    home.top.block(f"class {name}(NamedTuple):", f"name: str\nkernel: object = {default}")
    given = writer.random.choice(("'norm'", f"'norm', {make(block)}", f"'x', kernel={make(block)}"))
    made = f"{writer.refer(block, home, name)}({given})"
    return writer.random.choice((f"{made}.kernel", f"{made}[1]"))
