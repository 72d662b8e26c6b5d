"""The parts of a generated program that change a dict, and those that make the configs."""

from __future__ import annotations

from tests.differential.configs import DEVICES
from tests.differential.program_mappings import assign, mapping, steps
from tests.differential.program_values import device, devices, kernel, key, layer_name, value
from tests.differential.program_writer import CALLS, STEPS, Block, Writer, part


@part(STEPS, "assignment of an item")
def _assign(writer: Writer, block: Block, name: str) -> None:
    assign(writer, block, name)


@part(STEPS, "assignment in an item")
def _assign_in(writer: Writer, block: Block, name: str) -> None:
    layer = repr(layer_name(writer))
    form = writer.random.choice(("known", "empty", "setdefault", "update", "shared", "shared"))
    if form == "shared":
        given = kernel(writer, block)
        kernels = writer.name("by_device")
        body = f"if isinstance({kernels}, dict):\n    {kernels}[{device(writer, block)}] = {given}"
        if writer.chance(50):
            block.block(f"for {kernels} in {name}.values():", body)
        else:
            block.add(f"{kernels} = {name}.get({layer})", *body.split("\n"))
        return
    if form == "setdefault":
        name_of_new = repr(writer.random.choice(("QuickGELU", "FastGELU")))
        given = kernel(writer, block)
        block.add(f"{name}.setdefault({name_of_new}, {{}})[{device(writer, block)}] = {given}")
        return
    first = "{}" if form == "empty" else devices(writer, block)
    block.add(f"{name}[{layer}] = {first}")
    if form == "update":
        block.add(f"{name}[{layer}].update({devices(writer, block)})")
    else:
        block.add(f"{name}[{layer}][{device(writer, block)}] = {kernel(writer, block)}")


@part(STEPS, "update")
def _update(writer: Writer, block: Block, name: str) -> None:
    pair = f"({key(writer, block)}, {value(writer, block)})"
    keyword = f"{layer_name(writer)}={value(writer, block)}"
    given = writer.random.choice(("mapping", "mapping", "pairs", "keyword", "both"))
    made = {
        "pairs": lambda: f"[{pair}]",
        "keyword": lambda: keyword,
        "mapping": lambda: mapping(writer, block),
        "both": lambda: f"{mapping(writer, block)}, {keyword}",
    }[given]()
    block.add(f"{name}.update({made})")


@part(STEPS, "|=")
def _augmented(writer: Writer, block: Block, name: str) -> None:
    block.add(f"{name} |= {mapping(writer, block)}")


@part(STEPS, "setdefault")
def _setdefault(writer: Writer, block: Block, name: str) -> None:
    block.add(f"{name}.setdefault({key(writer, block)}, {value(writer, block)})")


@part(STEPS, "del")
def _del(writer: Writer, block: Block, name: str) -> None:
    layer = repr(layer_name(writer))
    if writer.chance(50):
        block.add(f"{name}[{layer}] = {value(writer, block)}", f"del {name}[{layer}]")
    else:
        block.block(f"if {layer} in {name}:", f"del {name}[{layer}]")


@part(STEPS, "pop")
def _pop(writer: Writer, block: Block, name: str) -> None:
    layer = repr(layer_name(writer))
    form = writer.random.choice(("plain", "moved", "clear", "popitem"))
    if form == "plain":
        block.add(f"{name}.pop({layer}, None)")
    elif form == "moved":
        block.add(f'{name}["GeLU"] = {name}.pop({layer}, {kernel(writer, block)})')
    elif form == "popitem":
        block.add(f"{name}[{layer}] = {kernel(writer, block)}", f"{name}.popitem()")
    else:
        block.add(f"{name}.clear()")
        assign(writer, block, name)


@part(STEPS, "alias")
def _alias(writer: Writer, block: Block, name: str) -> None:
    alias = writer.name("alias", "same")
    block.add(f"{alias} = {name}")
    steps(writer, block, alias)
    if writer.chance(40):
        assign(writer, block, name)


