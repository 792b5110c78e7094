"""A change of a column: the value that our dialects get, and the keywords by which third-party impls get it."""

from __future__ import annotations

import dataclasses
import inspect
import io
from typing import Any

import pytest
import sqlalchemy as sa

from limbeck.ddl.base import ColumnType
from limbeck.ddl.column_change import NOT_GIVEN, ColumnChange, ColumnState
from limbeck.ddl.impl import DefaultImpl, _impls
from limbeck.dialects.mysql import MySQLImpl
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext

# keywords, existing, new, options
KEYWORDS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ({}, {}, {}, {}),
    ({"nullable": None, "type_": None, "name": None, "autoincrement": None}, {}, {}, {}),
    ({"existing_nullable": None, "existing_type": None, "existing_comment": None}, {}, {}, {}),
    ({"server_default": False, "comment": False, "existing_server_default": False}, {}, {}, {}),
    ({"server_default": None, "comment": None}, {}, {"server_default": None, "comment": None}, {}),
    ({"existing_server_default": None}, {"server_default": None}, {}, {}),
    ({"nullable": False, "existing_nullable": True}, {"nullable": True}, {"nullable": False}, {}),
    ({"name": "d", "existing_comment": "x"}, {"comment": "x"}, {"name": "d"}, {}),
    ({"autoincrement": False, "existing_autoincrement": True}, {"autoincrement": True}, {"autoincrement": False}, {}),
    ({"postgresql_using": "c::int", "existing_x": None}, {}, {}, {"postgresql_using": "c::int", "existing_x": None}),
]


@pytest.mark.parametrize(("keywords", "existing", "new", "options"), KEYWORDS, ids=[str(row[0]) for row in KEYWORDS])
def test_what_keywords_say(keywords: Any, existing: Any, new: Any, options: Any) -> None:
    change = ColumnChange.from_keywords("t", "c", **keywords)
    assert (change.existing.given(), change.new.given(), change.options) == (existing, new, options)


def test_a_type_may_be_a_class() -> None:
    change = ColumnChange.from_keywords("t", "c", type_=sa.Text, existing_type=sa.Integer)
    assert isinstance(change.new.type, sa.Text)
    assert isinstance(change.existing.type, sa.Integer)


def test_the_change_is_a_value() -> None:
    change = ColumnChange("t", "c", existing=ColumnState(nullable=True, comment="x"), new=ColumnState(nullable=False))
    with pytest.raises(dataclasses.FrozenInstanceError):
        change.schema = "s"  # type: ignore[misc]
    assert change.changes("type", "nullable")
    assert not change.without("nullable").changes("nullable")
    assert change.to(name="d").new == ColumnState(name="d", nullable=False)
    assert change.known(type=NOT_GIVEN, comment=None).existing == ColumnState(nullable=True, comment=None)
    assert change.result == ColumnState(nullable=False, comment="x")
    assert change == ColumnChange.from_keywords("t", "c", existing_nullable=True, existing_comment="x", nullable=False)


@pytest.mark.parametrize(
    ("keywords", "only"),
    [
        ({"name": "d"}, True),
        ({"name": "d", "existing_type": sa.Integer(), "existing_using": "x"}, True),
        ({"name": "d", "lossy": False, "using": None}, True),
        ({"name": "d", "using": "c"}, False),
        ({"name": "d", "nullable": False}, False),
        ({"name": "d", "server_default": None}, False),
        ({"nullable": False}, False),
    ],
)
def test_a_renaming_alone(keywords: dict[str, Any], only: bool) -> None:
    assert ColumnChange.from_keywords("t", "c", **keywords).only_renames() is only


def test_a_ddl_element_gets_what_exists() -> None:
    change = ColumnChange("t", "c", "s", ColumnState(nullable=False), ColumnState(type=sa.Text()))
    element = change.element(ColumnType, change.new.type)
    assert (element.table_name, element.column_name, element.schema, element.type_) == ("t", "c", "s", change.new.type)
    existing = (element.existing_type, element.existing_nullable, element.existing_comment)
    assert existing == (None, False, None)
    assert element.existing_server_default is False


# --- impls of third parties -----------------------------------------------------------------------------------------


@pytest.fixture
def registered() -> Any:
    before = dict(_impls)
    yield
    _impls.clear()
    _impls.update(before)


def written(dialect: str, **options: Any) -> tuple[Operations, io.StringIO]:
    buffer = io.StringIO()
    opts = {"as_sql": True, "output_buffer": buffer, **options}
    return Operations(MigrationContext.configure(dialect_name=dialect, opts=opts)), buffer


@pytest.mark.parametrize(("base", "dialect"), [(DefaultImpl, "postgresql"), (MySQLImpl, "mysql")])
def test_an_override_of_alter_column_gets_all_keywords_and_hands_them_on(
    registered: None, base: type[DefaultImpl], dialect: str
) -> None:
    """The form in which packages for Alembic override it."""
    seen: list[dict[str, Any]] = []

    class Theirs(base):  # type: ignore[valid-type, misc]
        __dialect__ = dialect

        def alter_column(
            self, table_name, column_name, nullable=None, server_default=False, name=None, type_=None, schema=None,
            existing_type=None, existing_server_default=None, existing_nullable=None, **kw,
        ):  # fmt: skip
            seen.append({"nullable": nullable, "type_": type_, "existing_nullable": existing_nullable, **kw})
            super().alter_column(
                table_name, column_name, nullable=False, name=name, existing_type=existing_type, schema=schema
            )

    operations, buffer = written(dialect)
    operations.alter_column("t", "c", nullable=True, existing_type=sa.Integer(), mysql_frob=1)
    assert seen == [
        {
            "nullable": True,
            "type_": None,
            "existing_nullable": None,
            "comment": False,
            "existing_comment": None,
            "mysql_frob": 1,
        }
    ]
    assert "NOT NULL" in buffer.getvalue()


def test_an_override_of_change_column_gets_the_value(registered: None) -> None:
    """The form for an impl written for Limbeck."""

    class Acme(DefaultImpl):
        __dialect__ = "postgresql"

        def change_column(self, change: ColumnChange) -> None:
            super().change_column(change.without("comment"))

    operations, buffer = written("postgresql")
    operations.alter_column("t", "c", nullable=True, comment="x")
    assert buffer.getvalue().strip() == "ALTER TABLE t ALTER COLUMN c DROP NOT NULL;"


def test_ours_is_called_by_keywords() -> None:
    operations, buffer = written("postgresql")
    operations.impl.alter_column("t", "c", type_=sa.Text, schema="s", postgresql_using="c::text")
    assert buffer.getvalue().strip() == "ALTER TABLE s.t ALTER COLUMN c TYPE TEXT USING c::text;"


def test_the_signature_names_the_keywords() -> None:
    assert str(inspect.signature(DefaultImpl.alter_column)) == (
        "(self, table_name, column_name, *, schema=None, name=None, type_=None, existing_type=None, nullable=None, "
        "existing_nullable=None, server_default=False, existing_server_default=False, comment=False, "
        "existing_comment=None, autoincrement=None, existing_autoincrement=None, **keywords)"
    )
