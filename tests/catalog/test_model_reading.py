"""Which layer names a model can register, read from wheels that are made for the test."""

from __future__ import annotations

import ast
import json
import textwrap
import zipfile
from pathlib import Path

import pytest

from tests.catalog.fakes import MODELING_AUTO
from tools._auto_classes import auto_classes
from tools._layers import Declaration
from tools._model_data import models_data, models_text
from tools._models import Model, Models, Sources, declared_everywhere
from tools._references import DYNAMIC, Definition, Import, source
from tools._wheel import StrangeWheelError, Wheel

ACTIVATIONS = """
@use_kernel_forward_from_hub("SiLU")
class SiLUActivation(nn.Module):
    pass

@use_kernel_forward_from_hub("GeLU")
class GELUActivation(nn.Module):
    pass

ACT2CLS = {"silu": SiLUActivation, "gelu": (GELUActivation, {"x": 1}), "relu": nn.ReLU}
ACT2FN = ClassInstantier(ACT2CLS)

def get_activation(name):
    return ACT2FN[name]
"""
LAYERS = """
class GenericForSequenceClassification:
    def __init__(self, config):
        setattr(self, "model", AutoModel.from_config(config))

from .models.auto.modeling_auto import AutoModel
"""
HEAD = """
from ...activations import ACT2FN, get_activation
from ...modeling_layers import GenericForSequenceClassification
from ...modeling_utils import PreTrainedModel
from ..auto import AutoConfig, AutoModel

OTHER_TABLE = dict(make_table("x"), y=ACT2FN)

@use_kernel_forward_from_hub("RMSNorm")
class LlamaRMSNorm(nn.Module):
    pass

@use_kernel_forward_from_hub("rotary_pos_emb")
def apply_rotary_pos_emb(q):
    return q

class LlamaPreTrainedModel(PreTrainedModel):
    _can_record_outputs = {"norm": LlamaRMSNorm}

    def _init_weights(self, module):
        if module is LlamaRMSNorm:
            pass
"""


def wheel(folder: Path, llama: str, release: str = "5.0.0", **files: str) -> Wheel:
    """A release whose only model file is ``llama``, and files below transformers."""
    path = folder / f"transformers-{release}-py3-none-any.whl"
    texts = {
        "activations.py": ACTIVATIONS,
        "modeling_layers.py": LAYERS,
        "models/auto/__init__.py": "",
        "models/auto/modeling_auto.py": MODELING_AUTO,
        "models/llama/__init__.py": "",
        "models/llama/configuration_llama.py": "class LlamaConfig:\n    pass\n",
        "models/llama/modeling_llama.py": HEAD + textwrap.dedent(llama),
        **{name.replace("___", "/") + ".py": textwrap.dedent(text) for name, text in files.items()},
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"transformers/{name}", text)
    return Wheel(str(path))


def model(folder: Path, body: str, **files: str) -> tuple[set[str], bool]:
    """What LlamaModel can register where this is the body of its __init__."""
    indented = textwrap.indent(textwrap.dedent(body).strip(), " " * 8)
    code = f"class LlamaModel(LlamaPreTrainedModel):\n    def __init__(self, config):\n{indented}\n"
    found = Models(wheel(folder, "\n" + code, **files), Sources()).models()["LlamaModel"]
    return set(found.possible), found.open


@pytest.mark.parametrize(
    ("body", "possible", "is_open"),
    [
        ("pass", set(), False),
        ("self.norm = LlamaRMSNorm()", {"RMSNorm"}, False),
        ("self.norms = nn.ModuleList([LlamaRMSNorm() for _ in range(3)])", {"RMSNorm"}, False),
        ("if config.norm:\n    self.norm = LlamaRMSNorm()", {"RMSNorm"}, False),
        ("cls = LlamaRMSNorm if config.norm else nn.LayerNorm", {"RMSNorm"}, False),
        ("assert not isinstance(config.x, LlamaRMSNorm)", set(), False),
        ("x: LlamaRMSNorm = None", set(), False),
        ("def inner():\n    return LlamaRMSNorm()", {"RMSNorm"}, False),
        ("class Inner(LlamaRMSNorm):\n    pass", {"RMSNorm"}, False),
        ('@use_kernel_forward_from_hub("X")\nclass Inner:\n    pass', {"X"}, False),
        ("self.act = ACT2FN[config.hidden_act]", {"GeLU", "SiLU"}, False),
        ('self.act = ACT2FN["gelu"]', {"GeLU"}, False),
        ('self.act = ACT2FN["relu"]', set(), False),
        ('self.act = ACT2FN["unheard of"]', {"GeLU", "SiLU"}, False),
        ('self.act = OTHER_TABLE["gelu"]', {"GeLU", "SiLU"}, False),
        ('self.act = get_activation("silu")', {"GeLU", "SiLU"}, False),
        ("self.fn = apply_rotary_pos_emb", {"rotary_pos_emb"}, False),
        ("self.sub = AutoModel.from_config(config.sub)", set(), True),
        ("config = AutoConfig.from_pretrained(config.name)", set(), False),
        ("self.cls = globals()[config.name]", set(), True),
        ("self.eval()", set(), False),
        ("from transformers import CLIPModel\nself.clip = CLIPModel(config)", set(), False),
        ("from ..clip import CLIPModel\nself.clip = CLIPModel(config)", set(), True),
        ("import timm\nself.body = timm.create_model(config.name)", set(), True),
        ("import torch\nself.x = torch.zeros(3)", set(), False),
        ("import torch\nself.x = torch.hub.load(config.name)", set(), True),
        ("from ...utils.backbone_utils import load_backbone\nload_backbone(config)", set(), True),
        ("from . import modeling_llama as m\nself.x = getattr(m, config.name)", set(), True),
        ("from . import modeling_llama as m\nself.x = m.LlamaRMSNorm()", {"RMSNorm"}, False),
        ("from .configuration_llama import LlamaConfig\nLlamaConfig()", set(), False),
    ],
)
def test_what_is_built(body: str, possible: set[str], is_open: bool, tmp_path: Path) -> None:
    utils = {"utils___backbone_utils": "def load_backbone(config):\n    pass\n"}
    assert model(tmp_path, body, **utils) == (possible, is_open)


