"""The passes of `arrange/pipeline.py`, as pairs of lists: the operations before a pass, and after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from arranging import (
    Operations,
    add,
    check,
    create,
    create_index,
    create_key,
    create_unique,
    drop,
    drop_column,
    drop_index,
    drop_key,
    drop_unique,
    facts,
    key,
    on,
    retype,
    show,
    table,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Computed, Integer, String, Text, UniqueConstraint

from limbeck.autogenerate.arrange.across_tables import order_foreign_keys, order_new_tables
from limbeck.autogenerate.arrange.casts import add_casts
from limbeck.autogenerate.arrange.complete_drops import complete_drops
from limbeck.autogenerate.arrange.default_names import name_unnamed_drops
from limbeck.autogenerate.arrange.domains import create_checks_last
from limbeck.autogenerate.arrange.key_indexes import add_key_indexes, leave_indexes_to_tables
from limbeck.autogenerate.arrange.name_conflicts import free_names
from limbeck.autogenerate.arrange.objects import put_objects_around, restate_objects
from limbeck.autogenerate.arrange.pipeline import DOWNGRADE, UPGRADE, Pass, arranged, in_order, misplaced
from limbeck.autogenerate.arrange.renames import comment_on_open_renames, put_renames_first
from limbeck.autogenerate.arrange.within_table import (
    drop_keys_before_indexes,
    order_computed_columns,
    order_within_tables,
)
from limbeck.autogenerate.read.renames import OpenRename, Renames
from limbeck.operations import ops
from limbeck.operations.ops import (
    AlterColumnOp,
    AlterTableOptionsOp,
    CreateCheckConstraintOp,
    CreateForeignKeyOp,
    CreatePrimaryKeyOp,
    DropConstraintOp,
    DropTableOp,
    RenameTableOp,
)

Case = tuple[Operations, Operations]


def default(text: str) -> sa.DefaultClause:
    return sa.DefaultClause(sa.text(text))


def named(drop: DropConstraintOp, name: str) -> DropConstraintOp:
    drop.constraint_name = name
    return drop


def completed(drop: DropTableOp, **options: str) -> DropTableOp:
    drop.table_kw.update(options)
    return drop


def commented(operation: Any, rename: OpenRename) -> Any:
    operation.script_comment = (f"{rename.fact};", f"{rename.hint}.")
    return operation


def key_with_use_alter(name: str, source: str, target: str) -> CreateForeignKeyOp:
    operation = create_key(name, source, target)
    operation.kw["use_alter"] = True
    return operation


def cases(**named: Case) -> Any:
    """Cases by what they show."""
    parameters = [pytest.param(before, after, id=name) for name, (before, after) in named.items()]
    return pytest.mark.parametrize(("before", "after"), parameters)


# --- within a table -----------------------------------------------------------------------------------------------

TWICE = Computed("a * 2")


def counting(counts: bool) -> AlterColumnOp:
    return AlterColumnOp("t", "id", autoincrement=counts, existing_autoincrement=not counts)


def primary_key(name: str) -> tuple[DropConstraintOp, CreatePrimaryKeyOp]:
    creation = CreatePrimaryKeyOp(name, "t", ["id"])
    return DropConstraintOp(name, "t", "primary", _reverse=creation), creation


PK = primary_key("pk")


@cases(
    what_stands_on_columns_is_dropped_first_and_created_last=(
        [on("t", create_key("fk", "t.b", "u.id"), create_index("ix", "t.b"), add("t.b"), create_unique("uq", "t.b"),
            drop_column("t.a"), drop_unique("uq0", "t.a"), drop_index("ix0", "t.a"), drop_key("fk0", "t.a", "u.id"))],
        [on("t", drop_key("fk0", "t.a", "u.id"), drop_index("ix0", "t.a"), drop_unique("uq0", "t.a"), add("t.b"),
            drop_column("t.a"), create_unique("uq", "t.b"), create_index("ix", "t.b"),
            create_key("fk", "t.b", "u.id"))],
    ),
    columns_are_altered_between_additions_and_drops=(
        [on("t", drop_column("t.a"), retype("t.b", Integer(), Text()), add("t.c"))],
        [on("t", add("t.c"), retype("t.b", Integer(), Text()), drop_column("t.a"))],
    ),
    a_column_that_is_added_again_is_dropped_before=(
        [on("t", add("t.a"), drop_column("t.a"), drop_column("t.b"))],
        [on("t", drop_column("t.a"), add("t.a"), drop_column("t.b"))],
    ),
    computed_columns_are_dropped_before_and_added_after_their_sources=(
        [on("t", add("t.c", TWICE), drop_column("t.a"), drop_column("t.b", TWICE), add("t.a2"))],
        [on("t", drop_column("t.b", TWICE), add("t.a2"), add("t.c", TWICE), drop_column("t.a"))],
    ),
    a_collation_changes_when_old_columns_are_gone_and_before_new_ones_come=(
        [on("t", add("t.b"), AlterTableOptionsOp("t", {"mysql_collate": "utf8mb4_bin"}), drop_column("t.a"))],
        [on("t", drop_column("t.a"), AlterTableOptionsOp("t", {"mysql_collate": "utf8mb4_bin"}), add("t.b"))],
    ),
    auto_increment_stops_before_its_key_is_dropped_and_starts_under_the_new_one=(
        [on("t", counting(True), PK[1], counting(False), PK[0])],
        [on("t", counting(False), PK[0], PK[1], counting(True))],
    ),
    equals_keep_their_order=(
        [on("t", add("t.b"), add("t.a"), create_index("i2", "t.b"), create_index("i1", "t.a"))],
        [on("t", add("t.b"), add("t.a"), create_index("i2", "t.b"), create_index("i1", "t.a"))],
    ),
    tables_keep_theirs=(
        [drop("z"), on("t", create_index("i", "t.a"), add("t.a")), create("a")],
        [drop("z"), on("t", add("t.a"), create_index("i", "t.a")), create("a")],
    ),
)  # fmt: skip
def test_order_within_tables(before: Operations, after: Operations) -> None:
    check(order_within_tables, facts("postgresql"), before, after)


@given(
    st.lists(
        st.sampled_from(
            [
                lambda: add("t.a"),
                lambda: add("t.c", TWICE),
                lambda: drop_column("t.a"),
                lambda: drop_index("ix", "t.a"),
                lambda: create_index("ix2", "t.a"),
                lambda: create_key("fk", "t.a", "u.id"),
                lambda: retype("t.a", Integer(), Text()),
                lambda: counting(True),
                lambda: counting(False),
            ]
        ),
        max_size=8,
    )
)
def test_nothing_is_lost_and_a_second_time_changes_nothing(made: list[Callable[[], Any]]) -> None:
    known = SimpleNamespace()
    before: Operations = [on("t", *(make() for make in made))]
    once = order_within_tables(before, known)  # type: ignore[arg-type]
    assert sorted(map(id, once[0].ops)) == sorted(map(id, before[0].ops))  # type: ignore[attr-defined]
    twice = order_within_tables(once, known)  # type: ignore[arg-type]
    assert [*map(show, twice)] == [*map(show, once)]


@cases(
    computed_columns_are_added_last=(
        [on("t", add("t.c", TWICE), create_index("ix", "t.b"), add("t.a"))],
        [on("t", add("t.a"), create_index("ix", "t.b"), add("t.c", TWICE))],
    ),
    and_dropped_first=(
        [on("t", drop_column("t.a"), drop_column("t.c", TWICE))],
        [on("t", drop_column("t.c", TWICE), drop_column("t.a"))],
    ),
)
def test_order_computed_columns(before: Operations, after: Operations) -> None:
    check(order_computed_columns, facts("mysql"), before, after)


@cases(
    keys_of_a_dropped_table_go_before_its_indexes=(
        [on("t", drop_index("ix", "t.a")), drop("t", "a", key("a", "u.id"))],
        [on("t", drop_key("fk_a", "t.a", "u.id"), drop_index("ix", "t.a")), drop("t", "a")],
    ),
    without_indexes_they_go_with_the_table=(
        [drop("t", "a", key("a", "u.id"))],
        [drop("t", "a", key("a", "u.id"))],
    ),
    other_tables_keep_theirs=(
        [on("t", drop_index("ix", "t.a")), drop("u", "a", key("a", "t.id"))],
        [on("t", drop_index("ix", "t.a")), drop("u", "a", key("a", "t.id"))],
    ),
)
def test_drop_keys_before_indexes(before: Operations, after: Operations) -> None:
    check(drop_keys_before_indexes, facts("mysql"), before, after)


# --- casts --------------------------------------------------------------------------------------------------------


class CastingImpl:
    """A dialect that casts nothing by itself."""

    def type_change_options(self, database: sa.Column[Any], model: sa.Column[Any]) -> dict[str, str]:
        if type(database.type) is type(model.type):
            return {}
        return {"modify_acme_using": f"to {model.type!r}", "existing_acme_using": f"to {database.type!r}"}


CAST = {"modify_acme_using": "to Integer()", "existing_acme_using": "to Text()"}


@cases(
    a_cast_in_both_directions=(
        [on("t", retype("t.a", Text(), Integer()))],
        [on("t", retype("t.a", Text(), Integer(), **CAST))],
    ),
    none_where_the_dialect_needs_none=(
        [on("t", retype("t.a", String(3), String(5)))],
        [on("t", retype("t.a", String(3), String(5)))],
    ),
    none_where_the_models_give_one=(
        [on("t", retype("t.a", Text(), Integer(), acme_using="length(a)"))],
        [on("t", retype("t.a", Text(), Integer(), acme_using="length(a)"))],
    ),
    a_default_that_stays_is_set_again_without_the_cast_of_its_text=(
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("'7'::text")))],
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("'7'::text"), **CAST,
                        modify_server_default=default("'7'")))],
    ),
    a_default_that_is_no_literal_is_left=(
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("now()")))],
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("now()"), **CAST))],
    ),
    one_that_changes_is_left=(
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("'7'"), modify_server_default=None))],
        [on("t", retype("t.a", Text(), Integer(), existing_server_default=default("'7'"), modify_server_default=None,
                        **CAST))],
    ),
    without_a_container_too=(
        [retype("t.a", Text(), Integer())],
        [retype("t.a", Text(), Integer(), **CAST)],
    ),
)  # fmt: skip
def test_add_casts(before: Operations, after: Operations) -> None:
    impl: Any = CastingImpl()
    check(add_casts, replace(facts("sqlite"), impl=impl), before, after)


# --- names --------------------------------------------------------------------------------------------------------


@cases(
    an_index_gives_up_its_name_before_another_gets_it=(
        [on("a", create_index("ix", "a.x")), on("b", drop_index("ix", "b.x"))],
        [on("b", drop_index("ix", "b.x")), on("a", create_index("ix", "a.x"))],
    ),
    a_table_goes_with_all_that_are_dropped=(
        [create("new", UniqueConstraint("id", name="b")), on("b", drop_index("ix", "b.y")), drop("b", "y"), drop("c")],
        [on("b", drop_index("ix", "b.y")), drop("b", "y"), drop("c"), create("new", UniqueConstraint("id", name="b"))],
    ),
    constraints_of_a_new_table_have_names_too=(
        [create("new", "x", UniqueConstraint("x", name="uq")), on("b", drop_unique("uq", "b.x"), add("b.y"))],
        [on("b", drop_unique("uq", "b.x")), create("new", "x", UniqueConstraint("x", name="uq")), on("b", add("b.y"))],
    ),
    what_is_dropped_before_stays=(
        [on("a", drop_index("ix", "a.x")), on("b", create_index("ix", "b.x"))],
        [on("a", drop_index("ix", "a.x")), on("b", create_index("ix", "b.x"))],
    ),
    foreign_keys_of_postgresql_have_names_of_their_table=(
        [on("a", create_key("fk", "a.x", "c.id")), on("b", drop_key("fk", "b.x", "c.id"))],
        [on("a", create_key("fk", "a.x", "c.id")), on("b", drop_key("fk", "b.x", "c.id"))],
    ),
)  # fmt: skip
def test_free_names(before: Operations, after: Operations) -> None:
    check(free_names, facts("postgresql"), before, after)


# --- foreign keys -------------------------------------------------------------------------------------------------

SHELF = table("shelf", "code", UniqueConstraint("code", name="uq_code"))
BOOK = table("book", "shelf_id", "shelf_code", key("shelf_id", "shelf.id"), key("shelf_code", "shelf.code"))
BY_ID = ("fk_shelf_id", "book.shelf_id", "shelf.id")
BY_CODE = ("fk_shelf_code", "book.shelf_code", "shelf.code")


@cases(
    a_table_after_a_unique_constraint_that_its_foreign_key_refers_to=(
        [create("loan", "code", key("code", "book.code")), on("loan", create_index("ix", "loan.code")),
         on("book", create_unique("uq", "book.code"))],
        [on("book", create_unique("uq", "book.code")), create("loan", "code", key("code", "book.code")),
         on("loan", create_index("ix", "loan.code"))],
    ),
    others_stay=(
        [create("loan", "a", key("a", "book.id")), on("book", create_unique("uq", "book.code"))],
        [create("loan", "a", key("a", "book.id")), on("book", create_unique("uq", "book.code"))],
    ),
)  # fmt: skip
def test_order_new_tables(before: Operations, after: Operations) -> None:
    check(order_new_tables, facts("sqlite"), before, after)


@cases(
    nothing_moves_without_need=(
        [create("a"), create("b", "a_id", key("a_id", "a.id")), drop("d", "c_id", key("c_id", "c.id")), drop("c")],
        [create("a"), create("b", "a_id", key("a_id", "a.id")), drop("d", "c_id", key("c_id", "c.id")), drop("c")],
    ),
    the_first_key_of_a_circle_is_created_last=(
        [create("a", "b_id", key("b_id", "b.id")), create("b", "a_id", key("a_id", "a.id"))],
        [create("a", "b_id"), create("b", "a_id", key("a_id", "a.id")),
         on("a", create_key("fk_b_id", "a.b_id", "b.id"))],
    ),
    so_is_one_with_use_alter=(
        [create("a", "x", key("x", "z.id", use_alter=True))],
        [create("a", "x"), on("a", key_with_use_alter("fk_x", "a.x", "z.id"))],
    ),
    the_last_key_of_a_circle_is_dropped_first=(
        [drop("a", "b_id", key("b_id", "b.id")), drop("b", "a_id", key("a_id", "a.id"))],
        [on("b", drop_key("fk_a_id", "b.a_id", "a.id")), drop("a", "b_id", key("b_id", "b.id")), drop("b", "a_id")],
    ),
    a_key_goes_before_the_column_that_it_refers_to=(
        [on("a", drop_column("a.x")), on("b", drop_key("fk", "b.y", "a.x"), drop_column("b.y"))],
        [on("b", drop_key("fk", "b.y", "a.x")), on("a", drop_column("a.x")), on("b", drop_column("b.y"))],
    ),
    and_before_its_own_in_the_same_table=(
        [on("b", drop_column("b.y"), drop_key("fk", "b.y", "a.x"))],
        [on("b", drop_key("fk", "b.y", "a.x"), drop_column("b.y"))],
    ),
    a_key_comes_after_the_column_that_it_refers_to=(
        [on("a", add("a.y"), create_key("fk", "a.y", "b.x")), on("b", add("b.x"), create_unique("uq", "b.x"))],
        [on("a", add("a.y")), on("b", add("b.x"), create_unique("uq", "b.x")), on("a", create_key("fk", "a.y", "b.x"))],
    ),
    keys_of_one_table_are_created_together=(
        [on("a", create_key("f1", "a.y", "b.x"), create_key("f2", "a.z", "c.x")), create("c"), create("b")],
        [create("c"), create("b"), on("a", create_key("f1", "a.y", "b.x"), create_key("f2", "a.z", "c.x"))],
    ),
)  # fmt: skip
def test_order_foreign_keys(before: Operations, after: Operations) -> None:
    check(order_foreign_keys, facts("postgresql"), before, after)


@cases(
    while_the_two_ends_cannot_be_compared=(
        [on("book", retype("book.shelf_id", Integer(), Text())), on("shelf", retype("shelf.id", Integer(), Text()))],
        [on("book", drop_key(*BY_ID)), on("book", retype("book.shelf_id", Integer(), Text())),
         on("shelf", retype("shelf.id", Integer(), Text())), on("book", create_key(*BY_ID))],
    ),
    but_not_while_they_can=(
        [on("book", retype("book.shelf_id", Integer(), sa.BigInteger()))],
        [on("book", retype("book.shelf_id", Integer(), sa.BigInteger()))],
    ),
    while_the_unique_constraint_is_exchanged=(
        [on("shelf", drop_unique("uq_code", "shelf.code"), create_unique("uq2", "shelf.code"))],
        [on("book", drop_key(*BY_CODE)), on("shelf", drop_unique("uq_code", "shelf.code"),
         create_unique("uq2", "shelf.code")), on("book", create_key(*BY_CODE))],
    ),
    but_not_where_the_key_is_dropped=(
        [on("book", drop_key(*BY_CODE)), on("shelf", drop_unique("uq_code", "shelf.code"))],
        [on("book", drop_key(*BY_CODE)), on("shelf", drop_unique("uq_code", "shelf.code"))],
    ),
    nor_where_its_table_is=(
        [drop("book"), on("shelf", drop_unique("uq_code", "shelf.code"))],
        [drop("book"), on("shelf", drop_unique("uq_code", "shelf.code"))],
    ),
)  # fmt: skip
def test_order_foreign_keys_suspends_them(before: Operations, after: Operations) -> None:
    """book(shelf_id -> shelf.id, shelf_code -> shelf.code), on PostgreSQL."""
    check(order_foreign_keys, facts("postgresql", SHELF, BOOK), before, after)


@cases(
    whatever_the_new_type=(
        [on("book", retype("book.shelf_id", Integer(), sa.BigInteger()))],
        [on("book", drop_key(*BY_ID)), on("book", retype("book.shelf_id", Integer(), sa.BigInteger())),
         on("book", create_key(*BY_ID))],
    ),
)  # fmt: skip
def test_mariadb_suspends_them(before: Operations, after: Operations) -> None:
    check(order_foreign_keys, facts("mysql", SHELF, BOOK), before, after)


def test_sqlite_alters_no_constraint() -> None:
    before: Operations = [
        on("book", retype("book.shelf_id", Integer(), Text())),
        create("a", "b_id", key("b_id", "b.id")),
    ]
    check(order_foreign_keys, facts("sqlite", SHELF, BOOK), before, before)


INDEXED = table("book", "shelf_id", "other", key("shelf_id", "shelf.id"), sa.Index("fk_shelf_id", "shelf_id"))


@cases(
    a_key_gets_its_index=(
        [on("book", create_key("fk2", "book.other", "shelf.id"))],
        [on("book", create_index("fk2", "book.other"), create_key("fk2", "book.other", "shelf.id"))],
    ),
    unless_one_is_created=(
        [on("book", create_index("ix", "book.other"), create_key("fk2", "book.other", "shelf.id"))],
        [on("book", create_index("ix", "book.other"), create_key("fk2", "book.other", "shelf.id"))],
    ),
    or_stays=(
        [on("book", create_key("fk2", "book.shelf_id", "shelf.id"))],
        [on("book", create_key("fk2", "book.shelf_id", "shelf.id"))],
    ),
    a_key_takes_its_index_along=(
        [on("book", drop_key(*BY_ID))],
        [on("book", drop_key(*BY_ID), drop_index("fk_shelf_id", "book.shelf_id"))],
    ),
    unless_another_key_needs_it=(
        [on("book", drop_key(*BY_ID), create_key("fk2", "book.shelf_id", "shelf.id"))],
        [on("book", drop_key(*BY_ID), create_key("fk2", "book.shelf_id", "shelf.id"))],
    ),
    two_new_keys_share_one=(
        [on("book", create_key("f1", "book.other", "shelf.id"), create_key("f2", "book.other", "shelf.id"))],
        [on("book", create_index("f1", "book.other"), create_key("f1", "book.other", "shelf.id"),
            create_key("f2", "book.other", "shelf.id"))],
    ),
)  # fmt: skip
def test_add_key_indexes(before: Operations, after: Operations) -> None:
    """book(id, shelf_id -> shelf.id, other) with the index ``fk_shelf_id`` that MariaDB made for the key."""
    check(add_key_indexes, facts("mysql", SHELF, INDEXED), before, after)


def test_a_key_leaves_an_index_that_the_models_have() -> None:
    models = sa.MetaData()
    table("book", "shelf_id", "other", sa.Index("fk_shelf_id", "shelf_id")).to_metadata(models)
    before: Operations = [on("book", drop_key(*BY_ID))]
    check(add_key_indexes, facts("mysql", SHELF, INDEXED, models=[models]), before, before)


@cases(
    indexes_go_with_their_tables=(
        [on("t", drop_index("ix", "t.a"), drop_key("fk", "t.a", "u.id")), drop("t"), on("u", drop_index("ix2", "u.b"))],
        [on("t", drop_key("fk", "t.a", "u.id")), drop("t"), on("u", drop_index("ix2", "u.b"))],
    ),
    an_empty_container_goes_too=([on("t", drop_index("ix", "t.a")), drop("t")], [drop("t")]),
)
def test_leave_indexes_to_tables(before: Operations, after: Operations) -> None:
    check(leave_indexes_to_tables, facts("mysql"), before, after)


# --- what is dropped ----------------------------------------------------------------------------------------------


class KnowingImpl:
    """A dialect with options and defaults that SQLAlchemy does not reflect."""

    def unreflected_options(self, connection: Any, table: str, schema: str | None) -> dict[str, str]:
        return {"acme_engine": f"of {table}"}

    def unreflected_default(
        self, connection: Any, column: sa.Column[Any], table: str, schema: str | None
    ) -> str | None:
        return f"'{table}'" if column.name == "x" else None


@cases(
    a_table_gets_its_options_and_defaults=(
        [drop("t", "x", "y")],
        [completed(drop("t", sa.Column("x", Integer, server_default=sa.text("'t'")), "y"), acme_engine="of t")],
    ),
    a_column_gets_its_default=(
        [on("t", drop_column("t.x"), drop_column("t.y"))],
        [on("t", drop_column("t.x", default("'t'")), drop_column("t.y"))],
    ),
    what_is_reflected_stays=(
        [on("t", drop_column("t.x", default("5")))],
        [on("t", drop_column("t.x", default("5")))],
    ),
)
def test_complete_drops(before: Operations, after: Operations) -> None:
    impl, connection = KnowingImpl(), SimpleNamespace()
    known = replace(facts("sqlite"), impl=impl, connection=connection)  # type: ignore[arg-type]
    check(complete_drops, known, before, after)


def test_without_a_connection_nothing_is_completed() -> None:
    check(complete_drops, facts("sqlite"), [drop("t", "x")], [drop("t", "x")])


def unnamed_check(table_name: str, condition: str) -> DropConstraintOp:
    creation = CreateCheckConstraintOp(None, table_name, condition)
    return DropConstraintOp(None, table_name, "check", _reverse=creation)


@cases(
    a_name_as_postgresql_makes_it=(
        [on("t", drop_unique(None, "t.a")), on("t", drop_key(None, "t.b", "u.id"))],
        [on("t", named(drop_unique(None, "t.a"), "t_a_key")),
         on("t", named(drop_key(None, "t.b", "u.id"), "t_b_fkey"))],
    ),
    the_first_that_is_free_in_the_order_of_the_upgrade=(
        [on("t", drop_unique(None, "t.a")), on("t", drop_unique(None, "t.a"))],
        [on("t", named(drop_unique(None, "t.a"), "t_a_key1")), on("t", named(drop_unique(None, "t.a"), "t_a_key"))],
    ),
    a_name_that_the_database_has_is_not_free=(
        [on("book", drop_unique(None, "book.isbn"))],
        [on("book", named(drop_unique(None, "book.isbn"), "book_isbn_key1"))],
    ),
    unless_the_upgrade_drops_it_before=(
        [on("book", drop_unique(None, "book.isbn")), on("book", create_unique("book_isbn_key", "book.isbn"))],
        [on("book", named(drop_unique(None, "book.isbn"), "book_isbn_key")),
         on("book", create_unique("book_isbn_key", "book.isbn"))],
    ),
    one_that_a_new_table_has_is_not_free=(
        [on("t", drop_unique(None, "t.a")), drop("n", UniqueConstraint("id", name="t_a_key"))],
        [on("t", named(drop_unique(None, "t.a"), "t_a_key1")), drop("n", UniqueConstraint("id", name="t_a_key"))],
    ),
    named_ones_stay=(
        [on("t", drop_unique("uq", "t.a"))],
        [on("t", drop_unique("uq", "t.a"))],
    ),
    a_check=(
        [on("t", unnamed_check("t", "a > 0"))],
        [on("t", named(unnamed_check("t", "a > 0"), "t_check"))],
    ),
)  # fmt: skip
def test_name_unnamed_drops(before: Operations, after: Operations) -> None:
    """A downgrade; the database has book(id, isbn) with a unique constraint ``book_isbn_key``."""
    book = table("book", "isbn", UniqueConstraint("isbn", name="book_isbn_key"))
    check(name_unnamed_drops, facts("postgresql", book), before, after)


def test_sqlite_gives_no_names() -> None:
    check(name_unnamed_drops, facts("sqlite"), [on("t", drop_unique(None, "t.a"))], [on("t", drop_unique(None, "t.a"))])


# --- renaming -----------------------------------------------------------------------------------------------------


def test_put_renames_first() -> None:
    """a -> b -> c, and b's column x -> y: each name is free when its turn comes."""
    known = facts("postgresql", table("a", "x"), table("b"))
    known.reflection.rename(Renames({(None, "a"): "b", (None, "b"): "c"}, {(None, "b"): {"x": "y"}}))
    column = AlterColumnOp(
        "b", "x", modify_name="y", existing_type=Integer(), existing_nullable=True, existing_server_default=None
    )
    first: Operations = [RenameTableOp("b", "c"), RenameTableOp("a", "b"), column]
    check(put_renames_first, known, [on("b", add("b.z"))], [*first, on("b", add("b.z"))])


