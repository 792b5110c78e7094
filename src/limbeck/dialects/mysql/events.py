"""Events of MySQL and MariaDB: their statements while they are at rest, and the moments that the server fills in."""

from __future__ import annotations

import re

from limbeck.ddl.sql_text import is_blank, tokens_of

_STATE = ("ENABLE", "DISABLE")
_MOMENT = re.compile(r"\b(AT|STARTS|ENDS) ('[^']*')")


def at_rest(sql: str) -> str:
    """The statement that creates an event which does not run, in whichever state it is declared."""
    tokens = tokens_of(sql)
    words = [(position, token.upper()) for position, token in enumerate(tokens) if not is_blank(token)]
    end = next((number for number, (_, word) in enumerate(words) if word == "DO"), len(words))
    head = words[:end]
    for position, word in head:
        if word in _STATE:
            following = next((each for place, each in head if place > position), "")
            return sql if word == "DISABLE" or following == "ON" else _with(tokens, position, "DISABLE")
    place = next((position for position, word in head if word == "COMMENT"), words[end][0] if head != words else None)
    return sql if place is None else _with(tokens, place, f"DISABLE {tokens[place]}")


def _with(tokens: list[str], position: int, token: str) -> str:
    return "".join([*tokens[:position], token, *tokens[position + 1 :]])


def as_declared(stored: str, sql: str) -> str:
    """What the server keeps of an event that was created at rest, in the state that its statement declares."""
    if stored != "" and at_rest(sql) != sql:
        return stored.replace(" DISABLE ", " ENABLE ", 1)
    return stored


def with_moments(text: str, sql: str, present: str) -> str:
    """``text`` with the moments of the event that the database has, where its statement leaves them to the server.

    Without ``STARTS`` an event starts when it is created; an expression is evaluated then.

    :param text: what the server keeps of the event of the models. :param sql: their statement.
    :param present: what the server keeps of that of the database.
    """
    known = dict(_MOMENT.findall(present))

    def moment(match: re.Match[str]) -> str:
        is_said = re.search(rf"\b{match[1]}\s+(?:TIMESTAMP\s*)?'", sql, re.IGNORECASE)
        return match[0] if is_said or match[1] not in known else f"{match[1]} {known[match[1]]}"

    return _MOMENT.sub(moment, text, count=2)
