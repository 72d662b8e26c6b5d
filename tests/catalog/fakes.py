"""Wheels that are as small as the generator of the catalog can read."""

from __future__ import annotations

import zipfile
from pathlib import Path

KERNEL_CONFIG = """\
def add_to_mapping(device):
    if device not in ["cuda", "rocm"]:
        raise ValueError(f"Only cuda and rocm devices supported, got: {device}")

def add_to_mapping_local(device, path):
    if device not in ["cuda", "rocm"]:
        raise ValueError(f"Only cuda and rocm devices supported, got: {device}")
    return LocalLayerRepository(repo_path=path, layer_name="x")

class KernelConfig:
    def __init__(self, kernel_mapping=None, use_local_kernel=False):
        pass

    def update_kernel(self, repo_id, *, mode):
        pass

    def store_registered_layer_names(self, model):
        return model.kernel_layer_name

    def sanitize_kernel_mapping(self, model):
        MAPPING_FORMAT = "{}"
        if not isinstance(self.kernel_mapping, dict):
            raise ValueError(
                f"Kernel mapping must be a dict {MAPPING_FORMAT}, got: {type(self.kernel_mapping)}"
            )
        for layer_name, kernel in self.kernel_mapping.items():
            if layer_name not in model:
                raise ValueError(f"Layer {layer_name} is not registered in {{it}}")
            if isinstance(kernel, str):
                raise ValueError(f"{layer_name!r} must be a valid repo name, got: {kernel}")
            if isinstance(kernel, dict):
                for device, repo_name in kernel.items():
                    if device not in ["cuda", "rocm"]:
                        raise ValueError(f"Only cuda and rocm devices supported, got: {device}")
                    if not isinstance(repo_name, str):
                        raise ValueError(
                            f"{layer_name!r} must be a valid repo name, got: {repo_name}"
                        )
            else:
                raise ValueError(f"Kernel mapping must follow the format, got: {kernel}")

    def create_compatible_mapping(self, model):
        pass
"""
MODELING = """\
class PreTrainedModel:
    def set_use_kernels(self, use_kernels, kernel_config=None):
        if kernel_config is not None and isinstance(kernel_config, KernelConfig):
            pass

    @classmethod
    def from_pretrained(cls, path):
        pass

    def kernelize(self, mode=None):
        pass
"""
HUB_KERNELS = """\
try:
    from kernels import LayerRepository

    def use_kernel_forward_from_hub(layer_name):
        return layer_name

    _KERNEL_MAPPING = {"RMSNorm": {}}
except ImportError:
    pass

def use_kernelized_func(fn):
    def new_init(self):
        setattr(self, "rotary_fn", fn)
"""
IMPORT_UTILS = """\
KERNELS_MIN_VERSION = "0.9.0"

def is_kernels_available(MIN_VERSION=KERNELS_MIN_VERSION):
    return True
"""
LLAMA = """\
@use_kernel_forward_from_hub("RMSNorm")
class LlamaRMSNorm:
    pass

@use_kernel_forward_from_hub("rotary_pos_emb")
def apply_rotary_pos_emb(q):
    return q

@use_kernel_forward_from_hub("rotary_pos_emb")
def lonely(q):
    return q

@use_kernelized_func(apply_rotary_pos_emb)
class LlamaAttention:
    pass

class LlamaModel(PreTrainedModel):
    def __init__(self, config):
        self.norm = LlamaRMSNorm()
"""
MODELING_AUTO = """\
MODEL_MAPPING_NAMES = OrderedDict([("llama", "LlamaModel")])
MODEL_FOR_CAUSAL_LM_MAPPING_NAMES = OrderedDict([("llama", "LlamaForCausalLM")])
MODEL_MAPPING = _LazyAutoMapping(CONFIG_MAPPING_NAMES, MODEL_MAPPING_NAMES)
MODEL_FOR_CAUSAL_LM_MAPPING = _LazyAutoMapping(
    CONFIG_MAPPING_NAMES, MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
)

class AutoModel(_BaseAutoModelClass):
    _model_mapping = MODEL_MAPPING

class AutoModelForCausalLM(_BaseAutoModelClass):
    _model_mapping = MODEL_FOR_CAUSAL_LM_MAPPING
"""
TRANSFORMERS = {
    "transformers/__init__.py": (
        "if TYPE_CHECKING:\n    from .utils.kernel_config import KernelConfig\n"
    ),
    "transformers/integrations/__init__.py": "",
    "transformers/integrations/hub_kernels.py": HUB_KERNELS,
    "transformers/modeling_utils.py": MODELING,
    "transformers/models/auto/modeling_auto.py": MODELING_AUTO,
    "transformers/models/llama/modeling_llama.py": LLAMA,
    "transformers/models/llama/modular_llama.py": LLAMA,
    "transformers/utils/__init__.py": "",
    "transformers/utils/import_utils.py": IMPORT_UTILS,
    "transformers/utils/kernel_config.py": KERNEL_CONFIG,
}
LAYER = """\
class Device:
    def create_repo(self):
        if self.type == "cuda":
            return 1
        raise ValueError(f"Unknown device type: {self.type}")

class Mode:
    _NONE = 0
    TRAINING = 1
    INFERENCE = 2

class LayerRepository:
    def __init__(self, repo_id, *, layer_name, revision=None, version=None):
        if revision is not None and version is not None:
            raise ValueError("not both")
"""
KERNELS = {
    "kernels/__init__.py": (
        "from .layer import Mode, LayerRepository\n__all__ = ['Mode', 'LayerRepository']\n"
    ),
    "kernels/layer.py": LAYER,
    "kernels/lockfile.py": "def get_kernel_locks(repo_id, version_spec: int | str):\n    pass\n",
}


def transformers_wheel(folder: Path, release: str, **replaced: str) -> str:
    """Path of a new wheel; ``replaced`` maps the last part of a file's name to its text."""
    metadata = 'Requires-Dist: kernels<0.11,>=0.10.2; extra == "kernels"\n'
    files = {f"transformers-{release}.dist-info/METADATA": metadata, **TRANSFORMERS}
    return _write(folder, "transformers", release, files, replaced)


def kernels_wheel(folder: Path, release: str, **replaced: str) -> str:
    """Path of a new wheel; ``replaced`` maps the last part of a file's name to its text."""
    return _write(folder, "kernels", release, KERNELS, replaced)


def _write(
    folder: Path, library: str, release: str, files: dict[str, str], replaced: dict[str, str]
) -> str:
    path = folder / f"{library}-{release}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            stem = name.rsplit("/", 1)[-1].removesuffix(".py")
            archive.writestr(name, replaced.get(stem, text))
    return str(path)