OPEN = (OpenRename("a", "b", None, None), OpenRename("x", "y", (None, "t"), None))


@cases(
    above_both_tables=(
        [create("b"), drop("a"), create("c")],
        [commented(create("b"), OPEN[0]), commented(drop("a"), OPEN[0]), create("c")],
    ),
    above_both_columns=(
        [on("t", add("t.y"), add("t.z"), drop_column("t.x")), on("u", add("u.y"))],
        [
            on("t", commented(add("t.y"), OPEN[1]), add("t.z"), commented(drop_column("t.x"), OPEN[1])),
            on("u", add("u.y")),
        ],
    ),
)
def test_comment_on_open_renames(before: Operations, after: Operations) -> None:
    check(comment_on_open_renames, facts("sqlite", open_renames=OPEN), before, after)


# --- the pipeline -------------------------------------------------------------------------------------------------

BOUND = [
    pytest.param(passes, first, second, id=f"{first.__name__}-{second.name}")
    for passes in (UPGRADE, DOWNGRADE)
    for second in passes
    for first in second.after
]


@pytest.mark.parametrize(("passes", "first", "second"), BOUND)
def test_an_order_in_which_a_pass_lacks_one_before_it_is_refused(
    passes: tuple[Pass, ...], first: Callable[..., Any], second: Pass
) -> None:
    swapped = [each for each in passes if each is not second]
    swapped.insert([each.apply for each in passes].index(first), second)
    assert [line for line in misplaced(swapped) if line.startswith(f"{second.name} must come after {first.__name__}: ")]
    with pytest.raises(ValueError, match=f"{second.name} must come after {first.__name__}"):
        in_order(*swapped)


