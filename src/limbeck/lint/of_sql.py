"""Statements of a script's own as changes, read by sqlglot."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from . import changes
from .of_words import by_words, command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot.expressions import Expr

_SPECIAL = {"FULLTEXT", "SPATIAL"}
INSTALL = "sqlglot is not installed, which `pip install limbeck[lint]` brings"

_OTHER_NAMES = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
"""What sqlglot calls dialects of SQLAlchemy, where it is another name."""

_ON_ONLY = re.compile(r"(?P<head>CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\sON)\s+ONLY\s+", re.IGNORECASE | re.DOTALL)


def of_statement(statement: str, dialect: str) -> list[changes.Change]:
    """The changes that a statement makes; `Unread` where it is not understood.

    :param dialect: of SQLAlchemy, by name.
    """
    known = by_words(statement.strip().rstrip(";").strip())
    if known is not None:
        return known
    try:
        from sqlglot import errors, parse
    except ImportError:
        return [changes.Unread("", INSTALL)]
    whole = _ON_ONLY.sub(r"\g<head> ", statement)  # sqlglot does not know it
    with _silent():
        try:
            parsed = parse(whole, read=_name_of(dialect))
        except errors.SqlglotError:
            return [changes.Unread("", f"sqlglot does not understand it as SQL of {dialect}")]
    found = [change for one in parsed if one is not None for change in _of(one, dialect)]
    if whole == statement:
        return found
    return [replace(one, only=True) if isinstance(one, changes.CreateIndex) else one for one in found]


def _name_of(dialect: str) -> str | None:
    """What sqlglot calls a dialect; None, for SQL as in the standard, where it has none."""
    from sqlglot import Dialect

    name = _OTHER_NAMES.get(dialect, dialect)
    return name if Dialect.get(name) is not None else None


@contextmanager
def _silent() -> Iterator[None]:
    """Sqlglot warns of each statement that it takes for a command; `Unread` says it instead."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def _of(parsed: Expr, dialect: str) -> Iterator[changes.Change]:  # noqa: C901 one case a statement
    from sqlglot import expressions as exp

    match parsed:
        case exp.Create():
            yield from _created(parsed, dialect)
        case exp.Drop():
            yield from _dropped(parsed)
        case exp.Alter() if str(parsed.args.get("kind")).upper() == "TABLE":
            yield from _altered(parsed, dialect)
        case exp.TruncateTable():
            cascade = str(parsed.args.get("option") or "").upper() == "CASCADE"
            for table in parsed.expressions:
                yield changes.Write(_name(table), "TRUNCATE", all=True, cascade=cascade)
        case exp.Insert() | exp.Update() | exp.Delete():
            verb: Literal["INSERT", "UPDATE", "DELETE"] = type(parsed).__name__.upper()  # type: ignore[assignment]
            is_all = not isinstance(parsed, exp.Insert) and parsed.args.get("where") is None
            of_query = isinstance(parsed, exp.Insert) and isinstance(parsed.expression, exp.Query)
            yield changes.Write(_name(parsed.find(exp.Table)), verb, all=is_all, of_query=of_query)
        case exp.Set():
            for item in parsed.expressions:
                pair = item.this
                if isinstance(pair, exp.EQ):
                    yield changes.SetVariable("", pair.this.name, pair.expression.name)
        case exp.Commit() | exp.Rollback():
            yield changes.EndTransaction("", type(parsed).__name__.upper())
        case exp.Command():
            yield _command(parsed)
        case _:
            pass  # a query, or a change of something that no rule judges


def _command(parsed: Expr) -> changes.Change:
    """What sqlglot gives back as it is: another change of a table, or something unknown."""
    rest = parsed.expression if isinstance(parsed.expression, str) else getattr(parsed.expression, "name", "")
    known = command(f"{parsed.this} {rest}")
    return known or changes.Unread("", f"what {str(parsed.this).upper()} does is not followed")


def _name(table: object) -> str:
    """The name of a table, with its schema where that is said."""
    from sqlglot import expressions as exp

    if isinstance(table, exp.Schema):
        table = table.this
    if not isinstance(table, exp.Table):
        return "" if table is None else str(getattr(table, "name", ""))
    return ".".join(part.name for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part)


def _sql(node: Expr, dialect: str) -> str:
    return str(node.sql(dialect=_name_of(dialect)))


