"""Commands that trace a schema through its history, and keep it as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import verbs

from . import printing
from .asking import demand_consent
from .environments import environment_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.results import BlameResult, DiffResult, ScriptsResult


def diff(config: Config, start: str, end: str, *, sql: bool = False, json: bool = False) -> DiffResult:
    """Say what leads from the schema at one revision to that at another, by scratch databases.

    :param config: the configuration.
    :param start: the revision, or several by a symbol; ``base`` for nothing.
    :param end: likewise.
    :param sql: print the statements too.
    :param json: print a JSON document instead of text.
    :return: the operations for each database that env.py configures.
    :raises CommandError: where there is no such revision or no scratch database, or the history fails on an empty one.
    """
    from limbeck.maintenance.diff import diff as differing
    from limbeck.results import DiffResult
    from limbeck.show import schema as text

    environment = environment_of(config)
    found = differing(environment, ids(environment, start), ids(environment, end))
    result = DiffResult(start, end, tuple(found))
    printing.show(config, text.diff(result, sql=sql), lambda: result, json=json)
    return result


def blame(config: Config, table: str, *, sql: bool = False, json: bool = False) -> BlameResult:
    """Say which revisions made a table or a column what it is, the last one first, and by git who wrote them.

    :param config: the configuration.
    :param table: ``table``, ``table.column``, ``schema.table`` or ``schema.table.column``.
    :param sql: print the statements too.
    :param json: print a JSON document instead of text.
    :return: what the revisions did.
    :raises CommandError: where no revision makes it, and where there is no scratch database.
    """
    from limbeck.maintenance.blame import blame as blamed
    from limbeck.show import schema as text

    result = blamed(environment_of(config), table)
    printing.show(config, text.blame(result, sql=sql), lambda: result, json=json)
    return result


def freeze(
    config: Config, revision: str, tables: Sequence[str], *, yes: bool = False, json: bool = False
) -> ScriptsResult:
    """Keep tables as a revision finds them in a file beside its script, for ``op.frozen_tables()``.

    :param config: the configuration.
    :param revision: the revision.
    :param tables: names of tables, all that the revision asks for: the file is written anew.
    :param yes: write over a file with other contents without asking.
    :param json: print a JSON document of what was written.
    :return: the revision and the file.
    :raises CommandError: where the history before the revision makes no such table; where it is not confirmed; and
        where the file cannot be written.
    """
    from limbeck.maintenance.freezing import frozen
    from limbeck.results import ScriptsResult, WrittenResult
    from limbeck.script.rewriting import rewrite
    from limbeck.show.paths import from_here

    environment = environment_of(config)
    script = environment.script.get_revision(revision)
    names = [tables] if isinstance(tables, str) else list(tables)
    change = frozen(environment, script, names)
    if change.before not in (None, change.after):
        lines = [f"This writes {from_here(change.path)} anew:", ", ".join(names)]
        demand_consent(config, lines, yes=yes, refused=f"{from_here(change.path)} was not written")
    rewrite(environment.script, [change])
    result = ScriptsResult((WrittenResult(script.revision, change.path),))
    printing.show(config, [f"{from_here(change.path)}: {', '.join(names)}"], lambda: result, json=json)
    return result


def ids(environment: Environment, symbol: str) -> tuple[str, ...] | str:
    """The revisions that a symbol stands for, as scratch databases take them."""
    return tuple(one.revision for one in verbs.revisions(environment, symbol)) or "base"