def test_each_pass_stands_once_and_names_only_passes_of_its_pipeline() -> None:
    for passes in (UPGRADE, DOWNGRADE):
        functions = [each.apply for each in passes]
        assert len(set(functions)) == len(functions)
        assert {before for each in passes for before in each.after} <= set(functions)


@pytest.mark.parametrize(
    ("dialect", "options", "left_out"),
    [
        (
            "postgresql",
            {},
            [order_within_tables, drop_keys_before_indexes, order_new_tables, add_key_indexes, complete_drops,
             comment_on_open_renames, put_renames_first, put_objects_around],
        ),
        (
            "mysql",
            {"is_exact": True, "has_edition": True},
            [order_new_tables, comment_on_open_renames, put_renames_first, put_objects_around],
        ),
        (
            "sqlite",
            {"has_edition": True, "open_renames": OPEN},
            [order_within_tables, drop_keys_before_indexes, add_key_indexes, put_renames_first, put_objects_around],
        ),
    ],
)  # fmt: skip
def test_a_run_has_the_passes_that_it_needs(dialect: str, options: dict[str, Any], left_out: list[Any]) -> None:
    known = facts(dialect, **options)
    assert [each.apply for each in UPGRADE if not each.when(known)] == left_out


def test_objects_are_put_around_tables() -> None:
    """The comparison has decided which come first; passes between have moved tables to either end."""
    gone, new = ops.DropViewOp("gone"), ops.CreateViewOp("new", "SELECT 1")
    gone.comes_first = True
    table = on("a", create_unique("uq", "a.x"))
    assert put_objects_around([table, new, gone, table], facts("postgresql")) == [gone, table, table, new]


