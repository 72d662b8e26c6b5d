"""KL202: layer names that the model of a config does not have."""

from __future__ import annotations

from kernlint.catalog.models import ModelLayers, class_for, model_layers, replacing_layers
from kernlint.catalog.release import minor
from kernlint.model.diagnostic import Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.model.record import Record
from kernlint.project.flow import Sink
from kernlint.project.values import Known, text_of
from kernlint.rules.base import Example, Rule, example, quoted
from kernlint.rules.functions import counts_functions
from kernlint.rules.layers import may_be_declared
from kernlint.rules.paths import Outcome, entries, finish, raises, slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kernlint.catalog.release import TransformersRelease
    from kernlint.model.diagnostic import Diagnostic, Place
    from kernlint.project.flow import Config, SinkKind, Step, Story
    from kernlint.rules.base import Context

#: The steps in which a model gets a config.
_TAKING: dict[str, SinkKind] = {
    "from_pretrained": "from_pretrained",
    "set_use_kernels": "set_use_kernels",
}
#: Arguments of an auto class that take the config of the model from elsewhere, or its class from
#: the code of the repository. ``**`` may be any of them.
_ELSEWHERE = frozenset(
    {
        *("_commit_hash", "adapter_kwargs", "cache_dir", "code_revision", "config", "gguf_file"),
        *("revision", "subfolder", "trust_remote_code", "**"),
    }
)
_TINY = """
{"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_act": "silu"}
"""


class _Loaded(Record):
    """The class of a model: its name, how to say it, and what it can register."""

    name: str
    said: str
    layers: ModelLayers


class _Given(Record):
    """A config that a model gets: where it is loaded, and where it gets it."""

    loading: Step
    step: Step
    config: Config
    sink: Sink


