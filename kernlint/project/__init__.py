"""Cross-file knowledge: what names stand for, what values are, who declares what."""
