"""Comments of tables and columns, compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Float, MetaData, String, Table

from limbeck.testing import combinations, eq_
from limbeck.testing.fixtures import TestBase

from ._autogen_fixtures import AutogenFixtureTest


def _table(comment: str | None = None, of_column: str | None = None) -> MetaData:
    metadata = MetaData()
    columns = Column("wares", String(10), primary_key=True), Column("amount", Float, comment=of_column)
    Table("some_table", metadata, *columns, comment=comment)
    return metadata


class _Comments(AutogenFixtureTest, TestBase):
    __backend__ = True
    __requires__ = ("comments",)

    def _of_table(self, database: str | None, model: str | None) -> list[Any]:
        diffs = self._fixture(_table(database), _table(model))
        return [(diff[0], diff[1].comment, *diff[2:]) for diff in diffs]

    def _of_column(self, database: str | None, model: str | None) -> list[Any]:
        diffs = self._fixture(_table(of_column=database), _table(of_column=model))
        return [(*diff[:4], *diff[5:]) for (diff,) in diffs]


class AutogenerateCommentsTest(_Comments):
    """Comments that are there, or are not."""

    def test_existing_table_comment_no_change(self) -> None:
        eq_(self._of_table("some comment", "some comment"), [])

    def test_add_table_comment(self) -> None:
        eq_(self._of_table(None, "some comment"), [("add_table_comment", "some comment", None)])

    def test_remove_table_comment(self) -> None:
        eq_([diff[0] for diff in self._of_table("some comment", None)], ["remove_table_comment"])

    def test_alter_table_comment(self) -> None:
        eq_(self._of_table("before", "after"), [("add_table_comment", "after", "before")])

    def test_existing_column_comment_no_change(self) -> None:
        eq_(self._of_column("it's a comment", "it's a comment"), [])

    def test_add_column_comment(self) -> None:
        eq_(self._of_column(None, "new"), [("modify_comment", None, "some_table", "amount", None, "new")])

    def test_remove_column_comment(self) -> None:
        eq_(self._of_column("old", None), [("modify_comment", None, "some_table", "amount", "old", None)])

    def test_alter_column_comment(self) -> None:
        eq_(self._of_column("old", "new"), [("modify_comment", None, "some_table", "amount", "old", "new")])


class AutogenerateEmptyCommentsTest(_Comments):
    """An empty comment is none."""

    @combinations(("", None), (None, ""), ("", ""), argnames="conn_comment,md_comment")
    def test_column_empty_comment_no_change(self, conn_comment: str | None, md_comment: str | None) -> None:
        eq_(self._of_column(conn_comment, md_comment), [])

    @combinations(("", None), (None, ""), ("", ""), argnames="conn_comment,md_comment")
    def test_table_empty_comment_no_change(self, conn_comment: str | None, md_comment: str | None) -> None:
        eq_(self._of_table(conn_comment, md_comment), [])

    def test_column_empty_to_nonempty_comment(self) -> None:
        eq_([diff[-1] for diff in self._of_column("", "new")], ["new"])

    def test_column_nonempty_to_empty_comment(self) -> None:
        eq_([diff[0] for diff in self._of_column("old", "")], ["modify_comment"])

    def test_table_empty_to_nonempty_comment(self) -> None:
        eq_([diff[:2] for diff in self._of_table("", "new")], [("add_table_comment", "new")])

    def test_table_nonempty_to_empty_comment(self) -> None:
        eq_([diff[0] for diff in self._of_table("old", "")], ["remove_table_comment"])
