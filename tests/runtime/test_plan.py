"""What a run would execute: which configs, how, for which model and with which interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kernlint.api import UsageError
from kernlint.api.confirming import Plan, announcement, plan
from kernlint.config import load_settings
from kernlint.model.runtime import Request

IMPORT = "from transformers import AutoModelForCausalLM, KernelConfig\n"
NORM = '"RMSNorm": "org/norms:Norm"'

Planned = Callable[..., Plan]


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planned:
    """The plan for a file ``train.py`` and a request, in a folder with a model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")

    def planned(source: str, **request: object) -> Plan:
        (tmp_path / "train.py").write_text(IMPORT + source, encoding="utf-8")
        settings = load_settings(None, {}, {})
        return plan(settings, ["."], Request("model", **request))  # type: ignore[arg-type]

    return planned


def test_a_config_with_no_sink_in_sight(planned: Planned, tmp_path: Path) -> None:
    [check] = planned(f"config = KernelConfig({{{NORM}}})\nprint(config)\n").checks
    config = check.config
    assert (config.label, config.way) == ("train.py:2:10", "set_use_kernels")
    assert config.mapping == {"RMSNorm": "org/norms:Norm"}
    assert (config.use_local_kernel, config.inherit_mapping) == (False, True)
    text = (tmp_path / "train.py").read_text()
    [(name, place)] = config.keys
    assert (name, text[slice(*place.span)]) == ("RMSNorm", '"RMSNorm"')
    assert text[slice(*config.place.span)].startswith("KernelConfig(")
    assert (check.model, check.python, check.timeout) == ("model", sys.executable, 600.0)


@pytest.mark.parametrize(
    ("use", "ways"),
    [
        ('AutoModelForCausalLM.from_pretrained("m", kernel_config=c)', ["from_pretrained"]),
        (
            'm = AutoModelForCausalLM.from_pretrained("m")\nm.set_use_kernels(True, c)',
            ["set_use_kernels"],
        ),
        (
            (
                'm = AutoModelForCausalLM.from_pretrained("m", kernel_config=c)\n'
                "m.set_use_kernels(True, c)"
            ),
            ["from_pretrained", "set_use_kernels"],
        ),
    ],
)
def test_a_config_goes_the_ways_that_are_in_sight(
    planned: Planned, use: str, ways: list[str]
) -> None:
    checks = planned(f"c = KernelConfig({{{NORM}}})\n{use}\n").checks
    assert [check.config.way for check in checks] == ways
    assert {check.config.label for check in checks} == {"train.py:2:5"}


def test_every_value_that_a_config_may_have_is_a_check(planned: Planned) -> None:
    checks = planned(
        "import sys\n"
        f"kernels = {{{NORM}}}\n"
        'if sys.argv:\n    kernels["SiLU"] = "org/acts:Silu"\n'
        "print(KernelConfig(kernels))\n"
    ).checks
    found = {check.config.label: [*(check.config.mapping or ())] for check in checks}
    assert sorted(found) == ["train.py:6:7 (1 of 2)", "train.py:6:7 (2 of 2)"]
    assert sorted(found.values()) == [["RMSNorm"], ["RMSNorm", "SiLU"]]


def test_flags_and_values_of_all_kinds(planned: Planned) -> None:
    [check] = planned(
        "print(KernelConfig({\n"
        '    "A": ("a/b:L", {"version": 1, "trust_remote_code": True}),\n'
        '    "B": {"cuda": "a/b:L", "rocm": ("a/b:L", {"revision": "v1"})},\n'
        '    (("A", "model.norm"), ("B", "mlp")): "a/b:Fused",\n'
        "}, use_local_kernel=True, inherit_mapping=False))\n"
    ).checks
    assert check.config.mapping == {
        "A": ("a/b:L", {"version": 1, "trust_remote_code": True}),
        "B": {"cuda": "a/b:L", "rocm": ("a/b:L", {"revision": "v1"})},
        (("A", "model.norm"), ("B", "mlp")): "a/b:Fused",
    }
    assert (check.config.use_local_kernel, check.config.inherit_mapping) == (True, False)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import x\nKernelConfig(x.load())\n", "it comes from `x.load()`"),
        ("KernelConfig()\n", "it names no layer, so there is nothing to confirm"),
        ("KernelConfig({})\n", "it names no layer, so there is nothing to confirm"),
        ("KernelConfig([1])\n", "the mapping is a list, which no release takes"),
        (
            "from kernels import Mode\nKernelConfig({'A': {Mode.INFERENCE: 'a/b:L'}})\n",
            "it holds an object of which only the class is known",
        ),
        (
            "KernelConfig({'A': b'a/b:L'})\n",
            "it holds bytes, which cannot be handed to another process",
        ),
        (
            (
                f"c = KernelConfig({{{NORM}}})\n"
                "c.update_kernel(repo_id='a/b', registered_name='B', layer_name='L', device='cuda',"
                " mode=None)\n"
            ),
            "what `update_kernel` adds to the config is not known",
        ),
    ],
)
def test_what_is_not_known_is_not_tried(planned: Planned, source: str, reason: str) -> None:
    found = planned(source)
    assert found.checks == ()
    [item] = found.not_checked
    assert item.place.path == "train.py"
    if "x.load" not in source:
        assert item.reason == reason