class LayerNotInModel(Rule):
    """The model that gets the config cannot have the layer.

    Every layer name of a mapping has to be registered by some module of the model. A name that
    other models have raises `ValueError: Layer ... is not registered in the model`, whatever
    device the kernel is for: the names are looked at before the devices.

    The model is known where `from_pretrained` is asked of a class like `LlamaForCausalLM`, or of
    an auto class with a folder that has a `config.json`, or with a model id that is in the cache
    of the Hub on this machine. Of a model with parts that its config names, such as
    `LlavaForConditionalGeneration`, nothing is said.

    Leave the name out of the config for this model.

    Source: transformers 5.0 to 5.23, `utils/kernel_config.py`
    (`sanitize_kernel_mapping`); what a class can register is read from the modules of each
    release.
    """

    code = "KL202"
    name = "layer-not-in-model"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig, LlamaForCausalLM

            config = KernelConfig(
                {
                    "RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm",
                    «"MultiScaleDeformableAttention"»: (
                        "kernels-community/deformable-detr:MultiScaleDeformableAttention"
                    ),
                }
            )
            model = LlamaForCausalLM.from_pretrained("org/model", kernel_config=config)
            """
        ),
        Example(
            {
                "models/tiny/config.json": _TINY,
                "serve.py": """
                from transformers import AutoModelForCausalLM, KernelConfig

                config = KernelConfig(
                    {«"SoftmaxTopKRouter"»: {"cuda": "org/router:SoftmaxTopKRouter"}}
                )
                model = AutoModelForCausalLM.from_pretrained("models/tiny")
                model.set_use_kernels(True, config)
                """,
            },
        ),
        example(
            """
            from transformers import KernelConfig, Qwen3_5MoeForCausalLM

            model = Qwen3_5MoeForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(
                True, KernelConfig({«"RMSNormZeroCentered"»: "org/norms:ZeroCentered"})
            )
            """,
            transformers="5.17.0",
        ),
    )
    good = (
        example(
            """
            from transformers import DeformableDetrForObjectDetection, KernelConfig

            config = KernelConfig(
                {
                    "MultiScaleDeformableAttention": (
                        "kernels-community/deformable-detr:MultiScaleDeformableAttention"
                    ),
                }
            )
            model = DeformableDetrForObjectDetection.from_pretrained(
                "org/model", kernel_config=config
            )
            """
        ),
        Example(
            {
                "models/tiny/config.json": _TINY,
                "serve.py": """
                from transformers import AutoModelForCausalLM, KernelConfig

                config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
                model = AutoModelForCausalLM.from_pretrained("models/tiny", kernel_config=config)
                """,
            }
        ),
        example(
            """
            from transformers import KernelConfig, Qwen3_5MoeForCausalLM

            model = Qwen3_5MoeForCausalLM.from_pretrained("org/model")
            model.set_use_kernels(
                True, KernelConfig({"RMSNormZeroCentered": "org/norms:ZeroCentered"})
            )
            """,
            transformers="5.18.0",
        ),
    )

    def story(self, story: Story, context: Context) -> Iterator[Diagnostic]:
        """Look at every config that a model of a known class gets."""
        if may_be_declared(context) is not None:
            return
        vouched = context.known_layers | {item.layer for item in context.declarations}
        for given in _given(story):
            loaded = None if _is_off(given.step) else _loaded(given.loading, context)
            if loaded is None or loaded.layers.open:
                continue
            for key in (entry.key for entry in entries(given.config)):
                name = text_of(key)
                if not isinstance(key, Known) or name is None or not _is_layer(name, context):
                    continue
                if name in loaded.layers.possible or name in vouched:
                    continue
                if _is_early(given.step, context) and _may_be_a_class(key, given.config, loaded):
                    continue
                yield self._found(name, key.place, loaded, given, context)

    def _found(
        self, name: str, place: Place, loaded: _Loaded, given: _Given, context: Context
    ) -> Diagnostic:
        message = context.release.message("not-registered", layer_name=name)
        verdict = raises(context, "`sanitize_kernel_mapping`", "ValueError", message)
        loading = Related("the model is loaded here", given.loading.place)
        found = self.found(
            place,
            f"{loaded.said} has no layer `{name}`",
            help=_help(name, loaded, context),
            related=() if given.loading is given.step else (loading,),
            releases=_releases(name, loaded.name, context),
        )
        return finish(found, Outcome(verdict, given.sink), given.config)


def model_texts(stories: Iterable[Story]) -> Iterator[str]:
    """The folders and model ids of which it matters what their ``config.json`` says."""
    for story in stories:
        for given in _given(story):
            text = _asked_for(given.loading)
            if text is not None:
                yield text


def _given(story: Story) -> Iterator[_Given]:
    """The steps in which a model gets a config that is loaded in sight."""
    loaded: dict[int, Step] = {}
    for step in story.steps:
        if step.model is None or not step.certain:
            continue
        if step.kind in {"from_pretrained", "from_config"}:
            loaded[step.model] = step
        loading, kind = loaded.get(step.model), _TAKING.get(step.kind)
        if step.config is not None and loading is not None and kind is not None:
            yield _Given(loading, step, step.config, Sink(kind, step.place))


def _is_auto(loading: Step) -> bool:
    return (loading.owner or "").rpartition(".")[2].startswith("Auto")


def _asked_for(loading: Step) -> str | None:
    """What an auto class is asked to load, where the config found under that name counts."""
    if loading.kind != "from_pretrained" or not _is_auto(loading):
        return None
    if any(name in _ELSEWHERE for name, _ in loading.arguments):
        return None
    return text_of(loading.argument("model") or loading.argument("pretrained_model_name_or_path"))


def _loaded(loading: Step, context: Context) -> _Loaded | None:
    """The class of the model, if it is known; a subclass in the project is another one."""
    root, _, owner = (loading.owner or "").rpartition(".")
    if root.partition(".")[0] != "transformers":
        return None
    name, said = owner, f"`{owner}`"
    if _is_auto(loading):
        text = _asked_for(loading)
        found = context.checkpoints.get(text) if text is not None else None
        if found is None or found.remote_code or found.model_type is None:
            return None
        built = class_for(context.release.version, owner, found.model_type)
        if built is None:
            return None
        name, said = built, f"`{built}`, which `{owner}` builds for `{text}`,"
    layers = model_layers(context.release.version, name)
    return None if layers is None else _Loaded(name, said, layers)


def _is_off(step: Step) -> bool:
    """Whether it is ``set_use_kernels(False, config)``, which does not look at the config."""
    return step.kind == "set_use_kernels" and any(
        name == "use_kernels" and isinstance(value, Known) and not value.value
        for name, value in step.arguments
    )


def _is_layer(name: str, context: Context) -> bool:
    """Whether some model has the layer: KL201, KL203 and KL204 are about all other names."""
    kind = context.release.layer_kind(name)
    return kind == "class" or (kind == "function" and counts_functions(context))


def _is_early(step: Step, context: Context) -> bool:
    """Whether from_pretrained looks at the mapping before the names are compared."""
    return step.kind == "from_pretrained" and context.release.from_pretrained_fusions


def _may_be_a_class(key: Known, config: Config, loaded: _Loaded) -> bool:
    """Whether from_pretrained may make a layer of what is not one.

    A kernel may bring a layout. Then its key is looked for in the names of classes, the class
    that is found becomes a layer, and the mapping holds the name of the kernel instead of the key
    (integrations/hub_kernels.py, register_kernel_replacements_and_fusions).
    """
    name = text_of(key)
    if name in loaded.layers.alike:
        return True
    for slot in slots(config):
        kernel = text_of(slot.text)
        brought = kernel.partition(":")[2] if kernel is not None else None
        if slot.layer != key:
            if brought == name:
                return True
        elif brought is None or brought in loaded.layers.possible:
            return True
    return False


def _help(name: str, loaded: _Loaded, context: Context) -> str:
    """Since when the model has the layer, or which ones it can have; without a quantizer."""
    releases = context.catalog.releases("transformers")
    for release in releases[releases.index(context.release.version) + 1 :]:
        later = model_layers(release, loaded.name)
        if later is not None and name in later.possible - replacing_layers(release):
            return f"it can have one from transformers {minor(release)} on"
    own = loaded.layers.possible - replacing_layers(context.release.version)
    names = sorted(each for each in own if _is_layer(each, context))
    return f"it can have {quoted(names)}" if names else "it has no layers that kernels replace"


def _releases(name: str, model: str, context: Context) -> str | None:
    """The releases whose model lacks a layer, where others have it."""

    def has(release: TransformersRelease) -> bool | None:
        layers = model_layers(release.version, model)
        if layers is None or not release.declares(name):
            return None
        return layers.open or name in layers.possible

    if not context.catalog.where("transformers", lambda release: has(release) is True):
        return None
    lacking = context.catalog.where("transformers", lambda release: has(release) is False)
    return context.catalog.specifier("transformers", lacking)
