"""What to do about an error of a database or of its driver, told by the SQLSTATE, the error number or the text."""

from __future__ import annotations

import re
from typing import NamedTuple

from limbeck.plugins import DIALECTS

ENCODED = "in a password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"


class Advice(NamedTuple):
    """What to do about one kind of error.

    :param states: the SQLSTATEs of that kind.
    :param numbers: its error numbers, of MySQL, MariaDB and the operating system.
    :param text: a pattern that the message has where the driver gives neither.
    :param hint: what to do.
    """

    states: frozenset[str]
    numbers: frozenset[int]
    text: re.Pattern[str]
    hint: str

    def fits(self, error: BaseException) -> bool:
        """Whether an error of SQLAlchemy, a driver or the operating system is of that kind."""
        cause = getattr(error, "orig", None) or error
        state = str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")
        numbers = {value for value in (getattr(cause, "errno", None), *cause.args) if isinstance(value, int)}
        return state in self.states or bool(numbers & self.numbers) or self.text.search(str(cause)) is not None


def _advice(states: str, numbers: tuple[int, ...], text: str, hint: str) -> Advice:
    return Advice(frozenset(states.split()), frozenset(numbers), re.compile(text, re.IGNORECASE), hint)


LOCKED = _advice(
    "55P03 40P01",
    (1205, 1213, 3572),
    r"database (table )?is locked|lock timeout|lock request time out|deadlock detected|ORA-00054",
    "another session holds a lock: wait until it ends, or end it, and run this again",
)

ALREADY_THERE = _advice(
    "42P07",
    (1050,),
    r"(table|relation) \S+ already exists|ORA-00955",
    "where it was made without migrations, record the revision that the schema equals: `limbeck stamp <revision>`",
)

FULL = _advice(
    "53300",
    (1040, 1203),
    r"too many (clients|connections)",
    "the server takes no further connection: end idle ones, or raise its limit",
)

STARTING = _advice(
    "57P03",
    (),
    r"the database system is (starting up|shutting down|in recovery)",
    "the server is starting or stopping: wait a moment and run it again",
)

REFUSED = _advice(
    "",
    (),
    r"connection refused|connect call failed|actively refused",
    "nothing listens at that host and port: start the server, or correct them in the URL",
)

ADVICE = (
    _advice(
        "53100",
        (1021, 1114, 28),
        r"database or disk is full|no space left on device",
        "the disk is full: make room there and run it again",
    ),
    _advice(
        "25006",
        (1290, 1792, 1836),
        r"readonly database|read-only (transaction|mode)",
        "this database is read-only: name the primary server in place of a replica; of a file, make it and its folder "
        "writable",
    ),
    LOCKED,
    FULL,
    STARTING,
    _advice(
        "3D000",
        (1049,),
        r"unknown database|database \S+ does not exist|ORA-12514",
        "the server is there and has no database of that name: create it, or correct the last part of the URL",
    ),
    _advice(
        "42501",
        (1044, 1142, 1143, 1227),
        r"permission denied for|must be owner of|command denied to user|to database '|ORA-01031",
        "the account may not do that: grant it the right, or run migrations as the owner of the schema",
    ),
    _advice(
        "28P01 28000",
        (1045, 1698),
        r"password authentication failed|role \S+ does not exist|no password supplied|access denied for user|ORA-01017",
        f"check user and password in the URL; {ENCODED}",
    ),
    _advice(
        "",
        (),
        r"""(host|host name|server on) ["'][^"'\s]+@""",
        f"the URL has a second '@' before the host: {ENCODED}",
    ),
    _advice(
        "",
        (),
        r"name or service not known|could not translate host name|failed to resolve host|name resolution|"
        r"nodename nor servname|getaddrinfo failed|unknown mysql server host|no address associated",
        "this machine cannot resolve the host of the URL: check its spelling, and whether a VPN or a container network "
        "is missing",
    ),
    REFUSED,
    _advice(
        "",
        (),
        r"timed out|timeout expired",
        "the host does not answer: check host and port in the URL, and the firewall between",
    ),
    _advice(
        "",
        (),
        r"unable to open database file",
        "the folder of the file has to exist and be writable; after three slashes the path is relative, after four "
        "absolute: ///app.db, ////srv/app.db",
    ),
    ALREADY_THERE,
    _advice(
        "42P01",
        (1146,),
        r"no such table|(table|relation) \S+ does not exist|ORA-00942",
        "is the table made by a revision that comes later, or by none, or has it another name or schema?",
    ),
)
"""From what is told most surely to what is told by its text alone; the first that fits counts."""

