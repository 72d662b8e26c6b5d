"""Reads what the rules ask of the models that a project loads."""

from __future__ import annotations

from kernlint.catalog.checkpoints import Checkpoint, checkpoint
from kernlint.model.hints import TYPE_CHECKING
from kernlint.rules.models import model_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kernlint.project.flow import Story

#: How many models of one project are looked up; each takes reading a small file.
_MOST = 1000


def checkpoints(stories: Iterable[Story], cwd: str) -> dict[str, Checkpoint]:
    """The configs of the models that get a kernel config, as far as they are on this machine."""
    texts = sorted(set(model_texts(stories)))[:_MOST]
    found = {text: checkpoint(text, cwd) for text in texts}
    return {text: each for text, each in found.items() if each is not None}
