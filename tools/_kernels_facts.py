"""What one release of kernels accepts, read from its source."""

from __future__ import annotations

import ast

from tools._wheel import Fact, Wheel, definitions, statements, strings

PACKAGE = "kernels/__init__.py"
CALLABLES = (
    "FuncRepository",
    "LayerRepository",
    "LocalFuncRepository",
    "LocalLayerRepository",
    "LockedFuncRepository",
    "LockedLayerRepository",
    "get_kernel",
    "get_local_kernel",
    "get_locked_kernel",
    "has_kernel",
    "kernelize",
    "load_kernel",
    "register_kernel_mapping",
    "replace_kernel_forward_from_hub",
    "use_kernel_forward_from_hub",
    "use_kernel_func_from_hub",
    "use_kernel_mapping",
    "use_kernelized_func",
)


def kernels_facts(wheel: Wheel) -> dict[str, Fact]:
    """Every fact of the release, by name; the parameters of what it lacks are None."""
    names = _public_names(wheel)
    public = set(names.value) if isinstance(names.value, list) else set()
    facts = {
        "public-names": names,
        "device-types": _device_types(wheel),
        "modes": _modes(wheel),
        "requires-version-or-revision": _requires_version(wheel),
        "lock-version-types": _lock_version_types(wheel),
    }
    for name in CALLABLES:
        facts[f"parameters:{name}"] = (
            wheel.parameters(_file_of(wheel, name), name)
            if name in public
            else Fact(None, names.file, names.line)
        )
    return facts


def _public_names(wheel: Wheel) -> Fact:
    for node in wheel.tree(PACKAGE).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = strings(node.value)
            if names is not None:
                return Fact(sorted(names), PACKAGE, node.lineno)
    raise wheel.strange(PACKAGE, "__all__ as a list of strings")


def _file_of(wheel: Wheel, name: str, file: str = PACKAGE) -> str:
    """The file that defines ``name``, found by following the imports from ``file`` on."""
    body = wheel.tree(file).body
    if any(node.name == name for node in definitions(body)):
        return file
    for node in statements(body):
        if not isinstance(node, ast.ImportFrom) or name not in [a.name for a in node.names]:
            continue
        folder = file.split("/")[: -node.level] if node.level else []
        path = "/".join([*folder, *(node.module or "").split(".")])
        for candidate in (f"{path}.py", f"{path}/__init__.py"):
            if candidate in wheel.files:
                return _file_of(wheel, name, candidate)
    raise wheel.strange(file, f"where {name} is defined")


def _device_types(wheel: Wheel) -> Fact:
    """The types T of ``device.type == T`` in create_repo, which raises for any other."""
    for file in ("kernels/layer/repos.py", "kernels/layer.py"):
        if file not in wheel.files:
            continue
        for node in ast.walk(wheel.tree(file)):
            if isinstance(node, ast.FunctionDef) and node.name == "create_repo":
                types = sorted(
                    str(ast.literal_eval(test.comparators[0]))
                    for test in ast.walk(node)
                    if isinstance(test, ast.Compare) and ast.unparse(test.left).endswith(".type")
                )
                if not types or "Unknown device type" not in ast.unparse(node):
                    raise wheel.strange(file, "create_repo that compares device types")
                return Fact(types, file, node.lineno)
    raise wheel.strange("kernels/layer", "create_repo")


def _modes(wheel: Wheel) -> Fact:
    """The members of Mode that have a name of their own for the user."""
    file = _file_of(wheel, "Mode")
    mode = wheel.definition(file, "Mode")
    members = [
        target.id
        for node in mode.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    ]
    if "INFERENCE" not in members:
        raise wheel.strange(file, "Mode.INFERENCE")
    return Fact(members, file, mode.lineno)


def _requires_version(wheel: Wheel) -> Fact:
    """Whether LayerRepository raises when it is given neither a version nor a revision."""
    file = _file_of(wheel, "LayerRepository")
    constructor = wheel.function(file, "LayerRepository.__init__")
    tests = {
        ast.unparse(node.test): node.lineno
        for node in constructor.body
        if isinstance(node, ast.If) and isinstance(node.body[0], ast.Raise)
    }
    if "revision is not None and version is not None" not in tests:
        raise wheel.strange(file, "the check that revision and version are not both given")
    line = tests.get("revision is None and version is None")
    return Fact(line is not None, file, line or constructor.lineno)


def _lock_version_types(wheel: Wheel) -> Fact:
    """The types that a version in ``[tool.kernels.dependencies]`` may have, for ``kernels lock``.

    Up to 0.16 the annotation of the function that gets it, then that of the constructor that
    raises TypeError for any other.
    """
    for file, name, parameter in (
        ("kernels/lockfile.py", "get_kernel_locks", "version_spec"),
        ("kernels/_rust.pyi", "__new__", "version"),
    ):
        if file not in wheel.files:
            continue
        for node in ast.walk(wheel.tree(file)):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                types = [
                    each
                    for arg in node.args.args
                    if arg.arg == parameter and arg.annotation is not None
                    for each in ast.unparse(arg.annotation).split(" | ")
                ]
                if types and set(types) <= {"int", "str"}:
                    return Fact(sorted(types), file, node.lineno)
    raise wheel.strange("kernels/lockfile.py", "the type of a version that is locked")
