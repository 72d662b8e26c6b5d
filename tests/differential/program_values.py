"""The parts of a generated program that stand for a text, a kernel or the devices of a layer."""

from __future__ import annotations

from tests.differential.configs import (
    DECLARED,
    DEVICES,
    OTHER_KEYS,
    REPOSITORIES,
    REVISIONS,
    STRANGE_DEVICES,
    STRANGE_LAYERS,
    STRANGE_NAMES,
    STRANGE_REPOSITORIES,
    TRUSTS,
    VERSIONS,
    is_fusion,
)
from tests.differential.program_writer import TEXTS, Block, Writer, part

#: Layers that every release declares: nothing else is a reason to raise.
LAYERS = ('"RMSNorm"', '"SiLU"', '"GeLU"')
_REPOSITORIES = ("a/b", "a/b", "c/d", "org/norms", *REPOSITORIES)
_LAYERS_OF_KERNELS = ("L", "M", "N", "Fast", "LigerRMSNorm")
KERNELS = ("a/b:L", "a/b:M", "c/d:N")
#: What stands for no kernel and needs no import.
NO_KERNEL = ("None", "1", "True", "1.5", "...", 'b"a/b:L"', '["a/b:L"]', '{"a/b:L"}')


def _without_imports(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in values if "Mode." not in each and not is_fusion(f"{each}: "))


_STRANGE_LAYERS = (*_without_imports(STRANGE_LAYERS), *map(repr, DECLARED))
_STRANGE_DEVICES = _without_imports(STRANGE_DEVICES)


def key(writer: Writer, block: Block) -> str:
    """An expression for the name of a layer, or what is none."""
    if writer.chance(writer.strange):
        return writer.random.choice(_STRANGE_LAYERS)
    layer = writer.random.choice(LAYERS).strip('"')
    return writer.held(block, lambda at: writer.text(at, layer), 6)


def device(writer: Writer, block: Block) -> str:
    """An expression for a device, or what is none."""
    if writer.chance(writer.strange):
        return writer.random.choice(_STRANGE_DEVICES)
    name = writer.random.choice(DEVICES).strip('"')
    return writer.held(block, lambda at: writer.text(at, name), 6)


def kernel_text(writer: Writer) -> str:
    """The text of a kernel, seldom a malformed one."""
    repository = writer.random.choice(_REPOSITORIES)
    layer = writer.random.choice(_LAYERS_OF_KERNELS)
    if writer.chance(writer.strange):
        repository = writer.random.choice(STRANGE_REPOSITORIES)
    elif writer.chance(writer.strange):
        layer = writer.random.choice(STRANGE_NAMES)
    return f"{repository}{'' if writer.chance(writer.strange) else ':'}{layer}"


def kernel_string(writer: Writer, block: Block) -> str:
    """An expression for the text of a kernel."""
    return writer.held(block, lambda at: writer.text(at, kernel_text(writer)), 12)


def kernel(writer: Writer, block: Block) -> str:
    """An expression for a kernel: a text, or a tuple with metadata."""
    if writer.chance(writer.strange):
        return writer.random.choice(NO_KERNEL)
    if not writer.chance(writer.tuples):
        return kernel_string(writer, block)
    writer.used["tuple"] += 1
    return f"({kernel_string(writer, block)}, {metadata(writer)})"


def metadata(writer: Writer) -> str:
    """The metadata of a kernel."""
    form = writer.random.choice(("version", "version", "revision", "trust"))
    strange = writer.chance(2 * writer.strange)
    form = "both" if strange and writer.chance(50) else form
    version = writer.random.choice(VERSIONS) if strange else "1"
    if writer.may("arithmetic", 10):
        version = writer.random.choice(("0 + 1", "3 - 2", "4 // 4", "1 * 1", "-(-1)", "5 % 2"))
    revision = writer.random.choice(REVISIONS) if strange else '"main"'
    items = {
        "version": [f'"version": {version}'],
        "revision": [f'"revision": {revision}'],
        "both": [f'"version": {version}', f'"revision": {revision}'],
        "trust": [f'"version": {version}', f'"trust_remote_code": {TRUSTS[0]}'],
    }[form]
    if writer.chance(writer.strange):
        items.append(f"{writer.random.choice(OTHER_KEYS)}: 1")
    return f"{{{', '.join(items)}}}"


def devices(writer: Writer, block: Block) -> str:
    """An expression for the kernels of a layer by device."""
    count = writer.random.choice((1, 1, 2))
    names = unlike([device(writer, block) for _ in range(count)])
    items = [f"{name}: {kernel(writer, block)}" for name in names]
    return f"{{{', '.join(items)}}}"


def unlike(keys: list[str]) -> list[str]:
    """The keys without those that are written twice."""
    return list({each.replace('"', "'"): each for each in keys}.values())


def value(writer: Writer, block: Block) -> str:
    """An expression for what a layer is mapped to."""
    if writer.chance(35):
        return writer.held(block, lambda at: devices(writer, at), 20)
    return kernel(writer, block)