def test_a_forward_builds_nothing(tmp_path: Path) -> None:
    code = """
    class LlamaModel(LlamaPreTrainedModel):
        def forward(self, x):
            return LlamaRMSNorm()(apply_rotary_pos_emb(x))
    """
    found = Models(wheel(tmp_path, code), Sources()).models()
    assert found["LlamaModel"] == Model(
        "transformers/models/llama/modeling_llama.py", frozenset(), False
    )


def test_attached_functions_tables_and_bases(tmp_path: Path) -> None:
    code = """
    @use_kernelized_func([apply_rotary_pos_emb])
    class LlamaAttention(nn.Module):
        pass

    class LlamaSdpaAttention(LlamaAttention):
        pass

    LLAMA_ATTENTION_CLASSES = {"eager": nn.Identity, "sdpa": LlamaSdpaAttention}

    class LlamaBase(LlamaPreTrainedModel):
        def __init__(self, config):
            self.attention = LLAMA_ATTENTION_CLASSES[config._attn_implementation]()

    class LlamaModel(LlamaBase):
        pass

    class LlamaForSequenceClassification(GenericForSequenceClassification, LlamaPreTrainedModel):
        pass
    """
    found = Models(wheel(tmp_path, code), Sources()).models()
    assert {name: set(each.possible) for name, each in found.items()} == {
        "LlamaPreTrainedModel": set(),
        "LlamaBase": {"rotary_pos_emb"},
        "LlamaModel": {"rotary_pos_emb"},
        # AutoModel builds the model of the own config there.
        "LlamaForSequenceClassification": {"rotary_pos_emb"},
    }
    assert not any(each.open for each in found.values())


def test_a_generic_head_without_a_model_in_its_file_is_open(tmp_path: Path) -> None:
    code = "\nclass MyHead(GenericForSequenceClassification, LlamaPreTrainedModel):\n    pass\n"
    assert Models(wheel(tmp_path, code), Sources()).models()["MyHead"].open


def test_classes_of_another_model(tmp_path: Path) -> None:
    files = {
        "models___other____init__": "",
        "models___other___modeling_other": """
        from ..llama import LlamaModel
        from ..llama.modeling_llama import LlamaRMSNorm

        class OtherModel(LlamaModel):
            def __init__(self):
                self.norm = LlamaRMSNorm()
        """,
    }
    llama = "\nclass LlamaModel(PreTrainedModel):\n    act = ACT2FN['silu']\n"
    found = Models(wheel(tmp_path, llama, **files), Sources()).models()["OtherModel"]
    assert (set(found.possible), found.open) == ({"RMSNorm", "SiLU"}, False)


def test_a_name_of_two_classes_means_either(tmp_path: Path) -> None:
    files = {
        "models___other___modeling_other": """
        from ...modeling_utils import PreTrainedModel
        from ..auto.modeling_auto import AutoModel

        class LlamaModel(PreTrainedModel):
            def __init__(self, config):
                self.model = AutoModel.from_config(config)
        """
    }
    assert model(tmp_path, "self.norm = LlamaRMSNorm()", **files) == ({"RMSNorm"}, True)


def test_a_wheel_without_models(tmp_path: Path) -> None:
    path = tmp_path / "transformers-5.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("transformers/models/auto/modeling_auto.py", MODELING_AUTO)
    with pytest.raises(StrangeWheelError, match="derives from PreTrainedModel"):
        Models(Wheel(str(path)), Sources()).models()


def test_what_replaces_modules_is_possible_everywhere(tmp_path: Path) -> None:
    here = wheel(tmp_path, "")
    sites = [("X", "integrations/mxfp4.py"), ("RMSNorm", "models/llama/modeling_llama.py")]
    assert declared_everywhere(sites, here) == {"X"}
    with pytest.raises(StrangeWheelError, match=r"generation/utils.py: not found: a file whose"):
        declared_everywhere([("X", "generation/utils.py")], here)


