"""Values that are made up: of a type and a number, so that rows of the same number fit each other."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from functools import singledispatch
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


FULL = 1
"""Which row has values as long and as large as its types allow: the second one."""

_LONGEST = 300
_SMALL = 64
_DAYS = 28
_TEXTS = {
    "INET": "10.0.0.{}",
    "CIDR": "10.0.{}.0/24",
    "MACADDR": "08:00:2b:01:02:{:02x}",
    "TSVECTOR": "v{}",
    "CITEXT": "v{}",
    "YEAR": "2{:03}",
}
"""Types that stand beside SQLAlchemy's own ones, with a text that they take."""


class Request(NamedTuple):
    """What a value is to be.

    :param number: from 1 to 127, so that every type has it.
    :param full: whether it is to be as long and as large as the type allows.
    :param kinds: what later revisions cast a text to. :param texts: the texts that are allowed, where not all are.
    """

    number: int
    full: bool = False
    kinds: Collection[str] = ()
    texts: Sequence[str] = ()


@singledispatch
def value(type_: object, request: Request) -> object:
    """A value of a type.

    :raises NotImplementedError: where Limbeck knows none.
    """
    text = _TEXTS.get(type(type_).__name__.upper())
    if text is None:
        raise NotImplementedError(type(type_).__name__)
    return text.format(request.number)


def candidates(given: object, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[object]:
    """Other values in place of one that a check refuses, by what the check mentions."""
    if isinstance(given, str):
        yield from texts
    elif isinstance(given, int | float | Decimal) and not isinstance(given, bool):
        kind = type(given)
        mentioned = [Decimal(text) for text in numbers]
        yield from (kind(one) for one in mentioned)
        yield from (kind(one + offset) for one in mentioned for offset in (1, -1))


@value.register(sa.Integer)
def _(type_: sa.Integer, request: Request) -> int:
    name, number = type(type_).__name__.upper(), request.number
    if name == "TINYINT":
        return number % 2 if getattr(type_, "display_width", None) == 1 else number
    if not request.full:
        return number
    if isinstance(type_, sa.SmallInteger):
        return 32_000 + number
    return number + (2**40 if isinstance(type_, sa.BigInteger) else 2_000_000_000 if name != "MEDIUMINT" else 8_000_000)


@value.register(sa.Numeric)
def _(type_: sa.Numeric[Decimal], request: Request) -> Decimal:
    precision, scale = type_.precision or 10, 2 if type_.scale is None else type_.scale
    whole = request.number % 10 ** max(precision - scale, 0)
    return Decimal(whole) + (Decimal(int("1" * scale)) / Decimal(10) ** scale if scale else 0)


@value.register(sa.Float)
def _(_type: sa.Float[float], request: Request) -> float:
    return request.number + 0.5


@value.register(sa.String)
def _(type_: sa.String, request: Request) -> str:
    number, length = request.number, type_.length
    if request.texts:
        return request.texts[number % len(request.texts)]
    cast = {
        "uuid": str(uuid.UUID(int=number)),
        "json": f'{{"number": {number}}}',
        "moment": f"2026-01-{number % _DAYS + 1:02}",
        "number": str(number),
    }
    made = next((text for kind, text in cast.items() if kind in request.kinds), f"v{number}")
    if length is not None and length < len(made):
        return str(number)[-length:]
    if not request.full or request.kinds or (length or 0) > _LONGEST:
        return made
    return made.ljust(length or _LONGEST, "x")


@value.register(sa.Enum)
def _(type_: sa.Enum, request: Request) -> str:
    return str(type_.enums[request.number % len(type_.enums)])


@value.register(sa.LargeBinary)
def _(type_: sa.LargeBinary, request: Request) -> bytes:
    return f"v{request.number}".encode().ljust(min(type_.length or 0, _SMALL), b".")


@value.register(sa.Boolean)
def _(_type: sa.Boolean, request: Request) -> bool:
    return bool(request.number % 2)


@value.register(sa.DateTime)
def _(type_: sa.DateTime, request: Request) -> dt.datetime:
    return dt.datetime(2026, 1, request.number % _DAYS + 1, 12, 34, 56, tzinfo=dt.UTC if type_.timezone else None)


@value.register(sa.Date)
def _(_type: sa.Date, request: Request) -> dt.date:
    return dt.date(2026, 1, request.number % _DAYS + 1)


@value.register(sa.Time)
def _(_type: sa.Time, request: Request) -> dt.time:
    return dt.time(12, 34, request.number % 60)


@value.register(sa.Interval)
def _(_type: sa.Interval, request: Request) -> dt.timedelta:
    return dt.timedelta(hours=request.number)


@value.register(sa.Uuid)
def _(type_: sa.Uuid[uuid.UUID], request: Request) -> uuid.UUID | str:
    made = uuid.UUID(int=request.number)
    return made if type_.as_uuid else str(made)


@value.register(sa.JSON)
def _(_type: sa.JSON, request: Request) -> dict[str, int]:
    return {"number": request.number}


@value.register(sa.ARRAY)
def _(type_: sa.ARRAY[object], request: Request) -> list[object]:
    return [value(type_.item_type, request)]


def alike(one: object, other: object) -> bool:
    """Whether an application that reads ``other`` where ``one`` was reads the same."""
    if one == other or str(one) == str(other):
        return True
    match one, other:
        case dt.datetime(), dt.datetime():
            return _without_zone(one) == _without_zone(other)
        case (dt.datetime() | dt.date(), str()) | (str(), dt.datetime() | dt.date()):
            return _moment(one) == _moment(other)
        case (bool() | int() | float() | Decimal(), bool() | int() | float() | Decimal()):
            return abs(float(one) - float(other)) <= 1e-6 * max(abs(float(one)), 1)
        case (int() | float() | Decimal(), str()) | (str(), int() | float() | Decimal()):
            try:
                return abs(float(str(one)) - float(str(other))) <= 1e-6 * max(abs(float(str(one))), 1)
            except ValueError:
                return False
        case (str(), dict() | list()) | (dict() | list(), str()):
            return _as_json(one) == _as_json(other)
        case (str(), bytes()) | (bytes(), str()):
            return _as_bytes(one) == _as_bytes(other)
    return False


def _without_zone(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _moment(value: object) -> object:
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError:
        return value


def _as_json(value: object) -> object:
    import json

    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _as_bytes(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value) if isinstance(value, bytes) else b""
