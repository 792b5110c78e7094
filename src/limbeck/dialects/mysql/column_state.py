"""The present definition of a column, so that restating it loses nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa

from limbeck import sqla
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Dialect
    from sqlalchemy.sql.compiler import DDLCompiler
    from sqlalchemy.types import TypeEngine

    from limbeck.ddl.column_change import NotGiven, ServerDefault

_COLUMN = sa.text("""
SELECT c.column_type, c.is_nullable, c.column_default, c.extra, c.character_set_name, c.collation_name,
    c.column_comment, c.generation_expression, t.table_collation
FROM information_schema.columns c
JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = coalesce(:schema, database()) AND c.table_name = :table AND c.column_name = :column
""")

_CHECKS = sa.text("""
SELECT * FROM information_schema.check_constraints
WHERE constraint_schema = coalesce(:schema, database()) AND table_name = :table
""")

_ON_UPDATE = re.compile(r"on update (\S+)", re.IGNORECASE)
_SIGN = re.compile(r"\b(?:unsigned(?: zerofill)?|zerofill)\b", re.IGNORECASE)
_CHARACTER_SET = re.compile(r"\b(?:character set|charset|collate)\b", re.IGNORECASE)
_TEXT = re.compile(r"^(?:\w*char|\w*text|enum|set)\b", re.IGNORECASE)
_NUMBER = re.compile(r"^(?:\w*int|integer|decimal|numeric|float|double|real)\b", re.IGNORECASE)


class LiveColumn(NamedTuple):
    """A column as the server has it.

    :param type_text: its type as the server writes it, with its sign, without its character set.
    :param nullable: whether it takes NULL.
    :param default: its default as SQL; None where it has none.
    :param on_update: what stands after ON UPDATE.
    :param autoincrement: whether it has AUTO_INCREMENT.
    :param collation: ``CHARACTER SET x COLLATE y``; None if it is the table's.
    :param comment: its comment.
    :param invisible: whether ``SELECT *`` leaves it out.
    :param generated: ``GENERATED ALWAYS AS (...) STORED`` or VIRTUAL.
    :param check: the expression of its column check (MariaDB).
    """

    type_text: str
    nullable: bool
    default: str | None = None
    on_update: str | None = None
    autoincrement: bool = False
    collation: str | None = None
    comment: str | None = None
    invisible: bool = False
    generated: str | None = None
    check: str | None = None


def read(connection: Connection, table: str, column: str, schema: str | None) -> LiveColumn | None:
    """The column as the catalogue has it; None if there is no such column."""
    place = {"schema": schema, "table": table, "column": column}
    row = connection.execute(_COLUMN, place).first()
    if row is None:
        return None
    type_text, nullable, default, extra, charset, collation, comment, expression, table_collation = row
    mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
    if expression and not mariadb:
        expression = expression.replace("\\'", "'")  # MySQL's catalogue escapes the quotes in it
    on_update = _ON_UPDATE.search(extra)
    extra = extra.lower()
    kind = "STORED" if "stored" in extra or "persistent" in extra else "VIRTUAL"
    return LiveColumn(
        type_text=type_text,
        nullable=nullable.lower() == "yes",
        default=default_sql(default, extra, mariadb=mariadb) if not expression else None,
        on_update=on_update.group(1) if on_update else None,
        autoincrement="auto_increment" in extra,
        collation=f"CHARACTER SET {charset} COLLATE {collation}" if charset and collation != table_collation else None,
        comment=comment or None,
        invisible="invisible" in extra,
        generated=f"GENERATED ALWAYS AS ({expression}) {kind}" if expression else None,
        check=_check_in_line(connection, table, column, schema) if mariadb else None,
    )


class LiveCheck(NamedTuple):
    """A check of MariaDB.

    :param name: its name; of a column check, the column.
    :param condition: as the server writes it.
    :param in_line: whether it is a column check, which DROP CONSTRAINT does not find.
    """

    name: str
    condition: str
    in_line: bool


def checks(connection: Connection, table: str, schema: str | None) -> list[LiveCheck]:
    """The checks of a table (MariaDB); servers before 10.5.10 do not tell which of them are column checks."""
    rows = connection.execute(_CHECKS, {"schema": schema, "table": table}).mappings()
    listed = [{name.lower(): value for name, value in row.items()} for row in rows]
    return [
        LiveCheck(each["constraint_name"], each["check_clause"], each.get("level", "Column") == "Column")
        for each in listed
    ]


def _check_in_line(connection: Connection, table: str, column: str, schema: str | None) -> str | None:
    found = (each.condition for each in checks(connection, table, schema) if each.in_line and each.name == column)
    return next(found, None)


def without_marks(condition: str) -> str:
    """``condition`` in a form without white space, parentheses and quotes of names."""
    return re.sub(r"[\s`()]+", "", condition).lower()


def default_sql(default: str | None, extra: str, *, mariadb: bool) -> str | None:
    """The default as SQL, which MariaDB's catalogue has; that of MySQL has the bare value."""
    if default is None or (mariadb and default.upper() == "NULL"):
        return None
    if mariadb or default.upper().startswith("CURRENT_TIMESTAMP"):
        return default
    if "default_generated" in extra:
        return f"({default})"
    return default if default.startswith("b'") else "'" + default.replace("\\", "\\\\").replace("'", "''") + "'"


