"""For any two models: a database made from one does not differ from it, and scripts upgrade to the other and back.

One database for all pairs of a backend; on PostgreSQL each pair is one transaction that is rolled back,
where its scripts commit nothing (a new value of an enum type).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import menus
import pytest
import ranging
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from models import Menu, Model, pairs
from walking import Walk

from limbeck.autogenerate.compare.unchanged import UnchangedTables
from limbeck.ddl.scratch_normalizer import ScratchNormalizer

PAIRS = int(os.environ.get("LIMBECK_PAIRS", "300"))
FEW = min(40, PAIRS)
MORE = int(os.environ.get("LIMBECK_CAMPAIGN_PAIRS", "5000"))


@contextlib.contextmanager
def _walk(url: str, **options: Any) -> Iterator[Walk]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        yield Walk(connection, **options)
        connection.rollback()


def hold(walk: Walk, menu: Menu, count: int, *, derandomize: bool = True, ranging_over_all: bool = True) -> None:
    """Upgrade and downgrade ``count`` pairs, which together differ in every item that the backend has."""
    items = ranging.items(walk.dialect) - menu.without if ranging_over_all else set()
    drawn = set[str]()

    @settings(
        max_examples=count,
        derandomize=derandomize,
        deadline=None,
        database=None,
        phases=(Phase.generate,) if derandomize else (Phase.generate, Phase.shrink),  # a pair is made small in minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(pairs(menu))
    def for_all(pair: tuple[Model, Model]) -> None:
        before, after = pair
        try:
            walk.there_and_back(before, after, before.rows())
        finally:
            walk.connection.rollback()
        if not items <= drawn:
            drawn.update(ranging.differing(before, after, walk.dialect))

    for_all()
    assert items <= drawn, f"in no pair differed: {items - drawn}"


def test_postgresql(postgresql_url: str) -> None:
    with _walk(postgresql_url) as walk:
        hold(walk, menus.POSTGRESQL, PAIRS)


@pytest.mark.parametrize("batch", [True, "auto"])
def test_sqlite_in_batches(batch: bool | str) -> None:
    with _walk("sqlite://", render_as_batch=batch) as walk:
        hold(walk, menus.SQLITE, PAIRS)


def test_sqlite_in_place() -> None:
    with _walk("sqlite://") as walk:
        hold(walk, menus.SQLITE_IN_PLACE, PAIRS)


@pytest.mark.parametrize(
    ("url", "menu"),
    [("sqlite://", menus.SQLITE), ("mariadb_url", menus.MARIADB), ("postgresql_url", menus.POSTGRESQL)],
    ids=["sqlite", "mariadb", "postgresql"],
)
def test_where_no_table_is_left_out_early(
    url: str, menu: Menu, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each table is made as a scratch copy, and each of its objects compared, also where it is seen to be unchanged."""
    monkeypatch.setattr(UnchangedTables, "can_tell", lambda self: False)
    monkeypatch.setattr(ScratchNormalizer, "_expected", lambda *_: None)
    url = request.getfixturevalue(url) if url.endswith("_url") else url
    with _walk(url, render_as_batch="auto") as walk:
        hold(walk, menu, FEW, ranging_over_all=False)


def _strange(backend: str, request: pytest.FixtureRequest) -> contextlib.AbstractContextManager[Walk]:
    url = "sqlite://" if backend == "sqlite" else request.getfixturevalue(f"{backend}_url")
    return _walk(url, render_as_batch="auto")


@pytest.mark.parametrize("backend", menus.STRANGE)
def test_names_that_have_to_be_quoted(backend: str, request: pytest.FixtureRequest) -> None:
    with _strange(backend, request) as walk:
        hold(walk, menus.STRANGE[backend], FEW, ranging_over_all=False)


@pytest.mark.campaign
@pytest.mark.parametrize("backend", menus.STRANGE)
def test_names_that_have_to_be_quoted_at_length(backend: str, request: pytest.FixtureRequest) -> None:
    with _strange(backend, request) as walk:
        hold(walk, menus.STRANGE[backend], MORE, derandomize=False, ranging_over_all=False)


@pytest.mark.parametrize("charset", ["latin1", "utf8mb3 COLLATE utf8mb3_bin"])
def test_a_database_of_another_character_set(charset: str, mariadb_url: str) -> None:
    with _walk(mariadb_url) as walk:
        walk.connection.exec_driver_sql(f"ALTER DATABASE CHARACTER SET {charset}")
        hold(walk, menus.MARIADB, FEW, ranging_over_all=False)


@pytest.mark.campaign
@pytest.mark.parametrize("batch", [True, "auto"])
def test_sqlite_at_length(batch: bool | str) -> None:
    with _walk("sqlite://", render_as_batch=batch) as walk:
        hold(walk, menus.SQLITE, MORE, derandomize=False)


@pytest.mark.campaign
def test_postgresql_at_length(postgresql_url: str) -> None:
    with _walk(postgresql_url) as walk:
        hold(walk, menus.POSTGRESQL_WIDE, MORE, derandomize=False)


def test_mariadb(mariadb_url: str) -> None:
    with _walk(mariadb_url) as walk:
        hold(walk, menus.MARIADB, PAIRS)


@pytest.mark.campaign
def test_mariadb_at_length(mariadb_url: str) -> None:
    with _walk(mariadb_url) as walk:
        hold(walk, menus.MARIADB, MORE, derandomize=False)