DRIVERS = {
    "psycopg": "limbeck[postgresql]",
    "psycopg2": "psycopg2-binary",
    "pymysql": "limbeck[mysql]",
    "MySQLdb": "mysqlclient",
    "mysql": "mysql-connector-python",
    "aiosqlite": "limbeck[async]",
}
"""What brings a driver, by the module that is imported; the others are named as their module."""


def advice(error: BaseException) -> str | None:
    """What to do about an error of SQLAlchemy, a driver or the operating system; None where nothing is known."""
    return next((one.hint for one in ADVICE if one.fits(error)), None)


def lock_refused(error: BaseException) -> bool:
    """Whether a lock was not obtained, in time or because of a deadlock."""
    return is_of_database(error) and LOCKED.fits(error)


def may_pass(error: BaseException) -> bool:
    """Whether the same may succeed a moment later: a lock, a free connection, or the server itself was missing."""
    return is_of_database(error) and any(one.fits(error) for one in (LOCKED, FULL, STARTING, REFUSED))


def already_there(error: BaseException) -> bool:
    """Whether a database refused to make a table that it has."""
    return is_of_database(error) and ALREADY_THERE.fits(error)


def is_of_database(error: BaseException) -> bool:
    """Whether a database or its driver raised it: SQLAlchemy wraps the errors of most drivers, not of all."""
    module = type(error).__module__.partition(".")[0]
    return getattr(error, "orig", None) is not None or module in {"asyncpg", *DRIVERS}


def first_line(error: BaseException) -> str:
    """Kind and first line of an error of a database, without a password's rest that was taken for the host."""
    cause = getattr(error, "orig", None) or error
    text = " ".join(str(cause).split("\n", 1)[0].split())
    return re.sub(r"""(["'])[^"'\s]+@([^"'@\s]*)\1""", r"\1***@\2\1", f"{type(cause).__name__}: {text}")


_FIELDS = {"DETAIL": ("message_detail", "detail"), "HINT": ("message_hint", "hint"), "CONTEXT": ("context", "context")}
"""What PostgreSQL says besides the message, and its names in psycopg's ``diag`` and in asyncpg's errors."""


def further_lines(error: BaseException) -> tuple[str, ...]:
    """What PostgreSQL says below the first line: which rows or objects are in the way, and what it suggests."""
    cause = getattr(error, "orig", None) or error
    sources = (getattr(cause, "diag", None), cause.__cause__)
    said = {
        word: next(
            (found for one, name in zip(sources, names, strict=True) if (found := getattr(one, name, None))), None
        )
        for word, names in _FIELDS.items()
    }
    return tuple(f"{word}: {' '.join(str(text).split())}" for word, text in said.items() if text)


def how_to_install(error: ModuleNotFoundError) -> str | None:
    """How to install the driver that could not be imported; None for a module that is not one's."""
    module = (error.name or "").partition(".")[0]
    if module not in {*DRIVERS, "asyncpg", "oracledb", "pyodbc", "asyncmy", "aiomysql", "cx_Oracle"}:
        return None
    package = DRIVERS.get(module, module)
    other = ", or write postgresql+psycopg:// for limbeck[postgresql]" if module == "psycopg2" else ""
    return f"install it: pip install '{package}'{other}"


def near_dialect(name: str) -> str | None:
    """The dialect of SQLAlchemy whose name is near to ``name``, as ``postgresql`` to ``postgres``."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, DIALECTS, n=1)), None)
