"""What a module runs and what a class looks like to a kernel: on plain Python objects."""

from __future__ import annotations

import functools
from types import MethodType
from typing import Any

import pytest

from kernlint.runtime.probe import classes, modules
from kernlint.runtime.probe.kernel import Recorded
from kernlint.runtime.probe.modules import ModuleStates, Target


class Norm:
    kernel_layer_name = "RMSNorm"

    def forward(self, x: object) -> object:
        return x


class Kernel:
    def forward(self, hidden_states: object) -> object:
        return hidden_states


class Model:
    """Has modules by path, as a module of torch does."""

    def __init__(self, **parts: object) -> None:
        self.parts = parts

    def named_modules(self) -> list[tuple[str, object]]:
        return [("", self), *self.parts.items()]


def norm_with(forward: object = None, **attributes: object) -> Any:
    module: Any = Norm()
    if forward is not None:
        module.forward = forward
    vars(module).update(attributes)
    return module


def kernelized() -> Any:
    module = norm_with()
    module.forward = MethodType(Kernel.forward, module)
    return module


def test_a_module_runs_what_its_own_forward_is() -> None:
    assert modules.state(norm_with(), Kernel) == "untouched"
    assert modules.state(kernelized(), Kernel) == "kernel"
    assert modules.state(kernelized(), None) == "foreign"
    module = norm_with()
    module.forward = MethodType(Norm.forward, module)
    assert modules.state(module, Kernel) == "original"
    assert modules.state(norm_with(lambda x: x), Kernel) == "foreign"


def test_behind_the_hooks_of_accelerate_is_what_was_there_before() -> None:
    module = kernelized()
    hooked = norm_with(functools.partial(print, module), _old_forward=module.forward)
    assert modules.state(hooked, Kernel) == "kernel"
    hooked = norm_with(functools.partial(print, module), _old_forward=norm_with().forward)
    assert modules.state(hooked, Kernel) == "original"


def test_states_are_counted_and_the_others_named() -> None:
    group = [Target("a", kernelized()), Target("b", norm_with()), Target("c", kernelized())]
    assert modules.states(group, Kernel) == ModuleStates(kernel=2, untouched=1, others=("b",))
    many = [Target(str(number), norm_with()) for number in range(30)]
    assert len(modules.states(many, Kernel).others) == modules.MOST_NAMED


def test_a_function_is_one_target_however_many_modules_use_it() -> None:
    function = norm_with(kernel_layer_name="rotary")
    model = Model(
        first=norm_with(_kernel_funcs={"rotary": function}),
        second=norm_with(_kernel_funcs={"rotary": function}),
    )
    found = modules.targets(model)
    assert [target.path for target in found["rotary"]] == ["first.rotary"]
    assert [target.path for target in found["RMSNorm"]] == ["first", "second"]


def test_what_a_check_puts_on_modules_does_not_stay() -> None:
    def own(x: object) -> object:
        return x

    plain, patched = norm_with(), norm_with(own)
    with modules.restored(Model(plain=plain, patched=patched)):
        plain.forward = patched.forward = MethodType(Kernel.forward, plain)
    assert "forward" not in vars(plain)
    assert vars(patched)["forward"] is own


def test_a_condition_that_raises_excludes_nothing() -> None:
    class Never(Norm):
        kernel_condition = staticmethod(lambda module: False)

    class Broken(Norm):
        kernel_condition = staticmethod(lambda module: module.no_such_attribute)

    group = [Target("a", Never()), Target("b", Broken()), Target("c", Norm())]
    assert [target.path for target in modules.included(group)] == ["b", "c"]
    assert modules.excluded(group) == 1


class KeywordOnly:
    def forward(self, *, x: object) -> object:
        return x


class Two:
    def forward(self, x: object, y: object) -> object:
        return x


def test_forwards_are_compared_by_the_number_and_kind_of_arguments() -> None:
    assert classes.mismatch(Kernel, Norm, "`k`") is None
    assert classes.mismatch(Two, Norm, "`k`") == (
        "Forward signature of `k` does not match `Norm`: different number of arguments."
    )
    kinds = classes.mismatch(KeywordOnly, Norm, "`k`")
    assert kinds is not None
    assert kinds.startswith(
        "Forward signature of `k` does not match `Norm`: different kind of arguments (x: "
    )


def test_a_renamed_argument_is_told_where_a_caller_can_name_it() -> None:
    class Positional:
        def forward(self, x: object, /) -> object:
            return x

    assert classes.renamed_arguments(Kernel, Norm) == (("x", "hidden_states"),)
    assert classes.renamed_arguments(Kernel, Positional) == ()
    assert classes.renamed_arguments(Kernel, Kernel) == ()


def test_classes_are_told_without_a_kernel_too() -> None:
    class Derived(Norm):
        def forward(self, x: object) -> object:
            return x

    found = classes.compare([Target("a", Derived()), Target("b", Norm())], None, "")
    assert [(facts.modules, facts.signature) for facts in found] == [(1, None), (1, None)]
    assert [facts.renamed for facts in found] == [(), ()]
    assert [facts.inherited for facts in found] == [f"{__name__}.Norm", None]


def test_a_repository_remembers_what_came_of_loading_it() -> None:
    class Repository:
        def __init__(self, found: object) -> None:
            self.found = found

        def load(self) -> object:
            if isinstance(self.found, Exception):
                raise self.found
            return self.found

        def __str__(self) -> str:
            return "`repository`"

    recorded = Recorded(Repository(Kernel))
    assert recorded.load() is Kernel
    assert (recorded.layer, recorded.error, str(recorded)) == (Kernel, None, "`repository`")
    recorded = Recorded(Repository(FileNotFoundError("no build")))
    with pytest.raises(FileNotFoundError) as raised:
        recorded.load()
    assert recorded.error is raised.value
    assert recorded.layer is None
