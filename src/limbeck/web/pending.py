"""What the databases of an application lack, and how they get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck import command, verbs
from limbeck.command.environments import environment_of
from limbeck.config import Config

if TYPE_CHECKING:
    from limbeck.migrator import Migrator

    Source = Migrator | Config
    """The migrations of an application: those of a program, or of a configuration with its env.py."""


class PendingRevision(NamedTuple):
    """A revision that an upgrade would run.

    :param revision: its id. :param doc: first paragraph of its docstring.
    """

    revision: str
    doc: str


class Pending(NamedTuple):
    """What a database lacks.

    :param database: its URL, the password hidden.
    :param rows: ids in its version table.
    :param unknown: those of them that no revision file has: newer code has migrated it, and nothing is pending.
    :param revisions: what an upgrade would run, in its order.
    """

    database: str
    rows: tuple[str, ...]
    unknown: tuple[str, ...]
    revisions: tuple[PendingRevision, ...]


def pending(source: Source) -> list[Pending]:
    """What each database lacks; the version table of each is read, and nothing is changed."""
    if not isinstance(source, Config):
        return [_of_migrator(source)]
    environment = environment_of(source)
    script = environment.script
    return [
        Pending(
            one.database,
            one.rows,
            one.unknown,
            tuple(
                PendingRevision(str(step.revision), script.get_revision(str(step.revision)).doc)
                for step in (() if one.unknown or one.is_at_heads else script.plan_upgrade("heads", one.rows).steps)
            ),
        )
        for one in verbs.quiet_positions(environment)
    ]


def _of_migrator(migrator: Migrator) -> Pending:
    found = migrator.current()
    steps = () if found.unknown or found.is_at_heads else migrator.plan().steps
    return Pending(
        found.database,
        found.rows,
        found.unknown,
        tuple(PendingRevision(str(step.revision), step.doc or "") for step in steps),
    )


def run(source: Source) -> None:
    """Bring each database up to the heads; raises as `limbeck.command.upgrade`."""
    if isinstance(source, Config):
        command.upgrade(source, "heads")
    else:
        source.upgrade()
