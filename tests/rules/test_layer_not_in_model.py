"""Which class a model has, and which names that rules out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kernlint.api import check
from kernlint.config import load_settings
from kernlint.model.diagnostic import Diagnostic, Result
from kernlint.rules.registry import all_rules

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DEFORMABLE = '{"MultiScaleDeformableAttention": "a/b:L"}'
IMPORTS = (
    "from transformers import AutoModel, AutoModelForCausalLM, KernelConfig\n"
    "from transformers import BltModel, BloomModel, LlamaForCausalLM, LlamaModel\n"
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Hub's cache, empty; the working directory is another folder."""
    folder = tmp_path / "hub"
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return folder


def run(files: dict[str, str], release: str = "==5.22.2", **settings: object) -> Result:
    for path, text in files.items():
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    overrides = {"jobs": 1, "transformers": release, **settings}
    result = check(load_settings(None, overrides), ["."])
    assert result.internal_errors == ()
    return result


def about_layers(source: str, release: str = "==5.22.2", **settings: object) -> list[Diagnostic]:
    """What is found about the layer names of a program."""
    found = run({"program.py": IMPORTS + source}, release, **settings).diagnostics
    return [item for item in found if item.code in {"KL201", "KL202", "KL203", "KL204"}]


def codes(source: str, release: str = "==5.22.2", **settings: object) -> list[str]:
    return [item.code for item in about_layers(source, release, **settings)]


def write_config(folder: Path, **content: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"model_type": "llama", **content})
    (folder / "config.json").write_text(text, encoding="utf-8")


def load(call: str, mapping: str = DEFORMABLE) -> str:
    return f"model = {call}, kernel_config=KernelConfig({mapping}))\n"


def then_set(call: str, mapping: str = DEFORMABLE) -> str:
    return f"model = {call}\nmodel.set_use_kernels(True, KernelConfig({mapping}))\n"


def test_what_is_said() -> None:
    (found,) = about_layers(load('LlamaForCausalLM.from_pretrained("x"'))
    assert found.message == "`LlamaForCausalLM` has no layer `MultiScaleDeformableAttention`"
    assert found.severity == "error"
    assert found.sink == "from_pretrained"
    assert found.effect == (
        "with transformers 5.22.2 `sanitize_kernel_mapping` raises ValueError: Layer "
        "MultiScaleDeformableAttention is not registered in the model, please register it first "
        "using use_kernel_forward_from_hub"
    )
    assert found.help == (
        "it can have `FastGELU`, `GeLU`, `GeluTanh`, `NewGELU`, `QuickGELU`, `RMSNorm`, `SiLU` "
        "and `rotary_pos_emb`"
    )


@pytest.mark.parametrize(
    "source",
    [
        then_set('LlamaForCausalLM.from_pretrained("x")'),
        then_set('LlamaForCausalLM.from_pretrained("x").eval().to("cuda")'),
        then_set("LlamaForCausalLM._from_config(config)"),
        load('LlamaForCausalLM.from_pretrained("x", revision="y", **options'),
        load('BloomModel.from_pretrained("x"', '{"SiLU": "a/b:L"}'),
        "def load(cls):\n    return cls.from_pretrained('x')\n" + then_set("load(LlamaModel)"),
        # Names are compared before devices.
        then_set(
            'LlamaModel.from_pretrained("x")',
            '{"MultiScaleDeformableAttention": {"xpu": "a/b:L"}}',
        ),
    ],
)
def test_classes_that_are_known(source: str) -> None:
    assert codes(source) == ["KL202"]


@pytest.mark.parametrize(
    "source",
    [
        load('Model.from_pretrained("x"'),
        load('AutoModelForCausalLM.from_pretrained("x"'),
        then_set("LlamaForCausalLM(config)"),
        then_set("AutoModelForCausalLM.from_config(config)"),
        then_set("make()"),
        f"def use(model):\n    model.set_use_kernels(True, KernelConfig({DEFORMABLE}))\n",
        "class Own(LlamaForCausalLM):\n    pass\n" + load('Own.from_pretrained("x"'),
        then_set('LlamaForCausalLM.from_pretrained("x")').replace("True", "False"),
        "from transformers import LlavaForConditionalGeneration as Open\n"
        + load('Open.from_pretrained("x"'),
        f"config = KernelConfig({DEFORMABLE})\n",
    ],
)
def test_classes_that_are_not_known(source: str) -> None:
    assert codes(source) == []


@pytest.mark.parametrize("call", [load, then_set])
def test_a_local_folder(call: object, cache: Path) -> None:
    auto = 'AutoModelForCausalLM.from_pretrained("models/tiny"'
    source = load(auto) if call is load else then_set(auto + ")")
    assert codes(source) == []
    write_config(Path("models/tiny"))
    (found,) = about_layers(source)
    assert found.message == (
        "`LlamaForCausalLM`, which `AutoModelForCausalLM` builds for `models/tiny`, has no layer "
        "`MultiScaleDeformableAttention`"
    )
    write_config(Path("models/tiny"), auto_map={"AutoModelForCausalLM": "modeling.Own"})
    assert codes(source) == []
    write_config(Path("models/tiny"), model_type="deformable_detr")
    assert codes(source) == []


