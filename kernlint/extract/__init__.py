"""From text to facts: the only room that imports libcst."""
