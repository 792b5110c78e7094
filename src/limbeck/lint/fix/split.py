"""A revision file as several: safe code in the place of calls, and ``downgrade()`` shared out among the revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.script.source import Body, CannotRewrite, Source, indented

from .calls import (
    call_of,
    in_block,
    is_outside,
    names_bound,
    names_used,
    returns,
    rewritten,
    subject,
    with_keywords,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from limbeck.lint.rule import Part
    from limbeck.script.source import Statement

_CONCURRENTLY = {"postgresql_concurrently": True}
_OF_INDEXES = ("create_index", "drop_index")


class Replacement(NamedTuple):
    """What takes the place of a statement.

    :param parts: the code, a revision each. :param rendered: the call itself as each of them has it.
    """

    parts: Sequence[Part]
    rendered: Sequence[str]


class _Piece(NamedTuple):
    """Code that stands in one revision.

    :param statement: the statement of ``upgrade()`` that it is of. :param text: its lines.
    :param kind: ``outside`` of the transaction, ``validation``, or ``inside``; ``any`` for a block that was there.
    :param back: what undoes it. :param is_undone_here: whether what ``downgrade()`` has for the statement does.
    :param can_wait: whether it can stand behind all other statements.
    :param is_concurrent: whether an index is built or dropped by the call itself, outside of the transaction.
    """

    statement: int
    text: str
    kind: str
    back: str
    is_undone_here: bool
    can_wait: bool
    is_concurrent: bool


def split(text: str, replacements: Mapping[int, Replacement], dialect: str, *, waits: bool) -> list[str]:
    """The texts of the revisions that take the place of one, but for their headers.

    :param text: of the file. :param replacements: what takes the place of statements of ``upgrade()``, by number.
    :param dialect: the dialect of its SQL.
    :param waits: whether what can stand at the end does, for fewer revisions.
    :raises CannotRewrite: where ``upgrade()`` or ``downgrade()`` cannot be shared out.
    """
    source = Source(text)
    upgrade, downgrade = source.body("upgrade"), source.body("downgrade")
    assert upgrade is not None, "something was found in it"  # noqa: S101
    pieces = [
        _pieces(number, one, replacements.get(number), upgrade.indent) for number, one in enumerate(upgrade.statements)
    ]
    groups = _waiting(pieces) if waits else _in_order(pieces)
    if len(groups) > 1:
        _demand_independent(upgrade.statements, [{piece.statement for piece in group} for group in groups])
    ups = [_up(upgrade, group, is_first=number == 0) for number, group in enumerate(groups)]
    if downgrade is None:
        return [source.with_bodies(upgrade=up) for up in ups]
    downs = _downs(upgrade, downgrade, groups, dialect)
    return [source.with_bodies(upgrade=up, downgrade=down) for up, down in zip(ups, downs, strict=True)]


# --- upgrade ----------------------------------------------------------------------------------------------------------


def _pieces(number: int, statement: Statement, replacement: Replacement | None, indent: str) -> list[_Piece]:
    if replacement is None:
        kind = "any" if is_outside(statement.node) else "inside"
        return [_Piece(number, statement.text, kind, "", True, False, False)]
    keeps = [part.options is not None for part in replacement.parts]
    carrier = keeps.index(True) if any(keeps) else 0
    found: list[_Piece] = []
    for place, (part, rendered) in enumerate(zip(replacement.parts, replacement.rendered, strict=True)):
        old = statement.text if place == carrier else ""  # whose comments stand once
        new = rewritten(old, part.code, rendered, part.options, indent) if part.code else ""
        outside = part.code.startswith("with ")
        kind = "outside" if outside else "validation" if "VALIDATE CONSTRAINT" in part.code else "inside"
        builds = outside and ("op.create_index(" in part.code or "CREATE " in part.code)
        concurrent = part.options == _CONCURRENTLY
        found.append(_Piece(number, new, kind if new else "any", part.back, part.is_undone_here, builds, concurrent))
    return found


def _in_order(pieces: Iterable[list[_Piece]]) -> list[list[_Piece]]:
    """The pieces as they stand, in as many revisions as that takes."""
    groups: list[list[_Piece]] = [[]]
    for parts in pieces:
        for number, piece in enumerate(parts):
            if number or not _fits(groups[-1], piece):
                groups.append([])
            groups[-1].append(piece)
    return _filled(groups)


def _fits(group: list[_Piece], piece: _Piece) -> bool:
    kinds = {one.kind for one in group if one.kind != "any"}
    return piece.kind == "any" or not kinds or kinds == {piece.kind}


def _waiting(pieces: Iterable[list[_Piece]]) -> list[list[_Piece]]:
    """The pieces with what can wait behind all others, so that like stands with like."""
    first: list[list[_Piece]] = [[]]
    rest: list[list[_Piece]] = []
    for parts in pieces:
        later = list(parts)
        if not later[0].can_wait:
            piece = later.pop(0)
            if not _fits(first[-1], piece):
                first.append([])
            first[-1].append(piece)
        rest.append(later)
    groups = first
    while any(rest):
        kind = min((later[0].kind for later in rest if later), key=("outside", "any", "inside", "validation").index)
        groups.append([later.pop(0) for later in rest if later and later[0].kind == kind])
    return _filled(groups)


def _filled(groups: list[list[_Piece]]) -> list[list[_Piece]]:
    """The groups in which something happens; a piece without code stands with what is beside it."""
    filled = [[piece for piece in group if piece.text] for group in groups]
    return [group for group in filled if group]


def _up(upgrade: Body, group: list[_Piece], *, is_first: bool) -> str:
    text = "".join(piece.text for piece in group)
    if is_first:
        return upgrade.head + text + upgrade.tail
    return _docstring(upgrade) + text.lstrip("\n")


def _docstring(body: Body) -> str:
    lines = body.head.splitlines(keepends=True)
    return "".join(line for line in lines if not line.strip().startswith("#"))


def _demand_independent(statements: Sequence[Statement], groups: Sequence[set[int]]) -> None:
    """Raise `CannotRewrite` where statements that are to stand in several revisions need each other."""
    if any(returns(one.node) for one in statements):
        raise CannotRewrite("the call stands in a function that may return before its end")
    for number, one in enumerate(statements):
        bound = names_bound(one.text)
        homes = {place for place, group in enumerate(groups) if number in group}
        for place, group in enumerate(groups):
            needs = bool(bound) and any(
                bound & names_used(statements[other].text) for other in group if other != number
            )
            if needs and homes != {place}:
                names = ", ".join(sorted(bound))
                raise CannotRewrite(f"{names}, which its function sets, would be needed in another revision")


# --- downgrade --------------------------------------------------------------------------------------------------------


def _downs(upgrade: Body, downgrade: Body, groups: list[list[_Piece]], dialect: str) -> list[str]:
    """The body of ``downgrade()`` of each revision: what undoes its part, in the order in which it was."""
    if downgrade.does_nothing:
        same = downgrade.head + "".join(one.text for one in downgrade.statements) + downgrade.tail
        return [same] * len(groups)
    homes = {piece.statement: number for number, group in enumerate(groups) for piece in group if piece.is_undone_here}
    concurrent = {piece.statement for group in groups for piece in group if piece.is_concurrent}
    made: dict[tuple[str, str], int] = {}
    for number, one in enumerate(upgrade.statements):
        about = subject(one.node, dialect)
        if about is not None:
            made[about] = number
    undone = [made.get(about) if (about := subject(one.node, dialect)) else None for one in downgrade.statements]
    places = _places([None if one is None else homes.get(one) for one in undone])
    texts: list[list[str]] = [[] for _ in groups]
    for statement, of, place in zip(downgrade.statements, undone, places, strict=True):
        texts[place].append(_undoing(statement, downgrade.indent) if of in concurrent else statement.text)
    if len(groups) > 1:
        _demand_independent(
            downgrade.statements,
            [{n for n, place in enumerate(places) if place == group} for group in range(len(groups))],
        )
    for group, lines in zip(groups, texts, strict=True):
        lines += [f"{indented(piece.back, downgrade.indent)}\n" for piece in reversed(group) if piece.back]
    found = []
    for number, lines in enumerate(texts):
        body = "".join(lines).lstrip("\n") or f"{downgrade.indent}pass\n"
        found.append(downgrade.head + body + downgrade.tail if number == 0 else _docstring(downgrade) + body)
    return found


def _places(known: list[int | None]) -> list[int]:
    """The revision of each statement; one that does not tell stands with the one before it, else the next that does."""
    before = next((place for place in known if place is not None), 0)
    places = []
    for place in known:
        before = before if place is None else place
        places.append(before)
    return places


def _undoing(statement: Statement, indent: str) -> str:
    """What undoes a concurrent build or drop of an index, concurrent too where it is a plain call."""
    call = call_of(statement.node)
    attribute = getattr(call.func, "attr", "") if call is not None else ""
    if attribute not in _OF_INDEXES:
        return statement.text
    return in_block(with_keywords(statement.text, _CONCURRENTLY), indent)
