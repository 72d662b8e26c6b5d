"""Files that only declare layers are read in brief; that makes no difference to anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernlint.engine import seen
from kernlint.extract import brief
from tests.engine.test_cache import EXAMPLES, run, shown, write

#: Modules of models as there are hundreds of them, which also look into the example.
MODEL = """
import torch
from torch import nn
from transformers.integrations import use_kernel_forward_from_hub
from transformers.modeling_utils import PreTrainedModel

LIMIT = {number}


@use_kernel_forward_from_hub("RMSNorm")
class {name}RMSNorm(nn.Module):
    def forward(self, hidden_states):
        return hidden_states


class {name}Model(PreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.norm = {name}RMSNorm(config)

    @classmethod
    def load(cls, name, **options):
        return cls.from_pretrained(name, **options)
"""
LOOKING = """
import example
from example import build, config, get_config, load, make, mapping, model
from kernels import use_kernel_forward_from_hub


@use_kernel_forward_from_hub("SwiGLU")
class Gate:
    pass


def main(name="org/model"):
    loaded = example.load(name)
    loaded = load(loaded, build(config))
    mapping.update(make())
    model.train()
    return example.build(get_config(), loaded)
"""
PLAIN: dict[str, str | bytes] = {
    "models/__init__.py": "",
    "models/alpha.py": MODEL.format(name="Alpha", number=1),
    "models/beta.py": MODEL.format(name="Beta", number=2),
    "looking.py": LOOKING,
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(seen, "_TOO_RECENT", 0)  # the files of a test are new


@pytest.mark.parametrize(
    ("code", "number", "example"),
    EXAMPLES,
    ids=[f"{code}-{number}" for code, number, _ in EXAMPLES],
)
def test_no_example_is_judged_otherwise(
    code: str, number: int, example: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(PLAIN)
    write(example.sources)  # type: ignore[attr-defined]
    more = {"select": ["ALL"], "show-unchecked": True}
    in_brief = shown(run(1, "", **more))
    read: list[object] = []
    monkeypatch.setattr(brief, "brief", lambda text, **_: read.append(text))
    assert shown(run(1, "", **more)) == in_brief
    assert len(read) >= len(PLAIN) - 1


CONFIG = """
from transformers import KernelConfig

config = KernelConfig({"OwnLayer": "org/repo:OwnLayer"})
"""


def test_a_change_of_a_plain_file_is_seen_beside_a_config() -> None:
    declared = LOOKING.replace("SwiGLU", "OwnLayer")
    write({**PLAIN, "looking.py": declared, "example.py": CONFIG})
    first = run()
    assert (first.counts.configs, first.counts.declarations) == (1, 3)
    assert not first.diagnostics
    assert shown(run()) == shown(first)
    write({"looking.py": declared.replace("OwnLayer", "OtherLayer")})
    changed = run()
    assert [(item.code, item.place.path) for item in changed.diagnostics] == [
        ("KL201", "example.py")
    ]
    assert shown(run()) == shown(changed) == shown(run(1, ""))
