"""What stands beside tables, under a name of its own: enum types, domains, sequences."""

from __future__ import annotations

from .arguments import expect_name, expect_optional_name
from .operation import MigrateOperation


class BesideTablesOp(MigrateOperation):
    """What the operations on such an object have in common.

    :param name: the object.
    :param schema: its schema.
    """

    _call: str

    def __init__(self, name: str, *, schema: str | None = None) -> None:
        expect_name(f"op.{self._call}", "name", name)
        expect_optional_name(f"op.{self._call}", "schema", schema)
        self.name = name
        self.schema = schema
