"""``limbeck rebase``: revisions that only this branch of git has are put on top of the heads of another one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from limbeck.errors import CommandError, UsageError
from limbeck.graph.edges import closure
from limbeck.graph.order import newest_first
from limbeck.graph.ran import last_done
from limbeck.graph.rebase import rebased
from limbeck.position import url
from limbeck.results import RebasedRevision
from limbeck.runtime import history
from limbeck.runtime.database_errors import first_line
from limbeck.runtime.missing_files import creating_no_database
from limbeck.script import git
from limbeck.script.file_change import FileChange
from limbeck.script.parents import with_parents
from limbeck.script.rewriting import heads_change, rewritten
from limbeck.script.write import create_date, dated_anew

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from limbeck.databases import Environment
    from limbeck.graph.graph import Graph
    from limbeck.runtime.migration import MigrationContext
    from limbeck.script import Script, ScriptDirectory
    from limbeck.script.steps import MigrationStep


@dataclass(frozen=True)
class Rebase:
    """What a rebase will do.

    :param onto: the branch or commit. :param heads: the heads that the history has then.
    :param revisions: those that move, ancestors first. :param changes: what becomes of files.
    """

    onto: str
    heads: tuple[str, ...]
    revisions: tuple[RebasedRevision, ...]
    changes: tuple[FileChange, ...]


def plan(environment: Environment, onto: str | None, *, pushed: bool = False, asks: bool = True) -> Rebase:
    """What puts the revisions that a branch lacks on top of its heads; nothing is written.

    :param onto: the branch or commit; None: the branch that the remote has for its own, else the upstream.
    :param pushed: also revisions that the upstream of the branch that is checked out has already.
    :param asks: whether the databases are asked if the revisions have run there.
    :raises CommandError: where the branch has revisions that are not here, or others; where a revision is published,
        or has run; and where a file cannot be rewritten.
    """
    script = environment.script
    script.demand_whole()
    onto = onto or git.branch_to_follow(script.dir)
    if onto is None:
        raise UsageError(
            f"git knows no branch that the one of {script.dir} goes into",
            hint="name it: `limbeck rebase origin/main`; the folder has to be in a git repository",
        )
    there = git.revisions_at(script, onto)
    graph = script.revision_map.graph
    graph.check()
    _demand_merged(graph, there, onto)
    parents = rebased(graph, there)
    moved = _moved(graph, there, parents)
    _refuse_published(script, moved, onto, pushed=pushed)
    if moved and asks:
        _refuse_ran(environment, moved, {below for name in moved for below in graph.nodes[name].parents} - set(moved))
    moves = list(_moves(script, moved, parents))
    changes = [change for _, each in moves for change in each]
    with rewritten(script, changes) as then:
        then.revision_map.graph.check()
        heads = tuple(then.get_heads())
        changes += heads_change(script, then)
    return Rebase(onto, heads, tuple(revision for revision, _ in moves), tuple(changes))


def _moved(graph: Graph, there: Graph, parents: Mapping[str, object]) -> list[str]:
    """The revisions that get other parents, and those on top of them, ancestors first."""
    found = closure(parents, graph.edges.children) - there.nodes.keys()
    return newest_first(graph, found, found)[::-1]


# --- refused ----------------------------------------------------------------------------------------------------------


def _demand_merged(graph: Graph, there: Graph, onto: str) -> None:
    missing = [name for name in there.nodes if name not in graph.nodes]
    if missing:
        raise CommandError(
            f"{onto} has revisions that are not here: {', '.join(missing)}",
            code="not-merged",
            hint=f"`git merge {onto}` or `git rebase {onto}` first; a conflict in HEADS may stay, it is written anew",
        )
    for name, revision in there.nodes.items():
        if graph.nodes[name].parents != revision.parents:
            raise CommandError(
                f"Revision {name} follows {_named(graph.nodes[name].parents)} here, and {_named(revision.parents)} in "
                f"{onto}",
                code="not-merged",
                hint=f"take the file as {onto} has it",
                file=graph.nodes[name].path,
            )


def _refuse_published(script: ScriptDirectory, moved: Collection[str], onto: str, *, pushed: bool) -> None:
    """Raise `CommandError` where others have a revision by git."""
    own = git.upstream(script.dir)
    places = [git.branch_to_follow(script.dir), None if pushed else own]
    for place in dict.fromkeys(one for one in places if one not in (None, onto)):
        assert place is not None, "left out above"  # noqa: S101
        known = git.revisions_at(script, place).nodes
        found = [name for name in moved if name in known]
        if found:
            raise CommandError(
                f"Published on {place} already, so that others may have run it: {', '.join(found)}",
                code="published",
                hint="merge the heads: `limbeck merge heads`"
                + ("; --pushed, if nobody but you works on that branch" if place == own else ""),
            )


def _refuse_ran(environment: Environment, moved: Collection[str], below: Collection[str]) -> None:
    """Raise `CommandError` where a revision has run on a database of the environment, by its rows or its history.

    :param below: the revisions that they follow now.
    """
    graph = environment.script.revision_map.graph

    def look(rows: tuple[str, ...], context: MigrationContext) -> list[MigrationStep]:
        if context.connection is None:
            return []
        kept = history.read(
            context.connection, version_table=context.version_table, schema=context.version_table_schema
        )
        applied = closure([row for row in rows if row in graph.nodes], graph.edges.downs)
        applied |= {name for name, row in last_done(kept).items() if row.direction == "upgrade"}
        found = [name for name in moved if name in applied]
        if found:
            raise CommandError(
                f"It has run on {url(context)}: {', '.join(found)}",
                code="has-run",
                hint=f"take it back there first: `limbeck downgrade {' '.join(sorted(below)) or 'base'}`",
            )
        return []

    try:
        with creating_no_database():
            environment.run(look, dont_mutate=True)
    except DBAPIError as error:
        raise CommandError(
            f"Whether the revisions have run cannot be asked: {first_line(error)}",
            code="not-asked",
            hint="--no-database leaves that question out",
        ) from error
    except CommandError as error:
        if error.code != "no-database-file":  # where there is none, nothing has run
            raise


# --- rewritten --------------------------------------------------------------------------------------------------------


def _moves(
    script: ScriptDirectory, moved: Sequence[str], parents: Mapping[str, tuple[str, ...]]
) -> Iterator[tuple[RebasedRevision, list[FileChange]]]:
    """Each revision that moves, with what becomes of its file; the last is made now, those before seconds before."""
    now = create_date(script.timezone)
    for number, name in enumerate(moved):
        revision = script.get_revision(name)
        above = parents.get(name, revision.parents)
        date = now - timedelta(seconds=len(moved) - 1 - number)
        with open(revision.path, "rb") as stream:
            before = stream.read()
        after = with_parents(revision.path, before, above, date)
        path = _dated_anew(script, revision, date)
        changes = [FileChange(path, before, after)]
        if path != revision.path:
            changes = [FileChange(path, None, after), FileChange(revision.path, before, None)]
        yield RebasedRevision(name, revision.doc, revision.parents, above, revision.path, path), changes


def _dated_anew(script: ScriptDirectory, revision: Script, date: datetime) -> str:
    """The path of a revision whose name says another date."""
    real = os.path.realpath(revision.path)
    folder = next(one for one in map(os.path.realpath, script.version_folders) if real.startswith(f"{one}{os.sep}"))
    old = os.path.relpath(real, folder)
    new = dated_anew(old, script.file_template, revision.revision, date, script.truncate_slug_length)
    return revision.path if new == old else os.path.join(folder, new)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
