"""Plans that are kept in a file, and carried out as long as nothing that they depend on has moved.

A plan depends on the texts of its scripts, the version rows, the kind of database, and the tables that it touches.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, TypedDict, cast

import sqlalchemy as sa

from .errors import CommandError, UsageError
from .results import Fingerprint, Loss, PlanFileResult, PlanResult, SavedScript, SavedTable
from .script import checksums
from .script.write import write_whole
from .version import __version__

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.engine import Connection, Inspector

    from .ddl.impl import DefaultImpl
    from .graph.plan import Plan
    from .runtime.migration import MigrationContext
    from .script import Script, ScriptDirectory

    Table = tuple[str | None, str]
    """Schema and name."""


# --- what a plan depends on -------------------------------------------------------------------------------------------


def fingerprint(
    connection: Connection, impl: DefaultImpl, scripts: Iterable[Script], tables: Collection[Table]
) -> Fingerprint:
    """What a plan depends on besides version rows and kind of database.

    :param connection: of the database, only read. :param scripts: of its steps. :param tables: that it touches.
    """
    return Fingerprint(
        tuple(SavedScript(script.revision, _checksum(script.path) or "") for script in scripts),
        tuple(_saved(connection, impl, schema, table) for schema, table in sorted(tables, key=str)),
    )


def _saved(connection: Connection, impl: DefaultImpl, schema: str | None, table: str) -> SavedTable:
    facts = _facts(connection, impl, schema, table)
    return SavedTable(table, schema, facts is not None, facts or ())


def _checksum(path: str) -> str | None:
    try:
        with open(path, "rb") as stream:
            return checksums.of_text(stream.read())
    except OSError:
        return None


def _facts(connection: Connection, impl: DefaultImpl, schema: str | None, table: str) -> tuple[str, ...] | None:
    """What a table is made of, a text each; None where there is no such table."""
    inspector = sa.inspect(connection)
    place = impl.translated(schema)
    if not inspector.has_table(table, schema=place):
        return None
    return tuple(sorted(_all_facts(inspector, connection, table, place)))


def _all_facts(inspector: Inspector, connection: Connection, table: str, schema: str | None) -> Iterator[str]:
    for column in inspector.get_columns(table, schema=schema):
        type_ = column["type"]
        shown = str(type_) if isinstance(type_, sa.types.NullType) else type_.compile(connection.dialect)
        others = {name: column.get(name) for name in ("default", "computed", "identity", "comment")}
        rest = "".join(f" {name} {value}" for name, value in others.items() if value is not None)
        yield f"column {column['name']}: {shown} {'NULL' if column['nullable'] else 'NOT NULL'}{rest}"
    for columns in [inspector.get_pk_constraint(table, schema=schema)["constrained_columns"]]:
        yield f"primary key: {', '.join(columns)}"
    for foreign in inspector.get_foreign_keys(table, schema=schema):
        there = ".".join(filter(None, [foreign["referred_schema"], foreign["referred_table"]]))
        own = ", ".join(foreign["constrained_columns"])
        yield (
            f"foreign key {foreign['name'] or own}: {own} to {there} ({', '.join(foreign['referred_columns'])})"
            f" {sorted(foreign.get('options', {}).items())}"
        )
    for unique in inspector.get_unique_constraints(table, schema=schema):
        yield f"unique constraint {unique['name']}: {', '.join(unique['column_names'])}"
    for index in inspector.get_indexes(table, schema=schema):
        keys = index.get("expressions") or index["column_names"]
        yield f"{'unique index' if index['unique'] else 'index'} {index['name']}: {', '.join(map(str, keys))}"
    for check in inspector.get_check_constraints(table, schema=schema):
        yield f"check {check['name']}: {check['sqltext']}"


# --- the file ---------------------------------------------------------------------------------------------------------


def save(path: str, plan: PlanResult, fingerprints: Sequence[Fingerprint]) -> None:
    """Write a plan to a file; raises `CommandError` where that cannot be written."""
    made = datetime.now(UTC).isoformat(timespec="seconds")
    document = PlanFileResult(__version__, made, plan, tuple(fingerprints), "").as_json()
    document["checksum"] = _sum(document)
    write_whole(path, (json.dumps(document, indent=2) + "\n").encode())


def _sum(document: Mapping[str, object]) -> str:
    rest = {name: value for name, value in document.items() if name != "checksum"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


class _Loss(TypedDict):
    table: str
    schema: str | None
    column: str | None
    rows: int
    values: int | None


class _Step(TypedDict):
    revision: str
    losses: list[_Loss]


class _Run(TypedDict):
    dialect: str
    kind: str
    start: list[str]
    end: list[str]
    steps: list[_Step]


class _Plan(TypedDict):
    target: str
    runs: list[_Run]


class _Script(TypedDict):
    revision: str
    checksum: str


class _Table(TypedDict):
    table: str
    schema: str | None
    is_there: bool
    facts: list[str]


class _Fingerprint(TypedDict):
    scripts: list[_Script]
    tables: list[_Table]


class _Document(TypedDict):
    plan: _Plan
    fingerprints: list[_Fingerprint]


class PlanFile:
    """A plan that was kept.

    :param path: its file.
    :raises CommandError: where it cannot be read, is damaged, or of a newer version.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            with open(path, "rb") as stream:
                document = json.loads(stream.read())
        except OSError as error:
            raise CommandError(
                f"The plan cannot be read: {error.strerror}",
                code="plan-file",
                hint="`limbeck plan --save FILE` makes one",
                file=path,
            ) from error
        except ValueError:
            raise self._damaged("it is no JSON document") from None
        if not isinstance(document, dict) or document.get("schema") != PlanFileResult.schema:
            is_shown = isinstance(document, dict) and document.get("schema") == PlanResult.schema
            raise self._damaged("it is what `limbeck plan --json` shows" if is_shown else "it is no plan file")
        version = document.get("version")
        if not isinstance(version, int) or version > PlanFileResult.version:
            raise CommandError(
                f"The plan file has version {version}, and this Limbeck, {__version__}, reads up to "
                f"{PlanFileResult.version}",
                code="plan-file",
                hint="run it with the Limbeck that made it, or make a new plan",
                file=path,
            )
        if document.get("checksum") != _sum(document):
            raise self._damaged("it is not as it was written")
        written = cast("_Document", document)
        self.target = written["plan"]["target"]
        self._runs = written["plan"]["runs"]
        self._fingerprints = written["fingerprints"]
        self._numbers: dict[MigrationContext, int] = {}

    def _damaged(self, why: str) -> CommandError:
        return CommandError(
            f"The plan file cannot be used: {why}",
            code="plan-file",
            hint="make a new one by `limbeck plan --save FILE`; a plan is not edited by hand",
            file=self.path,
        )

    def demand_kind(self, kind: str) -> None:
        """Raise `UsageError` where the plan goes the other way."""
        other = next((run["kind"] for run in self._runs if run["kind"] != kind), None)
        if other is not None:
            raise UsageError(f"The plan is one of {other}", hint=f"as in `limbeck {other} --plan {self.path}`")

    @property
    def losses(self) -> list[Loss]:
        """What the plan says to be lost."""
        return [Loss(**loss) for run in self._runs for step in run["steps"] for loss in step["losses"]]

    @property
    def is_of_several(self) -> bool:
        """Whether the plan is for several databases."""
        return len(self._runs) > 1

    def begin_again(self) -> None:
        """Begin again with the first database, after all were looked at.

        :raises CommandError: where they are fewer than those of the plan.
        """
        found, wanted = len(self._numbers), len(self._runs)
        if found < wanted:
            raise self._moved([f"env.py configures {found} of the {wanted} databases that the plan is for"])
        self._numbers.clear()

    def planned(self, script: ScriptDirectory, rows: tuple[str, ...], context: MigrationContext) -> Plan:
        """The plan for the database of ``context``, the next one of the file.

        :raises CommandError: where anything that it depends on has moved, which is said.
        """
        number = self._numbers.setdefault(context, len(self._numbers))
        if number >= len(self._runs):
            raise self._moved([f"env.py configures a further database, and the plan is for {len(self._runs)}"])
        run, found = self._runs[number], self._fingerprints[number]
        if context.dialect.name != run["dialect"]:
            raise self._moved([f"the plan is for {run['dialect']}, and this database is {context.dialect.name}"])
        moved = [*_moved_rows(run, rows), *_moved_scripts(script, found), *_moved_tables(context, found)]
        if moved:
            raise self._moved(moved)
        if run["kind"] == "upgrade":
            plan = script.plan_upgrade(tuple(run["end"]), rows)
        else:
            plan = script.plan_downgrade(self.target, rows)
        saved, now = [step["revision"] for step in run["steps"]], [step.revision or "" for step in plan.steps]
        if (saved, tuple(run["end"])) != (now, plan.end):
            raise self._moved([f"the steps are {_names(now)} now, and were {_names(saved)}"])
        return plan

    def _moved(self, what: list[str]) -> CommandError:
        return CommandError(
            f"The plan no longer holds: {'; '.join(what)}. No step was run",
            code="plan-moved",
            hint=f"look at a new one: `limbeck plan {self.target} --save {self.path}`",
            file=self.path,
        )


