"""Bytes of source files: which to read, what they hold, what they keep silent. No syntax tree."""