def test_objects_on_columns_of_another_type_are_restated() -> None:
    """Back to the former type, ``late`` needs nothing that goes, ``both`` has to be out of the way before."""
    late, both, other = (ops.ReplaceViewOp(name, "old", existing={"definition": "new"}) for name in ("l", "b", "o"))
    late.is_retyped = both.is_retyped = True
    late.is_early_back = False
    table = on("a", create_unique("uq", "a.x"))
    found = restate_objects([late, both, other, table], facts("postgresql"))
    assert found[:4] == [both, other, table, late]
    assert str(found[4].to_call()) == "replace_view('b', 'old', existing={'definition': 'old'})"


def test_checks_are_created_after_domains_are_what_they_were() -> None:
    """The server would write them with the types of the domain that goes."""
    listed = CreateCheckConstraintOp("listed", "a", "x NOT IN ('p')")
    inline = create("b", "x", positive := sa.CheckConstraint("x > 0", name="positive"))
    before = [on("a", add("a.y"), listed), inline]
    replaced = ops.ReplaceDomainOp("code", "varchar(15)", existing={"type_": Text()})
    check(create_checks_last, facts("postgresql"), before, before)
    check(
        create_checks_last,
        facts("postgresql"),
        [*before, replaced],
        [
            on("a", add("a.y")),
            create("b", "x"),
            replaced,
            on("a", listed),
            on("b", CreateCheckConstraintOp.from_constraint(positive)),
        ],
    )


def test_passes_work_on_what_the_one_before_made() -> None:
    """A unique constraint of another table has the name of a new one, and a foreign key stands on it."""
    before: Operations = [
        on("a", create_unique("uq_code", "a.x")),
        on("shelf", drop_unique("uq_code", "shelf.code")),
        on("book", drop_key(*BY_CODE)),
    ]
    after = arranged(UPGRADE, before, facts("postgresql", SHELF, BOOK))
    assert [*map(show, after)] == [
        *map(
            show,
            [
                on("book", drop_key(*BY_CODE)),
                on("shelf", drop_unique("uq_code", "shelf.code")),
                on("a", create_unique("uq_code", "a.x")),
            ],
        )
    ]