def _moved_rows(run: _Run, rows: tuple[str, ...]) -> Iterator[str]:
    if set(run["start"]) != set(rows):
        yield f"the version rows are {_names(rows)} now, and were {_names(run['start'])}"


def _moved_scripts(script: ScriptDirectory, found: _Fingerprint) -> Iterator[str]:
    for saved in found["scripts"]:
        revision = saved["revision"]
        if script.unknown([revision]):
            yield f"the script of {revision} is gone"
        elif _checksum(script.get_revision(revision).path) != saved["checksum"]:
            yield f"the script of {revision} was edited"


def _moved_tables(context: MigrationContext, found: _Fingerprint) -> Iterator[str]:
    connection = context.connection
    if connection is None:
        return
    for saved in found["tables"]:
        now = _facts(connection, context.impl, saved["schema"], saved["table"])
        name = ".".join(filter(None, [saved["schema"], saved["table"]]))
        before = tuple(saved["facts"]) if saved["is_there"] else None
        if now is None or before is None:
            if now is not None or before is not None:
                yield f"table {name} is {'gone' if now is None else 'there now'}"
            continue
        old, new = _by_name(before), _by_name(now)
        for what in [*old, *(one for one in new if one not in old)]:
            if what not in new:
                yield f"table {name}: {what} is gone"
            elif what not in old:
                yield f"table {name}: {what} is new"
            elif old[what] != new[what]:
                yield f"table {name}: {what} is {new[what]} now, and was {old[what]}"


def _by_name(facts: Iterable[str]) -> dict[str, str]:
    """Facts by what they are about: ``column id``."""
    return {what: rest for what, _, rest in (fact.partition(": ") for fact in facts)}


def _names(ids: Iterable[str]) -> str:
    return ", ".join(ids) or "base"
