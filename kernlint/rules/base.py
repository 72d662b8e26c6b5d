"""What a rule is, and what it may look at."""

from __future__ import annotations

from types import MappingProxyType

from kernlint.catalog.release import minor
from kernlint.model.diagnostic import Diagnostic
from kernlint.model.hints import TYPE_CHECKING, ClassVar
from kernlint.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kernlint.catalog.checkpoints import Checkpoint
    from kernlint.catalog.release import KernelsRelease, TransformersRelease
    from kernlint.catalog.store import Catalog
    from kernlint.catalog.target import Target
    from kernlint.model.diagnostic import Confidence, Fix, NotChecked, Place, Related, Severity
    from kernlint.model.runtime import RuntimeFacts, RuntimeReport
    from kernlint.project.flow import Config, Story, Usage
    from kernlint.project.outcome import Declaration

#: Where the pages of the rules are published.
DOCS = "https://github.com/kernlint/kernlint/blob/main/docs/rules"

_OPEN, _CLOSE = "«", "»"


class Example(Record):
    """A small project that states exactly what a rule finds in it.

    ``files`` maps paths to sources in which every expected finding of the rule is
    marked, first to last, as ``«here»``. Indentation common to all lines of a
    source does not count. ``fixed`` are the files that the fixes of the findings change, safe
    and unsafe ones, as they are afterwards. ``transformers`` is the judged release, the newest
    where it is None. ``situation`` names what a check with the real libraries saw of the config in
    it (``recorded.py``); a rule about run time looks at that.
    """

    files: Mapping[str, str]
    transformers: str | None = None
    situation: str | None = None
    fixed: Mapping[str, str] = MappingProxyType({})

    @property
    def sources(self) -> dict[str, str]:
        """The files as a user would have them."""
        return {
            path: text.replace(_OPEN, "").replace(_CLOSE, "")
            for path, text in self._texts().items()
        }

    @property
    def mended(self) -> dict[str, str]:
        """The files after all fixes; those that no fix changes, too."""
        return self.sources | {path: _dedented(text) for path, text in self.fixed.items()}

    @property
    def findings(self) -> list[tuple[str, int, int]]:
        """Path, start and end of every marked place, in bytes of the unmarked source."""
        found: list[tuple[str, int, int]] = []
        for path, text in sorted(self._texts().items()):
            before, *pieces = text.split(_OPEN)
            at = len(before.encode())
            for piece in pieces:
                marked, _, rest = piece.partition(_CLOSE)
                found.append((path, at, at + len(marked.encode())))
                at = found[-1][2] + len(rest.encode())
        return found

    @property
    def facts(self) -> tuple[RuntimeFacts, ...]:
        """What checks of the config saw, where the example is about run time."""
        if self.situation is None:
            return ()
        from kernlint.rules.recorded import facts

        [(path, source)] = self.sources.items()
        return (facts(self.situation, path, source),)

    def _texts(self) -> dict[str, str]:
        return {path: _dedented(text) for path, text in self.files.items()}


def _dedented(text: str) -> str:
    import textwrap

    return textwrap.dedent(text).strip("\n") + "\n"


def example(source: str, fixed: str | None = None, *, transformers: str | None = None) -> Example:
    """An example of one file, ``example.py``, and what its fixes make of it."""
    after = {} if fixed is None else {"example.py": fixed}
    return Example({"example.py": source}, transformers, fixed=after)


def confirmed(source: str, situation: str) -> Example:
    """An example of a config in ``example.py``, and what a check with the libraries saw of it."""
    return Example({"example.py": source}, situation=situation)