def test_a_module_as_facts() -> None:
    code = """
    import a.b
    import c.d as e
    from .f import *
    if True:
        X = 1
    X = Y
    X["k"]: int = {"n": Z}
    W = {"n": Z}
    class A(B.C, metaclass=M):
        def __init__(self):
            from ..g import h as i
            eval("j")
    """
    found = source(ast.parse(textwrap.dedent(code)))
    assert found.imports == {
        "a": (Import(0, "a", None),),
        "e": (Import(0, "c.d", None),),
        "*": (Import(1, "f", "*"),),
        "i": (Import(2, "g", "h"),),
    }
    assert found.definitions == {
        "X": Definition(refers=frozenset({"Y", "Z"})),
        "W": Definition(refers=frozenset({"Z"})),
        "W[n]": Definition(refers=frozenset({"Z"})),
        "A": Definition(bases=("B.C",), refers=frozenset({"B.C", DYNAMIC, "eval[j]"})),
    }


def test_auto_classes(tmp_path: Path) -> None:
    auto = """
    A_NAMES = OrderedDict([("a", "AModel"), ("b", ("BModel", "BOther"))])
    B_NAMES = OrderedDict([*list(A_NAMES.items()), ("c", "CModel")])
    A = _LazyAutoMapping(CONFIGS, A_NAMES)
    B = _LazyAutoMapping(CONFIGS, B_NAMES)
    class AutoModel(_Base):
        _model_mapping = A
    class AutoModelForCausalLM(_Base):
        _model_mapping = B
    class AutoModelWithLMHead(AutoModel):
        pass
    """
    first = {"a": ("AModel",), "b": ("BModel", "BOther")}
    assert auto_classes(wheel(tmp_path, "", models___auto___modeling_auto=auto)) == {
        "AutoModel": first,
        "AutoModelForCausalLM": {**first, "c": ("CModel",)},
        "AutoModelWithLMHead": first,
    }


@pytest.mark.parametrize(
    ("auto", "what"),
    [
        ("", "AutoModelForCausalLM"),
        ("X = OrderedDict(y)", "X as a list of pairs"),
        ("X = OrderedDict([*y])", "the pairs of X, line 1"),
        ("class AutoModel:\n    _model_mapping = X", "the mapping of AutoModel"),
        ("X.update({})", "only tables in one piece, at line 1"),
    ],
)
def test_strange_auto_mappings(auto: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(StrangeWheelError) as failure:
        auto_classes(wheel(tmp_path, "", models___auto___modeling_auto=auto))
    assert str(failure.value).endswith(f"modeling_auto.py: not found: {what}")


def test_classes_with_the_name_of_a_layer(tmp_path: Path) -> None:
    """FooRMSNorm is no layer; a function is never made into one."""
    llama = """
    class FooRMSNorm(nn.Module):
        pass

    def apply_other_rotary(q):
        return q

    class LlamaModel(PreTrainedModel):
        def __init__(self, config):
            self.norm = FooRMSNorm(config)
            self.rope = apply_other_rotary

    class LlamaForCausalLM(PreTrainedModel):
        def __init__(self, config):
            self.norm = (FooRMSNorm(config), LlamaRMSNorm(config))
    """
    models = Models(wheel(tmp_path, textwrap.dedent(llama)), Sources())
    found = models.models(["RMSNorm", "Norm", "GeLU", "other_rotary"])
    assert found["LlamaModel"].alike == {"RMSNorm", "Norm"}
    assert found["LlamaForCausalLM"].alike == {"Norm"}
    assert not models.models()["LlamaModel"].alike


def test_data_of_two_releases(tmp_path: Path) -> None:
    first = "\nclass LlamaModel(PreTrainedModel):\n    act = ACT2FN['silu']\n"
    second = first + "\nclass LlamaForCausalLM(LlamaModel):\n    norm = LlamaRMSNorm\n"
    declared = [[], [Declaration("X", "integrations/mxfp4.py", "A", "class", True)]]
    wheels = [wheel(tmp_path, first), wheel(tmp_path, second, "5.1.0")]
    data = models_data(wheels, declared)
    assert data == {
        "auto": {
            "AutoModel": [["5.0.0", None, "llama=LlamaModel"]],
            "AutoModelForCausalLM": [["5.0.0", None, "llama=LlamaForCausalLM"]],
        },
        "everywhere": [["5.1.0", None, "X"]],
        "models": {
            "llama/modeling_llama.py": [
                ["5.0.0", None, 2, False, "LlamaModel", 0],
                ["5.0.0", None, 0, False, "LlamaPreTrainedModel", 0],
                ["5.1.0", None, 1, False, "LlamaForCausalLM", 0],
            ]
        },
        "names": ["", "RMSNorm SiLU", "SiLU"],
        "releases": ["5.0.0", "5.1.0"],
    }
    text = models_text(data)
    assert json.loads(text) == data
    assert '\n   ["5.1.0",null,1,false,"LlamaForCausalLM",0]\n  ]\n },\n' in text
