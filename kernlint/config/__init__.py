"""``[tool.kernlint]`` or ``kernlint.toml`` to frozen settings."""

from kernlint.config.options import OPTION, OPTIONS, Option, json_schema, options_table, toml_text
from kernlint.config.places import ConfigError
from kernlint.config.selectors import rule_enabled, validate_selectors
from kernlint.config.settings import (
    Origin,
    Settings,
    check_value,
    find_config,
    load_settings,
)

__all__ = [
    "OPTION",
    "OPTIONS",
    "ConfigError",
    "Option",
    "Origin",
    "Settings",
    "check_value",
    "find_config",
    "json_schema",
    "load_settings",
    "options_table",
    "rule_enabled",
    "toml_text",
    "validate_selectors",
]