def test_a_flag_that_is_not_known(planned: Planned) -> None:
    source = f"import os\nKernelConfig({{{NORM}}}, use_local_kernel='X' in os.environ)\n"
    found = planned(source)
    assert found.checks == ()
    assert [item.reason for item in found.not_checked] == ["the result of `in` is not computed"]


def test_a_file_that_cannot_be_parsed_is_told(planned: Planned) -> None:
    found = planned("KernelConfig({\n")
    assert [item.code for item in found.unreadable] == ["KL001"]


def test_an_attribute_is_named_instead(planned: Planned, tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "fast.py").write_text("config = None\n")
    for text, path in (
        ("pkg/fast.py:config", "pkg/fast.py"),
        ("pkg.fast:config", "pkg/fast.py"),
        ("elsewhere.fast:config", "elsewhere.fast:config"),
    ):
        [check] = planned(f"KernelConfig({{{NORM}}})\n", kernel_config=text).checks
        assert (check.config.attribute, check.config.label) == (text, text)
        assert (check.config.mapping, check.config.place.path) == (None, path)


def test_what_is_executed_is_said(planned: Planned) -> None:
    checks = planned(
        "c = KernelConfig({'A': ('a/b:L', {'version': 1}), 'B': {'cuda': 'c/d:M'}})\n"
        "d = KernelConfig({'C': '/kernels/e:N'}, use_local_kernel=True)\n"
        'AutoModelForCausalLM.from_pretrained("m", kernel_config=c)\n'
        "print(d)\n",
        trust_remote_code=True,
    ).checks
    assert announcement(checks).splitlines() == [
        f"running {sys.executable}, which executes:",
        "  the model: model (code from its repository: yes)",
        "  the kernels of train.py:2:5, by from_pretrained:",
        "    A: a/b:L",
        "    B: c/d:M for cuda",
        "    every other layer of the model: the default kernel of transformers",
        "  the kernels of train.py:3:5, by set_use_kernels:",
        "    C: /kernels/e:N",
    ]
    assert announcement(()) == ""


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("nothing-here"), "no such folder, and no config of a model of that id"),
        (Request("org/model"), "no such folder, and no config of a model of that id"),
        (Request("./models/llama"), "`--model ./models/llama`: there is no such folder"),
        (Request("empty"), "`--model empty` is a folder without config.json"),
        (Request("adapter"), "`--model adapter` is an adapter"),
        (Request("empty/notes.txt"), "is a file, and not a config.json"),
        (Request("missing.py:build"), "there is no file `missing.py`"),
        (Request("pkg.models:"), "names no attribute"),
        (Request(":build"), "names no attribute"),
        (Request("pkg/models:build"), "names no attribute"),
        (Request("model", "missing.py:config"), "there is no file `missing.py`"),
        (Request("model", "config"), "`--kernel-config config` names no attribute"),
        (Request("model", device="gpu"), "unknown device `gpu` in `--device`"),
        (Request("model", device="cpu"), "builds no kernel mapping for `--device cpu`"),
        (Request("model", timeout=0.0), "`--timeout` must be a number of seconds above 0"),
        (
            Request("model", numerics=True, execute=False),
            "`--numerics` and `--no-execute` exclude each other",
        ),
    ],
)
def test_what_cannot_come_to_anything_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: Request, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    for path in ("model/config.json", "adapter/adapter_config.json", "empty/notes.txt"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("{}")
    with pytest.raises(UsageError) as caught:
        plan(load_settings(None, {}, {}), ["."], request_)
    assert message in caught.value.message


def test_models_of_every_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    repository = tmp_path / "cache" / "models--org--model"
    commit = "0" * 40
    for path in ("refs/main", f"snapshots/{commit}/config.json"):
        (repository / path).parent.mkdir(parents=True)
        (repository / path).write_text(commit if path == "refs/main" else "{}")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text("{}")
    (tmp_path / "models.py").write_text("")
    settings = load_settings(None, {}, {})
    for model in ("m", "m/config.json", "models.py:a.b", "pkg.models:build", "org/model"):
        assert plan(settings, ["."], Request(model)).checks == ()


def test_the_interpreter_of_an_environment(planned: Planned, tmp_path: Path) -> None:
    settings = load_settings(None, {"python": "venv"}, {})
    with pytest.raises(UsageError, match="there is no interpreter to run at `venv`"):
        plan(settings, ["."], Request("model"))
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    os.symlink(sys.executable, python)
    for named in ("venv", "venv/bin/python"):
        (tmp_path / "train.py").write_text(f"{IMPORT}KernelConfig({{{NORM}}})\n")
        settings = load_settings(None, {"python": named}, {})
        [check] = plan(settings, ["."], Request("model")).checks
        # Not what the link leads to: that is the interpreter without the environment.
        assert check.python == str(python)