@part(STEPS, "rebound name")
def _rebound(writer: Writer, block: Block, name: str) -> None:
    form = writer.random.choice(("spread", "union", "comprehension", "new"))
    if form == "spread":
        block.add(f"{name} = {{**{name}, {key(writer, block)}: {value(writer, block)}}}")
    elif form == "union":
        block.add(f"{name} = {name} | {mapping(writer, block)}")
    elif form == "comprehension":
        block.add(f'{name} = {{n: k for n, k in {name}.items() if n != "SiLU"}}')
    else:
        block.add(f"{name} = {mapping(writer, block)}")


@part(STEPS, "change under a condition")
def _conditional(writer: Writer, block: Block, name: str) -> None:
    condition = writer.condition(block, 80)
    first, second = block.under(), block.under()
    steps(writer, first, name)
    if writer.chance(35):
        other = writer.condition(block) if writer.chance(30) else None
        steps(writer, second, name)
        block.block(f"if {condition}:", first)
        block.block(f"elif {other}:" if other else "else:", second)
    else:
        block.block(f"if {condition}:", first)


@part(STEPS, "change in a loop")
def _loop(writer: Writer, block: Block, name: str) -> None:
    given = kernel(writer, block)
    first = writer.random.choice(DEVICES)
    header, body = writer.random.choice(
        (
            ('for layer in ("RMSNorm", "SiLU"):', f"{name}[layer] = {given}"),
            (f"for layer in list({name}):", f"{name}[layer] = {given}"),
            (f"for layer in list({name}):", f'if layer == "SiLU":\n    del {name}[layer]'),
            (
                f"for layer, kernel in list({name}.items()):",
                f"if isinstance(kernel, str):\n    {name}[layer] = {{{first}: kernel}}",
            ),
            (f"for layer in {mapping(writer, block)}:", f"{name}.setdefault(layer, {given})"),
            (
                f"for part in ({mapping(writer, block)}, {mapping(writer, block)}):",
                f"{name}.update(part)",
            ),
            (
                "for _ in range(3):",
                f"if len({name}) > 2:\n    break\n{name}.update(GeLU={given})",
            ),
            (
                'for layer in "RMSNorm", "SiLU":',
                f"if layer in {name}:\n    continue\n{name}[layer] = {given}",
            ),
        )
    )
    block.block(header, body)


@part(STEPS, "helper that changes its argument")
def _helper(writer: Writer, block: Block, name: str) -> None:
    home = writer.home(block)
    helper = writer.name("add_kernels", "extend")
    body = home.top.function()
    steps(writer, body, "target")
    if writer.chance(30):
        body.add("return target")
    home.top.block(f"def {helper}(target):", body)
    helper = writer.refer(block, home, helper)
    if writer.chance(15):
        block.block(f"if {writer.condition(block)}:", f"{helper}({name})")
    else:
        block.add(f"{helper}({name})")


@part(STEPS, "change in a try")
def _try(writer: Writer, block: Block, name: str) -> None:
    tried, caught = block.under(), block.under()
    form = writer.random.choice(("import", "key", "none"))
    if form == "import":
        tried.add(writer.optional())
    elif form == "key":
        tried.add(f'{name}["Missing"]')
    steps(writer, tried, name)
    if form == "key" and writer.chance(40):
        tried.lines.append(tried.lines.pop(0))
    steps(writer, caught, name)
    block.block("try:", tried)
    block.block(f"except {'ImportError' if form == 'import' else 'KeyError'}:", caught)
    if writer.chance(20):
        last = block.under()
        assign(writer, last, name)
        block.block("finally:", last)


@part(STEPS, "change in a with")
def _with(writer: Writer, block: Block, name: str) -> None:
    body = block.under()
    block.file.imports["import contextlib"] = None
    steps(writer, body, name)
    block.block("with contextlib.suppress(KeyError):", body)


