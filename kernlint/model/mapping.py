"""The mappings that configs become: what transformers hands on to kernels."""

from __future__ import annotations

from collections.abc import Mapping

from kernlint.model.diagnostic import NotChecked, Place
from kernlint.model.hints import Literal
from kernlint.model.record import Record
from kernlint.model.text import SourceText

Status = Literal["built", "dropped", "rejected", "unknown"]
ModelMode = Literal["inference", "training"]


class Asked(Record):
    """The situation to show mappings for.

    ``devices`` are those that the model is on, one after the other; none for those
    that each mapping names. ``mode`` is the state of the model, and ``compiled`` what
    is passed to ``create_compatible_mapping`` as ``compile``.
    """

    devices: tuple[str, ...] = ()
    mode: ModelMode = "inference"
    compiled: bool = False


class Repository(Record):
    """A kernel as transformers makes it: a class of kernels, called with keywords.

    Keywords with the value None are left out; ``repo_path`` is the text of a Path.
    """

    type: Literal["LayerRepository", "LocalLayerRepository"]
    arguments: tuple[tuple[str, object], ...]


class Raised(Record):
    """An exception: who raises it, its type, its text as far as it is known, and for what."""

    by: str
    exception: str
    message: str | None
    place: Place

    @property
    def text(self) -> str:
        """A line for people."""
        tail = f": {self.message}" if self.message else ""
        return f"`{self.by}` raises {self.exception}{tail}"


class MappedKernel(Record):
    """What becomes of one kernel of a config.

    ``layer`` and ``device`` are the keys as Python prints them, strings without their
    quotes; ``device`` is None where none is written. ``key``, ``device_key`` and
    ``value`` are where they are written. ``repository`` is there where the kernel is
    built, ``raised`` where it is rejected, and ``reason`` says what else is to say.
    """

    status: Status
    layer: str
    device: str | None
    key: Place
    device_key: Place | None
    value: Place
    repository: Repository | None = None
    raised: Raised | None = None
    reason: str | None = None

    @property
    def place(self) -> Place:
        """Where the entry starts, in the dict that holds it."""
        return self.device_key or self.key


class ShownMapping(Record):
    """What one config becomes on one way, with the model on one device.

    ``config`` is the place of the ``KernelConfig(...)`` call; ``alternative`` its number
    among the values that it may have, and how many those are. ``sink`` is the call that
    takes it, ``sinks`` where such calls stand; None where none is in sight.
    ``modes`` are the names of the members of ``kernels.Mode`` that are combined.
    ``inherits`` tells whether the default mapping counts beside it, None if unknown.
    ``raised`` is the exception that comes first; then no mapping is built.
    ``unread`` are the parts of the mapping that are not known.
    """

    config: Place
    alternative: tuple[int, int]
    sink: str | None
    sinks: tuple[Place, ...]
    transformers: str
    kernels: str
    device: str
    modes: tuple[str, ...]
    inherits: bool | None
    entries: tuple[MappedKernel, ...] = ()
    raised: Raised | None = None
    unread: tuple[NotChecked, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def mode(self) -> str:
        """The modes as kernels prints them, without the name of the class."""
        return "|".join(self.modes)

    @property
    def complete(self) -> bool:
        """Whether everything in it is known."""
        return not self.unread and all(entry.status != "unknown" for entry in self.entries)

    @property
    def built(self) -> dict[str, dict[str, dict[str, Repository]]] | None:
        """The mapping, as far as it is known: layer, device, mode, repository.

        None where the libraries raise instead.
        """
        if self.raised is not None:
            return None
        return {
            entry.layer: {self.device: {self.mode: entry.repository}}
            for entry in self.entries
            if entry.repository is not None
        }


class Mappings(Record):
    """The mappings of a run, by the place of their config.

    ``unreadable`` are files that mention kernels and could not be read; ``files`` is
    the number of files that were looked at. ``notes`` are for the user and about the run.
    """

    shown: tuple[ShownMapping, ...]
    unreadable: tuple[NotChecked, ...]
    files: int
    texts: Mapping[str, SourceText]
    notes: tuple[str, ...] = ()
