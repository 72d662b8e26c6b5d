"""KL501: the releases of transformers and kernels that a project allows together."""

from __future__ import annotations

from kernlint.catalog.overlap import admits_within
from kernlint.catalog.release import minor, release_key
from kernlint.model.diagnostic import Related
from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.base import Example, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kernlint.catalog.release import Bounds, TransformersRelease
    from kernlint.model.diagnostic import Diagnostic
    from kernlint.rules.base import Context

_USE = """
from transformers import KernelConfig

config = KernelConfig({"RMSNorm": "kernels-community/liger-kernels:LigerRMSNorm"})
"""


def _project(dependencies: str, locked: str = "") -> Example:
    table = f"""
            [tool.kernels.dependencies]
            "kernels-community/activation" = {locked}
            """
    return Example(
        {
            "example.py": _USE,
            "pyproject.toml": f"""
            [project]
            name = "example"
            version = "1.0"
            dependencies = [{dependencies}]
            """
            + (table if locked else ""),
        }
    )


class KernelsOutOfRange(Rule):
    """transformers and kernels are required in releases that do not work together.

    From transformers 5.13 on each release takes kernels from one minor only. With any
    other the decorators do nothing, without a message, and no layer can get a kernel:
    `set_use_kernels` raises `ValueError: Kernels are not available`, `from_pretrained`
    with a KernelConfig `RuntimeError: LayerRepository requires kernels to be installed`.
    transformers 5.0 to 5.12 cannot import a model with kernels 0.15 or newer:
    `ValueError: Either a revision or a version must be specified.`

    It is an error where no release of kernels that the project allows fits the judged
    transformers, and a warning where the newest one does not. Where nothing is said of
    kernels it is worth knowing that `transformers[kernels]` requires the right ones.

    A version in `[tool.kernels.dependencies]` is a number from kernels 0.14 on: with a
    string `kernels lock` raises TypeError (0.17) or does not find the version (before).

    Source: transformers 5.0 to 5.23, `utils/import_utils.py` (`is_kernels_available`),
    `integrations/hub_kernels.py`; kernels 0.14 to 0.17, `layer/layer.py`, `lockfile.py`,
    `cli/lock.py`.
    """

    code = "KL501"
    name = "kernels-out-of-range"
    severity = "error"
    bad = (
        _project('"transformers==5.22.2", "«kernels==0.16.2»"'),
        _project('"transformers>=5.10,<5.13", "«kernels>=0.12»"'),
        _project('"«transformers==5.22.2»"'),
        _project('"transformers[kernels]==5.22.2"', '"«>=0.1»"'),
    )
    good = (
        _project('"transformers==5.22.2", "kernels>=0.17.2,<0.18"', "1"),
        _project('"transformers[kernels]==5.22.2"'),
    )

    def target(self, context: Context) -> Iterator[Diagnostic]:
        """Look at what a project requires, and at the kernels that it locks."""
        target = context.target
        yield from self._locked(context)
        if target.requirement is None and target.kernels_requirement is None:
            return
        wanted = bounds(context.release, context)
        if target.kernels_requirement is None:
            yield from self._recommend(context, wanted)
            return
        requirement = target.kernels_requirement
        related = (
            [Related("the transformers that is judged", target.requirement.place)]
            if target.requirement is not None
            else []
        )
        takes = f"{context.minor} takes kernels{wanted.specifier}"
        advice = f"require kernels{wanted.specifier}"
        if not admits_within(requirement.specifier, wanted):
            yield self.found(
                requirement.place,
                f"no kernels{requirement.specifier} fits: {takes}",
                effect=f"with {context.version} {_effect(context.release)}",
                help=advice,
                related=related,
            )
        elif (
            context.release.version == target.transformers[-1]
            and not wanted.admits(target.kernels[-1])
            and _is_known(wanted, context)
        ):
            yield self.found(
                requirement.place,
                f"kernels {target.kernels[-1]} is allowed, but {takes}",
                severity="warning",
                effect=f"with {context.version} and kernels {target.kernels[-1]} "
                f"{_effect(context.release)}",
                help=advice,
                related=related,
            )

    def _locked(self, context: Context) -> Iterator[Diagnostic]:
        if "str" in context.kernels.lock_version_types:
            return
        numbers = context.catalog.where("kernels", lambda r: "str" not in r.lock_version_types)
        for pin in context.target.kernel_pins:
            yield self.found(
                pin.place,
                f"the version of `{pin.repository}` is a string; "
                f"from kernels {minor(numbers[0])} on it is a number",
                effect=f"with kernels {context.kernels.version} `kernels lock` raises "
                + (
                    "TypeError: argument 'version': 'str' object cannot be interpreted as an "
                    "integer"
                    if release_key(context.kernels.version) >= (0, 17)
                    else f"ValueError: Version {pin.version} not found"
                ),
                help="write the number of the branch: `1` for `v1`",
            )

    def _recommend(self, context: Context, wanted: Bounds) -> Iterator[Diagnostic]:
        requirement = context.target.requirement
        extra = context.release.kernels_extra_name
        if requirement is None or requirement.locked or extra in context.target.extras:
            return
        yield self.found(
            requirement.place,
            "nothing is said of kernels beside transformers",
            severity="info",
            effect=f"{context.minor} takes kernels{wanted.specifier} alone; with another release "
            + _effect(context.release),
            help=f"require `transformers[{extra}]`",
        )


def bounds(release: TransformersRelease, context: Context) -> Bounds:
    """The releases of kernels that work with a release of transformers.

    Up to 5.12 the gate at run time has no upper bound. There kernels works until it
    insists on a version or revision, which the default mapping of these releases lacks.
    """
    wanted = release.kernels_range
    if release.kernels_gate == "stubs":
        return wanted
    refusing = context.catalog.where("kernels", lambda r: r.requires_version_or_revision)
    return wanted._replace(maximum=minor(refusing[0]) if refusing else None)


def _is_known(wanted: Bounds, context: Context) -> bool:
    """Whether the catalog has a release of kernels that fits."""
    return any(wanted.admits(release) for release in context.catalog.releases("kernels"))


def _effect(release: TransformersRelease) -> str:
    if release.kernels_gate == "stubs":
        return (
            "the decorators do nothing, without a message, and `set_use_kernels` raises "
            "ValueError: Kernels are not available"
        )
    return (
        "importing a model raises ValueError: Either a revision or a version must be specified. "
        "(kernels 0.15 or newer), or `set_use_kernels` ValueError (an older kernels)"
    )
