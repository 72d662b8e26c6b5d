"""KL001, KL002 and KL003: about the run itself.

The engine reports these; the classes here carry their names, pages and examples.
"""

from __future__ import annotations

from kernlint.rules.base import Rule, example


class UnparsableFile(Rule):
    """A file that mentions kernels cannot be checked.

    It cannot be read or decoded, is no valid Python, is larger than 1 MB or nests
    deeper than Python itself accepts; a notebook is no JSON, or has no list of cells. The
    other files are checked; if nothing else is found the exit status is 3. With
    `--strict-docs` a block of Python in a document is reported, too, where it cannot be parsed.

    Mend the file, or leave it out with `exclude`.
    """

    code = "KL001"
    name = "unparsable-file"
    severity = "error"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig«(»{"RMSNorm": "org/repo:RMSNorm"}
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})«)»
            """
        ),
    )
    good = (
        example(
            """
            print "Python 2, but nothing here is about layers"
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})
            """
        ),
    )


class UnusedSuppression(Rule):
    """A comment suppresses something that is not found.

    `# kernlint: ignore[KL104]` on a line that has no such finding, or one that names
    a rule that does not exist, hides the next real mistake there.

    Remove the comment. Codes of other tools in `# noqa` are left alone.
    """

    code = "KL002"
    name = "unused-suppression"
    severity = "warning"
    bad = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})  «# kernlint: ignore[KL104]»
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})  «# noqa: KL104»
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})
            """,
        ),
        example(
            """
            from transformers import KernelConfig

            # kernlint: ignore[«unsuported-device»]
            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})  # noqa: E501, «KL104»
            """,
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})  # noqa: E501
            """,
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"Rmsnorm": "org/repo:RMSNorm"})  # kernlint: ignore[KL201]
            """
        ),
        example(
            """
            from transformers import KernelConfig

            config = KernelConfig({"RMSNorm": "org/repo:RMSNorm"})  # noqa: E501
            """
        ),
    )


class NotCheckedMapping(Rule):
    """A mapping, or a part of one, could not be read.

    It is computed in a way that kernlint does not follow: the result of a function,
    a parameter, a loop. Not checked is not clean: the last line of a run counts
    these places, and `--show-unchecked` lists them with the reason.

    Nothing has to be done. A literal mapping can be checked.
    """

    code = "KL003"
    name = "not-checked"
    severity = "info"
    default_on = False
    bad = (
        example(
            """
            from transformers import KernelConfig


            def build(mapping):
                return KernelConfig(«mapping»)
            """
        ),
        example(
            """
            from repositories import LIGER
            from transformers import KernelConfig

            config = KernelConfig(
                {"RMSNorm": «LIGER», "SiLU": "kernels-community/activation:Silu"}
            )
            """
        ),
    )
    good = (
        example(
            """
            from transformers import KernelConfig

            LIGER = "kernels-community/liger-kernels:LigerRMSNorm"
            config = KernelConfig({"RMSNorm": LIGER})
            """
        ),
        example(
            """
            from vllm.config import KernelConfig


            def build(mapping):
                return KernelConfig(mapping)
            """
        ),
    )
