"""Every rule, by code."""

from __future__ import annotations

from functools import lru_cache

from kernlint.rules.arguments import KernelConfigArgument
from kernlint.rules.base import Rule
from kernlint.rules.declarations import DeclarationMisuse, DynamicDeclaration, UnusedDeclaration
from kernlint.rules.functions import UnreachableFunctionLayer
from kernlint.rules.fusion import FusionKey
from kernlint.rules.layers import LayerRenamedOrRemoved, UnknownLayer
from kernlint.rules.locations import LocalPathMismatch, RevisionInKernelString
from kernlint.rules.mapping import DuplicateKey, EmptyMapping, MappingNotADict
from kernlint.rules.metadata import KernelMetadata
from kernlint.rules.models import LayerNotInModel
from kernlint.rules.moves import CpuLoadThenMove, RepeatedSetUseKernels
from kernlint.rules.pins import KernelsOutOfRange
from kernlint.rules.preloading import LocalKernelInFromPretrained, MultiDeviceInFromPretrained
from kernlint.rules.revisions import VersionOrRevision
from kernlint.rules.run import NotCheckedMapping, UnparsableFile, UnusedSuppression
from kernlint.rules.runtime import (
    KernelCrashed,
    KernelNotApplied,
    KernelPartlyApplied,
    KernelWrongResult,
    MappingRejected,
    NotConfirmed,
    NotForThisDevice,
)
from kernlint.rules.sinks import DeviceKeyIgnored, UseKernelsConflict
from kernlint.rules.stories import KernelConfigReused, KernelsLostOnModeChange
from kernlint.rules.strings import MalformedKernelString
from kernlint.rules.usage import ConfigNeverUsed, KernelConfigType
from kernlint.rules.values import KernelValueType, UnsupportedDevice
from kernlint.rules.versions import MutableDefaultConfig, NeedsOtherRelease


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """All rules in the order of their codes; a code is never used for another rule."""
    return (
        UnparsableFile(),
        UnusedSuppression(),
        NotCheckedMapping(),
        MappingNotADict(),
        KernelValueType(),
        MalformedKernelString(),
        UnsupportedDevice(),
        KernelMetadata(),
        VersionOrRevision(),
        DuplicateKey(),
        EmptyMapping(),
        RevisionInKernelString(),
        FusionKey(),
        LocalPathMismatch(),
        UnknownLayer(),
        LayerNotInModel(),
        LayerRenamedOrRemoved(),
        UnreachableFunctionLayer(),
        UnusedDeclaration(),
        DynamicDeclaration(),
        DeclarationMisuse(),
        LocalKernelInFromPretrained(),
        MultiDeviceInFromPretrained(),
        DeviceKeyIgnored(),
        KernelsLostOnModeChange(),
        KernelConfigReused(),
        KernelConfigType(),
        KernelConfigArgument(),
        UseKernelsConflict(),
        CpuLoadThenMove(),
        RepeatedSetUseKernels(),
        MutableDefaultConfig(),
        ConfigNeverUsed(),
        KernelsOutOfRange(),
        NeedsOtherRelease(),
        KernelNotApplied(),
        MappingRejected(),
        KernelPartlyApplied(),
        KernelWrongResult(),
        KernelCrashed(),
        NotForThisDevice(),
        NotConfirmed(),
    )


def rule(code: str) -> Rule:
    """The rule of a code; KeyError where there is none."""
    return {item.code: item for item in all_rules()}[code]
