"""A finished result in, text out. Pure: no file, terminal or environment is read."""
