"""Names of types that mean the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

_WIDTH = re.compile(r"(?P<name>(?:big|medium|small|tiny)?int(?:eger)?)\s*\(\d+\)(?P<rest>.*)")
_FLOAT = re.compile(r"float\s*\(\s*(?P<bits>\d+)\s*\)")
_SINGLE = 24
"""Bits of a floating point number of four bytes."""

_OF_POSTGRESQL = {
    "bool": "boolean",
    "character varying": "varchar",
    "character": "char",
    "decimal": "numeric",
    "float": "double precision",
    "float4": "real",
    "float8": "double precision",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}
_OF_MYSQL = {
    "bool": "tinyint(1)",
    "boolean": "tinyint(1)",
    "dec": "decimal",
    "double precision": "double",
    "integer": "int",
    "numeric": "decimal",
    "real": "double",
}


def canonical(type_: str, dialect: Dialect) -> str:
    """A type in lower case by the first of its names, so that types which are the same are equal.

    :param dialect: of the database.
    """
    text = " ".join(type_.lower().split())
    on_mysql = getattr(dialect, "is_mariadb", None) is not None
    number = _FLOAT.fullmatch(text)
    if number is not None:
        single, double = ("float", "double") if on_mysql else ("real", "double precision")
        return single if int(number["bits"]) <= _SINGLE else double
    width = _WIDTH.fullmatch(text) if on_mysql else None
    if width is not None and text != "tinyint(1)":  # of a column that is shown
        text = width["name"] + width["rest"]
    name, bracket, size = text.partition("(")
    known = (_OF_MYSQL if on_mysql else _OF_POSTGRESQL).get(name.strip(), name.strip())
    return f"{known}{bracket}{size.replace(' ', '')}"
