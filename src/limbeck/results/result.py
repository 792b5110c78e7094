"""What every result has, and how it becomes JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


Kind = Literal["upgrade", "downgrade", "stamp"]


@dataclass(frozen=True, slots=True)
class Result:
    """What every result has."""

    schema: ClassVar[str]
    """Name of the JSON Schema."""
    version: ClassVar[int] = 1
    """Version of the JSON Schema."""

    def as_json(self) -> dict[str, Json]:
        """The JSON document, as dicts, lists and scalars: ``schema``, ``version``, then the fields of the result."""
        return {"schema": self.schema, "version": self.version, **_object(self)}


def _object(value: DataclassInstance) -> dict[str, Json]:
    """The fields of a dataclass, without those that are not part of the JSON document."""
    shown = (one.name for one in fields(value) if one.metadata.get("json", True))
    return {name: _json(getattr(value, name)) for name in shown}


def _json(value: object) -> Json:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    return cast("Json", value)
