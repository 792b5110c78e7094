"""The garbage collector during a comparison: it passes over the models, and is as before afterwards."""

from __future__ import annotations

import gc

import sqlalchemy as sa

from limbeck.autogenerate import compare_metadata
from limbeck.runtime.migration import MigrationContext


def frozen_while_comparing(connection: sa.Connection) -> int:
    """The number of objects that the collector passes over while a comparison asks for names."""
    seen: list[int] = []
    options = {"include_name": lambda *_: seen.append(gc.get_freeze_count()) or True}
    compare_metadata(MigrationContext.configure(connection, opts=options), sa.MetaData())
    return max(seen)


def test_what_was_there_before_is_passed_over_for_the_length_of_a_comparison() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        assert frozen_while_comparing(connection) > 1_000
    assert gc.get_freeze_count() == 0


def test_what_a_program_has_frozen_stays_so() -> None:
    gc.freeze()
    try:
        count = gc.get_freeze_count()
        with sa.create_engine("sqlite://").connect() as connection:
            connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
            frozen_while_comparing(connection)
        assert 0 < gc.get_freeze_count() <= count
    finally:
        gc.unfreeze()
