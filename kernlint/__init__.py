"""kernlint: the type checker for Hugging Face kernel configs."""

__version__ = "0.1.0"