@part(STEPS, "change in a match")
def _match(writer: Writer, block: Block, name: str) -> None:
    subject = writer.flag(block) or '"x"'
    first, second = block.under(), block.under()
    steps(writer, first, name)
    steps(writer, second, name)
    match = block.under()
    match.block('case "x":', first)
    match.block(writer.random.choice(("case _:", 'case "y" | "z":', "case None:")), second)
    block.block(f"match {subject}:", match)


@part(STEPS, "closure that changes")
def _closure(writer: Writer, block: Block, name: str) -> None:
    function = writer.name("register", "add")
    body = f"{name}[layer] = kernel"
    block.block(f"def {function}(layer, kernel={kernel(writer, block)}):", body)
    block.add(f"{function}({key(writer, block)})")


def config(writer: Writer, block: Block, given: str) -> str:
    """The call for a mapping."""
    imports = block.file.imports
    if writer.may("kernel_mapping=", 15):
        given = f"kernel_mapping={given}"
    if writer.may("config: as", 8):
        imports["from transformers import KernelConfig as Config"] = None
        return f"Config({given})"
    if writer.may("config: of module", 8):
        imports["import transformers"] = None
        return f"transformers.KernelConfig({given})"
    imports["from transformers import KernelConfig"] = None
    return f"KernelConfig({given})"


@part(CALLS, "config of a module")
def module_level(writer: Writer, block: Block) -> None:
    """A config at the top of the file."""
    made = mapping(writer, block)
    block.add(f"config = {config(writer, block, made)}")


@part(CALLS, "config in a function")
def _in_function(writer: Writer, block: Block) -> None:
    body = block.function()
    made = mapping(writer, body)
    body.add(f"return {config(writer, body, made)}")
    block.block("def make_config():", body)
    block.add("config = make_config()")


@part(CALLS, "config of an argument")
def _of_argument(writer: Writer, block: Block) -> None:
    home = writer.home(block)
    body = home.top.function()
    if writer.chance(40):
        steps(writer, body, "mapping")
    body.add(f"return {config(writer, body, 'mapping')}")
    home.top.block("def make_config(mapping):", body)
    name = writer.refer(block, home, "make_config")
    for number in range(writer.random.choice((1, 1, 2))):
        made = mapping(writer, block)
        block.add(f"config{number or ''} = {name}({made})")


@part(CALLS, "config in a method")
def _in_method(writer: Writer, block: Block) -> None:
    first = mapping(writer, block)
    body = block.function()
    steps(writer, body, "mapping")
    body.add(f"return {config(writer, body, 'mapping')}")
    init = "def __init__(self, kernels):\n    self.kernels = kernels\n\n"
    lines = "\n".join(f"    {line}" for line in ["mapping = self.kernels", *body.lines])
    block.block("class Trainer:", f"{init}def config(self):\n{lines}")
    block.add(f"trainer = Trainer({first})", "config = trainer.config()")


@part(CALLS, "config under a condition")
def _under_condition(writer: Writer, block: Block) -> None:
    condition = writer.condition(block, 100)
    first, second = block.under(), block.under()
    module_level(writer, first)
    module_level(writer, second)
    block.block(f"if {condition}:", first)
    block.block("else:", second)


@part(CALLS, "config in a loop")
def _in_loop(writer: Writer, block: Block) -> None:
    first, second = mapping(writer, block), mapping(writer, block)
    if writer.chance(40):
        call = config(writer, block, "each")
        block.add(f"configs = [{call} for each in ({first}, {second})]")
    else:
        body = block.under()
        body.add(config(writer, body, "each"))
        block.block(f"for each in ({first}, {second}):", body)


@part(CALLS, "config of a script")
def _script(writer: Writer, block: Block) -> None:
    if "/" in block.file.path:
        module_level(writer, block)
        return
    body = block.function()
    module_level(writer, body)
    block.block("def main():", body)
    block.block('if __name__ == "__main__":', "main()")