class Context(Record):
    """Everything that a rule can see besides the thing that it looks at.

    ``release`` is the judged release of transformers, ``kernels`` that of kernels,
    ``target`` everything that the project allows and where it says so.
    ``known_layers`` are names that the user vouches for. ``configs``,
    ``declarations`` and ``usages`` cover the whole project, as far as it could be read:
    ``unread`` are the files of which nothing is known. ``stories`` are what its programs
    do with their models, each way that they can go by itself. ``checkpoints`` are the configs of
    the models that they load, by folder or model id, as far as they are on this machine.
    ``alone`` are the files that nothing imports: notebooks and documents.
    """

    catalog: Catalog
    release: TransformersRelease
    kernels: KernelsRelease
    known_layers: frozenset[str]
    configs: tuple[Config, ...]
    declarations: tuple[Declaration, ...]
    usages: tuple[Usage, ...]
    target: Target
    unread: tuple[str, ...] = ()
    stories: tuple[Story, ...] = ()
    checkpoints: Mapping[str, Checkpoint] = MappingProxyType({})
    alone: frozenset[str] = frozenset()

    def seen_by(self, path: str) -> Context:
        """What the program of a file can have to do with: nothing of other notebooks and such."""
        others = self.alone - {path}
        if not others:
            return self
        return self._replace(
            configs=tuple(each for each in self.configs if each.place.path not in others),
            declarations=tuple(each for each in self.declarations if each.place.path not in others),
            usages=tuple(each for each in self.usages if each.place.path not in others),
            unread=tuple(each for each in self.unread if each not in others),
            stories=tuple(
                story
                for story in self.stories
                if not any(step.place.path in others for step in story.steps)
            ),
            alone=self.alone & {path},
        )

    @property
    def allowed(self) -> list[TransformersRelease]:
        """Every release of transformers that the project allows, oldest first."""
        known = self.target.transformers or (self.release.version,)
        return [self.catalog.transformers(version) for version in known]

    @property
    def version(self) -> str:
        """The judged release of transformers, as it is written in a message."""
        return f"transformers {self.release.version}"

    @property
    def minor(self) -> str:
        """Its minor: what was read of a release holds for all patches of it."""
        return f"transformers {minor(self.release.version)}"


#: What rules look at: each has a method of this name.
KINDS = ("config", "usage", "story", "declaration", "target", "runtime")


class Rule:
    """One kind of mistake.

    The docstring of a subclass is its page: what is wrong, what happens when it
    runs, what to write instead, since which release, and the source of the fact.
    A rule overrides the method for what it looks at; all yield diagnostics.
    ``whole_project`` tells that it has to know every config of the project even where
    only a declaration is looked at.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    confidence: ClassVar[Confidence] = "high"
    default_on: ClassVar[bool] = True
    whole_project: ClassVar[bool] = False
    bad: ClassVar[tuple[Example, ...]]
    good: ClassVar[tuple[Example, ...]]

    @property
    def doc(self) -> str:
        """The page of the rule, without indentation."""
        import textwrap

        first, _, rest = (type(self).__doc__ or "").partition("\n")
        return f"{first}\n{textwrap.dedent(rest)}".strip()

    @property
    def url(self) -> str:
        """Where the page is published."""
        return f"{DOCS}/{self.code}.md"

    def config(self, config: Config, context: Context) -> Iterable[Diagnostic | NotChecked]:
        """Look at one ``KernelConfig(...)``; what stays open is not checked."""
        return ()

    def usage(self, usage: Usage, context: Context) -> Iterable[Diagnostic]:
        """Look at one call with a ``kernel_config`` argument."""
        return ()

    def story(self, story: Story, context: Context) -> Iterable[Diagnostic]:
        """Look at what a program does with its models and configs, in order."""
        return ()

    def declaration(self, declaration: Declaration, context: Context) -> Iterable[Diagnostic]:
        """Look at one declaration of a layer name."""
        return ()

    def target(self, context: Context) -> Iterable[Diagnostic]:
        """Look at the releases that the project allows, and where it says so."""
        return ()

    def runtime(self, report: RuntimeReport) -> Iterable[Diagnostic]:
        """Look at what is confirmed of a config with the real libraries."""
        return ()

    @property
    def is_about_runtime(self) -> bool:
        """Whether the rule looks at what was seen at run time, and at nothing else."""
        return type(self).runtime is not Rule.runtime

    def found(
        self,
        place: Place,
        message: str,
        *,
        severity: Severity | None = None,
        confidence: Confidence | None = None,
        effect: str | None = None,
        help: str | None = None,  # noqa: A002  # the word on the screen
        label: str | None = None,
        related: Iterable[Related] = (),
        releases: str | None = None,
        sink: str | None = None,
        fix: Fix | None = None,
    ) -> Diagnostic:
        """A finding of this rule; ``releases`` is a specifier of transformers."""
        return Diagnostic(
            self.code,
            self.name,
            severity or self.severity,
            message,
            place,
            confidence or self.confidence,
            effect,
            help,
            label,
            tuple(related),
            (("transformers", releases),) if releases else (),
            sink,
            fix,
            self.url,
        )


def a(noun: str) -> str:
    """A noun with its article."""
    if noun == "bytes":
        return noun
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def quoted(words: Iterable[str]) -> str:
    """``a``, ``b`` and ``c``, each in backticks."""
    items = [f"`{word}`" for word in words]
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