def layer_name(writer: Writer) -> str:
    """The name of a layer that can be a keyword, seldom one that nobody declares."""
    if writer.chance(writer.strange):
        return writer.random.choice(("rmsnorm", "NoSuchLayer", "MLP"))
    return writer.random.choice(LAYERS).strip('"')


def _named(writer: Writer, block: Block, text: str) -> str:
    """The text under a name, which has to be defined before the block."""
    home = writer.home(block)
    name = writer.name("REPO", "LAYER", "ORG", "PART")
    home.top.add(f"{name} = {text!r}")
    return writer.refer(block, home, name)


def _split(writer: Writer, text: str) -> tuple[str, str, str]:
    """A text around a character of it: at its colon or slash where it has one."""
    marks = [mark for mark in ":/" if mark in text]
    at = text.index(writer.random.choice(marks)) if marks else len(text) // 2
    return text[:at], text[at : at + 1], text[at + 1 :]


@part(TEXTS, "name of a text")
def _name(writer: Writer, block: Block, text: str) -> str:
    return _named(writer, block, text)


@part(TEXTS, "+ of strings")
def _plus(writer: Writer, block: Block, text: str) -> str:
    head, mark, tail = _split(writer, text)
    first = _named(writer, block, head) if writer.chance(50) else repr(head)
    return f"{first} + {mark + tail!r}"


@part(TEXTS, "f-string")
def _f_string(writer: Writer, block: Block, text: str) -> str:
    head, mark, tail = _split(writer, text)
    if any(each in text for each in "{}\\\"'"):
        return repr(text)
    name = _named(writer, block, head)
    form = writer.random.choice(("", "", "!s", ":", ":s"))
    if form == "" and writer.chance(40):
        return f'f"{{{name}}}{mark}{{{_named(writer, block, tail)}}}"'
    return f'f"{{{name}{form}}}{mark}{tail}"'


@part(TEXTS, "% of a string")
def _percent(writer: Writer, block: Block, text: str) -> str:
    head, mark, tail = _split(writer, text)
    start = head.replace("%", "%%")
    return writer.random.choice(
        (
            f"{f'%s{mark}%s'!r} % ({head!r}, {tail!r})",
            f"{start + mark + '%s'!r} % {tail!r}",
            f"{f'%(a)s{mark}%(b)s'!r} % {{'a': {head!r}, 'b': {tail!r}}}",
        )
    )


@part(TEXTS, ".format")
def _format(writer: Writer, block: Block, text: str) -> str:
    head, mark, tail = _split(writer, text)
    first = _named(writer, block, head) if writer.chance(50) else repr(head)
    return writer.random.choice(
        (
            f"{f'{{}}{mark}{{}}'!r}.format({first}, {tail!r})",
            f"{f'{{1}}{mark}{{0}}'!r}.format({tail!r}, {first})",
            f"{f'{{a}}{mark}{{b}}'!r}.format(a={first}, b={tail!r})",
            f"{f'{{}}{mark}{{b}}'!r}.format({first}, b={tail!r})",
        )
    )


@part(TEXTS, ".join")
def _join(writer: Writer, block: Block, text: str) -> str:
    head, mark, tail = _split(writer, text)
    if writer.chance(25):
        return f"{mark!r}.join(part for part in [{head!r}, {tail!r}])"
    opening, closing = writer.random.choice(("[]", "()"))
    return f"{mark!r}.join({opening}{head!r}, {tail!r}{closing})"


@part(TEXTS, "string method")
def _method(writer: Writer, block: Block, text: str) -> str:
    forms = [f"{text.replace('/', '~')!r}.replace('~', '/')"] if "~" not in text else []
    forms += [f"{f' {text} '!r}.strip()"] if text == text.strip() else []
    forms += [f"{f'{text},x'!r}.split(',')[0]"] if "," not in text else []
    forms += [f"{text.upper()!r}.lower()"] if text.upper().lower() == text else []
    forms += [f"{text.lower()!r}.title()"] if text.lower().title() == text else []
    forms += [f"{text.lower()!r}.upper()"] if text.lower().upper() == text else []
    forms += [f"{'x-' + text!r}.removeprefix('x-')", f"{text + '-x'!r}.removesuffix('-x')"]
    forms += [f"{'..' + text!r}.lstrip('.')"] if text == text.lstrip(".") else []
    forms += [f"{text + '@x'!r}.rpartition('@')[0]", f"{'x@' + text!r}.partition('@')[2]"]
    forms += [f"str({text!r})", f"{text!r} * 1"]
    return writer.random.choice(forms)


@part(TEXTS, "slice of a string")
def _slice(writer: Writer, block: Block, text: str) -> str:
    forms = [f"{'xx' + text!r}[2:]", f"{text + 'xx'!r}[:-2]", f"{text[::-1]!r}[::-1]"]
    forms += [f"{'x' + text + 'x'!r}[1:-1]", f"{text + 'xx'!r}[:{len(text)}]"]
    return writer.random.choice(forms)
