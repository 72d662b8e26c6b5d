"""What one release of transformers or kernels accepts: read-only views on the data."""

from __future__ import annotations

from collections.abc import Sequence

from kernlint.model.hints import TYPE_CHECKING, Any, Literal
from kernlint.model.record import Record

if TYPE_CHECKING:
    from kernlint.catalog.shapes import Group, Interval, LayersData, LibraryData, Mapped

MessageName = Literal[
    "config-type",
    "device",
    "format",
    "hub-repository",
    "mapping-dict",
    "metadata-dict",
    "missing-revision",
    "not-registered",
    "one-repository",
    "repo-name",
    "repository-string",
    "shared-parent",
    "trust-bool",
]


class Source(Record):
    """Where a fact was first read: a file of a release's wheel, and its line (from 1)."""

    release: str
    file: str
    line: int


class Period(Record):
    """From the release ``since`` on, up to and without ``until`` (None: the newest has it)."""

    since: str
    until: str | None


class Parameter(Record):
    """A parameter; ``kind`` as in inspect (``keyword-only``), ``default`` is source text.

    ``default`` is None where the parameter is required.
    """

    name: str
    kind: str
    default: str | None


class Bounds(Record):
    """The releases V with ``minimum`` <= V < ``maximum`` (None: no upper bound)."""

    minimum: str
    maximum: str | None

    def admits(self, release: str) -> bool:
        """Whether a final release (``0.17.2``) lies within."""
        key = release_key(release)
        below = self.maximum is None or key < release_key(self.maximum)
        return below and key >= release_key(self.minimum)

    @property
    def specifier(self) -> str:
        """The bounds as a PEP 440 specifier."""
        upper = "" if self.maximum is None else f",<{self.maximum}"
        return f">={self.minimum}{upper}"


class Site(Record):
    """A class or function that declares a layer: ``models/llama/modeling_llama.py``, its name."""

    module: str
    owner: str


class _Printed(dict[str, str]):
    """The values of a message; one that is not known prints as an ellipsis."""

    def __missing__(self, key: str) -> str:
        return "..."


class _Release:
    """The facts of one release of one library."""

    __slots__ = ("_facts", "_index", "_releases", "version")

    def __init__(self, data: LibraryData, index: int) -> None:
        self._facts = data["facts"]
        self._releases = data["releases"]
        self._index = index
        self.version = data["releases"][index]

    def source(self, fact: str) -> Source:
        """Where the value that ``fact`` has in this release was first read."""
        return Source(**self._interval(fact)["source"])

    def _interval(self, fact: str) -> Interval:
        return next(each for each in self._facts[fact] if self._holds(each))

    def _holds(self, interval: Interval | Group | Mapped) -> bool:
        until = interval["until"]
        return self._releases.index(interval["since"]) <= self._index and (
            until is None or self._index < self._releases.index(until)
        )

    # The data is generated and compared with the wheels: its shape is not checked again.
    def _value(self, fact: str) -> Any:
        return self._interval(fact)["value"]

    def _texts(self, fact: str) -> tuple[str, ...]:
        return tuple(self._value(fact))

    def _parameters(self, fact: str) -> tuple[Parameter, ...]:
        return tuple(Parameter(**each) for each in self._value(fact))


