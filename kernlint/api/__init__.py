"""The runs of kernlint, for the command line and for programs."""

from kernlint.api.checking import check, judged_by, list_files, show_mappings
from kernlint.api.confirming import confirm
from kernlint.api.project import UsageError

__all__ = ["UsageError", "check", "confirm", "judged_by", "list_files", "show_mappings"]
