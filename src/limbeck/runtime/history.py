"""The history: what ran on a database, when and by whom, a row a step, in the table ``limbeck_history``.

The row of a step is written with its version rows: in its transaction, or with those of a group. Where DDL commits by
itself the row is there before the step, as ``running``. What failed or was interrupted is written after the rollback.

Alembic may work on the same database. It knows nothing of the table, so a run that finds other version rows than the
last row has left writes down what was done meanwhile.

All but the key may be NULL, and no column is ever removed: a table of an older version gets the columns that it lacks,
and one of a newer version is written without those that only that one knows. Times are UTC in whole seconds, which
every database keeps alike; the order is that of ``position``, since clocks may go back.

==================== =================================================================================
version_table        name of the version table whose history it is
position             from 1 for each version table
run_id               id of the run
revision             id of the revision; NULL for a stamp of revisions that no file has
direction            ``upgrade`` where the revision came, ``downgrade`` where it went
kind                 ``script``, ``stamp``, ``found`` (done by another tool), ``object`` (repeatable, replaced)
state                ``running``, ``done``, ``failed``, ``interrupted``
rows_before          ids in the version table before, as JSON
rows_after           ids in it afterwards, as JSON
started              UTC
seconds              duration
username             account of the operating system
host                 name of the machine
application          what LIMBECK_APPLICATION says, or the job of a build server
tool                 ``limbeck`` and its version; NULL for ``found``
script_checksum      SHA-256 of the file; of an object of its definition
operations_checksum  SHA-256 of what it does; NULL where it was not taken
statements           number of statements, without those that only read
message              first paragraph of the revision's docstring; kind and name of an object
down_revisions       ids of its parents and dependencies, as JSON
error                kind and first line of the error
script               the file, compressed by zlib; NULL unless ``history_scripts`` is set
==================== =================================================================================

`read` gives them as values.
"""

from __future__ import annotations

import json
import logging
import os
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, cast
from zlib import compress, decompress
from zlib import error as ZlibError  # noqa: N812 a class

from sqlalchemy import Column, false, select
from sqlalchemy.exc import SQLAlchemyError

from limbeck import sqla
from limbeck.ddl.own_tables import OwnTable
from limbeck.errors import CommandError, warn
from limbeck.graph.history import moves
from limbeck.script import checksums
from limbeck.script.script import Script
from limbeck.version import __version__

from . import initiator
from .connections import Beside
from .database_errors import first_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

    from limbeck.results import HistoryRow
    from limbeck.script import ScriptDirectory
    from limbeck.script.steps import MigrationStep

    from .record import StatementRecord
    from .version_table import VersionTable

    Rows = tuple[str, ...]
    Values = dict[str, str | int | float | bytes | datetime | None]

log = logging.getLogger("alembic.runtime.migration")

TABLE = "limbeck_history"
LONG_RUN = 20
"""Number of steps above which a run, as of a database that is built from empty, leaves out what takes time: the row of
the step at work, and the checksums of operations."""

RUNNING, DONE, FAILED, INTERRUPTED = "running", "done", "failed", "interrupted"
SCRIPT, STAMP, FOUND, OBJECT = "script", "stamp", "found", "object"

_KEY = ("version_table", "position", "run_id")
_CHANGES = ("state", "rows_after", "seconds", "statements", "script_checksum", "operations_checksum", "script", "error")
"""The columns that are not known before a step."""
MAX_ERROR = 4000
"""Number of characters of an error that are kept."""
MAX_KEPT = 65_000
"""Number of bytes of a compressed script that every database can keep."""
KILLED = "the process ended without a word"


