"""Programs that declare layers, rightly and wrongly, with each of the libraries' decorators.

Those named ``kernelize-...`` kernelize a model with one such layer; all others leave in
``observed`` what became of the declared object and of its layer name.
"""

from __future__ import annotations

_SOURCES = {"kernels": "kernels", "transformers": "transformers.integrations.hub_kernels"}

_START = """\
from torch import nn
from {module} import {decorator} as declare


class Plain(nn.Module):
    def forward(self, x):
        return x


def function(x):
    return x


declared = None
"""
_END = """
observed = {
    "type": type(declared).__name__,
    "is_class": isinstance(declared, type),
    "layer_name": repr(getattr(declared, "kernel_layer_name", "absent")),
}
"""

_CLASS = "class Norm(nn.Module):\n    def forward(self, x):\n        return x\n\ndeclared = Norm\n"
_FUNCTION = "def rope(x):\n    return x\n\ndeclared = rope\n"

_PROGRAMS = {
    "class": f'@declare("X")\n{_CLASS}',
    "class-no-parentheses": f"@declare\n{_CLASS}",
    "class-no-parentheses-instantiated": f"@declare\n{_CLASS}declared = Norm()\n",
    "class-no-argument": f"@declare()\n{_CLASS}",
    "class-int-name": f"@declare(1)\n{_CLASS}",
    "class-none-name": f"@declare(None)\n{_CLASS}",
    "class-empty-name": f'@declare("")\n{_CLASS}',
    "class-keyword-name": f'@declare(layer_name="X")\n{_CLASS}',
    "class-wrong-keyword": f'@declare(name="X")\n{_CLASS}',
    "class-two-names": f'@declare("X", "Y")\n{_CLASS}',
    "class-condition": f'@declare("X", condition=lambda module: True)\n{_CLASS}',
    "class-not-a-module": '@declare("X")\nclass Norm:\n    pass\n\ndeclared = Norm\n',
    "class-two-decorators": f'@declare("X")\n@declare("Y")\n{_CLASS}',
    "class-subclass": (f'@declare("X")\n{_CLASS}\nclass Sub(Norm):\n    pass\n\ndeclared = Sub\n'),
    "function": f'@declare("X")\n{_FUNCTION}',
    "function-no-parentheses": f"@declare\n{_FUNCTION}",
    "function-no-parentheses-called": f"@declare\n{_FUNCTION}declared = rope(1)\n",
    "function-lambda": 'declared = declare("X")(lambda x: x)\n',
    "function-builtin": 'declared = declare("X")(len)\n',
    "function-two-decorators": f'@declare("X")\n@declare("Y")\n{_FUNCTION}',
    "method": (
        'class Norm(nn.Module):\n    @declare("X")\n    def forward(self, x):\n'
        "        return x\n\ndeclared = Norm().forward\n"
    ),
    "call-on-class": 'declared = declare("X")(Plain)\n',
    "call-on-instance": 'declared = declare("X")(Plain())\n',
    "call-swapped": 'declared = declare(Plain)("X")\n',
    "call-both-arguments": 'declared = declare("X", Plain)\n',
}

_REPLACE = {
    "replace": 'declare(Plain, "X")\ndeclared = Plain\n',
    "replace-keyword": 'declare(Plain, layer_name="X")\ndeclared = Plain\n',
    "replace-result": 'declared = declare(Plain, "X")\n',
    "replace-swapped": 'declare("X", Plain)\n',
    "replace-no-name": "declare(Plain)\n",
    "replace-no-arguments": "declare()\n",
    "replace-int-name": "declare(Plain, 1)\ndeclared = Plain\n",
    "replace-empty-name": 'declare(Plain, "")\ndeclared = Plain\n',
    "replace-instance": 'declared = Plain()\ndeclare(declared, "X")\n',
    "replace-function": 'declare(function, "X")\ndeclared = function\n',
    "replace-builtin-class": 'declare(int, "X")\n',
    "replace-as-decorator": f'@declare("X")\n{_CLASS}',
    "replace-twice": 'declare(Plain, "X")\ndeclare(Plain, "Y")\ndeclared = Plain\n',
}

