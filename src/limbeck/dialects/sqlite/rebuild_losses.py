"""What a table's stored text has and that of its copy has not, each with the line that keeps it.

Without an edition the copy is made from what SQLAlchemy reflects, as in Alembic, and each loss is a warning; under an
edition a loss stops the rebuild before it begins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.schema import CreateTable

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.ddl.sql_text import words_of
from limbeck.errors import CommandError, warn

from .create_table import Part, StoredTable, UnreadableTable, comments_of, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table

    from limbeck.ddl.changed_table import ApplyBatchImpl
    from limbeck.ddl.impl import DefaultImpl

# what a constraint may have beside its kind and columns, in words separated by one space
_DETAILS = re.compile(
    r"\bON CONFLICT (?!ABORT)\w+|\bAUTOINCREMENT\b|\bDESC\b|\bCOLLATE \S+"
    r"|\bON (?:DELETE|UPDATE) (?:SET NULL|SET DEFAULT|CASCADE|RESTRICT)"
    r"|(?<!NOT )\bDEFERRABLE(?: INITIALLY DEFERRED)?|\bMATCH \w+",
    re.IGNORECASE,
)
_AFFINITIES = (("INT", "INTEGER"), ("CHAR|CLOB|TEXT", "TEXT"), ("BLOB|^$", "BLOB"), ("REAL|FLOA|DOUB", "REAL"))
_SPOKEN = {"NULL": "NOT NULL", "PRIMARY": "PRIMARY KEY", "FOREIGN": "FOREIGN KEY"}
#: what may follow the parentheses, by the option of `sqlalchemy.Table` and its value
TAILS = {"sqlite_strict": ("STRICT", True), "sqlite_with_rowid": ("WITHOUT ROWID", False)}
_TYPES = {"UNIQUE": (UniqueConstraint, "unique"), "FOREIGN": (ForeignKeyConstraint, "foreignkey")}


@dataclass(frozen=True)
class Loss:
    """One thing that is lost.

    :param what: the thing, for "The rebuild of table 't' loses ...".
    :param line: what keeps it without an edition; empty if nothing does.
    :param message: Alembic's warning, where it has one.
    """

    what: str
    line: str = ""
    message: str | None = None


@dataclass(frozen=True)
class _Clause:
    """A constraint of a column or of the table: its first keyword, its columns, its text."""

    kind: str
    columns: tuple[str, ...]
    part: Part

    @property
    def details(self) -> list[str]:
        return [each.upper() for each in _DETAILS.findall(" ".join(words_of(self.part.text)))]


def name_losses(impl: DefaultImpl, plan: ApplyBatchImpl, new: Table, sql: str, *, restated: bool) -> None:
    """Warn of everything that the rebuild loses without being asked to; under an edition, refuse it.

    :param new: the new table.
    :param sql: the old table's text.
    :param restated: whether the new table is created by that text, with the changes made in it.
    :raises CommandError: under an edition, something would be lost and the table is not described by ``copy_from=``.
    """
    found = [] if restated else list(_losses_of_text(impl, plan, new, sql))
    found += _losses_beside(plan) if impl.edition is None else []
    file, line = caller()
    if found and impl.edition is not None and plan.reflected:
        raise CommandError(
            f"The rebuild of table '{plan.table.name}' would lose " + "; ".join(each.what for each in found),
            code="lost-in-rebuild",
            hint="leave out table_kwargs=, reflect_args= and reflect_kwargs=: without them the table is made from its "
            "own text" + "".join(f"; or add {each.line}" for each in found if each.line),
            file=file,
            line=line,
        )
    for each in found:
        warn(
            each.message or f"The rebuild of table '{plan.table.name}' loses {each.what}",
            code="lost-in-rebuild" if each.message is None else "check-omitted",
            hint=f"add {each.line}; or set edition = 2026, which keeps it" if each.line else "edition = 2026 keeps it",
            file=file,
            line=line,
        )


def _losses_of_text(impl: DefaultImpl, plan: ApplyBatchImpl, new: Table, sql: str) -> Iterator[Loss]:
    try:
        old = StoredTable.read(sql)
    except UnreadableTable:
        yield Loss(f"what this says beyond its columns: {sql}")
        return
    made = StoredTable.read(str(CreateTable(new).compile(dialect=impl.dialect)))
    kept = {name.lower(): column for name, column in plan.columns.items() if name not in plan.added}
    for column in old.columns:
        if column.name.lower() in kept:
            yield from _losses_of_column(plan, old, made, column.name, kept[column.name.lower()])
        elif column.name not in {each.name for each in plan.table.columns}:
            yield Loss(f"column '{column.name}' and its values, which copy_from= does not have")
    clauses, fresh = list(_clauses(old)), list(_clauses(made))
    for clause in clauses:
        if set(clause.columns) <= kept.keys() and clause.kind in {*_SPOKEN, "UNIQUE"}:
            yield from _losses_of_clause(plan, clause, kept, fresh)
    yield from _losses_of_checks(plan, clauses, fresh)
    for name, (word, value) in TAILS.items():
        if name not in plan.options and word in old.tail.upper() and word not in made.tail.upper():
            yield Loss(word, f"table_kwargs={{{name!r}: {value}}} to batch_alter_table()")
    if comments := comments_of(sql):
        yield Loss(f"the comments in its text ({comments[0]}{', ...' if comments[1:] else ''})")


def _losses_of_column(
    plan: ApplyBatchImpl, old: StoredTable, made: StoredTable, name: str, column: Column[Any]
) -> Iterator[Loss]:
    before, after = old.column(name), made.column(column.name)
    if "type" in plan.changed.get(name, ()):
        return
    if _affinity(before.type_) != _affinity(after.type_) or _arguments(before.type_) != _arguments(after.type_):
        yield Loss(f"the type {before.type_} of column '{name}', which becomes {after.type_}")
    collation = next((part.text for part in before.parts if part.kind == "COLLATE"), None)
    if collation is not None and not any(part.kind == "COLLATE" for part in after.parts):
        line = ""
        if isinstance(column.type, String):
            type_ = column.type.copy()
            type_.collation = unquoted(words_of(collation)[-1])
            line = f"batch_op.alter_column({column.name!r}, type_=sa.{type_!r})"
        yield Loss(f"{collation} of column '{name}'", line)


def _losses_of_clause(
    plan: ApplyBatchImpl, clause: _Clause, kept: dict[str, Column[Any]], fresh: list[_Clause]
) -> Iterator[Loss]:
    if clause.kind == "NULL" and "nullable" in plan.changed.get(kept[clause.columns[0]].key, ()):
        return
    names = tuple(sorted(kept[each].name.lower() for each in clause.columns))
    same = [each for each in fresh if each.kind == clause.kind and each.columns == names]
    there = {detail for each in same for detail in each.details}
    asked = {"AUTOINCREMENT"} if "sqlite_autoincrement" in plan.options else set()
    lost = [each for each in clause.details if each not in there | asked]
    of = f"column '{clause.columns[0]}'" if len(names) == 1 else f"columns {', '.join(map(repr, clause.columns))}"
    if same and lost:
        what = f"{' '.join(lost)} of the {_SPOKEN.get(clause.kind, clause.kind)} of {of}"
        yield Loss(what, _line(plan, clause, kept))


def _line(plan: ApplyBatchImpl, clause: _Clause, kept: dict[str, Column[Any]]) -> str:
    """What to write in the batch so that the constraint is kept; empty where SQLAlchemy cannot express it."""
    details = clause.details
    conflict = next((each.split()[-1] for each in details if each.startswith("ON CONFLICT")), None)
    columns = [kept[each].name for each in clause.columns]
    if {"DESC"} & set(details) or any(each.startswith(("COLLATE", "MATCH")) for each in details):
        return ""
    if clause.kind in _TYPES:
        return _line_of_constraint(plan, clause, columns, conflict)
    if "AUTOINCREMENT" in details and conflict is None:
        return "table_kwargs={'sqlite_autoincrement': True} to batch_alter_table()"
    if conflict is None or len(columns) > 1:
        return ""
    column = kept[clause.columns[0]]
    default: Any = column.server_default
    said = {
        "primary_key": clause.kind == "PRIMARY" or None,
        "nullable": False if clause.kind == "NULL" else None,
        f"sqlite_on_conflict_{'not_null' if clause.kind == 'NULL' else 'primary_key'}": conflict,
    }
    words = [f"{name}={value!r}" for name, value in said.items() if value is not None]
    if default is not None and getattr(default, "arg", None) is not None:
        words.append(f"server_default=sa.text({str(default.arg)!r})")
    return f"reflect_args=[sa.Column({column.key!r}, sa.{column.type!r}, {', '.join(words)})] to batch_alter_table()"


def _line_of_constraint(plan: ApplyBatchImpl, clause: _Clause, columns: list[str], conflict: str | None) -> str:
    kind, type_ = _TYPES[clause.kind]
    found = next(
        (
            each
            for each in plan.original
            if isinstance(each, kind) and {name.lower() for name in plan.columns_of(each)} == set(clause.columns)
        ),
        None,
    )
    if found is None:
        return ""
    name = sqla.given_name(found)
    dropped = f"batch_op.drop_constraint({name!r}, type_={type_!r}{'' if name else f', columns={columns!r}'})"
    if isinstance(found, UniqueConstraint):
        return f"{dropped}; batch_op.create_unique_constraint({name!r}, {columns!r}, sqlite_on_conflict={conflict!r})"
    _, referent, remote = sqla.referred_columns(found)  # type: ignore[arg-type]  # the only other kind
    said: dict[str, Any] = {}
    for detail in clause.details:
        words = detail.split(maxsplit=2)
        if words[0] == "DEFERRABLE":
            said |= {"deferrable": True} | ({"initially": "DEFERRED"} if words[1:] else {})
        else:
            said["ondelete" if words[1] == "DELETE" else "onupdate"] = words[2]
    given = "".join(f", {word}={value!r}" for word, value in said.items())
    return f"{dropped}; batch_op.create_foreign_key({name!r}, {referent!r}, {columns!r}, {remote!r}{given})"


def _losses_of_checks(plan: ApplyBatchImpl, clauses: list[_Clause], fresh: list[_Clause]) -> Iterator[Loss]:
    """The unnamed checks that the copy lacks; it has those with a name."""
    there = {_condition(each.part.text) for each in fresh if each.kind == "CHECK"}
    dropped = [each for each in plan.original if isinstance(each, CheckConstraint) and each not in plan.constraints]
    asked = {_condition(f"CHECK ({each.sqltext})") for each in dropped}
    for clause in clauses:
        text = plan.in_new_names(clause.part.text)
        if clause.kind != "CHECK" or clause.part.name is not None or _condition(text) in there | asked:
            continue
        condition = text[text.index("(") + 1 : text.rindex(")")].strip()
        yield Loss(
            f"the unnamed {clause.part.text.strip()}",
            f"table_args=[sa.CheckConstraint({condition!r})] to batch_alter_table()",
            f"Unnamed CHECK constraint on reflected table '{plan.table.name}' is being omitted from the table "
            "recreate; pass the constraint explicitly using batch_alter_table.table_args.  Naming CHECK "
            "constraints avoids this going forward."
            if plan.reflected
            else None,
        )


def _condition(text: str) -> str:
    """The condition of a check in normal form."""
    words = [word if word.startswith("'") else word.upper() for word in words_of(text)]
    inside = words[words.index("(") + 1 : -1]
    return " ".join(inside)


def _losses_beside(plan: ApplyBatchImpl) -> Iterator[Loss]:
    """Triggers, indexes that SQLAlchemy does not reflect, and what it does not reflect of the others."""
    for name, sql in plan.unread.items():
        yield Loss(f"{name}, which hangs on it", f"after the batch: op.execute({sql!r})")
    for name in plan.indexes.keys() & plan.stored_indexes.keys():
        sql = plan.stored_indexes[name]
        said = " ".join(words_of(sql[sql.index("(") :])).upper().partition(") WHERE")[0]
        if found := re.findall(r"\bDESC\b|\bCOLLATE \S+", said):
            again = f"op.drop_index({name!r}, {plan.table.name!r}); op.execute({plan.in_new_names(sql)!r})"
            yield Loss(f"{' and '.join(found)} of index '{name}'", f"after the batch: {again}")


def _clauses(table: StoredTable) -> Iterator[_Clause]:
    for column in table.columns:
        for part in column.parts:
            yield _Clause(part.kind, (column.name.lower(),), part)
    for part in table.constraints:
        yield _Clause(part.kind, part.columns, part)


def _affinity(type_: str) -> str:
    """SQLite manual, "Determination Of Column Affinity"."""
    found = (affinity for words, affinity in _AFFINITIES if re.search(words, type_.strip().upper()))
    return next(found, "NUMERIC")


def _arguments(type_: str) -> str:
    return "".join(re.findall(r"\(.*\)", type_)).replace(" ", "")
