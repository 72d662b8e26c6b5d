"""Which files may call a function of another one, told from their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.engine.callers import calling, put_into_dicts
from kernlint.source.read import ReadError

FILES = {
    "imports.py": b"from lib.tools import build\nbuild({})\n",
    "imports_package.py": b"import lib\nlib.tools.build({})\n",
    "relative.py": b"from . import build\nbuild({})\n",
    "other_name.py": b"from lib.tools import rebuild\nrebuild({})\n",
    "other_module.py": b"from others import build\nbuild({})\n",
    "beyond.py": "from lib.tools import größe, 日本\n日本({})\n".encode(),
    "nothing.py": b"",
}
MANY = {(f"lib/made{number}.py", f"make{number}") for number in range(60)}


def found(*wanted: tuple[str, str]) -> list[str]:
    return list(calling(FILES, wanted, FILES.__getitem__))


@pytest.mark.parametrize("others", [set(), MANY])
def test_a_caller_names_the_function_and_its_module(others: set[tuple[str, str]]) -> None:
    assert found(("lib/tools.py", "build"), *others) == [
        "imports.py",
        "imports_package.py",
        "relative.py",
    ]
    assert found(("lib/others.py", "build"), *others) == [
        "imports.py",  # its package
        "imports_package.py",
        "relative.py",
        "other_module.py",
    ]
    assert found(("elsewhere/nowhere.py", "build"), *others) == ["relative.py"]
    assert found(("lib/tools.py", "missing"), *others) == []


@pytest.mark.parametrize("others", [set(), MANY])
def test_names_beyond_ascii(others: set[tuple[str, str]]) -> None:
    assert found(("lib/tools.py", "日本"), *others) == ["beyond.py"]
    assert found(("lib/tools.py", "gr"), *others) == []


def test_what_cannot_be_read_is_passed_over() -> None:
    def content(path: str) -> bytes:
        if path == "imports.py":
            raise ReadError("gone")
        return FILES[path]

    assert list(calling(FILES, [("lib/tools.py", "build")], content)) == [
        "imports_package.py",
        "relative.py",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('OPTIONS = {"kernel_config": config}', True),
        ("OPTIONS = {'kernel_config' : config}", True),
        ('OPTIONS["kernel_config"] = config', True),
        ("OPTIONS = dict(kernel_config=config)", True),
        ("OPTIONS = dict(name=f(1), other=(2), kernel_config = config)", True),
        ("OPTIONS.update(\n    kernel_config=config,\n)", True),
        ('options.setdefault("kernel_config", config)', True),
        ('kwargs.pop("kernel_config", None)', False),
        ('kwargs.get("kernel_config")', False),
        ("load(kernel_config=config)", False),
        ("state_dict(kernel_config=config)", False),
        ("dict(a=1)\nkernel_config = 2", False),
        ("dict(a=kernel_config == 2)", False),
        ("config = 1", False),
    ],
)
def test_arguments_that_are_put_into_dicts(text: str, expected: bool) -> None:
    assert put_into_dicts(["kernel_config", "use_kernels"], [b"", text.encode()]) is expected


CONFIG = """from transformers import KernelConfig

KERNEL = "kernels-community/liger-kernels:LigerRMSNorm"
CONFIG = KernelConfig({"RMSNorm": {"cuda": KERNEL, "rocm": KERNEL}})
"""
LOADER = """from transformers import AutoModelForCausalLM


class Loader:
    def load(self, **kwargs):
        config = kwargs.pop("kernel_config", None)
        return AutoModelForCausalLM.from_pretrained("a/b", use_kernels=True, kernel_config=config)
"""


@pytest.mark.parametrize(
    "options",
    [
        'OPTIONS = {"kernel_config": CONFIG}\n',
        "OPTIONS = dict(kernel_config=CONFIG)\n",
        'OPTIONS = {}\nOPTIONS["kernel_config"] = CONFIG\n',
    ],
)
def test_a_dict_is_followed_to_where_nothing_says_a_word_of_kernels(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf.py").write_text(CONFIG + options)
    Path("loader.py").write_text(LOADER)
    Path("main.py").write_text(
        "from conf import OPTIONS\nfrom loader import Loader\n\nLoader().load(**OPTIONS)\n"
    )
    found = check(load_settings(None, {"cache-dir": "", "jobs": 1}), ["."])
    assert {(item.code, item.sink) for item in found.diagnostics} == {("KL302", "from_pretrained")}