_ATTACH = {
    "attach-undecorated": f"@declare(function)\n{_CLASS}declared = Norm()\n",
    "attach-list-undecorated": f"@declare([function])\n{_CLASS}declared = Norm()\n",
    "attach-no-parentheses": f"@declare\n{_CLASS}",
    "attach-empty": f"@declare()\n{_CLASS}declared = Norm()\n",
    "attach-string": f'@declare("X")\n{_CLASS}declared = Norm()\n',
    "attach-decorated": (
        f"from kernels import use_kernel_forward_from_hub\n\n"
        f'@declare(use_kernel_forward_from_hub("X")(function))\n{_CLASS}declared = Norm()\n'
    ),
    "attach-list-decorated": (
        f"from kernels import use_kernel_forward_from_hub\n\n"
        f'@declare([use_kernel_forward_from_hub("X")(function)])\n{_CLASS}declared = Norm()\n'
    ),
}

_KERNELIZE_END = """
from kernels import LayerRepository, Mode, kernelize, use_kernel_mapping

model = nn.Sequential(Norm())
repository = LayerRepository("a/b", layer_name="L", version=1)
with use_kernel_mapping({NAME: {"cuda": repository}}):
    kernelize(model, mode=Mode.INFERENCE, device="cuda")
"""
_NORM = "class Norm(nn.Module):\n    def forward(self, x):\n        return x\n"
_KERNELIZE = {
    "good": f'NAME = "X"\n@declare("X")\n{_NORM}',
    "int-name": f"NAME = 1\n@declare(1)\n{_NORM}",
    "int-name-string-key": f'NAME = "1"\n@declare(1)\n{_NORM}',
    "none-name": f"NAME = None\n@declare(None)\n{_NORM}",
    "empty-name": f'NAME = ""\n@declare("")\n{_NORM}',
    "second-argument-is-condition": f'NAME = "X"\n@declare("X", "Y")\n{_NORM}',
    "condition-false": f'NAME = "X"\n@declare("X", condition=lambda module: False)\n{_NORM}',
    "two-decorators-outer": f'NAME = "X"\n@declare("X")\n@declare("Y")\n{_NORM}',
    "two-decorators-inner": f'NAME = "Y"\n@declare("X")\n@declare("Y")\n{_NORM}',
    "no-parentheses": f'NAME = "Norm"\n@declare\n{_NORM}',
    "subclass-own-forward": (
        f'NAME = "X"\n@declare("X")\n{_NORM.replace("Norm", "Base")}\n'
        "class Norm(Base):\n    def forward(self, x):\n        return x + 1\n"
    ),
    "other-signature": (
        'NAME = "X"\n@declare("X")\nclass Norm(nn.Module):\n'
        "    def forward(self, x, residual):\n        return x\n"
    ),
    "optional-argument": (
        'NAME = "X"\n@declare("X")\nclass Norm(nn.Module):\n'
        "    def forward(self, x, residual=None):\n        return x\n"
    ),
    "keyword-only-argument": (
        'NAME = "X"\n@declare("X")\nclass Norm(nn.Module):\n'
        "    def forward(self, *, x):\n        return x\n"
    ),
    "no-mapping": f'NAME = "Z"\n@declare("X")\n{_NORM}',
    "set-on-instance": (
        f'NAME = "X"\n{_NORM}\n_norm = Norm()\n_norm.kernel_layer_name = "X"\n'
        "Norm = lambda: _norm\n"
    ),
    "set-on-class": f'NAME = "X"\n{_NORM}\nNorm.kernel_layer_name = "X"\n',
    "set-in-class-body": (
        'NAME = "X"\nclass Norm(nn.Module):\n    kernel_layer_name = "X"\n\n'
        "    def forward(self, x):\n        return x\n"
    ),
    "set-in-init": (
        'NAME = "X"\nclass Norm(nn.Module):\n    def __init__(self):\n'
        '        super().__init__()\n        self.kernel_layer_name = "X"\n\n'
        "    def forward(self, x):\n        return x\n"
    ),
}


def _kernelized() -> dict[str, str]:
    start = _START.format(module="kernels", decorator="use_kernel_forward_from_hub")
    return {
        f"kernelize-{name}": f"{start}\n\n{program}{_KERNELIZE_END}"
        for name, program in _KERNELIZE.items()
    }


def _programs(decorator: str, programs: dict[str, str]) -> dict[str, str]:
    return {
        f"{origin}-{decorator}-{name}": _START.format(module=module, decorator=decorator)
        + "\n\n"
        + program
        + _END
        for origin, module in _SOURCES.items()
        for name, program in programs.items()
    }


DECLARATIONS = (
    _programs("use_kernel_forward_from_hub", _PROGRAMS)
    | _programs("use_kernel_func_from_hub", _PROGRAMS)
    | _programs("replace_kernel_forward_from_hub", _REPLACE)
    | _programs("use_kernelized_func", _ATTACH)
    | _kernelized()
)
