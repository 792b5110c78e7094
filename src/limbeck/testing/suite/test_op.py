"""Operations on the database, each read back."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Integer, MetaData, String, Table, text

from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext
from limbeck.testing import config, eq_
from limbeck.testing.fixtures import AlterColRoundTripFixture, TestBase


class BackendAlterColumnTest(AlterColRoundTripFixture, TestBase):
    """``op.alter_column``, one property at a time."""

    __backend__ = True

    def test_rename_column(self) -> None:
        self._run_alter_col({}, {"name": "newname"})

    def test_modify_type_int_str(self) -> None:
        self._run_alter_col({"type": Integer()}, {"type": String(50)})

    def test_add_server_default_int(self) -> None:
        self._run_alter_col({"type": Integer}, {"server_default": text("5")})

    def test_modify_server_default_int(self) -> None:
        self._run_alter_col({"type": Integer, "server_default": text("2")}, {"server_default": text("5")})

    def test_modify_nullable_to_non(self) -> None:
        self._run_alter_col({}, {"nullable": False})

    def test_modify_non_nullable_to_nullable(self) -> None:
        self._run_alter_col({"nullable": False}, {"nullable": True})


class OperationsTest(TestBase):
    """What a dialect has to carry out; rows stay as they are."""

    __backend__ = True

    def setup_method(self) -> None:
        self.metadata = MetaData()
        Table(
            "wares",
            self.metadata,
            Column("id", Integer, primary_key=True, autoincrement=False),
            Column("name", String(20)),
            Column("amount", Integer),
        )
        with config.db.begin() as conn:
            self.metadata.create_all(conn)
            conn.execute(self.metadata.tables["wares"].insert(), [{"id": 1, "name": "nail", "amount": 5}])

    def teardown_method(self) -> None:
        with config.db.begin() as conn:
            found = MetaData()
            found.reflect(conn, only=lambda name, _: name in {"wares", "makers", "goods"})
            found.drop_all(conn)

    def _run(self, *calls: Any) -> Any:
        """Carry out ``calls``, each a function of the operations, and return an inspector."""
        with config.db.begin() as conn:
            op = Operations(MigrationContext.configure(conn))
            for call in calls:
                call(op)
        return sa.inspect(config.db)

    def _row(self, name: str = "wares") -> Any:
        with config.db.connect() as conn:
            return dict(conn.execute(sa.text(f"SELECT * FROM {name}")).mappings().one())  # noqa: S608 a name of this test

    def test_add_column(self) -> None:
        column = Column("colour", String(10), server_default="red", nullable=False)
        found = self._run(lambda op: op.add_column("wares", column)).get_columns("wares")
        eq_([item["name"].lower() for item in found], ["id", "name", "amount", "colour"])
        eq_(self._row()["colour"], "red")

    def test_drop_column(self) -> None:
        found = self._run(lambda op: op.drop_column("wares", "amount")).get_columns("wares")
        eq_([item["name"].lower() for item in found], ["id", "name"])
        eq_(self._row(), {"id": 1, "name": "nail"})

    def test_rename_table(self) -> None:
        assert self._run(lambda op: op.rename_table("wares", "goods")).has_table("goods")
        eq_(self._row("goods")["name"], "nail")

    def test_create_and_drop_table(self) -> None:
        def create(op: Operations) -> None:
            op.create_table("makers", Column("id", Integer, primary_key=True), Column("name", String(10), index=True))

        found = self._run(create)
        eq_([item["column_names"] for item in found.get_indexes("makers")], [["name"]])
        assert not self._run(lambda op: op.drop_table("makers")).has_table("makers")

    def test_index(self) -> None:
        found = self._run(lambda op: op.create_index("ix_wares", "wares", ["name", "amount"], unique=True))
        eq_([(item["name"].lower(), bool(item["unique"])) for item in found.get_indexes("wares")], [("ix_wares", True)])
        eq_(self._run(lambda op: op.drop_index("ix_wares", table_name="wares")).get_indexes("wares"), [])

    @config.requirements.alter_column
    @config.requirements.unique_constraint_reflection
    def test_unique_constraint(self) -> None:
        found = self._run(lambda op: op.create_unique_constraint("uq_name", "wares", ["name"]))
        eq_([item["name"].lower() for item in found.get_unique_constraints("wares")], ["uq_name"])
        found = self._run(lambda op: op.drop_constraint("uq_name", "wares", type_="unique"))
        eq_(found.get_unique_constraints("wares"), [])

    @config.requirements.alter_column
    @config.requirements.foreign_key_constraint_reflection
    def test_foreign_key(self) -> None:
        def create(op: Operations) -> None:
            op.create_table("makers", Column("id", Integer, primary_key=True, autoincrement=False))
            op.execute("INSERT INTO makers (id) VALUES (5)")
            op.create_foreign_key("fk_maker", "wares", "makers", ["amount"], ["id"])

        found = self._run(create).get_foreign_keys("wares")
        eq_([(item["constrained_columns"], item["referred_table"]) for item in found], [(["amount"], "makers")])
        dropped = self._run(lambda op: op.drop_constraint("fk_maker", "wares", type_="foreignkey"))
        eq_(dropped.get_foreign_keys("wares"), [])

    @config.requirements.alter_column
    @config.requirements.check_constraint_reflection
    def test_check_constraint(self) -> None:
        found = self._run(lambda op: op.create_check_constraint("ck_amount", "wares", sa.column("amount") > 0))
        eq_([item["name"].lower() for item in found.get_check_constraints("wares")], ["ck_amount"])
        found = self._run(lambda op: op.drop_constraint("ck_amount", "wares", type_="check"))
        eq_(found.get_check_constraints("wares"), [])

    @config.requirements.comments
    def test_comments(self) -> None:
        found = self._run(lambda op: op.create_table_comment("wares", "it's for sale"))
        eq_(found.get_table_comment("wares")["text"], "it's for sale")
        eq_(self._run(lambda op: op.drop_table_comment("wares")).get_table_comment("wares")["text"], None)

    def test_batch(self) -> None:
        """In place, or by a copy of the table, as the database needs it."""

        def batch(op: Operations) -> None:
            with op.batch_alter_table("wares") as batch_op:
                batch_op.add_column(Column("colour", String(10)))
                batch_op.alter_column("amount", nullable=False, existing_type=Integer())
                batch_op.drop_column("name")

        found = self._run(batch).get_columns("wares")
        eq_({item["name"].lower(): item["nullable"] for item in found}, {"id": False, "amount": False, "colour": True})
        eq_(self._row()["amount"], 5)

    def test_rows(self) -> None:
        wares = sa.table("wares", sa.column("id"), sa.column("name"))
        self._run(
            lambda op: op.bulk_insert(wares, [{"id": 2, "name": "bolt"}, {"id": 3, "name": "it's"}]),
            lambda op: op.execute(wares.delete().where(wares.c.id < 3)),
        )
        eq_(self._row()["name"], "it's")
