"""Programs that make a KernelConfig, drawn at random: good ones, and ones wrong in every way.

A program is a line or two of Python after ``CONFIG_IMPORTS`` and defines ``config``. Everything
in it is spelled out, so that nothing but a fusion has a reason to stay unchecked.
"""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Text = SearchStrategy[str]

DECLARED = ("RMSNorm", "SiLU", "MLP", "Linear", "GeluTanh", "Llama4TextMoe", "SoftmaxTopKRouter")
"""Layer names that some releases or all of them declare."""
FUSIONS = (
    '("RMSNorm",)',
    '(("RMSNorm", "model.layers.*.norm"), ("MLP", "model.layers.*.mlp"))',
)
"""Keys that stand for several layers; these alone need not be checked."""

LAYERS = ('"RMSNorm"', '"SiLU"', '"MLP"')
STRANGE_LAYERS = (
    *(repr(name) for name in DECLARED),
    '"rmsnorm"',
    '"RMSNorm "',
    '"RMSnorm"',
    '"NoSuchLayer"',
    '"LlamaRMSNorm"',
    '"model.norm"',
    '"RMS" "Norm"',
    '""',
    "None",
    "1",
    "True",
    "1.5",
    'b"RMSNorm"',
    "Mode.INFERENCE",
    *FUSIONS,
)
DEVICES = ('"cuda"', '"rocm"', '"xpu"', '"npu"')
STRANGE_DEVICES = (
    '"neuron"',
    '"tpu"',
    '"mps"',
    '"cpu"',
    '"cuda:0"',
    '"CUDA"',
    '"gpu"',
    '" cuda"',
    '""',
    "None",
    "0",
    "True",
    'b"cuda"',
    '("cuda",)',
    '("cuda", "rocm")',
    "Mode.INFERENCE",
)
REPOSITORIES = {"a/b": "L", "kernels-community/liger-kernels": "LigerRMSNorm"}
"""Repositories of the fake Hub, each with a layer that it has."""
STRANGE_REPOSITORIES = (
    "",
    "/",
    "a",
    "a/",
    "/b",
    "a/b/c",
    "a b/c",
    " a/b",
    "a/b ",
    "a/b@main",
    "a@v1",
    "a/b--c",
    "a/b..c",
    "a/b.git",
    "-a/b",
    "a!/b",
    "é/b",
    "/opt/kernels/b",
    "./b",
    "../b",
    "~/b",
    "C:/b",
    "file:///opt/b",
    "https://huggingface.co/a/b",
    "hf://a/b",
    "a\\b",
)
STRANGE_NAMES = ("", " L", "L ", "L:D", ":L", "L:", "1L", "layers.L", "L@main", "L/M", "class", "É")
VERSIONS = ("1", "2", "None", '"1"', "1.0", "1.5", "True", "False", "0", "-1", "[1]", "{}", "()")
REVISIONS = ('"main"', "None", '""', "1", "False", 'b"main"', '["main"]', "{}")
TRUSTS = ("True", "False", "None", '"yes"', '""', "0", "1", "[]", '["a"]', "()", "{}")
OTHER_KEYS = ('"branch"', '"Version"', '"layer_name"', "None", "1")
NO_METADATA = ("None", '"v1"', "1", "True", "[]", '["version", 1]', '("version", 1)', '{"version"}')
NO_KERNEL = (
    "None",
    "1",
    "True",
    "1.5",
    "...",
    'b"a/b:L"',
    '["a/b:L"]',
    '["a/b:L", {"version": 1}]',
    '{"a/b:L"}',
    'Path("a/b:L")',
    "Mode.INFERENCE",
    'LayerRepository("a/b", layer_name="L", revision="main")',
)
NO_MAPPING = ("None", '"a/b:L"', '["RMSNorm"]', '("RMSNorm", "a/b:L")', '{"RMSNorm"}', "1", "True")
_RUN = 10
"""Programs of one run of hypothesis."""

LOCAL = ("True", "True", "True", "False", "None", "0", "1", '""', '"False"', "[]", "[1]", "{}")


def _mostly(draw: DrawFn, good: Text, strange: Text, percent: int = 80) -> str:
    return draw(good if draw(st.integers(0, 99)) < percent else strange)


@st.composite
def _kernel_text(draw: DrawFn) -> str:
    """A string of a kernel; any of its parts may be wrong, or all of it."""
    if draw(st.integers(0, 19)) == 0:
        return repr(draw(st.text("abL/:@ .~-1", max_size=8)))
    repository = _mostly(
        draw, st.sampled_from(tuple(REPOSITORIES)), st.sampled_from(STRANGE_REPOSITORIES)
    )
    layer = st.just(REPOSITORIES.get(repository, "L"))
    name = _mostly(draw, layer, st.sampled_from(STRANGE_NAMES))
    colon = _mostly(draw, st.just(":"), st.just(""), 95)
    return repr(f"{repository}{colon}{name}")


