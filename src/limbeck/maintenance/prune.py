"""Prune: old revisions go, and the oldest that stays becomes a base."""

from __future__ import annotations

import tokenize
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from limbeck.errors import USAGE, CommandError
from limbeck.graph.edges import closure
from limbeck.graph.order import newest_first
from limbeck.script.file_change import FileChange, read
from limbeck.script.parents import with_parents
from limbeck.script.replaced import originals
from limbeck.script.rewriting import heads_change, rewritten
from limbeck.script.source import CannotRewrite, Source

from .standing import demand_none_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from limbeck.databases import Environment
    from limbeck.script import Script, ScriptDirectory


@dataclass(frozen=True)
class Pruned:
    """What is pruned.

    :param base: the revision that becomes a base. :param removed: ids of those that go, oldest first.
    :param asked: the databases that were asked where they stand. :param changes: what becomes of files.
    """

    base: Script
    removed: tuple[str, ...]
    asked: tuple[str, ...]
    changes: tuple[FileChange, ...]


def prune(environment: Environment, before: str, targets: str | None) -> Pruned:
    """What takes away all revisions below one, which becomes a base; nothing is written.

    :param before: the revision. :param targets: a file with URLs of further databases.
    :raises CommandError: where another revision that stays is tied to one that goes, where a known database stands on
        one that goes, or cannot be asked, and where the file of the new base cannot be rewritten.
    """
    script = environment.script
    base = script.get_revision(before)
    graph = script.revision_map.graph
    gone = closure(base.parents, graph.edges.parents)
    if not gone:
        raise CommandError(
            f"{base.revision} is a base already: nothing is below it",
            code="nothing-to-prune",
            hint="name the oldest revision that is to stay",
            exit_code=USAGE,
        )
    _demand_untied(script, base, gone)
    removed = [script.get_revision(name) for name in reversed(newest_first(graph, gone, gone))]
    names = {name for each in removed for name in (each.revision, *each.replaces)}
    asked = demand_none_on(environment, names, targets, why="which would go")
    changes = list(_changes(script, base, removed))
    with rewritten(script, changes) as then:
        heads = heads_change(script, then)
    return Pruned(base, tuple(each.revision for each in removed), tuple(asked), (*changes, *heads))


def _demand_untied(script: ScriptDirectory, base: Script, gone: Collection[str]) -> None:
    """Raise `CommandError` where a revision that stays, other than the new base, needs one that goes."""
    for name, needed in script.revision_map.graph.edges.downs.items():
        tied = [one for one in needed if one in gone]
        if tied and name not in gone and name != base.revision:
            raise CommandError(
                f"{name} stays and needs {tied[0]}, which would go",
                code="not-prunable",
                hint="prune below both, or squash instead",
                exit_code=USAGE,
                file=script.get_revision(name).path,
            )


def _changes(script: ScriptDirectory, base: Script, removed: list[Script]) -> Iterator[FileChange]:
    gone = {each.revision for each in removed}
    labels = (*base.own_labels, *(label for each in removed for label in each.own_labels))
    kept = tuple(name for name in base.resolved_dependencies if name not in gone)
    yield _rewritten(base, {} if labels == base.own_labels else {"branch_labels": _one_or_several(labels)}, kept)
    strict = script.edition is not None
    if base.replaces:
        yield _rewritten(originals(base, strict=strict)[0], {}, None)
    for each in removed:
        yield FileChange(each.path, read(each.path), None)
        for one in originals(each, strict=strict) if each.replaces else ():
            yield FileChange(one.path, read(one.path), None)


def _rewritten(script: Script, header: dict[str, object], dependencies: tuple[str, ...] | None) -> FileChange:
    """The file of a revision that becomes a base.

    :param header: other values of its header. :param dependencies: those that stay; None: as they are.
    """
    before = read(script.path)
    after = with_parents(script.path, before, ())
    if dependencies is not None and dependencies != script.resolved_dependencies:
        header = {**header, "depends_on": _one_or_several(dependencies)}
    if header:
        encoding = tokenize.detect_encoding(BytesIO(after).readline)[0]
        try:
            after = Source(after.decode(encoding)).with_header(**header).encode(encoding)
        except CannotRewrite as error:
            raise CommandError(
                f"Labels and dependencies of what goes cannot be given to {script.revision}: {error}",
                code="not-rewritable",
                hint="write its header by hand, as plain texts, and run the command again",
                file=script.path,
            ) from error
    return FileChange(script.path, before, after)


def _one_or_several(names: tuple[str, ...]) -> str | tuple[str, ...] | None:
    return names[0] if len(names) == 1 else names or None
