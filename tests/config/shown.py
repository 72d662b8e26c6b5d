"""What messages say."""

from __future__ import annotations

FORMATS_SHOWN = (
    "`full`, `concise`, `json`, `jsonl`, `sarif`, `github`, `gitlab`, `junit` or `rdjson`"
)
