"""Partitions of PostgreSQL: their statements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from limbeck.objects.definition import ObjectDefinition, ObjectId

_PARTITIONED = re.compile(r"\s+PARTITION\s+BY\s.*\Z", re.IGNORECASE | re.DOTALL)


def creation(definition: ObjectDefinition, name: Callable[[str], str], bounds: str | None = None) -> str:
    """The statement that creates a partition.

    :param name: the name of a table of its schema, for SQL. :param bounds: them; default: those of the definition.
    """
    id_ = definition.id
    return f"CREATE TABLE {name(id_.name)} PARTITION OF {name(str(id_.table))} {bounds or definition.sql}"


def attachment(definition: ObjectDefinition, name: Callable[[str], str]) -> str:
    """The statement that makes a table a partition; how it is partitioned itself it says already."""
    id_, bounds = definition.id, _PARTITIONED.sub("", definition.sql)
    return f"ALTER TABLE {name(str(id_.table))} ATTACH PARTITION {name(id_.name)} {bounds}"


def detachment(id_: ObjectId, name: Callable[[str], str]) -> str:
    """The statement that makes a partition a table of its own."""
    return f"ALTER TABLE {name(str(id_.table))} DETACH PARTITION {name(id_.name)}"