def _created(parsed: Expr, dialect: str) -> Iterator[changes.Change]:
    from sqlglot import expressions as exp

    kind = str(parsed.args.get("kind")).upper()
    if kind == "TABLE":
        definitions = list(parsed.find_all(exp.ColumnDef)) if isinstance(parsed.this, exp.Schema) else []
        has_key = parsed.find(exp.PrimaryKey, exp.PrimaryKeyColumnConstraint) is not None
        commented = parsed.find(exp.SchemaCommentProperty) is not None
        columns = tuple(_column(one, dialect) for one in definitions)
        inline = tuple(one.name for one in definitions if one.find(exp.Reference) is not None)
        yield changes.CreateTable(_name(parsed.this), columns, has_key, commented, inline, _targets(parsed))
    elif kind == "INDEX":
        index = parsed.this
        parameters = index.args.get("params")
        keys = [] if parameters is None else parameters.args.get("columns") or []
        yield changes.CreateIndex(
            _name(index.args.get("table")),
            index.name or None,
            tuple(_sql(key.this, dialect) if isinstance(key, exp.Ordered) else _sql(key, dialect) for key in keys),
            unique=bool(parsed.args.get("unique")),
            concurrently=bool(parsed.args.get("concurrently")),
            partial=parameters is not None and parameters.args.get("where") is not None,
        )
    elif kind == "VIEW":
        yield changes.CreateView(_name(parsed.this), replaces=bool(parsed.args.get("replace")))
    elif kind == "TRIGGER":
        about = parsed.find(exp.TriggerProperties)
        yield changes.CreateTrigger(_name(about.args.get("table") if about else None), parsed.this.name)


def _targets(table: Expr) -> tuple[str, ...]:
    """The tables that the foreign keys of a new table refer to."""
    from sqlglot import expressions as exp

    found = [one.this.this if isinstance(one.this, exp.Schema) else one.this for one in table.find_all(exp.Reference)]
    return tuple(dict.fromkeys(_name(one) for one in found))


def _dropped(parsed: Expr) -> Iterator[changes.Change]:
    cascade = bool(parsed.args.get("cascade"))
    on = parsed.args.get("cluster")
    for one in parsed.args.get("tables") or ():
        match str(parsed.args.get("kind")).upper():
            case "TABLE":
                yield changes.DropTable(_name(one), cascade)
            case "SCHEMA":
                yield changes.DropSchema("", _name(one), cascade)
            case "DATABASE":
                yield changes.DropSchema("", _name(one), cascade=True, what="database")
            case "INDEX":
                table = "" if on is None else _name(on.this)
                yield changes.DropIndex(table, _name(one), bool(parsed.args.get("concurrently")))
            case _:
                pass


def _altered(parsed: Expr, dialect: str) -> Iterator[changes.Change]:  # noqa: C901 one case an action
    from sqlglot import expressions as exp

    table = _name(parsed.this)
    actions = parsed.args.get("actions") or []
    for action in actions:
        match action:
            case exp.ColumnDef():
                inline = action.find(exp.Reference) is not None
                yield changes.AddColumn(table, _column(action, dialect), inline_key=inline)
                yield from _inline_constraints(table, action, dialect)
            case exp.AddConstraint():
                # sqlglot takes NOT VALID at the end of a statement only
                not_valid = bool(parsed.args.get("not_valid")) and action is actions[-1]
                for one in action.expressions:
                    yield from _constraint(table, one, dialect, not_valid=not_valid)
            case exp.AlterColumn():
                yield from _column_altered(table, action, dialect)
            case exp.ModifyColumn():
                yield from _modified(table, action, dialect)
            case exp.RenameColumn():
                yield changes.RenameColumn(table, action.this.name, action.args["to"].name)
            case exp.AlterRename():
                schema, _, _ = table.rpartition(".")
                new = _name(action.this)
                yield changes.RenameTable(table, f"{schema}.{new}" if schema and "." not in new else new)
            case exp.Drop():
                yield from _part_dropped(table, action)
            case exp.AlterSet() if str(action.args.get("option") or "").upper() in {"LOGGED", "UNLOGGED"}:
                yield changes.SetLogging(table, str(action.args["option"]).upper() == "LOGGED")
            case _:
                yield changes.AlterTable(table, " ".join(_sql(action, dialect).split()[:4]))


def _part_dropped(table: str, action: Expr) -> Iterator[changes.Change]:
    cascade = bool(action.args.get("cascade"))
    for one in action.args.get("tables") or ():
        match str(action.args.get("kind")).upper():
            case "COLUMN":
                yield changes.DropColumn(table, one.name, cascade)
            case "INDEX":
                yield changes.DropIndex(table, one.name)
            case _:
                yield changes.DropConstraint(table, one.name, cascade)


def _column_altered(table: str, action: Expr, dialect: str) -> Iterator[changes.Change]:
    column = action.this.name
    if type_ := action.args.get("dtype"):
        yield changes.ChangeType(table, column, _sql(type_, dialect), using=bool(action.args.get("using")))
    elif action.args.get("allow_null") is False:
        yield changes.SetNotNull(table, column)
    else:
        yield changes.AlterTable(table, f"ALTER {column}")


