"""Runs the extraction and the rules."""