def test_a_model_in_the_cache(cache: Path) -> None:
    root = cache / "models--org--tiny"
    write_config(root / "snapshots" / COMMIT)
    (root / "refs").mkdir()
    (root / "refs" / "main").write_text(COMMIT, encoding="ascii")
    assert codes(load('AutoModel.from_pretrained("org/tiny"')) == ["KL202"]
    named = 'AutoModel.from_pretrained(pretrained_model_name_or_path="org/tiny"'
    assert codes(load(named)) == ["KL202"]
    assert codes(load('AutoModel.from_pretrained("org/other"')) == []
    arguments = ["revision='x'", "subfolder='x'", "cache_dir='x'", "trust_remote_code=True"]
    for argument in (*arguments, "config=config", "**options"):
        assert codes(load(f'AutoModel.from_pretrained("org/tiny", {argument}')) == [], argument


def test_only_models_with_a_kernel_config_are_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from kernlint.engine import checkpoints

    asked: list[str] = []
    monkeypatch.setattr(checkpoints, "checkpoint", lambda text, cwd: asked.append(text))
    assert codes('AutoModel.from_pretrained("a")\n' + load('AutoModel.from_pretrained("b"')) == []
    assert asked == ["b"]


def test_names_that_somebody_vouches_for() -> None:
    source = load('LlamaForCausalLM.from_pretrained("x"')
    known: dict[str, object] = {"known-layers": ["MultiScaleDeformableAttention"]}
    assert codes(source, "==5.22.2", **known) == []
    declared = (
        "from kernels import use_kernel_forward_from_hub\n"
        "@use_kernel_forward_from_hub({})\nclass Own:\n    pass\n"
    )
    assert codes(declared.format('"MultiScaleDeformableAttention"') + source) == []
    assert codes(declared.format("name()") + source) == []
    assert codes(declared.format('"Another"') + source) == ["KL202"]


@pytest.mark.parametrize(
    ("name", "release", "expected"),
    [
        ("NoSuchLayer", "==5.22.2", "KL201"),
        ("Llama4TextMoe", "==5.22.2", "KL203"),
        ("Llama4TextMoe", "==5.12.1", "KL202"),
        ("causal_conv1d_fn", "==5.16.1", "KL204"),
        ("rotary_pos_emb", "==5.16.1", "KL204"),
        ("causal_conv1d_fn", "==5.17.0", "KL202"),
        ("RMSNormGated", "==5.22.2", "KL202"),
    ],
)
def test_one_rule_reports_a_name(name: str, release: str, expected: str) -> None:
    source = then_set('LlamaForCausalLM.from_pretrained("x")', f'{{"{name}": "a/b:L"}}')
    off = [rule.code for rule in all_rules() if not rule.default_on]
    selected: dict[str, object] = {"extend-select": off}
    assert codes(source, release, **selected) == [expected]


def test_from_pretrained_may_make_a_layer_of_a_class() -> None:
    norm = '{"RMSNorm": "a/b:L"}'
    assert codes(load('BltModel.from_pretrained("x"', norm)) == []
    assert codes(then_set('BltModel.from_pretrained("x")', norm)) == ["KL202"]
    assert codes(load('BltModel.from_pretrained("x"', norm), "==5.10.4") == ["KL202"]
    # The kernel may bring a layout, which then counts under the name of the kernel.
    call = 'LlamaForCausalLM.from_pretrained("x"'
    assert codes(load(call, '{"RMSNormGated": "a/b:RMSNorm"}')) == []
    assert codes(load(call, '{"RMSNormGated": "a/b:RMSNormGated"}')) == ["KL202"]
    assert codes(load(call, '{"RMSNormGated": kernel()}')) == []
    other = '{"LlamaMLP": "a/b:RMSNormGated", "RMSNormGated": "a/b:L"}'
    assert codes(load(call, other)) == []


def test_releases_that_lack_the_layer() -> None:
    source = then_set('Model.from_pretrained("x")', '{"RMSNormZeroCentered": "a/b:L"}')
    source = "from transformers import Qwen3_5MoeForCausalLM as Model\n" + source
    assert codes(source) == []
    (found,) = about_layers(source, "==5.17.0")
    assert found.help == "it can have one from transformers 5.18 on"
    assert found.releases == (("transformers", ">=5.17,<5.18"),)
    (older,) = about_layers(source, ">=5.17,<5.20")
    assert older.severity == "warning"


def test_a_model_that_another_file_loads() -> None:
    found = run(
        {
            "load.py": "from transformers import LlamaForCausalLM\n\n\n"
            "def load():\n    return LlamaForCausalLM.from_pretrained('x')\n",
            "main.py": "from load import load\nfrom transformers import KernelConfig\n\n"
            "model = load()\n"
            f"model.set_use_kernels(True, KernelConfig({DEFORMABLE}))\n",
        }
    ).diagnostics
    assert [(item.code, item.place.path) for item in found] == [("KL202", "main.py")]
    (related,) = (item for item in found[0].related if "loaded" in item.message)
    assert related.place.path == "load.py"