def losses(live: LiveColumn, change: ColumnChange, dialect: Dialect) -> list[tuple[str, str]]:  # noqa: C901 a list, item by item
    """What a restatement by ``change`` alone would lose, each thing with what to write so that it is kept."""
    result = change.result
    text = type_text(result.type, dialect)
    lost: list[tuple[str, str]] = []
    if result.nullable is NOT_GIVEN and not live.nullable and not live.generated:
        lost.append(("NOT NULL", "existing_nullable=False"))
    if not change.changes("server_default") and not _is_default(result.server_default) and live.default is not None:
        lost.append((f"DEFAULT {live.default}", f"existing_server_default=sa.text({live.default!r})"))
    if live.on_update and not _names_on_update(change):
        current = live.default or live.on_update
        lost.append(
            (
                f"ON UPDATE {live.on_update}",
                f'existing_server_default=sa.text("{current} ON UPDATE {live.on_update}")',
            )
        )
    if live.autoincrement and not change.changes("autoincrement") and not change.existing.autoincrement:
        lost.append(("AUTO_INCREMENT", "existing_autoincrement=True"))
    if live.comment and not change.changes("comment") and not change.existing.comment:
        lost.append((f"COMMENT {live.comment!r}", f"existing_comment={live.comment!r}"))
    if (kept := kept_sign(live, change, text, dialect)) is not None:
        lost.append((kept.upper(), "a type of sqlalchemy.dialects.mysql with unsigned=True"))
    if kept_collation(live, change, text, dialect) is not None:
        lost.append((str(live.collation), "a type of sqlalchemy.dialects.mysql with charset= and collation="))
    if live.invisible:
        lost.append(("INVISIBLE", "op.execute() with the whole statement"))
    if live.generated:
        lost.append((live.generated, "op.execute() with the whole statement"))
    if live.check:
        lost.append((f"CHECK ({live.check})", "op.create_check_constraint() afterwards"))
    return lost


def _is_default(default: ServerDefault | NotGiven) -> bool:
    return default is not None and default is not NOT_GIVEN


def _names_on_update(change: ColumnChange) -> bool:
    return _has_on_update(change.new.server_default) or _has_on_update(change.existing.server_default)


def _has_on_update(default: ServerDefault | NotGiven) -> bool:
    text = getattr(default, "arg", default)
    return "on update" in str(getattr(text, "text", text)).lower()


