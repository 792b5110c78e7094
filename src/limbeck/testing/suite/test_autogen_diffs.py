"""Columns compared: all that a script has to know of one that is altered; a script carried out leaves no difference."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Integer, MetaData, Table

from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.operations import Operations, ops
from limbeck.runtime.migration import MigrationContext
from limbeck.testing import combinations, config, eq_
from limbeck.testing.fixtures import TestBase

from ._autogen_fixtures import AutogenFixtureTest


def _table(*columns: Any) -> MetaData:
    metadata = MetaData()
    Table("wares", metadata, *columns)
    return metadata


class AlterColumnTest(AutogenFixtureTest, TestBase):
    """A column whose type changes: the operation says what the column is otherwise."""

    __backend__ = True

    def _assert_alter_col(self, m1: MetaData, m2: MetaData, pk: bool, nullable: bool | None = None) -> Any:
        found = self._fixture(m1, m2, return_ops=True)
        (op,) = found.ops[-1].ops
        eq_(op.modify_nullable, None)
        eq_(op.existing_nullable, not pk if nullable is None else nullable)
        assert config.db.dialect.type_descriptor(op.modify_type).__class__ is not type(op.existing_type)
        return op

    def _pair(self, pk: bool, **settings: Any) -> Any:
        others = [] if pk else ["id"]
        return [
            _table(
                *(Column(name, Integer, primary_key=True) for name in others),
                Column("x", type_, primary_key=pk, **settings),
            )
            for type_ in (sa.String(20), sa.String(50))
        ]

    @combinations((True,), (False,), argnames="pk")
    def test_all_existings_filled(self, pk: bool) -> None:
        self._assert_alter_col(*self._pair(pk), pk)

    @combinations((True,), (False,), argnames="pk")
    def test_all_existings_filled_in_notnull(self, pk: bool) -> None:
        self._assert_alter_col(*self._pair(pk, nullable=False), pk, nullable=False)

    @config.requirements.comments
    @combinations((True,), (False,), argnames="pk")
    def test_all_existings_filled_in_comment(self, pk: bool) -> None:
        eq_(self._assert_alter_col(*self._pair(pk, comment="some comment"), pk).existing_comment, "some comment")

    @combinations((True,), (False,), argnames="pk")
    def test_all_existings_filled_in_server_default(self, pk: bool) -> None:
        default = self._assert_alter_col(*self._pair(pk, server_default="5"), pk).existing_server_default
        assert "5" in str(default.arg)


class AutoincrementTest(AutogenFixtureTest, TestBase):
    """The type of a column that counts, or does not: ``autoincrement`` goes into the operation where models say it."""

    __backend__ = True
    __requires__ = ("integer_subtype_comparisons",)

    def _told(self, *others: Any, **settings: Any) -> Any:
        models = [
            _table(Column("x", type_, **settings), *(Column(name, Integer, **more) for name, more in others))
            for type_ in (Integer, BigInteger)
        ]
        found = self._fixture(*models, return_ops=True)
        (op,) = found.ops[0].ops
        return op.kw.get("autoincrement")

    def test_alter_column_autoincrement_none(self) -> None:
        eq_(self._told(nullable=False), None)

    def test_alter_column_autoincrement_pk_false(self) -> None:
        eq_(self._told(primary_key=True, autoincrement=False), False)

    def test_alter_column_autoincrement_pk_implicit_true(self) -> None:
        eq_(self._told(primary_key=True), True)

    def test_alter_column_autoincrement_pk_explicit_true(self) -> None:
        eq_(self._told(primary_key=True, autoincrement=True), True)

    def test_alter_column_autoincrement_nonpk_false(self) -> None:
        eq_(self._told(("id", {"primary_key": True}), autoincrement=False), False)

    def test_alter_column_autoincrement_nonpk_implicit_false(self) -> None:
        eq_(self._told(("id", {"primary_key": True})), None)

    def test_alter_column_autoincrement_nonpk_explicit_true(self) -> None:
        eq_(self._told(("id", {"primary_key": True, "autoincrement": False}), autoincrement=True), True)

    def test_alter_column_autoincrement_compositepk_false(self) -> None:
        others = ("id", {"primary_key": True})
        eq_(self._told(others, primary_key=True, autoincrement=False), False)

    def test_alter_column_autoincrement_compositepk_implicit_false(self) -> None:
        eq_(self._told(("id", {"primary_key": True}), primary_key=True), None)

    @config.requirements.autoincrement_on_composite_pk
    def test_alter_column_autoincrement_compositepk_explicit_true(self) -> None:
        others = ("id", {"primary_key": True, "autoincrement": False})
        eq_(self._told(others, primary_key=True, autoincrement=True), True)


def N() -> Column[Any]:  # noqa: N802 a column of the table below
    """A column as such."""
    return Column("n", Integer)


class AutogenerateRoundTripTest(AutogenFixtureTest, TestBase):
    """A script for the difference is carried out: none is left; one the other way brings back what was there."""

    __backend__ = True
    __requires__ = ("alter_column",)

    @combinations(
        ("add_column", (), (N,)),
        ("drop_column", (N,), ()),
        ("type", (lambda: Column("n", sa.String(10)),), (lambda: Column("n", sa.String(30)),)),
        ("nullable", (N,), (lambda: Column("n", Integer, nullable=False),)),
        ("default", (N,), (lambda: Column("n", Integer, server_default="7"),)),
        ("index", (N,), (N, lambda: sa.Index("ix_n", "n"))),
        id_="iaa",
        argnames="database,model",
    )
    def test_carried_out_and_back(self, database: Any, model: Any) -> None:
        first, second = (self._made(items) for items in (database, model))
        with config.db.begin() as conn:
            first.create_all(conn)
        self.metadata = first
        try:
            self._carry_out(second)
            eq_(self._differences(second), [])
            self._carry_out(first)
            eq_(self._differences(first), [])
        finally:
            with config.db.begin() as conn:
                second.drop_all(conn)

    def _made(self, items: Any) -> MetaData:
        return _table(Column("id", Integer, primary_key=True), *(item() for item in items))

    def _differences(self, metadata: MetaData) -> Any:
        return self._upgrade(metadata).as_diffs()

    def _upgrade(self, metadata: MetaData) -> ops.UpgradeOps:
        options = {"compare_type": True, "compare_server_default": True, "include_object": _only_ours}
        with config.db.connect() as conn:
            context = MigrationContext.configure(conn, opts={**options, "target_metadata": metadata})
            found = produce_migrations(context, metadata).upgrade_ops
        assert found is not None
        return found

    def _carry_out(self, metadata: MetaData) -> None:
        imports: set[str] = set()
        with config.db.begin() as conn:
            context = MigrationContext.configure(conn)
            body = render_python_code(self._upgrade(metadata), imports=imports, migration_context=context)
            script = "\n".join([*imports, f"def upgrade():\n    {body}", "upgrade()"])
            exec(script, {"op": Operations(context), "sa": sa})  # noqa: S102 a script, as any


def _only_ours(_obj: Any, name: str, type_: str, _reflected: bool, _compare_to: Any) -> bool:
    return type_ != "table" or name == "wares"
