"""Tests of kernlint.project.flow: what configs hold and where they go."""

from __future__ import annotations

import pytest

from tests.project.sources import CONFIG, Sources, plain

AUTO = "from transformers import AutoModelForCausalLM as Auto, KernelConfig\n"


def sinks(source: str) -> list[list[str]]:
    """The kinds of sinks of every config of a file."""
    configs = Sources({"a.py": source}).build().configs
    return [[sink.kind for sink in config.sinks] for config in configs]


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("KernelConfig({})\n", []),
        ("Auto.from_pretrained('m', kernel_config=KernelConfig({}))\n", ["from_pretrained"]),
        ("c = KernelConfig({})\nAuto.from_pretrained('m', kernel_config=c)\n", ["from_pretrained"]),
        ("c = KernelConfig({})\nm.set_use_kernels(True, c)\n", ["set_use_kernels"]),
        ("c = KernelConfig({})\nm.set_use_kernels(True, kernel_config=c)\n", ["set_use_kernels"]),
        ("c = KernelConfig({})\nm.set_use_kernels(*a, c)\n", []),
        ("c = KernelConfig({})\nm.set_use_kernels(*a, kernel_config=c)\n", ["set_use_kernels"]),
        ("c = KernelConfig({})\nd = c\nm.set_use_kernels(True, d)\n", ["set_use_kernels"]),
        ("KC = KernelConfig\nc = KC({})\nm.set_use_kernels(True, c)\n", ["set_use_kernels"]),
        (
            "c = KernelConfig({})\nm.set_use_kernels(True, c)\nc.sanitize_kernel_mapping(m)\n",
            ["set_use_kernels", "sanitize_kernel_mapping"],
        ),
        ("c = KernelConfig({})\nc = 1\nm.set_use_kernels(True, c)\n", []),
    ],
)
def test_sinks(source: str, kinds: list[str]) -> None:
    assert sinks(AUTO + source) == [kinds]


@pytest.mark.parametrize(
    ("call", "mapping", "local", "inherit"),
    [
        ("KernelConfig()", None, None, None),
        ("KernelConfig({}, True, False)", {}, True, False),
        ("KernelConfig(inherit_mapping=False, kernel_mapping={})", {}, None, False),
        (
            "KernelConfig(*a)",
            "?it may be passed through `*`",
            "?it may be passed through `*`",
            "?it may be passed through `*`",
        ),
        (
            "KernelConfig({}, **a)",
            {},
            "?it may be passed through `**`",
            "?it may be passed through `**`",
        ),
    ],
)
def test_arguments(call: str, mapping: object, local: object, inherit: object) -> None:
    (config,) = Sources({"a.py": f"{CONFIG}{call}\n"}).build().configs
    values = [config.mapping, config.use_local_kernel, config.inherit_mapping]
    assert [None if value is None else plain(value) for value in values] == [
        mapping,
        local,
        inherit,
    ]


@pytest.mark.parametrize(
    ("change", "mapping", "local"),
    [
        ("c.use_local_kernel = True", {"A": "/a:A"}, True),
        ("c.kernel_mapping['A'] = 'a'", {"A": "a"}, None),
        ("c.kernel_mapping.update(B='b')", {"A": "/a:A", "B": "b"}, None),
        ("setattr(c, 'use_local_kernel', True)", {"A": "/a:A"}, True),
        ("c.kernel_mapping |= {'A': 'a'}", {"A": "a"}, None),
    ],
)
def test_a_config_that_is_changed_later(change: str, mapping: object, local: object) -> None:
    source = f"{CONFIG}c = KernelConfig({{'A': '/a:A'}})\n{change}\n"
    (config,) = Sources({"a.py": source}).build().configs
    values = (config.mapping, config.use_local_kernel)
    assert [None if value is None else plain(value) for value in values] == [mapping, local]


def test_a_call_in_a_loop_over_something_unknown_takes_the_config() -> None:
    source = (
        f"{AUTO}def f(names):\n    c = KernelConfig({{}})\n    for name in names:\n"
        "        if name:\n            Auto.from_pretrained(name, kernel_config=c)\n"
    )
    assert sinks(source) == [["from_pretrained"]]


def test_a_trainer_of_the_project_trains_its_model() -> None:
    source = (
        "from transformers import AutoModel, Trainer\n"
        "class Mine(Trainer):\n    def __init__(self, model, **kwargs):\n"
        "        super().__init__(model=model, **kwargs)\n"
        "model = AutoModel.from_pretrained('m', use_kernels=True)\nMine(model).train()\n"
    )
    (story,) = Sources({"a.py": source}).build().stories
    assert [(step.kind, step.model) for step in story.steps] == [
        ("from_pretrained", 0),
        ("trainer", 0),
    ]
