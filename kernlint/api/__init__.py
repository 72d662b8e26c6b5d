"""The runs of kernlint, for the command line and for programs."""

from kernlint.api.checking import check, judged_by, list_files, show_mappings
from kernlint.api.project import UsageError

__all__ = ["UsageError", "check", "judged_by", "list_files", "show_mappings"]
