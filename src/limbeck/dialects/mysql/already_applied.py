"""Which errors of the server say that a statement was carried out before (MySQL, MariaDB: error references)."""

from __future__ import annotations

import re

_EXISTS = {1007, 1050, 1304, 1359, 1537}  # database, table or view or sequence, routine, trigger, event
_GONE = {1008, 1051, 1305, 1360, 1539, 4091, 4092}  # the same, and sequence, view
_ADDED = {1022, 1060, 1061, 1068, 1826, 3822}  # key, column, index, primary key, foreign key or check, MySQL's check
_DROPPED = {1091, 3821, 3940}  # column, index, constraint; MySQL's check, MySQL's constraint
_NO_TABLE, _NO_COLUMN, _NO_INDEX = 1146, 1054, 1176
_CANNOT_CREATE = 1005

_REFUSALS: tuple[tuple[str, set[int]], ...] = (
    (r"CREATE\s+(?:\w+\s+)?INDEX\b", _ADDED),
    (r"CREATE\s+(?!(?:\w+\s+)?INDEX\b)", _EXISTS),
    (r"DROP\s+INDEX\b", _DROPPED),
    (r"DROP\s+(?!INDEX\b)", _GONE),
    (r"RENAME\s+TABLES?\b", {_NO_TABLE}),
    (r"ALTER\b.*\bADD\b", _ADDED),
    (r"ALTER\b.*\bDROP\b", _DROPPED),
    (r"ALTER\b.*\bRENAME\s+(?:INDEX|KEY)\b", {_NO_INDEX}),
    (r"ALTER\b.*\b(?:CHANGE|RENAME\s+COLUMN)\b", {_NO_COLUMN}),
    (r"ALTER\b.*\bRENAME\b", {_NO_TABLE}),
)


def is_so_already(statement: str, error: BaseException) -> bool:
    """Whether the server refused ``statement`` because its object exists already, or no longer."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else getattr(error, "errno", None)
    for pattern, refusals in _REFUSALS:
        if re.match(rf"(?:\s|/\*.*?\*/|--[^\n]*\n)*{pattern}", statement, re.IGNORECASE | re.DOTALL):
            twice = number == _CANNOT_CREATE and "errno: 121" in str(error) and refusals is _ADDED
            if twice or number in refusals:
                return True
    return False
