"""What the fixes of rules make of their examples, and where a rule offers none."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernlint.api import check, fixes
from kernlint.api.fixing import Fixes
from kernlint.config import load_settings
from kernlint.model.diagnostic import Result
from kernlint.rules.base import Example, Rule
from kernlint.rules.registry import all_rules


def write(folder: Path, sources: dict[str, str]) -> None:
    for path, text in sources.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())


def options(rule: str, transformers: str | None, *, unsafe: bool = True) -> dict[str, object]:
    found: dict[str, object] = {"extend-select": [rule], "jobs": 1, "cache-dir": ""}
    if transformers is not None:
        found["transformers"] = f"=={transformers}"
    return found | {"unsafe-fixes": unsafe}


def fixed(rule: Rule, example: Example) -> Fixes:
    return fixes(load_settings(None, options(rule.code, example.transformers)), ["."])


def checked(rule: Rule, example: Example) -> Result:
    return check(load_settings(None, options(rule.code, example.transformers)), ["."])


CASES = [
    pytest.param(rule, example, id=f"{rule.code}-{number}")
    for rule in all_rules()
    for number, example in enumerate(rule.bad)
    if not example.facts
]
FIXABLE = [
    case
    for case in CASES
    if any(isinstance(value, Example) and value.fixed for value in case.values)
]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_an_example_states_what_its_fixes_make_of_it(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, example.sources)
    before = checked(rule, example)
    assert bool(example.fixed) == any(item.fix is not None for item in before.diagnostics)
    found = fixed(rule, example)
    after = {path: data.decode() for path, data in found.after.items()}
    assert example.sources | after == example.mended
    assert set(after) == set(example.fixed)
    assert found.result.held == ()


@pytest.mark.parametrize(("rule", "example"), FIXABLE)
def test_what_is_fixed_is_clean_and_stays_so(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What had a fix is gone, nothing else has come, and there is nothing more to fix."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, example.sources)
    before = [item for item in checked(rule, example).diagnostics if item.fix is None]
    write(tmp_path, example.mended)
    again = fixed(rule, example)
    assert again.after == {}
    assert [(item.code, item.message) for item in again.result.diagnostics] == [
        (item.code, item.message) for item in before
    ]


@pytest.mark.parametrize(("rule", "example"), FIXABLE)
def test_safe_fixes_alone_make_no_unsafe_one(
    rule: Rule, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, example.sources)
    found = [item.fix for item in checked(rule, example).diagnostics if item.fix is not None]
    settings = load_settings(None, options(rule.code, example.transformers, unsafe=False))
    left = [item.fix for item in fixes(settings, ["."]).result.diagnostics if item.fix is not None]
    assert [fix.message for fix in left] == [
        fix.message for fix in found if fix.applicability == "unsafe"
    ]


def mended(folder: Path, source: str, transformers: str | None = None) -> str:
    """A file after all fixes."""
    write(folder, {"a.py": source})
    found = fixes(load_settings(None, options("KL104", transformers)), ["."])
    return found.after["a.py"].decode() if found.after else source


HEAD = "from transformers import AutoModelForCausalLM, KernelConfig\n"
LIGER = "kernels-community/liger-kernels"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # a dict that other code may use is changed all the same, but not safely
        (
            f'K = {{"RMSNorm": {{"hip": "{LIGER}:L"}}}}\nKernelConfig(K)\n',
            f'K = {{"RMSNorm": {{"rocm": "{LIGER}:L"}}}}\nKernelConfig(K)\n',
        ),
        # quotes, prefixes and parentheses stay
        (
            f"KernelConfig({{'RMSNorm': (r'''{LIGER}@v1:L''')}},)\n",
            f"KernelConfig({{'RMSNorm': ((r'''{LIGER}:L''', {{\"revision\": \"v1\"}}))}},)\n",
        ),
        (
            'KernelConfig({"RMSNorm": "/opt/a:L"},)\n',
            'KernelConfig({"RMSNorm": "/opt/a:L"}, use_local_kernel=True,)\n',
        ),
        (
            'KernelConfig(\n    {"RMSNorm": "./a:L", "SiLU": "/b:S"}\n)\n',
            'KernelConfig(\n    {"RMSNorm": "./a:L", "SiLU": "/b:S"}, use_local_kernel=True\n)\n',
        ),
        # a key that is the name of an argument
        (
            f'KernelConfig(dict(RMSnorm="{LIGER}:L"))\n',
            f'KernelConfig(dict(RMSNorm="{LIGER}:L"))\n',
        ),
        # two fixes of one place are made one after the other
        (
            f'KernelConfig({{"RMSNorm": {{"cuda:0": " {LIGER}@v2: L"}}}})\n',
            f'KernelConfig({{"RMSNorm": {{"cuda": ("{LIGER}:L", {{"revision": "v2"}})}}}})\n',
        ),
    ],
)
def test_what_a_fix_makes(
    before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert mended(tmp_path, HEAD + before) == HEAD + after


@pytest.mark.parametrize(
    "source",
    [
        # the text stands somewhere else, and may be meant for something else, too
        f'D = "cuda:0"\nKernelConfig({{"RMSNorm": {{D: "{LIGER}:L"}}}})\n',
        f'R = "{LIGER}@v1:L"\nKernelConfig({{"RMSNorm": R}})\n',
        # its characters cannot be pointed at
        f'KernelConfig({{"RMSNorm": {{"cuda" ":0": "{LIGER}:L"}}}})\n',
        f'KernelConfig({{"RMSNorm": {{"cuda\\x3a0": "{LIGER}:L"}}}})\n',
        # the right key is there already
        f'KernelConfig({{"RMSNorm": {{"cuda:0": "{LIGER}:L", "cuda": "{LIGER}:M"}}}})\n',
        f'KernelConfig({{"RMSNorm": {{"cuda:0": "{LIGER}:L", "Cuda": "{LIGER}:M"}}}})\n',
        f'KernelConfig({{"RMSNorm": "{LIGER}:L", "RMSnorm": "{LIGER}:M"}})\n',
        # with the flag the other kernel would be taken for a folder
        f'KernelConfig({{"RMSNorm": "/opt/a:L", "SiLU": "{LIGER}:M"}})\n',
        'KernelConfig({"RMSNorm": "/opt/a:L"}, use_local_kernel=False)\n',
        # nobody knows which of the two is meant
        f'KernelConfig({{"RMSNorm": ("{LIGER}:L", {{"version": 1, "revision": "v1"}})}})\n',
        # trust is not for a fix to give
        f'KernelConfig({{"RMSNorm": ("{LIGER}:L", {{"version": 1, "trust_remote": True}})}})\n',
        # the entries between hold a comment
        'KernelConfig({"RMSNorm": "a/b:L",  # one\n              "RMSNorm": "a/b:L"})\n',
        'KernelConfig({"RMSNorm": "a/b:L", "RMSNorm": "a/b:M"})\n',
    ],
)
def test_where_no_fix_is_offered(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"a.py": HEAD + source})
    found = check(load_settings(None, options("KL104", None)), ["."])
    assert found.diagnostics
    assert [item.fix for item in found.diagnostics if item.fix is not None] == []


def test_a_form_that_not_every_allowed_release_takes_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"a.py": f'{HEAD}KernelConfig({{"RMSNorm": "{LIGER}@v1:L"}})\n'})
    for spec, count in ((">=5.12", 0), (">=5.13", 1)):
        found = fixes(load_settings(None, {"transformers": spec, "jobs": 1}), ["."])
        assert len(found.after) == count


def test_what_only_an_older_release_minds_has_no_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``mpu`` is none of its devices, but the fix is made for the newest one."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"a.py": f'{HEAD}KernelConfig({{"RMSNorm": {{"mps": "{LIGER}:L"}}}})\n'})
    found = check(load_settings(None, {"transformers": ">=5.20", "jobs": 1}), ["."])
    assert [(item.code, item.severity, item.fix) for item in found.diagnostics] == [
        ("KL104", "warning", None)
    ]


@pytest.mark.parametrize(
    ("imports", "after", "name"),
    [
        (
            "from transformers import AutoModel\n",
            "from transformers import AutoModel, KernelConfig\n",
            "KernelConfig",
        ),
        (
            "from transformers import (\n    AutoModel,\n    AutoConfig as C,\n)\n",
            "from transformers import (\n    AutoModel,\n    AutoConfig as C, KernelConfig,\n)\n",
            "KernelConfig",
        ),
        (
            "from transformers import AutoModel, KernelConfig as KC\n",
            "from transformers import AutoModel, KernelConfig as KC\n",
            "KC",
        ),
        (
            "import transformers as tf\nAutoModel = tf.AutoModel\n",
            "import transformers as tf\nAutoModel = tf.AutoModel\n",
            "tf.KernelConfig",
        ),
    ],
)
def test_a_config_is_called_as_the_file_can(
    imports: str, after: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call = 'AutoModel.from_pretrained("m", kernel_config={"SiLU": "a/b:L"})\n'
    wrapped = f'AutoModel.from_pretrained("m", kernel_config={name}({{"SiLU": "a/b:L"}}))\n'
    assert mended(tmp_path, imports + call) == after + wrapped


def test_a_config_that_cannot_be_imported_at_a_name_in_sight_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = (
        "try:\n    from transformers import AutoModel\nexcept ImportError:\n    raise\n"
        'AutoModel.from_pretrained("m", kernel_config={"SiLU": "a/b:L"})\n'
    )
    assert mended(tmp_path, source) == source
