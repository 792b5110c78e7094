"""A revision with its script: its header, the lines that commands print of it, its functions once they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.graph.revision import Revision

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

    from .cache import HeaderCache
    from .header import Header


class Script(Revision):
    """A revision script.

    :param module: the imported script.
    :param rev_id: its revision id.
    :param path: its file.

    A `ScriptDirectory` makes scripts of their headers alone; the file is imported when ``module`` is first read.
    """

    __slots__ = ("doc_source", "is_current", "loaded")

    path: str
    #: the first paragraph of the docstring, or the cache that has it
    doc_source: str | HeaderCache
    #: whether the database is known to be at this revision, see `mark_current`
    is_current: bool
    #: the module, where it has been imported
    loaded: ModuleType | None

    def __init__(self, module: ModuleType, rev_id: str, path: str) -> None:
        from .header import REPLACES, first_paragraph, ids

        super().__init__(
            rev_id,
            module.down_revision,
            dependencies=getattr(module, "depends_on", None),
            branch_labels=getattr(module, "branch_labels", None),
            replaces=ids(getattr(module, REPLACES, None)),
        )
        self.path = path  # pyright: ignore[reportIncompatibleVariableOverride] a script has a file
        self.loaded = module
        self.doc_source = first_paragraph(module.__doc__)
        self.is_current = False

    @classmethod
    def of_header(cls, path: str, found: Header, module: ModuleType | None = None) -> Script:
        """The script at ``path`` with the header ``found``; ``module`` where it has been imported already."""
        script = cls.__new__(cls)
        names = (found.revision, found.down_revision, found.depends_on, found.branch_labels)
        Revision.__init__(script, *names, replaces=found.replaces)
        script.path = path
        script.loaded = module
        script.doc_source = found.doc
        script.is_current = False
        return script

    @classmethod
    def of_cache(cls, paths: list[str], headers: HeaderCache) -> list[Script | None]:
        """The scripts at ``paths`` with the rows of ``headers``; None for an irregular one.

        Sets the slots one by one, which is the fastest way to make ten thousand scripts.
        """
        new = cls.__new__
        scripts: list[Script | None] = []
        for path, revision, parents in zip(paths, headers.ids, headers.parents, strict=True):
            if revision is None:
                scripts.append(None)
                continue
            script = new(cls)
            script.revision = revision
            script.down_revision = parents
            script.dependencies = None
            script.own_labels = ()
            script.replaces = ()
            script.graph = None
            script.path = path
            script.loaded = None
            script.doc_source = headers
            script.is_current = False
            scripts.append(script)
        for row, (dependencies, labels, replaces) in headers.extras.items():
            known = scripts[row]
            if known is not None:
                known.dependencies = dependencies
                known.own_labels = labels
                known.replaces = replaces
        return scripts

    @property
    def module(self) -> ModuleType:
        """The script as a module, imported when first read; raises `CommandError` where that fails."""
        if self.loaded is None:
            from .load import load_script

            self.loaded = load_script(self.path)
        return self.loaded

    @property
    def doc(self) -> str:
        """The first paragraph of the docstring."""
        if not isinstance(self.doc_source, str):
            self.doc_source = self.doc_source.message(self.revision)
        return self.doc_source

    @property
    def longdoc(self) -> str:
        """The whole docstring, read from the file."""
        if self.loaded is not None:
            return (self.loaded.__doc__ or "").strip()
        if not self.path.endswith(".py"):
            return (self.module.__doc__ or "").strip()
        from .header import docstring

        with open(self.path, "rb") as stream:
            return docstring(stream.read())

    def mark_current(self) -> None:
        """Note that the database is at this revision: `cmd_format` and `log_entry` add ``(current)``."""
        self.is_current = True

    @property
    def log_entry(self) -> str:
        """The lines that commands print with ``--verbose``; the last one ends with a newline."""
        marks = _marks(head=self.is_head, branchpoint=self.is_branch_point, mergepoint=self.is_merge_point)
        current = " (current)" if self.is_current else ""
        lines = [f"Rev: {self.revision}{marks}{current}"]
        parents = _join(self.parents)
        lines.append(f"Merges: {parents}" if self.is_merge_point else f"Parent: {parents or '<base>'}")
        if self.dependencies:
            lines.append(f"Also depends on: {_join(self.dependencies)}")
        if self.is_branch_point:
            lines.append(f"Branches into: {_join(sorted(self.nextrev))}")
        if self.branch_labels:
            lines.append(f"Branch names: {_join(sorted(self.branch_labels))}")
        lines += [f"Path: {self.path}", "", *([f"    {line}" for line in self.longdoc.splitlines()] or [""])]
        return "\n".join(lines) + "\n"

    def cmd_format(
        self,
        verbose: bool,
        include_branches: bool = False,
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
    ) -> str:
        """The line that ``heads``, ``history`` and other commands print.

        :param verbose: give `log_entry` instead.
        :param include_branches: name the branch labels.
        :param include_doc: add the message.
        :param include_parents: name the parents and dependencies.
        :param tree_indicators: mark branch points and merge points.
        """
        if verbose:
            return self.log_entry
        depends = f" ({_join(self.dependencies)})" if self.dependencies else ""
        parents = f"{_join(self.parents) or '<base>'}{depends} -> " if include_parents else ""
        labels = f" ({_join(sorted(self.branch_labels))})" if include_branches and self.branch_labels else ""
        head = "" if not self.is_head else " (head)" if self.is_real_head else " (effective head)"
        current = " (current)" if self.is_current else ""
        marks = _marks(
            branchpoint=tree_indicators and self.is_branch_point, mergepoint=tree_indicators and self.is_merge_point
        )
        doc = f", {self.doc}" if include_doc else ""
        return f"{parents}{self.revision}{labels}{head}{current}{marks}{doc}"

    def __str__(self) -> str:
        marks = _marks(head=self.is_head, branchpoint=self.is_branch_point, mergepoint=self.is_merge_point)
        return f"{_join(self.parents) or '<base>'} -> {self.revision}{marks}, {self.doc}"


def _join(names: str | Iterable[str]) -> str:
    return names if isinstance(names, str) else ", ".join(names)


def _marks(**marks: bool) -> str:
    return "".join(f" ({name})" for name, shown in marks.items() if shown)
