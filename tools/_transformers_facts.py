"""What one release of transformers accepts, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tools._messages import Message, messages
from tools._wheel import Fact, Wheel, called, statements, strings

CONFIG = "transformers/utils/kernel_config.py"
HUB = "transformers/integrations/hub_kernels.py"
MODELING = "transformers/modeling_utils.py"
IMPORTS = "transformers/utils/import_utils.py"

SANITIZE_MESSAGES = {
    "device-message": Message("supported, got: ", {"device": "device"}),
    "not-registered-message": Message("is not registered in", {"layer_name": "layer_name"}),
    "repo-name-message": Message(
        "must be a valid repo name",
        {"layer_name": "layer_name", "repo_name": "repo_name", "kernel": "repo_name"},
    ),
    "mapping-dict-message": Message(
        "Kernel mapping must be a dict", {"type(self.kernel_mapping)": "got"}
    ),
    "format-message": Message("Kernel mapping must follow the format", {"kernel": "got"}),
    "metadata-dict-message": Message(
        "The passed metadata", {"type(metadata)": "got_type", "metadata": "got"}, required=False
    ),
    "trust-bool-message": Message(
        "Expected a bool value", {"trust_remote_code": "got"}, required=False
    ),
    "missing-revision-message": Message(
        "Expected valid combination",
        {"revision": "revision", "version": "version"},
        required=False,
    ),
}
FUSION_MESSAGES = {
    "one-repository-message": Message("Expected exactly one kernel repo", {"hub_repo": "got"}),
    "hub-repository-message": Message(
        "Invalid hub repo", {"hub_repo": "got", "layer_name": "layer_name"}
    ),
    "repository-string-message": Message(
        "Invalid kernel repo string", {"repo_str": "got", "layer_name": "layer_name"}
    ),
    "shared-parent-message": Message("must share the same parent module", {"glob_patterns": "got"}),
}
TYPE_MESSAGES = {
    "set-use-kernels-type-check": Message(
        "to be of type `KernelConfig`", {"type(kernel_config)": "got"}
    ),
}
EXPORTED = (
    "KernelConfig",
    "kernelize",
    "register_kernel_mapping",
    "register_kernel_mapping_transformers",
    "replace_kernel_forward_from_hub",
    "use_kernel_forward_from_hub",
    "use_kernel_func_from_hub",
    "use_kernel_func_from_hub_with_fallback",
    "use_kernelized_func",
)
EXPORTING = (
    "transformers/__init__.py",
    "transformers/integrations/__init__.py",
    HUB,
    "transformers/utils/__init__.py",
    CONFIG,
)


def transformers_facts(wheel: Wheel) -> dict[str, Fact]:
    """Every fact of the release, by name."""
    return {
        **_mapping_facts(wheel),
        **_model_facts(wheel),
        **_kernels_facts(wheel),
        "registers-function-layers": _registers_functions(wheel),
        "swallows-missing-files": _swallows_missing_files(wheel),
        "exports": _exports(wheel),
    }


def _mapping_facts(wheel: Wheel) -> dict[str, Fact]:
    """What KernelConfig and the functions around it accept."""
    sanitize = wheel.function(CONFIG, "KernelConfig.sanitize_kernel_mapping")
    create = wheel.function(CONFIG, "KernelConfig.create_compatible_mapping")
    devices = _device_keys(wheel)
    # The examples of valid mappings inside a message are as long as a page.
    constants = {"MAPPING_FORMAT": "...", "KERNELS_SUPPORTED_DEVICE_TYPES": str(devices.value)}
    outer = _types_of(wheel, sanitize, {"kernel"})
    if outer is None:
        raise wheel.strange(CONFIG, "isinstance(kernel, ...) in sanitize_kernel_mapping")
    nested = _types_of(wheel, sanitize, {"repo", "repo_name"})
    if nested is None:
        raise wheel.strange(CONFIG, "isinstance(repo_name, ...) in sanitize_kernel_mapping")
    return {
        "device-keys": devices,
        **messages(wheel, CONFIG, sanitize, SANITIZE_MESSAGES, constants=constants),
        "config-parameters": wheel.parameters(CONFIG, "KernelConfig"),
        "update-kernel-parameters": wheel.parameters(CONFIG, "KernelConfig.update_kernel"),
        "value-forms": outer,
        "nested-forms": nested,
        "metadata-keys": _metadata_keys(create),
        "string-version": _string_version(wheel, create),
        "local-repository-arguments": _local_arguments(wheel),
    }


def _device_keys(wheel: Wheel) -> Fact:
    """The devices of every ``device not in [...]``, which must all be the same."""
    named = {
        target.id: node.value
        for node in wheel.tree(CONFIG).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    found: list[Fact] = []
    for node in ast.walk(wheel.tree(CONFIG)):
        if isinstance(node, ast.Compare) and ast.unparse(node.left) == "device":
            if not isinstance(node.ops[0], ast.NotIn):
                continue
            right = node.comparators[0]
            listed = named.get(right.id, right) if isinstance(right, ast.Name) else right
            items = strings(listed)
            if items is None:
                raise wheel.strange(CONFIG, f"a list of devices at line {node.lineno}")
            found.append(Fact(items, CONFIG, listed.lineno))
    if len(found) < 3 or any(fact.value != found[0].value for fact in found):
        raise wheel.strange(CONFIG, "three equal checks of the device")
    return min(found, key=lambda fact: fact.line)


def _types_of(wheel: Wheel, function: ast.FunctionDef, names: set[str]) -> Fact | None:
    """The types in ``isinstance(name, ...)``, sorted, and the line of the first check."""
    types: set[str] = set()
    line = 0
    for node in ast.walk(function):
        if not isinstance(node, ast.Call) or called(node) != "isinstance":
            continue
        if ast.unparse(node.args[0]) not in names:
            continue
        kinds = node.args[1].elts if isinstance(node.args[1], ast.Tuple) else [node.args[1]]
        types.update(ast.unparse(kind) for kind in kinds)
        line = min(line or node.lineno, node.lineno)
    if types - {"dict", "str", "tuple"}:
        raise wheel.strange(CONFIG, f"only dict, str and tuple at line {line}")
    return Fact(sorted(types), CONFIG, line) if types else None


def _metadata_keys(create: ast.FunctionDef) -> Fact:
    """The keys K of ``metadata.get(K)``; none where metadata is not read."""
    keys: list[str] = []
    line = create.lineno
    for node in ast.walk(create):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "metadata.get":
            if not keys:
                line = node.lineno
            keys.append(str(ast.literal_eval(node.args[0])))
    return Fact(keys, CONFIG, line)


def _string_version(wheel: Wheel, create: ast.FunctionDef) -> Fact:
    """The constant version of a kernel given as a plain string, None where it has none."""
    found = [
        Fact(node.value.value, CONFIG, node.lineno)
        for node in ast.walk(create)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "version"
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, int)
    ]
    if len(found) > 1:
        raise wheel.strange(CONFIG, "a single constant version in create_compatible_mapping")
    return found[0] if found else Fact(None, CONFIG, create.lineno)


def _local_arguments(wheel: Wheel) -> Fact:
    """The keywords of the LocalLayerRepository that a local kernel becomes."""
    for node in ast.walk(wheel.function(CONFIG, "add_to_mapping_local")):
        if isinstance(node, ast.Call) and called(node) == "LocalLayerRepository":
            keywords = [keyword.arg for keyword in node.keywords]
            if node.args or None in keywords:
                raise wheel.strange(CONFIG, f"only plain keywords at line {node.lineno}")
            return Fact(keywords, CONFIG, node.lineno)
    raise wheel.strange(CONFIG, "LocalLayerRepository(...) in add_to_mapping_local")


def _model_facts(wheel: Wheel) -> dict[str, Fact]:
    """What from_pretrained and set_use_kernels do with a KernelConfig."""
    method = "PreTrainedModel.set_use_kernels"
    use = wheel.function(MODELING, method)
    guard = [
        node
        for node in ast.walk(use)
        if isinstance(node, ast.If) and "isinstance(kernel_config" in ast.unparse(node.test)
    ]
    if len(guard) != 1:
        raise wheel.strange(MODELING, "a single isinstance(kernel_config, KernelConfig)")
    ignored = ast.unparse(guard[0].test).startswith("kernel_config is not None and isinstance(")
    return {
        "set-use-kernels-parameters": wheel.parameters(MODELING, method),
        **(
            {"set-use-kernels-type-check": Fact(None, MODELING, guard[0].lineno)}
            if ignored
            else messages(wheel, MODELING, guard[0], TYPE_MESSAGES)
        ),
        **_fusion_facts(wheel, guard[0].lineno),
    }


def _fusion_facts(wheel: Wheel, guard: int) -> dict[str, Fact]:
    """What from_pretrained does before set_use_kernels, whose type check is at line ``guard``."""
    name = "register_kernel_replacements_and_fusions"
    calls = [
        node.lineno
        for node in ast.walk(wheel.function(MODELING, "PreTrainedModel.from_pretrained"))
        if isinstance(node, ast.Call) and called(node) == name
    ]
    if not calls:
        return {
            "from-pretrained-fusions": Fact(False, MODELING, guard),
            "from-pretrained-plain-dict": Fact("ignored", MODELING, guard),
            **dict.fromkeys(FUSION_MESSAGES, Fact(None, MODELING, guard)),
        }
    fusions = wheel.function(HUB, name)
    source = ast.unparse(fusions)
    if "isinstance(kernel_config" in source or "kernel_config.kernel_mapping" not in source:
        raise wheel.strange(HUB, f"kernel_config.kernel_mapping, read unguarded in {name}")
    reading = next(
        node.lineno
        for node in ast.walk(fusions)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "kernel_config.kernel_mapping"
    )
    return {
        "from-pretrained-fusions": Fact(True, MODELING, calls[0]),
        "from-pretrained-plain-dict": Fact("attribute-error", HUB, reading),
        **messages(wheel, HUB, fusions, FUSION_MESSAGES, exhaustive=False),
    }


def _kernels_facts(wheel: Wheel) -> dict[str, Fact]:
    """Which releases of kernels fit, and what happens with the others."""
    constants = {
        target.id: (str(node.value.value), node.lineno)
        for node in wheel.tree(IMPORTS).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if "KERNELS_MIN_VERSION" not in constants:
        raise wheel.strange(IMPORTS, "KERNELS_MIN_VERSION")
    minimum, line = constants["KERNELS_MIN_VERSION"]
    maximum = constants["KERNELS_MAX_VERSION"][0] if "KERNELS_MAX_VERSION" in constants else None
    checked = ast.unparse(wheel.function(IMPORTS, "is_kernels_available").args)
    if ("MAX_VERSION" in checked) != (maximum is not None) or "MIN_VERSION" not in checked:
        raise wheel.strange(IMPORTS, "is_kernels_available with the bounds that are defined")
    return {
        "kernels-range": Fact({"min": minimum, "max": maximum}, IMPORTS, line),
        "kernels-extra": _kernels_extra(wheel),
        "kernels-gate": _kernels_gate(wheel),
    }


def _kernels_extra(wheel: Wheel) -> Fact:
    """The extra that requires kernels: its name and its bounds."""
    file = f"transformers-{wheel.release}.dist-info/METADATA"
    requirement = re.compile(
        r'Requires-Dist: kernels<([\d.]+),>=([\d.]+); extra == "((?:hub-)?kernels)"'
    )
    for number, line in enumerate(wheel.read(file).decode().splitlines(), 1):
        if match := requirement.fullmatch(line):
            maximum, minimum, name = match.groups()
            return Fact({"name": name, "min": minimum, "max": maximum}, file, number)
    raise wheel.strange(file, "an extra that requires kernels within two bounds")


def _kernels_gate(wheel: Wheel) -> Fact:
    """What decides whether the decorators work: the range, or only whether kernels imports."""
    for node in wheel.tree(HUB).body:
        if not isinstance(node, ast.If | ast.Try):
            continue
        if not any(
            isinstance(item, ast.ImportFrom) and item.module == "kernels" for item in node.body
        ):
            continue
        if isinstance(node, ast.Try):
            return Fact("import-any", HUB, node.lineno)
        if ast.unparse(node.test) == "is_kernels_available()":
            return Fact("stubs", HUB, node.lineno)
    raise wheel.strange(HUB, "from kernels import ... in a try or under is_kernels_available()")


def _registers_functions(wheel: Wheel) -> Fact:
    """Whether the name of a function layer counts as registered in the model.

    store_registered_layer_names walks the sub-modules. Up to 5.5 a function was one, the
    attribute ``rotary_fn``; then it was hidden from the sub-modules, until the method learnt to
    read ``_kernel_funcs`` too.
    """
    store = wheel.function(CONFIG, "KernelConfig.store_registered_layer_names")
    for node in ast.walk(store):
        if isinstance(node, ast.Constant) and node.value == "_kernel_funcs":
            return Fact(True, CONFIG, node.lineno)
    attach = wheel.function(HUB, "use_kernelized_func")
    source = ast.unparse(attach)
    for node in ast.walk(attach):
        if ast.unparse(node) == "setattr(self, 'rotary_fn', fn)":
            return Fact(True, HUB, getattr(node, "lineno", attach.lineno))
    if "_hidden_kernels" not in source and "_kernels_use_kernelized_func(" not in source:
        raise wheel.strange(HUB, "a known way to attach functions in use_kernelized_func")
    return Fact(False, CONFIG, store.lineno)


def _swallows_missing_files(wheel: Wheel) -> Fact:
    """Whether a kernel whose files are missing leaves the layer as it is, without a message."""
    for node in ast.walk(wheel.tree(HUB)):
        if ast.unparse(node) == "KernelizeFallback.ALL":
            return Fact(True, HUB, getattr(node, "lineno", 0))
    for file in (HUB, MODELING):
        for node in ast.walk(wheel.tree(file)):
            if isinstance(node, ast.FunctionDef) and node.name == "kernelize":
                return Fact(False, file, node.lineno)
    raise wheel.strange(HUB, "a function that kernelizes a model")


def _exports(wheel: Wheel) -> Fact:
    """The dotted paths under which each name can be imported."""
    paths: dict[str, list[str]] = {}
    line = 0
    for file in EXPORTING:
        module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name, number in _bound(wheel.tree(file).body, lazy=file.endswith("__init__.py")):
            path = f"{module}.{name}"
            if name in EXPORTED and path not in paths.setdefault(name, []):
                paths[name].append(path)
            if name == "KernelConfig" and not line:
                line = number
    if "KernelConfig" not in paths:
        raise wheel.strange(EXPORTING[0], "KernelConfig")
    return Fact({name: sorted(found) for name, found in paths.items()}, EXPORTING[0], line)


def _bound(body: list[ast.stmt], *, lazy: bool) -> Iterator[tuple[str, int]]:
    """The names that a module defines or imports, each with its line.

    What stands under TYPE_CHECKING counts where the module is ``lazy``: so the packages of
    transformers state what they offer.
    """
    for node in statements(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and (lazy or node not in _unseen(body)):
            for alias in node.names:
                yield alias.asname or alias.name, node.lineno


def _unseen(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements under ``if TYPE_CHECKING``, which never run."""
    return [
        statement
        for node in body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
    ]