@st.composite
def _metadata(draw: DrawFn) -> str:
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(NO_METADATA))
    items: list[str] = []
    if draw(st.integers(0, 3)):
        items.append(f'"version": {_mostly(draw, st.just("1"), st.sampled_from(VERSIONS), 60)}')
    if draw(st.integers(0, 2)) == 0:
        items.append(f'"revision": {draw(st.sampled_from(REVISIONS))}')
    if draw(st.integers(0, 2)) == 0:
        items.append(f'"trust_remote_code": {draw(st.sampled_from(TRUSTS))}')
    if draw(st.integers(0, 9)) == 0:
        items.append(f"{draw(st.sampled_from(OTHER_KEYS))}: 1")
    return f"{{{', '.join(items)}}}"


@st.composite
def _tuple(draw: DrawFn) -> str:
    text = _mostly(draw, _kernel_text(), st.sampled_from(NO_KERNEL), 90)
    items = [text, draw(_metadata())]
    form = draw(st.integers(0, 19))
    if form < 5:
        items = {0: [], 1: items[:1], 2: [*items, "1"], 3: items[::-1], 4: [text, text]}[form]
    return f"({', '.join(items)}{',' if len(items) == 1 else ''})"


def _single() -> Text:
    """What stands for one kernel: a string, or a tuple."""
    return st.one_of(_kernel_text(), _tuple())


@st.composite
def _devices(draw: DrawFn) -> str:
    items: list[str] = []
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 2, 3)))):
        key = _mostly(draw, st.sampled_from(DEVICES), st.sampled_from(STRANGE_DEVICES), 75)
        strange = st.one_of(
            st.sampled_from(NO_KERNEL),
            st.just("{}"),
            _single().map(lambda kernel: f'{{"cuda": {kernel}}}'),
            _single().map(lambda kernel: f"{{Mode.INFERENCE: {kernel}}}"),
        )
        items.append(f"{key}: {_mostly(draw, _single(), strange, 90)}")
    return f"{{{', '.join(items)}}}"


@st.composite
def _mapping(draw: DrawFn) -> str:
    items: list[str] = []
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 1, 2, 2, 3)))):
        key = _mostly(draw, st.sampled_from(LAYERS), st.sampled_from(STRANGE_LAYERS), 85)
        value = st.one_of(_kernel_text(), _tuple(), _devices())
        items.append(f"{key}: {_mostly(draw, value, st.sampled_from(NO_KERNEL), 92)}")
    return f"{{{', '.join(items)}}}"


@st.composite
def programs(draw: DrawFn) -> str:
    """A program that defines ``config``."""
    mapping = _mostly(draw, _mapping(), st.sampled_from(NO_MAPPING), 96)
    flags = ""
    if draw(st.integers(0, 3)) == 0:
        flags = f", use_local_kernel={draw(st.sampled_from(LOCAL))}"
    if draw(st.integers(0, 29)) == 0:
        flags += f", inherit_mapping={draw(st.sampled_from(('True', 'False')))}"
    form = draw(st.integers(0, 5))
    if form == 0:
        return f"mapping = {mapping}\nconfig = KernelConfig(mapping{flags})\n"
    if form == 1:
        return f"config = KernelConfig(kernel_mapping={mapping}{flags})\n"
    if form == 2 and ":" in mapping and mapping[0] == "{":
        return f"config = KernelConfig({{**{mapping}}}{flags})\n"
    if form == 3 and draw(st.integers(0, 9)) == 0:
        return f"config = KernelConfig({flags.removeprefix(', ')})\n"
    return f"config = KernelConfig({mapping}{flags})\n"


def is_fusion(program: str) -> bool:
    """Whether a key of the program stands for several layers."""
    return any(f"{fusion}: " in program for fusion in FUSIONS)


def draw_programs(count: int, seed: int = 0) -> list[str]:
    """``count`` different programs, the same ones for the same seed.

    Drawn in small runs, each with a seed of its own: in a long one hypothesis mostly varies what
    it had before.
    """
    found: dict[str, None] = {}
    run = seed * 1_000_000
    while len(found) < count:
        found.update(dict.fromkeys(_draw(run)))
        run += 1
    return list(found)[:count]


def _draw(seed: int) -> list[str]:
    found: list[str] = []

    def collect(program: str) -> None:
        found.append(program)

    test: Callable[[], None] = hypothesis.given(programs())(collect)
    test = hypothesis.settings(
        max_examples=_RUN,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )(hypothesis.seed(seed)(test))
    test()
    return found[1:]  # the first is the simplest program, whatever the seed