class TransformersRelease(_Release):
    """What one release of transformers accepts; ``version`` names it."""

    __slots__ = ("_defaults", "_layers")

    def __init__(self, data: LibraryData, layers: LayersData, index: int) -> None:
        super().__init__(data, index)
        self._layers = layers["layers"]
        self._defaults = layers["default-mapping"]

    @property
    def device_keys(self) -> tuple[str, ...]:
        """The devices that a mapping may name, in the order of the library."""
        return self._texts("device-keys")

    @property
    def value_forms(self) -> tuple[str, ...]:
        """The types that a layer's value may have: ``dict``, ``str``, ``tuple``."""
        return self._texts("value-forms")

    @property
    def nested_forms(self) -> tuple[str, ...]:
        """The types that a device's value may have: ``str``, ``tuple``."""
        return self._texts("nested-forms")

    @property
    def metadata_keys(self) -> tuple[str, ...]:
        """The keys that the metadata of a tuple may have; none where tuples are rejected."""
        return self._texts("metadata-keys")

    @property
    def string_version(self) -> int | None:
        """The version that a plain string stands for; None where it stands for none."""
        version: int | None = self._value("string-version")
        return version

    @property
    def config_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of ``KernelConfig(...)``."""
        return self._parameters("config-parameters")

    @property
    def update_kernel_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of ``KernelConfig.update_kernel``."""
        return self._parameters("update-kernel-parameters")

    @property
    def set_use_kernels_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of ``PreTrainedModel.set_use_kernels``."""
        return self._parameters("set-use-kernels-parameters")

    @property
    def registers_function_layers(self) -> bool:
        """Whether the name of a function layer counts as registered in a model."""
        return bool(self._value("registers-function-layers"))

    @property
    def swallows_missing_files(self) -> bool:
        """Whether set_use_kernels keeps the original code where a kernel's files are missing."""
        return bool(self._value("swallows-missing-files"))

    @property
    def from_pretrained_fusions(self) -> bool:
        """Whether from_pretrained loads the kernels itself, for fusions and layouts."""
        return bool(self._value("from-pretrained-fusions"))

    @property
    def from_pretrained_plain_dict(self) -> Literal["ignored", "attribute-error"]:
        """What from_pretrained does with a ``kernel_config`` that is no KernelConfig."""
        outcome: Literal["ignored", "attribute-error"] = self._value("from-pretrained-plain-dict")
        return outcome

    @property
    def kernels_range(self) -> Bounds:
        """The releases of kernels that count as available at run time."""
        value = self._value("kernels-range")
        return Bounds(value["min"], value["max"])

    @property
    def kernels_extra(self) -> Bounds:
        """The releases of kernels that the extra requires."""
        value = self._value("kernels-extra")
        return Bounds(value["min"], value["max"])

    @property
    def kernels_extra_name(self) -> str:
        """The name of that extra, as in ``transformers[kernels]``."""
        return str(self._value("kernels-extra")["name"])

    @property
    def kernels_gate(self) -> Literal["stubs", "import-any"]:
        """What kernels outside of ``kernels_range`` means for the decorators.

        ``stubs``: they do nothing; ``import-any``: they work with whatever imports.
        """
        gate: Literal["stubs", "import-any"] = self._value("kernels-gate")
        return gate

    @property
    def local_repository_arguments(self) -> tuple[str, ...]:
        """The keywords with which a local kernel is turned into a LocalLayerRepository."""
        return self._texts("local-repository-arguments")

    @property
    def exported_names(self) -> frozenset[str]:
        """The names, of those that kernlint looks for, that can be imported from somewhere."""
        return frozenset(self._value("exports"))

    def exports(self, name: str) -> tuple[str, ...]:
        """The dotted paths under which ``name`` can be imported, sorted; empty for unknown."""
        return tuple(self._value("exports").get(name, ()))

    def message(self, name: MessageName, **values: str) -> str | None:
        """The text of the ValueError for a mistake; None where the release does not check it.

        ``values`` are the texts that the message prints: ``device`` (device), ``layer_name``
        (not-registered, repo-name, hub-repository, repository-string), ``repo_name``
        (repo-name), ``got`` (config-type, format, hub-repository, mapping-dict, metadata-dict,
        one-repository, repository-string, shared-parent, trust-bool), ``got_type``
        (metadata-dict), ``revision`` and ``version`` (missing-revision). A value that is left
        out prints as ``...``. hub-repository, one-repository, repository-string and
        shared-parent are raised by from_pretrained alone, config-type by set_use_kernels, the
        others by sanitize_kernel_mapping.
        """
        fact = "set-use-kernels-type-check" if name == "config-type" else f"{name}-message"
        template: str | None = self._value(fact)
        return None if template is None else template.format_map(_Printed(values))

    @property
    def layer_names(self) -> frozenset[str]:
        """Every layer name that the release declares."""
        return frozenset(name for name in self._layers if self.declares(name))

    @property
    def default_layer_names(self) -> frozenset[str]:
        """The layer names for which the release brings a kernel."""
        return frozenset(filter(self.has_default, self._defaults))

    def has_default(self, name: str) -> bool:
        """Whether the release brings a kernel for the layer name ``name``."""
        return any(map(self._holds, self._defaults.get(name, ())))

    def declares(self, name: str) -> bool:
        """Whether the release declares the layer name ``name``."""
        layer = self._layers.get(name)
        return layer is not None and any(map(self._holds, layer["sites"]))

    def layer_kind(self, name: str) -> Literal["class", "function"] | None:
        """What carries the layer name; None where the release does not declare it."""
        return self._layers[name]["kind"] if self.declares(name) else None

    def layer_sites(self, name: str) -> tuple[Site, ...]:
        """The classes or functions that declare ``name``, sorted."""
        return self._sites(self._layers[name]["sites"]) if name in self._layers else ()

    def unattached_sites(self, name: str) -> tuple[Site, ...]:
        """The functions that declare ``name`` and that no class of their module attaches.

        No model has such a layer, although its source declares it.
        """
        return self._sites(self._layers[name]["unattached"]) if name in self._layers else ()

    def _sites(self, groups: Sequence[Group]) -> tuple[Site, ...]:
        places = [place for group in groups if self._holds(group) for place in group["at"]]
        return tuple(sorted(Site(*place.rsplit(":", 1)) for place in places))


class KernelsRelease(_Release):
    """What one release of kernels accepts; ``version`` names it."""

    __slots__ = ()

    @property
    def device_types(self) -> tuple[str, ...]:
        """The device types for which a kernel can be registered, sorted."""
        return self._texts("device-types")

    @property
    def modes(self) -> tuple[str, ...]:
        """The members of ``Mode``."""
        return self._texts("modes")

    @property
    def public_names(self) -> frozenset[str]:
        """The names in ``kernels.__all__``."""
        return frozenset(self._value("public-names"))

    @property
    def lock_version_types(self) -> tuple[str, ...]:
        """The types that a version in ``[tool.kernels.dependencies]`` may have."""
        return self._texts("lock-version-types")

    @property
    def requires_version_or_revision(self) -> bool:
        """Whether ``LayerRepository`` raises when it is given neither."""
        return bool(self._value("requires-version-or-revision"))

    def parameters(self, name: str) -> tuple[Parameter, ...] | None:
        """The parameters of a public function or class.

        None where the release has no such name, or the catalog no signature of it.
        """
        fact = f"parameters:{name}"
        if fact not in self._facts or self._value(fact) is None:
            return None
        return self._parameters(fact)


def release_key(release: str) -> tuple[int, ...]:
    """A final release (``5.21.1``) as numbers that sort."""
    return tuple(int(part) for part in release.split("."))


def minor(release: str) -> str:
    """The minor of a release: ``5.21`` of ``5.21.1``."""
    return ".".join(release.split(".")[:2])
