"""The grammar of targets, as ``upgrade``, ``downgrade``, ``stamp`` and ``history -r`` take them.

::

    range  = [target] ":" [target]
    target = [branch "@"] (symbol [walk] | walk)
    walk   = ("+" | "-") digits
    symbol = id, partial id, branch label, "head", "heads", "base" or "current"
"""

from __future__ import annotations

from typing import NamedTuple

from .errors import TargetSyntaxError

GRAMMAR = "a target is an id, a label, head, heads or base, with 'branch@' before and '+N' or '-N' after it."


class Target(NamedTuple):
    """A parsed target.

    :param text: as it was written.
    :param branch: the text before "@", or None.
    :param symbol: id, partial id, label, "head", "heads", "base" or "current"; None for a bare walk.
    :param walk: steps up (positive) or down (negative); None where no walk was written.
    """

    text: str
    branch: str | None
    symbol: str | None
    walk: int | None


class Range(NamedTuple):
    """A parsed range: its two targets; None for an end left open."""

    start: Target | None
    end: Target | None


def parse(text: str) -> Target:
    """Parse a target.

    :param text: such as ``ae10``, ``head``, ``shoppingcart@head-2``, ``+1``.
    :raises TargetSyntaxError: for an empty part, for text after a walk, for a range.
    """
    if not isinstance(text, str):
        raise TargetSyntaxError(
            f"revision identifier {text!r} is not a string; ensure database driver settings are correct", text
        )
    if ":" in text:
        raise TargetSyntaxError(f"A range is not a target: '{text}'", text, "name one revision.")
    before, at, rest = text.rpartition("@")
    branch = before if at else None
    symbol, sign, digits = _split_walk(rest, text)
    if (at and not before) or not (symbol or sign):
        raise TargetSyntaxError(f"Nothing stands where a name is expected in '{text}'", text, GRAMMAR)
    return Target(text, branch, symbol or None, int(sign + digits) if sign else None)


def parse_range(text: str) -> Range:
    """Parse ``start:end``; either side may be left open.

    :raises TargetSyntaxError: without a colon, with two, or where a side is no target.
    """
    start, colon, end = text.partition(":")
    if not colon or ":" in end:
        raise TargetSyntaxError(
            "History range requires [start]:[end], [start]:, or :[end]", text, "write one colon between two targets."
        )
    return Range(parse(start) if start else None, parse(end) if end else None)


def _split_walk(text: str, whole: str) -> tuple[str, str, str]:
    """Symbol, sign and digits. A sign that anything but digits follows is an error, unless it is part of a name."""
    at = max(text.rfind("+"), text.rfind("-"))
    if at < 0:
        return text, "", ""
    symbol, sign, digits = text[:at], text[at], text[at + 1 :]
    if digits.isascii() and digits.isdigit() and "+" not in symbol:
        return symbol, sign, digits
    if sign == "-" and symbol and digits and not digits[0].isdigit() and "+" not in symbol:
        return text, "", ""
    raise TargetSyntaxError(f"'{sign}{digits}' in '{whole}' is not a number of steps", whole, GRAMMAR)
