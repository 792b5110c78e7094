"""A type that holds less than the one before."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, literal_column

from limbeck.lint.changes import ChangeType
from limbeck.lint.rule import MYSQL, Examples, Found, Rule
from limbeck.lint.type_names import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Dialect

    from limbeck.lint.step import Step


_TYPE = re.compile(r"(?P<name>[a-z ]+?)\s*(?:\((?P<size>\d+)(?:\s*,\s*(?P<scale>\d+))?\))?\s*", re.IGNORECASE)
_INTEGERS = {"tinyint": 1, "smallint": 2, "integer": 4, "int": 4, "bigint": 8}
_MOMENTS = {"datetime", "timestamp", "time"}
_TEXTS = {"varchar", "character varying", "char", "character", "text", "nvarchar"}


def _name(type_: re.Match[str]) -> str:
    name = type_["name"].lower()
    return "numeric" if name == "decimal" else name


def narrows(old: str, new: str, seconds: int = 6) -> bool:
    """Whether a type holds less than another one.

    :param seconds: the digits behind seconds that a type has which names none.
    """
    before, after = _TYPE.fullmatch(old), _TYPE.fullmatch(new)
    if before is None or after is None:
        return False
    was, becomes = _name(before), _name(after)
    if was in _INTEGERS and becomes in _INTEGERS:
        return _INTEGERS[becomes] < _INTEGERS[was]
    if was in _TEXTS and becomes in _TEXTS and after["size"] is not None:
        return before["size"] is None or int(after["size"]) < int(before["size"])
    if was == becomes and was in _MOMENTS:
        return int(after["size"] or seconds) < int(before["size"] or seconds)
    if was == becomes and after["size"] is not None:
        wider = before["size"] is None or int(after["size"]) < int(before["size"])
        return wider or int(after["scale"] or 0) < int(before["scale"] or 0)
    return False


def check(step: Step) -> Iterator[Found]:
    """Columns that get a shorter or smaller type."""
    for placed, one in step.of(ChangeType):
        old = one.old or step.live_type(one.table, one.column)
        if old is None:
            continue
        was, becomes = (canonical(each, step.context.dialect) for each in (old, one.type))
        if narrows(was, becomes, 0 if step.dialect in MYSQL else 6):  # manuals of both, "Date and Time Types"
            message = (
                f"{one.table}.{one.column} holds less as {one.type} than as {old}: values that do not fit stop the "
                "run, or are cut, and code that is still running goes on writing them"
            )
            condition = _does_not_fit(step.quoted(one.column), one.type, step.context.dialect)
            query = None if condition is None else f"SELECT * FROM {step.quoted(one.table)} WHERE {condition}"  # noqa: S608 names are quoted
            told = message if query is None else f"{message}; those of `{query}` do not"
            yield Found(placed, told, proof=query)


_BITS = 8


def _does_not_fit(column: str, new: str, dialect: Dialect) -> str | None:
    """The condition of values that a type does not hold."""
    type_ = _TYPE.fullmatch(new)
    if type_ is None:
        return None
    name, size, scale = _name(type_), type_["size"], int(type_["scale"] or 0)
    if name in _INTEGERS:
        half = 1 << (_INTEGERS[name] * _BITS - 1)
        return f"{column} NOT BETWEEN {-half} AND {half - 1}"
    if size is None:
        return None
    if name in _TEXTS:
        return f"{func.char_length(literal_column(column)).compile(dialect=dialect)} > {size}"
    if name != "numeric":
        return None
    return f"abs({column}) >= 1{'0' * (int(size) - scale)} OR {column} <> round({column}, {scale})"


RULE = Rule(
    "type-narrows",
    "warning",
    "A shorter text, a smaller integer or fewer digits: PostgreSQL refuses the change where a value does not fit, and "
    "rounds digits behind the point; MySQL and MariaDB refuse it in strict mode and cut the value otherwise. Add a "
    "check first, let the application obey it, and then change the type.",
    check,
    Examples(
        given=("CREATE TABLE invoice (id integer PRIMARY KEY, amount numeric(10, 2), note varchar(20), n bigint)",),
        found=(
            'op.alter_column("invoice", "note", existing_type=sa.String(20), type_=sa.String(10))',
            'op.execute("ALTER TABLE invoice ALTER COLUMN n TYPE integer")',
            'op.alter_column("invoice", "amount", existing_type=sa.Numeric(10, 2), type_=sa.Numeric(10, 1))',
        ),
        near=(
            'op.alter_column("invoice", "note", existing_type=sa.String(20), type_=sa.String(40))',
            'op.execute("ALTER TABLE invoice ALTER COLUMN note TYPE text")',
        ),
        exempt='op.create_table("fresh", sa.Column("id", sa.BigInteger, primary_key=True))\n'
        'op.alter_column("fresh", "id", existing_type=sa.BigInteger(), type_=sa.Integer())',
    ),
)
