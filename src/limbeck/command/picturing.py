"""Commands that show something as a picture, for people and for tools that draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import describe, verbs
from limbeck.errors import UsageError

from . import printing
from .environments import environment_of
from .looking import demand_range

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.results import GraphResult, SchemasResult


def graph(
    config: Config,
    rev_range: str | None = None,
    *,
    applied: bool = False,
    format: str = "text",
    json: bool = False,
) -> GraphResult:
    """Draw the history: revisions from the newest down, and lines to what they need.

    Only files are read, unless the database is asked: with ``applied``, and where the range names ``current``.

    :param config: the configuration.
    :param rev_range: ``start:end``, both included, either left out; default: all.
    :param applied: ask the database what it has, and mark that.
    :param format: ``"text"``, ``"mermaid"``, ``"dot"``, ``"svg"`` or ``"json"``.
    :param json: print a JSON document instead.
    :return: the picture.
    :raises CommandError: with ``applied``, where a database cannot be reached.
    """
    from limbeck.graph.history import names_current
    from limbeck.show.graph import lines
    from limbeck.show.graph.terminal import graph as picture

    environment = environment_of(config)
    script = environment.script
    asked = demand_range(rev_range)
    positions = verbs.quiet_positions(environment) if applied or names_current(asked) else None
    rows = tuple(row for position in positions or () for row in position.rows)
    found = describe.graph(script, script.revisions_between(asked, rows), positions if applied else None)
    encoding: str | None = getattr(config.stdout, "encoding", None)
    printing.show(
        config,
        lines(found, format, encoding),
        lambda: found,
        json=json or format == "json",
        person=(lambda paper: picture(paper, found, encoding)) if format == "text" else None,
    )
    return found


def schema(
    config: Config,
    at: str | None = None,
    *,
    models: bool = False,
    format: str = "text",
    json: bool = False,
) -> SchemasResult:
    """Show the schema: of the database, of the models, or as it was at a revision.

    :param config: the configuration.
    :param at: a revision: show the schema that the history makes up to there, on a scratch database.
    :param models: show what the models declare.
    :param format: ``"text"``, ``"mermaid"``, ``"dbml"``, ``"sql"`` or ``"json"``.
    :param json: print a JSON document instead.
    :return: the schema of each database that env.py configures.
    :raises CommandError: where a database cannot be reached, or no scratch database can be made.
    """
    from limbeck.show.tables import lines
    from limbeck.show.tables.text import cells

    if models and at is not None:
        raise UsageError("Models have no revision", hint="name a revision, or give --models")
    found = verbs.schemas(environment_of(config), at, models=models)
    printing.show(
        config,
        lines(found, format),
        lambda: found,
        json=json or format == "json",
        person=(lambda paper: map(paper.painted, cells(found))) if format == "text" else None,
    )
    return found
