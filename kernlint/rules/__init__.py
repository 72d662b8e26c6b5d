"""The rules: pure functions over facts of the project and the catalog."""
