"""Programs that load a model, apply a config, change the mode, move the model, and so on.

All outcomes are those of ``VERSIONS``; ``flows.json`` has those of other releases as well.
"""

from __future__ import annotations

from tests.real import flows_mode, flows_move, flows_reuse, flows_sinks, flows_trainer
from tests.real.flow import Flow
from tests.real.runner import Snippet

VERSIONS = {"transformers": "5.22.2", "kernels": "0.17.2"}

FLOWS: tuple[Flow, ...] = (
    *flows_mode.FLOWS,
    *flows_reuse.FLOWS,
    *flows_move.FLOWS,
    *flows_sinks.FLOWS,
)
ACCELERATE: tuple[Flow, ...] = (
    *flows_move.ACCELERATE,
    *flows_sinks.ACCELERATE,
    *flows_trainer.FLOWS,
)
"""Those that need accelerate beside transformers."""

WITHOUT_ACCELERATE: tuple[Flow, ...] = flows_move.WITHOUT_ACCELERATE
"""Those that raise where accelerate is missing, and only there."""


def snippet(flow: Flow) -> Snippet:
    """A flow, as the probe takes it."""
    return Snippet(flow.id, flow.source, "source", flow.device)
