"""Programs that generate committed files."""