def _modified(table: str, action: Expr, dialect: str) -> Iterator[changes.Change]:
    """MODIFY and CHANGE, which say all of a column again."""
    made = _column(action.this, dialect)
    renamed = action.args.get("rename_from")
    name = made.name if renamed is None else renamed.name
    yield changes.ChangeType(table, name, made.type)
    if renamed is not None and renamed.name != made.name:
        yield changes.RenameColumn(table, name, made.name)


def _inline_constraints(table: str, node: Expr, dialect: str) -> Iterator[changes.Change]:
    """The constraints that are written as part of a new column."""
    from sqlglot import expressions as exp

    column = _sql(node.this, dialect)
    for one in node.args.get("constraints") or ():
        kind, name = one.args.get("kind"), one.this.name if one.this is not None else None
        match kind:
            case exp.UniqueColumnConstraint():
                yield changes.AddConstraint(table, "unique constraint", name, (node.name,), inline=f"UNIQUE ({column})")
            case exp.PrimaryKeyColumnConstraint():
                yield changes.AddConstraint(table, "primary key", name, (node.name,), inline=f"PRIMARY KEY ({column})")
            case exp.CheckColumnConstraint():
                condition, sql = _sql(kind.this, dialect), _sql(kind, dialect)
                yield changes.AddConstraint(table, "check", name, (node.name,), condition=condition, inline=sql)
            case exp.Reference():
                target = kind.this.this if isinstance(kind.this, exp.Schema) else kind.this
                sql = f"FOREIGN KEY ({column}) {_sql(kind, dialect)}"
                yield changes.AddConstraint(table, "foreign key", name, (node.name,), _name(target), inline=sql)
            case _:
                pass


def _constraint(table: str, node: Expr, dialect: str, *, not_valid: bool) -> Iterator[changes.Change]:
    from sqlglot import expressions as exp

    name = node.name or None if isinstance(node, exp.Constraint) else None
    inner = node.expressions[0] if isinstance(node, exp.Constraint) and node.expressions else node
    columns = tuple(each.name for each in inner.find_all(exp.Identifier))
    match inner:
        case exp.PrimaryKey():
            yield changes.AddConstraint(table, "primary key", name, columns)
        case exp.UniqueColumnConstraint():
            if isinstance(inner.this, exp.Schema) and isinstance(inner.this.this, exp.Identifier):  # UNIQUE KEY name (
                name, columns = inner.this.this.name, tuple(each.name for each in inner.this.expressions)
            yield changes.AddConstraint(table, "unique constraint", name, columns)
        case exp.ForeignKey():
            local = tuple(each.name for each in inner.expressions)
            reference = inner.args.get("reference")
            target = None if reference is None else _name(reference.this)
            there = tuple(each.name for each in getattr(getattr(reference, "this", None), "expressions", ()))
            yield changes.AddConstraint(
                table, "foreign key", name, local, target, not_valid=not_valid, target_columns=there
            )
        case exp.CheckColumnConstraint():
            condition = _sql(inner.this, dialect)
            yield changes.AddConstraint(table, "check", name, condition=condition, not_valid=not_valid)
        case exp.ExcludeColumnConstraint():
            yield changes.AddConstraint(table, "exclusion constraint", name)
        case exp.IndexColumnConstraint():
            kind = str(inner.args.get("kind") or "").upper()
            keys = tuple(_sql(each, dialect) for each in inner.expressions)
            yield changes.CreateIndex(table, inner.name or None, keys, kind=kind if kind in _SPECIAL else None)
        case _:
            yield changes.AlterTable(table, "ADD CONSTRAINT")


def _column(node: Expr, dialect: str) -> changes.Column:
    from sqlglot import expressions as exp

    kinds = [one.args.get("kind") for one in node.args.get("constraints") or ()]
    default = next((_sql(one.this, dialect) for one in kinds if isinstance(one, exp.DefaultColumnConstraint)), None)
    generated: Literal["stored", "virtual", "identity"] | None = None
    if any(isinstance(one, exp.ComputedColumnConstraint) for one in kinds):
        generated = "virtual" if re.search(r"\bVIRTUAL\b", _sql(node, dialect), re.IGNORECASE) else "stored"
    elif any(
        isinstance(one, exp.GeneratedAsIdentityColumnConstraint | exp.AutoIncrementColumnConstraint) for one in kinds
    ):
        generated = "identity"
    required = any(
        (isinstance(one, exp.NotNullColumnConstraint) and not one.args.get("allow_null"))
        or isinstance(one, exp.PrimaryKeyColumnConstraint)
        for one in kinds
    )
    node_type = node.args.get("kind")
    type_ = "" if node_type is None else _sql(node_type, dialect)
    comment = any(isinstance(one, exp.CommentColumnConstraint) for one in kinds)
    return changes.Column(node.name, type_, not required, default, generated, comment)