def table(schema: str | None = None) -> Table:
    """The table, in ``schema``."""
    from sqlalchemy import DateTime, Float, Integer, LargeBinary, MetaData, String, Table, Text

    return Table(
        TABLE,
        MetaData(),
        Column("version_table", String(128), primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("run_id", String(32), primary_key=True),
        Column("revision", String(255)),
        Column("direction", String(9)),
        Column("kind", String(9)),
        Column("state", String(11)),
        Column("rows_before", Text),
        Column("rows_after", Text),
        Column("started", DateTime),
        Column("seconds", Float(53)),
        Column("username", String(255)),
        Column("host", String(255)),
        Column("application", String(255)),
        Column("tool", String(64)),
        Column("script_checksum", String(64)),
        Column("operations_checksum", String(64)),
        Column("statements", Integer),
        Column("message", Text),
        Column("down_revisions", Text),
        Column("error", Text),
        Column("script", LargeBinary),
        schema=schema,
    )


COLUMNS = [column.name for column in table().columns]


# --- reading ----------------------------------------------------------------------------------------------------------


def read(
    connection: Connection,
    *,
    version_table: str = "alembic_version",
    schema: str | None = None,
    last: int | None = None,
) -> tuple[HistoryRow, ...]:
    """The history of a version table, oldest first; empty where none is kept.

    A table of an older version is read as it is: what it lacks is None.

    :param schema: schema of the version table, as given to ``configure()``.
    :param last: read only so many rows, the newest.
    """
    whole = table(schema)
    there = _columns(connection, whole)
    if there is None or not there.keys() >= set(_KEY):
        return ()
    wanted = [column for column in whole.columns if column.name in there and column.name != "script"]
    query = select(*wanted).where(whole.c.version_table == version_table)
    if "script" in there:
        query = query.add_columns(whole.c.script.is_not(None).label("has_script"))
    query = query.order_by(whole.c.position.desc(), whole.c.run_id.desc()).limit(last)
    return tuple(_row(dict(found._mapping)) for found in reversed(connection.execute(query).all()))  # noqa: SLF001


def scripts(
    connection: Connection,
    revisions: Iterable[str],
    *,
    version_table: str = "alembic_version",
    schema: str | None = None,
) -> dict[str, bytes]:
    """The texts that are kept of revision files, by revision: of each the one that ran last; no damaged ones."""
    whole = table(schema)
    there = _columns(connection, whole)
    if there is None or "script" not in there:
        return {}
    query = (
        select(whole.c.revision, whole.c.script)
        .where(
            whole.c.version_table == version_table,
            whole.c.revision.in_(list(revisions)),
            whole.c.state == DONE,
            whole.c.script.is_not(None),
        )
        .order_by(whole.c.position)
    )
    texts = {revision: _text(script) for revision, script in connection.execute(query)}
    return {revision: text for revision, text in texts.items() if text is not None}


def objects(
    connection: Connection, *, version_table: str = "alembic_version", schema: str | None = None
) -> dict[str, list[str]]:
    """The checksums that repeatable objects were created with, by kind and name, the newest last."""
    whole = table(schema)
    if not connection.dialect.has_table(connection, whole.name, schema=connection.schema_for_object(whole)):
        return {}
    query = (
        select(whole.c.message, whole.c.script_checksum)
        .where(whole.c.version_table == version_table, whole.c.kind == OBJECT, whole.c.state == DONE)
        .order_by(whole.c.position)
    )
    found: dict[str, list[str]] = {}
    for name, checksum in connection.execute(query):
        found.setdefault(name, []).append(checksum)
    return found


def _text(script: bytes) -> bytes | None:
    """A text that was kept; None where it is damaged."""
    try:
        return decompress(script)
    except ZlibError:
        return None


def _columns(connection: Connection, whole: Table) -> dict[str, bool] | None:
    """The columns of the table by name, each with whether an INSERT has to give it a value; None without a table."""
    from sqlalchemy import inspect
    from sqlalchemy.exc import NoSuchTableError

    schema = connection.schema_for_object(whole)
    if not connection.dialect.has_table(connection, whole.name, schema=schema):
        return None
    try:
        found = inspect(connection).get_columns(whole.name, schema=schema)
    except NoSuchTableError:
        return None
    return {column["name"]: not column["nullable"] and column["default"] is None for column in found}


def _row(found: dict[str, object]) -> HistoryRow:
    from limbeck.results import HistoryRow

    started = found.get("started")
    revision = found.get("revision")
    facts: dict[str, object] = {
        "run": found["run_id"],
        "position": found["position"],
        "revision": revision or None,
        "rows_before": _ids(found.get("rows_before")),
        "rows_after": _ids(found.get("rows_after")),
        "down_revisions": _ids(found.get("down_revisions")),
        "started": f"{started:%Y-%m-%dT%H:%M:%SZ}" if isinstance(started, datetime) else None,
        "user": found.get("username"),
        "message": found.get("message") or "",
        "has_script": bool(found.get("has_script")),
    }
    same = ("direction", "kind", "state", "seconds", "host", "application", "tool", "statements", "error")
    facts |= {name: found.get(name) for name in (*same, "script_checksum", "operations_checksum")}
    return HistoryRow(**cast("dict[str, str]", facts))  # type: ignore[arg-type]  # as the columns have it


def _ids(value: object) -> Rows:
    return tuple(json.loads(value)) if isinstance(value, str) and value else ()


@lru_cache(maxsize=8)  # what one step leaves the next one finds, and mostly it is its parent
def _told(ids: Rows) -> str:
    return json.dumps(ids)


_of_operations = lru_cache(maxsize=32)(checksums.of_operations)  # of a file that runs on one database after the other


# --- writing ----------------------------------------------------------------------------------------------------------


class _Entry:
    """The row of a step that runs a script.

    :param step: the step. :param row: its values by column. :param is_there: whether the table has it, as running.
    """

    __slots__ = ("begun", "is_there", "row", "step")

    def __init__(self, step: MigrationStep, row: Values) -> None:
        self.step = step
        self.row = row
        self.begun = monotonic()
        self.is_there = False


class _Held(NamedTuple):
    """What the rollback of a transaction that holds the whole run takes back.

    :param rows: the version rows before. :param found: the rows of what others have done.
    """

    rows: Rows
    found: list[Values]


class History:
    """Writes the history of the runs of one database.

    :param versions: the version table.
    :param connection: the run's connection; None for a script, which writes none.
    :param script: the revisions; None where there is no folder of them.
    :param record: counts the statements of steps, and leaves out those in its blocks.
    :param wanted: whether a history is written.
    :param keeps_scripts: whether the text of each script is kept.
    """

    def __init__(
        self,
        versions: VersionTable,
        connection: Connection | None,
        script: ScriptDirectory | None,
        record: StatementRecord,
        *,
        wanted: bool,
        keeps_scripts: bool,
    ) -> None:
        self._versions = versions
        self._connection = connection
        self._script = script
        self._record = record
        self._wanted = wanted
        self._keeps_scripts = keeps_scripts
        impl = versions.impl
        self._ddl_commits_itself = not (impl.transactional_ddl or impl.can_transact_ddl)
        self._writer: _Writer | None = None
        self._run = ""
        self._initiator = initiator.Initiator("", "", None)
        self._following: dict[int, MigrationStep] = {}
        self._left = 0
        self._position = 0
        self._rows: Rows = ()
        self._purges = False
        self._current: _Entry | None = None
        self._next: _Entry | None = None
        self._put_off: list[Values] = []
        self._unsettled: list[_Entry] = []
        self._held: _Held | None = None
        #: the rows that were written last, and those for what others have done, of this run
        self.written: list[Values] = []
        self.found: list[Values] = []
        #: whether this run made the table
        self.is_new = False

    # --- before the steps ---------------------------------------------------------------------------------------------

    @property
    def tables(self) -> tuple[str, ...]:
        """The name of its table, where a history is written."""
        return (TABLE,) if self._wanted else ()

    def open(self, steps: Sequence[MigrationStep], rows: Rows, *, run: str, purge: bool, in_transaction: bool) -> None:
        """Prepare the table for ``steps``, under the run lock; where it cannot be used, warn and write nothing.

        :param rows: the version rows.
        :param run: id of the run.
        :param purge: the version rows were deleted, to state where the database is.
        :param in_transaction: whether the run, or its caller, is in a transaction, which then has to stay usable.
        """
        connection = self._connection
        if not self._wanted or connection is None or not (steps or purge):
            return
        self._run, self._left = run, len(steps)
        self._following = {id(step): after for step, after in pairwise(steps)}
        self._current = self._next = None
        self._put_off, self._unsettled = [], []
        self._held = _Held(rows, []) if in_transaction else None
        writer = _Writer(self._versions, connection, self._record)
        guarded = in_transaction and self._versions.impl.transactional_ddl
        opened = self._try(writer, steps, rows, purge=purge, guarded=guarded, in_transaction=in_transaction)
        if isinstance(opened, SQLAlchemyError):  # a run of another version table may have made the table meanwhile
            self._versions.look_again()
            opened = self._try(writer, steps, rows, purge=purge, guarded=guarded, in_transaction=in_transaction)
        self._writer = writer if opened is True else None
        if isinstance(opened, Exception):
            warn(
                f"The history of this database cannot be written: {first_line(opened)}",
                code="no-history",
                hint=f"let the account create and change table {TABLE}, or set history = false",
            )

    def _try(
        self,
        writer: _Writer,
        steps: Sequence[MigrationStep],
        rows: Rows,
        *,
        purge: bool,
        guarded: bool,
        in_transaction: bool,
    ) -> Exception | bool:
        """Whether rows can be written; the error, where they cannot, with the transaction as it was."""
        connection = writer.connection
        try:
            with sqla.savepoint(connection) if guarded else nullcontext():
                if not writer.prepare(may_change=not in_transaction or guarded):
                    log.info("The history is not written: table %s would end the caller's transaction", TABLE)
                    return False
                self.is_new, self.found, self.written = writer.is_new, [], []
                self._catch_up(writer, rows, purge=purge, is_all=not steps)
                if steps and self._says_running:
                    self._next = self._entry(steps[0], self._rows)
                    self._announce(writer, self._next)
        except (SQLAlchemyError, CommandError) as error:
            if not in_transaction and connection.in_transaction():
                connection.rollback()
            return error
        return True

    def _catch_up(self, writer: _Writer, rows: Rows, *, purge: bool, is_all: bool) -> None:
        """Find the end of the history; end what a dead run left, and write down what others have done since."""
        self._initiator = initiator.of_this_process()
        self._position, known, state = writer.last()
        if state == RUNNING:
            writer.end_running()
        self._rows, self._purges = known if purge else rows, purge
        if purge and is_all:
            writer.insert(self._moved(known, (), STAMP))
        elif not purge and sorted(known) != sorted(rows):
            self.found = found = self._moved(known, rows, FOUND)
            writer.insert(found)
            if self._held is not None:
                self._held = _Held(rows, found)

    def _stated(self, writer: _Writer, rows: Rows) -> list[Values]:
        """The rows for what a purging stamp to ``rows`` states to be applied, and the history has not seen."""
        if self._script is None:
            return []
        with self._record.not_of_the_step():
            seen = read(writer.connection, version_table=self._versions.name, schema=self._versions.schema)
        facts: Values = {"state": DONE, "rows_after": _told(rows)}
        skipped = self._script.skipped(rows, seen)
        return [self._new(STAMP, revision, "upgrade", rows) | facts for revision in skipped]

    def _moved(self, before: Rows, after: Rows, kind: str) -> list[Values]:
        """The rows for what a stamp, or another tool, has done: one a revision."""
        if self._script is not None:
            found = moves(self._script.map_at((*before, *after)).graph, before, after)
        else:
            found = [(row, False) for row in before if row not in after]
            found += [(row, True) for row in after if row not in before]
        facts: Values = {"state": DONE, "rows_after": _told(after)}
        if kind == FOUND:
            facts |= {"run_id": os.urandom(8).hex(), "username": None, "host": None, "application": None, "tool": None}
        return [
            self._new(kind, revision, "upgrade" if came else "downgrade", before) | facts for revision, came in found
        ]

    # --- a step -------------------------------------------------------------------------------------------------------

    @property
    def _says_running(self) -> bool:
        """Whether the row of a step is there before it, since its transaction does not hold its DDL."""
        return self._ddl_commits_itself and len(self._following) < LONG_RUN

    def begin(self, step: MigrationStep, rows: Rows) -> None:
        """``step`` begins, or is tried again, with ``rows`` in the version table."""
        if self._writer is None:
            return
        known = (self._next, self._current, *self._unsettled)
        entry = next((one for one in known if one is not None and one.step is step), None)
        self._next, self._unsettled = None, [one for one in self._unsettled if one is not entry]
        self._current = self._entry(step, rows) if entry is None else entry
        if self._current is not None:
            self._current.begun = monotonic()
            self._current.row["state"] = RUNNING

    def end(self, step: MigrationStep, rows: Rows, statements: int, *, later: bool) -> None:
        """``step`` has ended; called in the transaction of its version rows.

        :param rows: the version rows now.
        :param statements: number of statements of the step, without those that only read.
        :param later: they are put off, and so is the row of the step: until `write`.
        """
        writer, entry = self._writer, self._current
        if writer is None:
            return
        self._left -= 1
        before, self._rows = self._rows, rows
        if entry is None:
            self._put_off += self._moved(before, rows, STAMP)
            self._put_off += self._stated(writer, rows) if self._purges else []
        else:
            entry.row |= {"state": DONE, "seconds": monotonic() - entry.begun, "statements": statements}
            entry.row |= {"rows_after": _told(rows), **self._file(step)}
            self._current = None
            self._unsettled.append(entry)
            if entry.is_there:
                writer.update(entry.row)
            else:
                self._put_off.append(entry.row)
        if later:
            return
        following = self._following.get(id(step))
        if following is not None and self._says_running:
            self._next = self._entry(following, rows)
            self._announce(writer, self._next)
        self.write()

    def write(self) -> None:
        """Write the rows that were put off; called in the transaction of the version rows."""
        rows, self._put_off = self._put_off, []
        self.written = rows
        if self._writer is not None:
            self._writer.insert(rows)

    def note_object(self, name: str, checksum: str, seconds: float) -> None:
        """A repeatable object was replaced; called in the transaction of its step, or after DDL that commits itself.

        :param name: its kind and name. :param checksum: of its definition.
        """
        if self._writer is not None:
            facts: Values = {"state": DONE, "message": name, "script_checksum": checksum, "seconds": seconds}
            self._put_off.append(self._new(OBJECT, None, "upgrade", self._rows) | facts)
            self.write()

    def done(self, *, committed: bool) -> None:
        """The present step is done.

        :param committed: no rollback can undo it.
        """
        if committed:
            self._unsettled = []

    def _entry(self, step: MigrationStep, rows: Rows) -> _Entry | None:
        if step.script is None:
            return None
        direction = "upgrade" if step.is_upgrade else "downgrade"
        return _Entry(step, self._new(SCRIPT, step.script.revision, direction, rows) | {"state": RUNNING})

    def _announce(self, writer: _Writer, entry: _Entry | None) -> None:
        """Have the row of a step written before it, with what is written next."""
        if entry is not None:
            writer.insert([entry.row])
            entry.is_there = True

    def _file(self, step: MigrationStep) -> Values:
        """What the row says of the file of the step, as far as it can be read."""
        if step.script is None:
            return {}
        try:
            with open(step.script.path, "rb") as file:
                source = file.read()
        except OSError:
            return {}
        kept = compress(source) if self._keeps_scripts else None
        if kept is not None and len(kept) > MAX_KEPT:
            log.info("The history does not keep %s, which has more than %d bytes", step.script.path, MAX_KEPT)
            kept = None
        return {
            "script_checksum": checksums.of_text(source),
            "operations_checksum": _of_operations(source) if self._left < LONG_RUN else None,
            "script": kept,
        }

    def _new(self, kind: str, revision: str | None, direction: str, rows: Rows) -> Values:
        """The values of a row, of the columns that have one from the beginning."""
        self._position += 1
        told = _told(rows)
        node = self._script.map_at((revision,)).graph.nodes.get(revision) if self._script and revision else None
        return {
            "version_table": self._versions.name,
            "position": self._position,
            "run_id": self._run,
            "revision": revision,
            "direction": direction,
            "kind": kind,
            "rows_before": told,
            "rows_after": told,
            "started": datetime.now(UTC).replace(microsecond=0, tzinfo=None),
            "username": self._initiator.user,
            "host": self._initiator.host,
            "application": self._initiator.application,
            "tool": f"limbeck {__version__}",
            "message": node.doc if isinstance(node, Script) else None,
            "down_revisions": None if node is None else _told(node.normal_down_revisions),
        }

    # --- a failure ----------------------------------------------------------------------------------------------------

    def failed(self, step: MigrationStep) -> None:
        """``step`` has failed, the present one or one before it that is not committed; `close` writes it."""
        if self._current is None or self._current.step is not step:
            self._current = next((entry for entry in self._unsettled if entry.step is step), self._current)
        if self._current is not None:
            self._put_off = [row for row in self._put_off if row is not self._current.row]
            seconds = monotonic() - self._current.begun
            self._current.row |= {"state": FAILED, "seconds": seconds, "statements": self._record.count}

    def close(self, *, failed: bool, error: BaseException | None) -> None:
        """The run has ended, with everything committed or rolled back.

        :param failed: write down the step that failed, or was interrupted.
        :param error: what the run raised; None where that is not known.
        """
        writer, entry = self._writer, self._current
        self._writer = self._current = self._next = None
        if writer is None or entry is None or not failed:
            return
        if entry.row["state"] != FAILED:
            is_error = error is None or isinstance(error, Exception)
            entry.row |= {"state": FAILED if is_error else INTERRUPTED, "seconds": monotonic() - entry.begun}
        entry.row |= self._file(entry.step)
        entry.row["rows_after"] = entry.row["rows_before"] if self._held is None else _told(self._held.rows)
        entry.row["error"] = None if error is None else first_line(error)[:MAX_ERROR]
        try:
            writer.write_beside([] if self._held is None else self._held.found, entry.row, is_there=entry.is_there)
        except SQLAlchemyError as problem:  # the failure of the run is the one to report
            log.info("The history does not have this failure: %s", first_line(problem))


def _given(row: Values) -> Values:
    """A row without what is NULL in it."""
    return {name: value for name, value in row.items() if value is not None}


def _alike(rows: list[Values]) -> list[Values]:
    """Rows with values for all columns, so that they can be inserted together."""
    return [dict.fromkeys(COLUMNS) | row for row in rows]


class _Writer:
    """The statements that write the table of one database.

    :param versions: the version table. :param connection: the run's connection.
    :param record: is told that they are not the step's.
    """

    def __init__(self, versions: VersionTable, connection: Connection, record: StatementRecord) -> None:
        from sqlalchemy import bindparam

        self.connection = connection
        self._versions = versions
        self._record = record
        self._table = table(versions.schema)
        columns = self._table.c
        self.is_new = False
        self._mine = columns.version_table == versions.name
        # built once, so that SQLAlchemy compiles each of them once a run
        self._insert = self._table.insert()
        self._update = self._table.update().where(
            self._mine, columns.position == bindparam("at"), columns.run_id == bindparam("of_run")
        )

    def prepare(self, *, may_change: bool) -> bool:
        """Create the table, or add what it lacks, and see that rows can be written; raises where they cannot.

        :param may_change: whether DDL may be sent.
        :return: False where it would be needed.
        """
        found = self._versions.found(TABLE)
        if isinstance(found, OwnTable) and found.is_writable and found.columns == set(COLUMNS):
            return True
        there = None if found is False else _columns(self.connection, self._table)
        if there is not None:
            self._refuse(there)
        lacking = [column for column in self._table.columns if there is not None and column.name not in there]
        if not may_change and (there is None or lacking):
            return False
        if there is None:
            self._versions.impl.create_table(self._table)
            self.is_new = True
            return True
        for column in lacking:
            self._versions.impl.add_column(TABLE, Column(column.name, column.type), schema=self._versions.schema)
        nothing = select(*self._table.columns).where(false())
        self.connection.execute(self._insert.from_select(COLUMNS, nothing))
        self.connection.execute(self._table.update().values(state=self._table.c.state).where(false()))
        return True

    @staticmethod
    def _refuse(there: dict[str, bool]) -> None:
        if not there.keys() >= set(_KEY):
            raise CommandError(f"table {TABLE} is not one", code="no-history")
        if foreign := [name for name, is_needed in there.items() if is_needed and name not in COLUMNS]:
            raise CommandError(f"its columns {', '.join(foreign)} need a value", code="no-history")

    def last(self) -> tuple[int, Rows, str | None]:
        """Position of the last row, the version rows after it, and its state."""
        columns = self._table.c
        query = select(columns.position, columns.rows_after, columns.state).where(self._mine)
        found = self.connection.execute(query.order_by(columns.position.desc()).limit(1)).first()
        return (0, (), None) if found is None else (found[0], _ids(found[1]), found[2])

    def end_running(self) -> None:
        """Nothing runs, since we have the lock: what is said to is of a process that was killed."""
        running = self._table.update().where(self._mine, self._table.c.state == RUNNING)
        self.connection.execute(running.values(state=INTERRUPTED, error=KILLED))

    def insert(self, rows: list[Values]) -> None:
        """Add rows; one alone without what is NULL in it, since each parameter takes its time."""
        if rows:
            given = _given(rows[0]) if len(rows) == 1 else _alike(rows)
            with self._record.not_of_the_step():
                self.connection.execute(self._insert, given)

    def update(self, row: Values) -> None:
        """Write the values of a row that is there."""
        with self._record.not_of_the_step():
            self.connection.execute(self._update, self._changed(row))

    @staticmethod
    def _changed(row: Values) -> Values:
        facts = {name: value for name, value in row.items() if name in _CHANGES}
        return {**facts, "at": row["position"], "of_run": row["run_id"]}

    def write_beside(self, more: list[Values], row: Values, *, is_there: bool) -> None:
        """Write rows in a transaction of their own: on the run's connection where it is free, else on another.

        :param more: rows that a rollback may have taken back. :param row: one that is there, or is not.
        """

        def write(connection: Connection) -> None:
            with connection.begin():
                self._table.create(connection, checkfirst=True)  # a rollback may have taken it back
                if more:
                    connection.execute(self._insert, _alike(more))
                if not is_there or not connection.execute(self._update, self._changed(row)).rowcount:
                    connection.execute(self._insert, _given(row))

        connection = self.connection
        if not (connection.closed or connection.invalidated):
            if not connection.in_transaction():  # else its owner, who ends it, says what becomes of the run
                write(connection)
            return
        if not self._versions.impl.has_other_sessions(connection):
            return
        beside = Beside(connection.dialect)

        def on_another() -> None:
            options = connection.get_execution_options()
            with sqla.side_connection(connection.engine) as session:
                write(session.execution_options(schema_translate_map=options.get("schema_translate_map")))

        try:
            beside.call(on_another)
        finally:
            beside.end()
