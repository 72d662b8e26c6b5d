"""Whether a piece of text is Python at all, as the running interpreter sees it."""

from __future__ import annotations

import warnings


def parses(text: str) -> bool:
    """Whether a text is a program, ``await`` outside of functions included."""
    return fault(text) is None


def fault(text: str) -> tuple[int, str] | None:
    """The 1-based line that shows that a text is no program, and why; None where it is one."""
    import ast  # costs time that a run without embedded Python need not pay

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(
                text,
                "<block>",
                "exec",
                ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
                dont_inherit=True,
            )
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return 1, str(error) or type(error).__name__
    return None
