"""The tables of a database as models, for a comparison with the same database later on."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import MetaData, inspect

from .reflect import Reflection

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from limbeck.ddl.impl import DefaultImpl

    from .names import TableName


def as_models(connection: Connection, impl: DefaultImpl, names: Iterable[TableName]) -> MetaData:
    """Tables of a database as models, with what SQLAlchemy does not reflect where the dialect compares exactly."""
    reflection = Reflection(inspect(connection), impl)
    found = reflection.read(names, {})
    reflection.build(found)
    normalizer = impl.normalizer(cast("Connection", impl.catalogue_reader(connection)))
    for name, shape in ({} if normalizer is None else normalizer.read(found)).items():
        assert normalizer is not None, "it read the shape"  # noqa: S101
        table = reflection.table(name)
        if table is not None:
            normalizer.complete(table, shape)
    return reflection.metadata
