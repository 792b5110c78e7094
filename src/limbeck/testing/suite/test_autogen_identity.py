"""Identities, compared."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table

from limbeck.testing import combinations, config, eq_
from limbeck.testing.fixtures import TestBase

from ._autogen_fixtures import AutogenFixtureTest


def _table(*columns: Any) -> MetaData:
    metadata = MetaData()
    Table("wares", metadata, *columns)
    return metadata


def _counted(*identity: Any) -> MetaData:
    return _table(Column("id", Integer, *identity, primary_key=True))


class AutogenerateIdentityTest(AutogenFixtureTest, TestBase):
    """Added, removed and altered."""

    __requires__ = ("identity_columns",)
    __backend__ = True

    def test_add_identity_column(self) -> None:
        other = Column("other", Integer, sa.Identity(start=5))
        diffs = self._fixture(_table(Column("n", Integer)), _table(Column("n", Integer), other))
        eq_([(diff[0], diff[3].name) for diff in diffs], [("add_column", "other")])
        eq_(diffs[0][3].identity.start, 5)

    def test_remove_identity_column(self) -> None:
        other = Column("other", Integer, sa.Identity(start=2))
        diffs = self._fixture(_table(Column("n", Integer), other), _table(Column("n", Integer)))
        eq_([(diff[0], diff[3].name) for diff in diffs], [("remove_column", "other")])
        assert isinstance(diffs[0][3].server_default, sa.Identity)

    def test_no_change_identity_column(self) -> None:
        eq_(self._fixture(*(_counted(sa.Identity(start=2, increment=3)) for _ in "12")), [])

    def test_dialect_kwargs_changes(self) -> None:
        eq_(self._fixture(_counted(sa.Identity()), _counted(sa.Identity(minvalue=None))), [])

    @config.requirements.identity_columns_alter
    @combinations(
        ({"start": 2}, {"start": 4}),
        ({"always": False}, {"always": True}),
        ({"increment": 1}, {"increment": 3}),
        ({"maxvalue": 900}, {"maxvalue": 1000}),
        argnames="before,after",
    )
    def test_change_identity(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        diffs = self._fixture(_counted(sa.Identity(**before)), _counted(sa.Identity(**after)))
        (((kind, _, table, column, _, old, new),),) = diffs
        eq_((kind, table, column), ("modify_default", "wares", "id"))
        for identity, settings in ((old, before), (new, after)):
            for name, value in settings.items():
                eq_(getattr(identity, name), value)

    @config.requirements.identity_columns_alter
    def test_add_identity_to_column(self) -> None:
        counts = Column("n", Integer, sa.Identity(), nullable=False)
        diffs = self._fixture(_table(Column("n", Integer, nullable=False)), _table(counts))
        eq_([diff[0] for (diff,) in diffs], ["modify_default"])

    @config.requirements.identity_columns_alter
    def test_remove_identity_from_column(self) -> None:
        counts = Column("n", Integer, sa.Identity(), nullable=False)
        diffs = self._fixture(_table(counts), _table(Column("n", Integer, nullable=False)))
        eq_([diff[0] for (diff,) in diffs], ["modify_default"])
