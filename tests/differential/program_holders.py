"""The parts of a generated program through which a value comes: names, statements, functions."""

from __future__ import annotations

from tests.differential.program_writer import HOLDERS, Block, Make, Writer, part


@part(HOLDERS, "constant")
def _constant(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    value = make(home.top)
    name = writer.constant()
    hint = ""
    if writer.may("annotation", 30):
        hint = writer.random.choice(("Final", "Any", "object"))
        home.imports["from typing import Any, Final"] = None
        hint = f": {hint}"
    home.top.add(f"{name}{hint} = {value}")
    return writer.refer(block, home, name)


@part(HOLDERS, "local name")
def _local(writer: Writer, block: Block, make: Make) -> str:
    value = make(block)
    name = writer.name("chosen", "first", "value")
    block.add(f"{name} = {value}")
    return name


@part(HOLDERS, "chained assignment")
def _chained(writer: Writer, block: Block, make: Make) -> str:
    value = make(block)
    first, second = writer.name("first"), writer.name("second")
    block.add(f"{first} = {second} = {value}")
    return writer.random.choice((first, second))


@part(HOLDERS, "unpacking")
def _unpacking(writer: Writer, block: Block, make: Make) -> str:
    first, second = make(block), make(block)
    a, b = writer.name("first"), writer.name("second")
    form = writer.random.choice(("pair", "rest", "swap", "nested", "last"))
    if form == "rest":
        block.add(f"{a}, *{b} = [{first}, {second}, {first}]")
        return writer.random.choice((a, f"{b}[0]", f"{b}[-1]"))
    if form == "last":
        block.add(f"*{a}, {b} = {first}, {second}")
        return writer.random.choice((b, f"{a}[0]"))
    if form == "nested":
        block.add(f"({a}, _), {b} = ({first}, None), {second}")
    else:
        block.add(f"{a}, {b} = {first}, {second}")
    if form == "swap":
        block.add(f"{a}, {b} = {b}, {a}")
    return writer.random.choice((a, b))


@part(HOLDERS, "walrus")
def _walrus(writer: Writer, block: Block, make: Make) -> str:
    value = make(block)
    name = writer.name("chosen")
    if writer.chance(50):
        return f"({name} := {value})"
    block.block(f"if ({name} := {value}) == 'never':", f"{name} = None")
    return name


@part(HOLDERS, "conditional expression")
def _conditional(writer: Writer, block: Block, make: Make) -> str:
    return f"({make(block)} if {writer.condition(block)} else {make(block)})"


@part(HOLDERS, "and or of values")
def _and_or(writer: Writer, block: Block, make: Make) -> str:
    first, second = make(block), make(block)
    flag = writer.flag(block) if writer.chance(50) else None
    forms = [f"(None or {first})", f"({first} or {second})", f"({first} and {second})"]
    forms = [f"({flag} and {first} or {second})"] * 2 if flag else forms
    return writer.random.choice(forms)


@part(HOLDERS, "item of a dict")
def _item_of_dict(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    first, second = make(home.top), make(home.top)
    name = writer.name("CHOICES", "BY_NAME")
    home.top.add(f'{name} = {{"small": {first}, "large": {second}}}')
    name = writer.refer(block, home, name)
    forms = [f'{name}["small"]', f'{name}["large"]', f'{name}.get("small")']
    forms += [f'{name}.get("none", {make(block)})']
    forms += [f'{name}["large" if {writer.condition(block)} else "small"]']
    return writer.random.choice(forms)


@part(HOLDERS, "item of a list")
def _item_of_list(writer: Writer, block: Block, make: Make) -> str:
    items = f"{make(block)}, {make(block)}"
    items = f"[{items}]" if writer.chance(50) else f"({items})"
    index = writer.random.choice(("0", "1", "-1", "-2", '"ab".index("b")', "2 - 1", "True"))
    forms = [f"{items}[{index}]", f"{items}[1:][0]", f"{items}[:1][0]", f"{items}[::-1][0]"]
    forms += [f"next(iter({items}))", f"[*{items}][1]"]
    return writer.random.choice(forms)


@part(HOLDERS, "if statement")
def _if(writer: Writer, block: Block, make: Make) -> str:
    name = writer.name("chosen")
    condition = writer.condition(block)
    first, second, third = block.under(), block.under(), block.under()
    first.add(f"{name} = {make(first)}")
    second.add(f"{name} = {make(second)}")
    if writer.chance(40):
        third.add(f"{name} = {make(third)}")
        other = writer.condition(block)
        block.block(f"if {condition}:", first)
        block.block(f"elif {other}:", third)
        block.block("else:", second)
    elif writer.chance(40):
        block.add(*second.lines)
        block.block(f"if {condition}:", first)
    else:
        block.block(f"if {condition}:", first)
        block.block("else:", second)
    return name


@part(HOLDERS, "try")
def _try(writer: Writer, block: Block, make: Make) -> str:
    name = writer.name("chosen")
    first, second, third = block.under(), block.under(), block.under()
    first.add(f"{name} = {make(first)}")
    second.add(f"{name} = {make(second)}")
    third.add(f"{name} = {make(third)}")
    failing, caught = writer.random.choice(
        (
            ("optional", "ImportError"),
            ("optional", "(ImportError, KeyError)"),
            ("optional", "ModuleNotFoundError as error"),
            ('{"a": 1}["b"]', "KeyError"),
            ("[][0]", "IndexError"),
            ('int("x")', "(TypeError, ValueError)"),
            ("assert not 1", "AssertionError"),
            ("raise ValueError", "Exception"),
            ("None", "ValueError"),
        )
    )
    if failing == "optional":
        failing = writer.optional()
    tried = block.under()
    if writer.chance(50):
        tried.add(failing, *first.lines)
    else:
        tried.add(*first.lines, failing)
    block.block("try:", tried)
    block.block(f"except {caught}:", second)
    form = writer.random.choice(("", "", "else:", "finally:"))
    if form:
        block.block(form, third)
    return name


@part(HOLDERS, "match")
def _match(writer: Writer, block: Block, make: Make) -> str:
    name = writer.name("chosen")
    flag = writer.flag(block) if writer.chance(50) else None
    subject = flag or writer.random.choice(('"x"', '"y"', '"q"', "None"))
    bodies = []
    for _ in range(3):
        body = block.under()
        body.add(f"{name} = {make(body)}")
        bodies.append(body)
    cases = writer.random.choice(
        (
            ('case "x":', 'case "y":', "case _:"),
            ('case "x" | "z":', "case None:", "case _:"),
            ("case str() if 1 == 2:", 'case "y":', "case other:"),
            ("case None:", 'case "":', "case _:"),
        )
    )
    match = block.under()
    for case, body in zip(cases, bodies, strict=True):
        match.block(case, body)
    block.block(f"match {subject}:", match)
    return name


@part(HOLDERS, "match of a structure")
def _match_structure(writer: Writer, block: Block, make: Make) -> str:
    name = writer.name("chosen")
    value, other = make(block), make(block)
    subject, case = writer.random.choice(
        (
            (f'{{"use": {value}, "x": 1}}', f'case {{"use": {name}}}:'),
            (f"[{value}, {other}]", f"case [{name}, _]:"),
            (f"({value}, {other})", f"case (_, {name}):"),
            (f'("x", {value}, {other})', f'case ["x", *_, {name}]:'),
            (value, f"case {name}:"),
        )
    )
    match = block.under()
    if not case.startswith(f"case {name}"):
        match.block('case {"none": _} | ["none"] | None:', f"{name} = {other}")
    match.block(case, "pass")
    block.block(f"match {subject}:", match)
    return name


@part(HOLDERS, "loop that ends early")
def _loop(writer: Writer, block: Block, make: Make) -> str:
    first, second = make(block), make(block)
    name, count = writer.name("chosen"), writer.name("number")
    form = writer.random.choice(("break", "else", "while", "last", "continue"))
    if form == "while":
        block.add(f"{count} = 0", f"{name} = None")
        block.block(f"while {count} < 2:", f"{name} = [{first}, {second}][{count}]\n{count} += 1")
    elif form == "last":
        block.block(f"for {name} in ({first}, {second}):", "pass")
    elif form == "continue":
        body = f"if {count} == 1:\n    continue\n{name} = [{first}, {second}][{count}]"
        block.block(f"for {count} in range(2):", body)
    else:
        stop = writer.random.choice((0, 1, 7))
        body = f"if {count} == {stop}:\n    break"
        block.block(f"for {count}, {name} in enumerate([{first}, {second}]):", body)
        if form == "else":
            body_of_else = block.under()
            body_of_else.add(f"{name} = {make(body_of_else)}")
            block.block("else:", body_of_else)
    return name


@part(HOLDERS, "function")
def _function(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    body = home.top.function()
    if writer.may("early return", 35):
        condition = writer.condition(body)
        early = body.under()
        early.add(f"return {make(early)}")
        body.block(f"if {condition}:", early)
    body.add(f"return {make(body)}")
    name = writer.name("choose", "pick", "load")
    home.top.block(f"def {name}():", body)
    return f"{writer.refer(block, home, name)}()"


@part(HOLDERS, "function with arguments")
def _arguments(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    name = writer.name("choose", "pick", "either")
    value = make(block)
    default = make(home.top)
    text, call = writer.random.choice(
        (
            (f"def {name}(value):\n    return value", f"({value})"),
            (f"def {name}(value, *, other={default}):\n    return other", "(1)"),
            (f"def {name}(value={default}):\n    return value", "()"),
            (f"def {name}(value={default}):\n    return value", f"(value={value})"),
            (f"def {name}(value=None):\n    return value or {default}", "()"),
            (f"def {name}(value, /, *rest):\n    return rest[0]", f"(1, {value})"),
            (f"def {name}(*values):\n    return values[-1]", f"(1, {value})"),
            (f"def {name}(**values):\n    return values['a']", f"(b=1, a={value})"),
            (f"def {name}(a, b):\n    return b if a else None", f"(*[1, {value}])"),
            (f"def {name}(a, b):\n    return b if a else None", f"(**{{'b': {value}, 'a': 1}})"),
            (
                f"def {name}(use):\n    if use:\n        return {default}\n    return {default}",
                f"({writer.condition(block)})",
            ),
        )
    )
    home.top.add(text)
    return f"{writer.refer(block, home, name)}{call}"


@part(HOLDERS, "lambda")
def _lambda(writer: Writer, block: Block, make: Make) -> str:
    value = make(block)
    name = writer.name("choose", "get")
    form = writer.random.choice(("none", "argument", "default", "in place"))
    if form == "in place":
        return f"(lambda value: value)({value})"
    if form == "none":
        block.add(f"{name} = lambda: {value}")
        return f"{name}()"
    if form == "default":
        block.add(f"{name} = lambda value={value}: value")
        return f"{name}()"
    block.add(f"{name} = lambda value, other=None: other or value")
    return f"{name}({value})"


@part(HOLDERS, "closure")
def _closure(writer: Writer, block: Block, make: Make) -> str:
    outer, inner = writer.name("outer", "chooser"), writer.name("inner")
    value = make(block)
    if writer.chance(50):
        body = f"def {inner}():\n    return value\nreturn {inner}"
        block.block(f"def {outer}(value):", body)
        return f"{outer}({value})()"
    name = writer.name("chosen")
    body = f"{name} = None\ndef {inner}():\n    nonlocal {name}\n    {name} = {value}\n"
    block.block(f"def {outer}():", f"{body}{inner}()\nreturn {name}")
    return f"{outer}()"


@part(HOLDERS, "global")
def _global(writer: Writer, block: Block, make: Make) -> str:
    top = block.file.top
    name, setter = writer.constant(), writer.name("use", "configure")
    first, body = make(top), top.function()
    body.add(f"global {name}")
    body.add(f"{name} = {make(body)}")
    top.add(f"{name} = {first}")
    top.block(f"def {setter}():", body)
    if writer.chance(70):
        block.add(f"{setter}()")
    else:
        block.block(f"if {writer.condition(block)}:", f"{setter}()")
    return name


@part(HOLDERS, "function that returns a tuple")
def _tuple_of_function(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    body = home.top.function()
    body.add(f"return {make(body)}, {make(body)}")
    function = writer.name("load", "both")
    home.top.block(f"def {function}():", body)
    call = f"{writer.refer(block, home, function)}()"
    first, second = writer.name("first"), writer.name("second")
    form = writer.random.choice((f"{first}, {second} = {call}", f"{second}, *{first} = {call}", ""))
    if not form:
        return f"{call}[{writer.random.choice((0, 1, -1))}]"
    block.add(form)
    return second


@part(HOLDERS, "import under a condition")
def _conditional_import(writer: Writer, block: Block, make: Make) -> str:
    home = writer.home(block)
    if home is block.file:
        return _if(writer, block, make)
    values = make(home.top), make(home.top)
    names = writer.constant(), writer.constant()
    for name, value in zip(names, values, strict=True):
        home.top.add(f"{name} = {value}")
    chosen = writer.name("CHOSEN")
    imports = [f"from {home.module} import {name} as {chosen}" for name in names]
    if writer.chance(50):
        block.block(f"if {writer.condition(block)}:", imports[0])
        block.block("else:", imports[1])
    else:
        missing = writer.random.choice((names[0], "NOTHING_OF_THE_KIND"))
        block.block("try:", f"from {home.module} import {missing} as {chosen}")
        block.block("except ImportError:", imports[1])
    return chosen


@part(HOLDERS, "with")
def _with(writer: Writer, block: Block, make: Make) -> str:
    name = writer.name("chosen")
    if writer.chance(30):
        home = writer.home(block)
        manager = writer.name("Using", "Session")
        methods = "def __init__(self, kernel):\n    self.kernel = kernel\n\n"
        methods += "def __enter__(self):\n    return self.kernel\n\n"
        methods += "def __exit__(self, *_):\n    return False"
        home.top.block(f"class {manager}:", methods)
        value = make(block)
        block.block(f"with {writer.refer(block, home, manager)}({value}) as {name}:", "pass")
        return name
    block.file.imports["import contextlib"] = None
    if writer.chance(50):
        value = make(block)
        block.block(f"with contextlib.nullcontext({value}) as {name}:", "pass")
        return name
    body = block.under()
    body.add(f"{name} = {make(body)}")
    block.block("with contextlib.suppress(KeyError):", body)
    return name
