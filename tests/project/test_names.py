"""Tests of what names stand for, by the configs that are found."""

from __future__ import annotations

import pytest

from tests.project.sources import CONFIG, Sources, mappings

CALL = "KernelConfig({'A': 'a'})\n"


@pytest.mark.parametrize(
    "source",
    [
        f"from transformers import KernelConfig\n{CALL}",
        "from transformers import KernelConfig as KC\nKC({'A': 'a'})\n",
        f"import transformers\ntransformers.{CALL}",
        f"import transformers as tf\ntf.{CALL}",
        f"import transformers.utils.kernel_config\ntransformers.utils.kernel_config.{CALL}",
        f"from transformers.utils import kernel_config as k\nk.{CALL}",
        f"from transformers import *\n{CALL}",
        f"def f():\n    from transformers import KernelConfig\n    return {CALL}",
        f"def f():\n    import transformers\n    return transformers.{CALL}",
        f"class A:\n    from transformers import KernelConfig\n    x = {CALL}",
        "import transformers as tf\nKC = tf.KernelConfig\nKC({'A': 'a'})\n",
        "from transformers import KernelConfig\nKC = KernelConfig\nKD = KC\nKD({'A': 'a'})\n",
        (
            "try:\n    from transformers import KernelConfig\n"
            f"except ImportError:\n    KernelConfig = None\n{CALL}"
        ),
        (
            "try:\n    from transformers import KernelConfig\n"
            f"except ImportError:\n    class KernelConfig: pass\n{CALL}"
        ),
        f"KernelConfig = None\nif x:\n    from transformers import KernelConfig\n{CALL}",
        (
            "try:\n    from vllm.config import KernelConfig\n"
            f"except ImportError:\n    from transformers import KernelConfig\n{CALL}"
        ),
        # A function that nobody calls has changed nothing when the module runs.
        f"{CONFIG}def f():\n    global KernelConfig\n    KernelConfig = object\n{CALL}",
    ],
)
def test_configs_of_transformers(source: str) -> None:
    assert mappings(source) == [{"A": "a"}]


@pytest.mark.parametrize(
    "source",
    [
        f"from vllm.config import KernelConfig\n{CALL}",
        f"from kernels import KernelConfig\n{CALL}",
        f"import semantic_kernel as sk\nsk.{CALL}",
        f"{CONFIG}class KernelConfig: pass\n{CALL}",
        f"import transformers\nclass KernelConfig(transformers.KernelConfig): pass\n{CALL}",
        f"{CONFIG}def f(KernelConfig): return {CALL}",
        f"{CONFIG}f = lambda KernelConfig: {CALL}",
        f"{CONFIG}def f(g):\n    KernelConfig = g()\n    return {CALL}",
        f"{CONFIG}def f(g):\n    with g as KernelConfig:\n        return {CALL}",
        f"{CONFIG}x = [{CALL.strip()} for KernelConfig in y]\n",
        f"{CONFIG}def f(x):\n    match x:\n        case {{**KernelConfig}}:\n            {CALL}",
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
            "    from transformers import KernelConfig\n"
            f"else:\n    from mine import KernelConfig\n{CALL}"
        ),
        f"{CONFIG}del KernelConfig\n{CALL}",
        f"class A:\n    from transformers import KernelConfig\n    def f(self): return {CALL}",
        f"KernelConfig = namedtuple('KernelConfig', 'a')\n{CALL}",
    ],
)
def test_configs_of_something_else(source: str) -> None:
    assert mappings(source) == []


@pytest.mark.parametrize(
    "files",
    [
        {"kernels/__init__.py": "", "kernels/c.py": "class KernelConfig: pass\n"},
        {"kernels/__init__.py": "class KernelConfig: pass\n"},
        {"transformers.py": "class KernelConfig: pass\n"},
    ],
)
def test_a_package_of_the_project_with_the_name_of_a_library(files: dict[str, str]) -> None:
    calls = {
        "a.py": f"from kernels.c import KernelConfig\n{CALL}",
        "b.py": f"from transformers import KernelConfig\n{CALL}",
        "kernels/d.py": f"from . import KernelConfig\n{CALL}",
    }
    if "transformers.py" in files:
        assert mappings({**files, **calls}) == []
    else:
        assert mappings({**files, **calls}) == [{"A": "a"}]


