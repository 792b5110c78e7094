"""Differences between models and database for a person: what an upgrade would add, remove and change, by table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .layout import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.results import CheckResult, Difference

    from .layout import Paper

_WORDS = {
    "fk": "foreign key",
    "enum_value": "value of enum type",
    "enum_values": "values of enum type",
    "enum": "enum type",
    "type": "type",
    "default": "server default",
    "comment": "comment",
    "table_comment": "comment",
    "table_options": "options",
}
_SIGNS = {"add": ("+", "green"), "remove": ("-", "red")}
_CHANGED = ("~", "yellow")
_OF_COLUMNS = ("modify_type", "modify_nullable", "modify_default", "modify_comment", "modify_name")


def differences(paper: Paper, found: CheckResult) -> Iterator[str]:
    """A line for each difference, below the name of its table where it is in one."""
    table: tuple[str | None, str | None] | None = None
    for one in sorted(found.differences, key=lambda one: (one.table is None, one.schema or "", one.table or "")):
        if one.kind in ("add_table", "remove_table") or one.table is None:
            table = None
            yield _line(paper, one, "")
            continue
        if (one.schema, one.table) != table:
            table = (one.schema, one.table)
            yield paper.painted([Cell(_name(one.schema, one.table), "bold")])
        yield _line(paper, one, "  ")


def described(one: Difference) -> str:
    """A difference on a line of its own, with its table."""
    verb, _, what = one.kind.partition("_")
    sign, _ = _SIGNS.get(verb, _CHANGED)
    where = "" if one.table is None or what == "table" else f"{_name(one.schema, one.table)}: "
    return f"{sign} {where}{_described(one, what)}"


def named(one: Difference) -> str:
    """The object that differs: ``index ix_a``."""
    what = "column" if one.kind in _OF_COLUMNS else one.kind.partition("_")[2]
    return f"{_WORDS.get(what, what.replace('_', ' '))} {one.name or one.table or ''}".rstrip()


def _line(paper: Paper, one: Difference, indent: str) -> str:
    verb, _, what = one.kind.partition("_")
    sign, style = _SIGNS.get(verb, _CHANGED)
    return paper.painted([Cell(indent), Cell(f"{sign} {_described(one, what)}", style)])


def _described(one: Difference, what: str) -> str:
    """The object, and what becomes of it."""
    facts: list[object] = list(one.diff) if isinstance(one.diff, tuple) else []
    word = _WORDS.get(what, what.replace("_", " "))
    if one.kind in _OF_COLUMNS:
        *_, before, after = facts
        if one.kind == "modify_nullable":
            return f"column {one.name}: {'NULL' if before else 'NOT NULL'} -> {'NULL' if after else 'NOT NULL'}"
        if one.kind == "modify_name":
            return f"column {before}: renamed to {after}"
        return f"column {one.name}: {word} {_value(before)} -> {_value(after)}"
    named = {
        "table": _name(one.schema, one.table or one.name or ""),
        "column": one.name,
    }.get(what, one.name)
    text = f"{word} {named}" if named else word
    detail = _detail(facts[-1]) if what in ("column", "index", "constraint", "fk") else ""
    if one.kind.startswith(("modify_", "replace_", "rename_")) and len(facts) > 1:
        detail = f": {_value(facts[-2])} -> {_value(facts[-1])}"
    return f"{text}{detail}"


def _detail(item: object) -> str:
    """The type of a column; the columns of an index or a constraint."""
    kind = getattr(item, "type", None)
    if kind is not None:
        null = "" if getattr(item, "nullable", True) else " NOT NULL"
        return f" {_value(kind)}{null}"
    columns = getattr(item, "columns", None)
    names = [str(getattr(column, "name", column)) for column in columns or ()]
    target = [str(element.target_fullname) for element in getattr(item, "elements", ())]
    return (f" ({', '.join(names)})" if names else "") + (f" -> {', '.join(target)}" if target else "")


def _value(value: object) -> str:
    """A type, a default or another value as SQL writes it, or as near to it as can be had without a database."""
    if value is None:
        return "none"
    inner = getattr(value, "arg", value)
    if isinstance(inner, str):
        return repr(inner)
    text = getattr(inner, "text", None)
    return text if isinstance(text, str) else str(inner) or repr(inner)


def _name(schema: str | None, name: str) -> str:
    return name if schema is None else f"{schema}.{name}"
