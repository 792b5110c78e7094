"""The names that databases give to unnamed constraints, as impls know them, those of third parties included."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from limbeck.autogenerate import produce_migrations, render_python_code
from limbeck.ddl.impl import DefaultImpl, _impls
from limbeck.dialects.sqlite import SQLiteImpl
from limbeck.runtime.migration import MigrationContext

LONG = "t" * 40

# kind, table, columns, existing names -> the name that the database gives
DEFAULT_NAMES = {
    "postgresql": [
        ("unique", "book", ["isbn"], set(), "book_isbn_key"),
        ("unique", "book", ["isbn"], {"book_isbn_key", "book_isbn_key1"}, "book_isbn_key2"),
        ("foreignkey", "book", ["shelf", "row"], set(), "book_shelf_row_fkey"),
        ("check", "book", ["pages"], set(), "book_pages_check"),
        ("check", "book", ["pages", "price"], set(), "book_check"),
        ("unique", LONG, ["c" * 40], set(), f"{'t' * 29}_{'c' * 29}_key"),
        ("primarykey", "book", ["id"], set(), None),
    ],
    "mysql": [
        ("unique", "book", ["isbn", "lang"], set(), "isbn"),
        ("unique", "book", ["isbn"], {"isbn"}, "isbn_2"),
        ("foreignkey", "book", ["shelf"], {"book_ibfk_1", "book_ibfk_4", "shelf"}, "book_ibfk_5"),
        ("check", "book", ["pages"], set(), None),
    ],
    "sqlite": [("unique", "book", ["isbn"], set(), None)],
}


@pytest.mark.parametrize(
    ("dialect", "case"),
    [
        pytest.param(name, case, id=f"{name}-{case[0]}-{number}")
        for name, cases in DEFAULT_NAMES.items()
        for number, case in enumerate(cases)
    ],
)
def test_the_name_of_an_unnamed_constraint(dialect: str, case: tuple[str, str, list[str], set[str], str]) -> None:
    kind, table, columns, taken, name = case
    assert _impl(dialect).default_constraint_name(kind, table, columns, taken) == name


@pytest.mark.parametrize(
    ("dialect", "name", "after"),
    [("mysql", "book_ibfk_2", "tome_ibfk_2"), ("mysql", "fk_2", "fk_2"), ("postgresql", "book_x_fkey", "book_x_fkey")],
)
def test_the_name_of_a_foreign_key_of_a_renamed_table(dialect: str, name: str, after: str) -> None:
    assert _impl(dialect).key_name_after_rename(name, "book", "tome") == after


def test_the_impl_of_a_third_party_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class AcmeImpl(SQLiteImpl):
        default_name_scope = "table"

        def default_constraint_name(self, kind: str, table: str, columns: Sequence[str], taken: set[str]) -> str:
            return f"acme_{kind}_{table}_{'_'.join(columns)}"

    monkeypatch.setitem(_impls, "sqlite", AcmeImpl)
    metadata = sa.MetaData()
    sa.Table("book", metadata, sa.Column("isbn", sa.String(13)), sa.UniqueConstraint("isbn"))
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE book (isbn VARCHAR(13))")
        script = produce_migrations(MigrationContext.configure(connection), metadata)
    assert script.downgrade_ops is not None
    assert "op.drop_constraint('acme_unique_book_isbn', 'book', type_='unique')" in render_python_code(
        script.downgrade_ops
    )


def _impl(dialect: str) -> DefaultImpl:
    return MigrationContext.configure(dialect_name=dialect).impl