def test_the_own_package_transformers_of_a_project() -> None:
    files = {
        "transformers/__init__.py": "",
        "transformers/blocks.py": "class KernelConfig: pass\n",
        "transformers/own.py": f"from .blocks import KernelConfig\n{CALL}",
    }
    assert mappings(files) == []
    assert mappings({**files, "transformers/modeling_utils.py": ""}) == [{"A": "a"}]


def test_re_exports_through_several_files() -> None:
    files = {
        "pkg/__init__.py": "from .compat import *\n",
        "pkg/compat/__init__.py": "from .inner import KernelConfig\n",
        "pkg/compat/inner.py": CONFIG,
        "a.py": f"import pkg\npkg.{CALL}",
    }
    assert mappings(files) == [{"A": "a"}]


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": f"{CONFIG}from b import M\nKernelConfig(M)\n", "b.py": "from a import M\n"},
        {
            "p/__init__.py": "from .a import M\n",
            "p/a.py": f"{CONFIG}from . import M\nKernelConfig(M)\n",
        },
    ],
)
def test_imports_in_a_circle_are_unknown(files: dict[str, str]) -> None:
    assert mappings(files) == ["?the imports go in a circle"]


@pytest.mark.parametrize(
    ("bindings", "value"),
    [
        ("M = {'A': 'a'}\n", {"A": "a"}),
        ("M = None\nif x:\n    M = {'A': 'a'}\n", [{"A": "a"}, None]),
        ("try:\n    M = {'A': 'a'}\nexcept E:\n    M = {}\n", {"A": "a"}),
        ("M = {}\nM = {'A': 'a'}\n", {"A": "a"}),
        ("M = {}\nM |= x\n", {...: ["?it is changed in a way that is not followed"]}),
        ("M = {}\nif x:\n    M['A'] = 'a'\n", [{"A": "a"}, {}]),
        ("M = {}\ndef f(): M.update(A='a')\n", {}),
        (
            "M = {}\ndef f():\n    global M\n    M = {'A': 'a'}\n",
            {},
        ),
        (
            "M = None\ndef f():\n    global M\n    M = {'A': 'a'}\n",
            None,
        ),
        ("import b\nfrom b import M\nb.M = {}\n", "?`b.M` is defined outside of the project"),
        ("M, N = {}, 1\n", {}),
        ("for M in x: pass\n", "?it is set in a loop that is not followed"),
        ("from other import M\n", "?`other.M` is defined outside of the project"),
        ("def M(): pass\n", "?`M` is not a value"),
    ],
)
def test_mappings_by_name(bindings: str, value: object) -> None:
    values = value if isinstance(value, list) else [value]
    assert mappings(f"{CONFIG}{bindings}KernelConfig(M)\n") == values


def test_a_value_of_another_module_that_this_one_replaces() -> None:
    source = f"import b\n{CONFIG}b.M = {{}}\nKernelConfig(b.M)\n"
    assert mappings({"a.py": source, "b.py": "M = {'A': 'a'}\n"}) == [{}]


def test_a_name_of_the_function_around() -> None:
    source = (
        f"{CONFIG}M = {{}}\ndef f():\n    M = {{'A': 'a'}}\n    def g():\n"
        "        nonlocal M\n        M = {'B': 'b'}\n        return KernelConfig(M)\n"
    )
    assert mappings(source) == [{"B": "b"}]
    assert mappings(source.replace("        M = {'B': 'b'}\n", "")) == [{"A": "a"}]


def test_a_class_body_is_seen_from_the_class_alone() -> None:
    source = (
        f"{CONFIG}class A:\n    M = {{'A': 'a'}}\n    c = KernelConfig(M)\n"
        "    def f(self): return KernelConfig(M)\n"
    )
    assert mappings(source) == [{"A": "a"}, "?`M` is not bound in the project"]


def test_places_of_values_are_where_they_are_written() -> None:
    sources = Sources(
        {"n.py": "é = 'ü'; M = {'A': é}\n", "a.py": f"{CONFIG}from n import M\nKernelConfig(M)\n"}
    )
    (config,) = sources.build().configs
    assert config.mapping is not None
    assert config.mapping.place.path == "n.py"
    assert sources.at(config.mapping.place) == "{'A': é}"
    assert sources.at(config.place) == "KernelConfig(M)"
    assert sources.at(config.callee) == "KernelConfig"