def leaves_on_update(change: ColumnChange) -> bool:
    """Whether the existing default has ON UPDATE, as the caller states, and the new one has none."""
    replaced = change.changes("server_default") and not _has_on_update(change.new.server_default)
    return replaced and _has_on_update(change.existing.server_default)


def kept_sign(live: LiveColumn, change: ColumnChange, text: str, dialect: Dialect) -> str | None:
    """``unsigned [zerofill]`` if the present type has it, the type to be written has not, and the call keeps it.

    :param text: the type to be written.
    """
    found = _SIGN.search(live.type_text)
    if found is None or not _NUMBER.match(text) or _SIGN.search(text):
        return None
    return None if _drops(_SIGN, change, dialect) else found.group()


def kept_collation(live: LiveColumn, change: ColumnChange, text: str, dialect: Dialect) -> str | None:
    """The present character set if the type to be written is a character type without one.

    :param text: the type to be written.
    """
    if live.collation is None or not _TEXT.match(text) or _CHARACTER_SET.search(text):
        return None
    return None if _drops(_CHARACTER_SET, change, dialect) or _leaves_json(live, change) else live.collation


def _drops(what: re.Pattern[str], change: ColumnChange, dialect: Dialect) -> bool:
    """Whether a new type replaces one that has ``what``, as the caller states."""
    return change.changes("type") and what.search(type_text(change.existing.type, dialect)) is not None


def _leaves_json(live: LiveColumn, change: ColumnChange) -> bool:
    """Whether the type changes from MariaDB's JSON, which is a text with a collation and a check."""
    return change.changes("type") and (live.check or "").lower().startswith("json_valid(")


def renamed(expression: str, old: str, new: str) -> str:
    """``expression``, text of the catalogue, with the column's new name."""
    return expression.replace(f"`{old}`", f"`{new}`")


def specification(  # noqa: C901 clause by clause, in the grammar's order
    live: LiveColumn, change: ColumnChange, default: str | None, *, old: str, new: str, compiler: DDLCompiler
) -> str:
    """The whole definition after MODIFY or CHANGE: what changes, and all else as it is.

    :param default: the new default as SQL, if ``change`` has one.
    :param compiler: the compiler of the statement.
    """

    def kept(text: str) -> str:
        return sqla.for_driver(compiler, text)

    dialect, wanted = compiler.dialect, change.new
    text = type_text(wanted.type, dialect) or live.type_text
    parts = [kept(text)]
    if (sign := kept_sign(live, change, text, dialect)) is not None:
        parts.append(sign.upper())
    if (collation := kept_collation(live, change, text, dialect)) is not None:
        parts.append(collation)
    if live.generated:
        parts.append(kept(live.generated))
    else:
        parts.append("NULL" if (live.nullable if wanted.nullable is NOT_GIVEN else wanted.nullable) else "NOT NULL")
        if live.autoincrement if wanted.autoincrement is NOT_GIVEN else wanted.autoincrement:
            parts.append("AUTO_INCREMENT")
        if not change.changes("server_default") and live.default is not None:
            parts.append(f"DEFAULT {kept(live.default)}")
        elif default is not None:
            parts.append(f"DEFAULT {default}")
        if live.on_update and (not change.changes("server_default") or not _names_on_update(change)):
            parts.append(f"ON UPDATE {live.on_update}")
    if live.invisible:
        parts.append("INVISIBLE")
    comment = live.comment if wanted.comment is NOT_GIVEN else wanted.comment
    if comment:
        parts.append(f"COMMENT {compiler.render_default_string(str(comment))}")
    if live.check and not _leaves_json(live, change):
        parts.append(f"CHECK ({kept(renamed(live.check, old, new))})")
    return " ".join(parts)


def type_text(type_: TypeEngine[Any] | NotGiven, dialect: Dialect) -> str:
    """``type_`` as ``dialect`` writes it; empty if it is not given."""
    return "" if type_ is NOT_GIVEN else str(sqla.for_script(dialect).type_compiler_instance.process(type_))
