"""What is read without a parse is what a parse reads."""

from __future__ import annotations

import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernlint.extract.brief import brief
from kernlint.extract.file import extract
from kernlint.model.code import Import
from kernlint.model.facts import FileFacts
from kernlint.source.read import decode, mentions_kernels
from tests.real.old_release import fetch_wheel

IMPORT = "from ...integrations import use_kernel_forward_from_hub, use_kernelized_func\n"
LAYER = '@use_kernel_forward_from_hub("RMSNorm")\nclass LlamaRMSNorm(nn.Module):\n    pass\n'


def brief_of(source: str | bytes) -> FileFacts | None:
    """The facts of a file as far as they need no parse."""
    return brief(decode(source.encode() if isinstance(source, str) else source))


def agree(source: bytes) -> bool:
    """Whether a parse says the same of the layers; also where brief facts are not enough."""
    short = brief_of(source)
    if short is None:
        return True
    long = extract(decode(source))
    imports = {each for each in long.body if isinstance(each, Import)}
    return (
        long.problem is None
        and (short.decorations, short.calls, short.layer_names)
        == (long.decorations, long.calls, long.layer_names)
        and imports.issuperset(each for each in short.body if isinstance(each, Import))
    )


DECLARED = {
    "a class": (IMPORT + LAYER, [("RMSNorm", "LlamaRMSNorm", "class")]),
    "a function": (
        IMPORT + '@use_kernel_forward_from_hub("rope")\ndef apply(q, k):\n    return q\n',
        [("rope", "apply", "function")],
    ),
    "two arguments, on several lines": (
        """from kernels import (
    use_kernel_func_from_hub_with_fallback,  # ours
)
@use_kernel_func_from_hub_with_fallback(
    'conv', "causal",
)
async def conv(
    x,
): ...
""",
        [("conv", "conv", "function")],
    ),
    "other decorators around it": (
        IMPORT + "@auto\n" + LAYER.replace("class", "@other(\n    1,\n)\n# text\nclass"),
        [("RMSNorm", "LlamaRMSNorm", "class")],
    ),
    "a text that shows a declaration": (
        IMPORT + f'"""\n{LAYER}"""\n# {LAYER.splitlines()[0]}\n' + LAYER,
        [("RMSNorm", "LlamaRMSNorm", "class")],
    ),
    "other words about kernels": (
        IMPORT + LAYER + "@use_kernelized_func([apply])\nclass Attention:\n    kernel = 1\n"
        "def f():\n    from kernels import get_kernel\n    return get_kernel('a')\n",
        [("RMSNorm", "LlamaRMSNorm", "class")],
    ),
    "nothing": ("from kernels import get_kernel\n", []),
    "a config that is only handed on": (
        "if x:\n    from .config import KernelConfig as KernelConfig\n",
        [],
    ),
}


@pytest.mark.parametrize("name", DECLARED)
def test_declarations(name: str) -> None:
    source, expected = DECLARED[name]
    facts = brief_of(source)
    assert facts is not None
    assert facts.brief
    found = [
        (item.decorator.args[0].value.value, item.owner, item.owner_kind)  # type: ignore[attr-defined]
        for item in facts.decorations
    ]
    assert found == expected
    assert agree(source.encode())


@pytest.mark.parametrize(
    "source",
    [
        "from transformers import KernelConfig\nc = KernelConfig({})\n",
        "def f(model, kernel_config): pass\n",
        "model.set_use_kernels(True)\n",
        IMPORT + LAYER + "config.create_compatible_mapping(model)\n",
        IMPORT + LAYER + 'C({"RMSNorm": "org/repo:Layer"})\n',
        IMPORT + LAYER + 'setattr(\n    L, "kernel_layer_name", "X"\n)\n',
        IMPORT + LAYER + "L.kernel_layer_name = 'X'\n",
        IMPORT + LAYER + "use_kernel_forward_from_hub = lambda name: None\n",
        IMPORT + LAYER + "del use_kernel_forward_from_hub\n",
        IMPORT + LAYER + "x = use_kernel_forward_from_hub('X')(L)\n",
        LAYER + IMPORT,
        LAYER,
        "from x import *\n" + IMPORT + LAYER,
        "import kernels\n@kernels.use_kernel_forward_from_hub('X')\nclass L: pass\n",
        "from kernels import use_kernel_forward_from_hub as d\n@d('X')\nclass L: pass\n",
        IMPORT + LAYER.replace('"RMSNorm"', "NAME"),
        IMPORT + LAYER.replace('"RMSNorm"', "layer_name='X'"),
        IMPORT + LAYER.replace('"RMSNorm"', "f'X'"),
        IMPORT + LAYER.replace('"RMSNorm"', "'a' 'b'"),
        IMPORT + LAYER.replace('"RMSNorm"', r"'\x41'"),
        IMPORT + LAYER.replace('("RMSNorm")', ""),
        IMPORT + LAYER.replace("class", '@use_kernel_forward_from_hub("B")\nclass'),
        IMPORT + "if x:\n    " + LAYER.replace("\n", "\n    "),
        "try:\n    " + IMPORT + "except ImportError: pass\n" + LAYER,
        IMPORT + LAYER.replace("\n", "\r\n"),
        IMPORT + "\f" + LAYER,
    ],
)
def test_what_is_out_of_the_ordinary_is_parsed(source: str) -> None:
    assert brief_of(source) is None


def test_places_count_bytes() -> None:
    data = b"\xef\xbb\xbf# \xc3\xa9\xe2\x82\xac\n" * 1 + (IMPORT + LAYER).encode()
    facts = brief_of(data)
    assert facts is not None
    (item,) = facts.decorations
    assert data[slice(*item.owner_span)] == b"LlamaRMSNorm"
    assert data[slice(*item.decorator.span)] == b'use_kernel_forward_from_hub("RMSNorm")'
    assert agree(data)


PIECES = [
    IMPORT,
    LAYER,
    '@use_kernel_forward_from_hub("rope")\ndef apply(q="""x""", *, k=1): return q\n',
    '"""Text\n' + LAYER + '"""\n',
    "'''\n" + IMPORT + "'''\n",
    "# it's\n",
    'x = "it\'s"\n',
    "y = 'use_kernels'  # 'kernel_config'\n",
    '@auto("use_kernel_forward_from_hub")\nclass A: pass\n',
    "@use_kernelized_func(apply)\nclass B: pass\n",
    "é = '€' # é\n",
    "x = f'{a!r:>{b}}' + f\"{'a'}\"\n",
    'z = """\'\'\'""" \'"""\'\n',
    "class C:\n    '''Text.'''\n    def f(self): return 'a\\\\'\n",
    "\n\n",
    "def g(a,\n  b): pass\n",
    "use_kernels = 1\n",
    "from kernels import get_kernel, kernelize\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9))
@settings(max_examples=300, deadline=None)
def test_whatever_is_put_together(pieces: list[str]) -> None:
    assert agree("".join(pieces).encode())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("library", "release", "least"),
    [
        ("transformers", "5.22.2", 200),
        ("transformers", "5.12.1", 100),
        ("transformers", "5.4.0", 80),
        ("diffusers", "0.42.1", 1),
        ("kernels", "0.17.2", 1),
    ],
)
def test_released_files(library: str, release: str, least: int) -> None:
    checked = 0
    with zipfile.ZipFile(fetch_wheel(library, release)) as wheel:
        for name in sorted(wheel.namelist()):
            data = wheel.read(name) if name.endswith(".py") else b""
            if mentions_kernels(data):
                assert agree(data), name
                checked += brief_of(data) is not None
    assert checked >= least
