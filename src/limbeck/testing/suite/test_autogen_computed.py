"""Computed columns, compared."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, Table

from limbeck.testing import combinations, config, eq_, expect_warnings
from limbeck.testing.fixtures import TestBase

from ._autogen_fixtures import AutogenFixtureTest


def _table(*columns: Any) -> MetaData:
    metadata = MetaData()
    Table("wares", metadata, Column("id", Integer, primary_key=True, autoincrement=False), *columns)
    return metadata


class AutogenerateComputedTest(AutogenFixtureTest, TestBase):
    """Added and removed with their column; never altered."""

    __requires__ = ("computed_columns",)
    __backend__ = True

    def _fixture_ctx(self) -> AbstractContextManager[Any]:
        if config.requirements.computed_columns_warn_no_persisted.enabled:
            return expect_warnings()
        return nullcontext()

    def test_add_computed_column(self) -> None:
        diffs = self._fixture(_table(), _table(Column("foo", Integer, sa.Computed("5"))))
        eq_([(diff[0], diff[2], diff[3].name) for diff in diffs], [("add_column", "wares", "foo")])
        assert isinstance(diffs[0][3].computed, sa.Computed)

    def test_remove_computed_column(self) -> None:
        with self._fixture_ctx():
            diffs = self._fixture(_table(Column("foo", Integer, sa.Computed("5"))), _table())
        eq_([(diff[0], diff[2], diff[3].name) for diff in diffs], [("remove_column", "wares", "foo")])

    def _changed(self, database: Any, model: Any) -> Any:
        arguments = [[item._copy()] if item is not None else [] for item in (database, model)]
        return self._fixture(*(_table(Column("foo", Integer, *given)) for given in arguments))

    @combinations(
        ("added", None, sa.Computed("id + 1", persisted=True)),
        ("changed", sa.Computed("id + 1", persisted=True), sa.Computed("id + 7", persisted=True)),
        id_="iaa",
        argnames="database,model",
    )
    def test_cant_change_computed_warning(self, database: Any, model: Any) -> None:
        with expect_warnings("Computed default on wares.foo cannot be modified"):
            self._changed(database, model)

    def test_remove_default_on_computed(self) -> None:
        diffs = self._changed(sa.Computed("id + 1", persisted=True), None)
        eq_([diff[0] for (diff,) in diffs], ["modify_default"] if diffs else [])

    @combinations("5", "id + 1", "(id + 1)", "id  +  1", argnames="text")
    def test_computed_unchanged(self, text: str) -> None:
        with self._fixture_ctx():
            eq_(self._fixture(*(_table(Column("foo", Integer, sa.Computed(text))) for _ in "12")), [])
