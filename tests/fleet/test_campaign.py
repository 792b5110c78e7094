"""A fleet is brought up: no revision twice on a target, none missed, whatever the database and whatever the workers.

r1 <- r2 <- r3 <- r4, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from tenants import CLASSIC_ENV, Tenants, all_ran, ran

from limbeck.config import Config
from limbeck.fleet import Fleet, Target
from limbeck.results import FleetResult


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    return Tenants(tmp_path)


def states(found: FleetResult) -> Counter[str]:
    """How many targets are in which state; what failed is printed, which pytest shows with a test that fails."""
    for each in found.failed:
        print(f"{each.name}: {each.error}")
    return Counter(each.state for each in found.targets)


def schemas(url: str, count: int) -> list[Target]:
    """Targets that are schemas of one database, which are made."""
    names = [f"tenant_{n:02}" for n in range(count)]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for name in names:
            connection.exec_driver_sql(f'CREATE SCHEMA "{name}"')
    return [Target(name, url, name) for name in names]


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_sixty_files(tenants: Tenants, executor: str) -> None:
    targets = tenants.files(60)
    fleet = Fleet(tenants.config, targets, executor=executor, jobs=4 if executor == "threads" else 2)
    done = fleet.upgrade()
    assert (done.state, states(done), done.waiting) == ("done", {"done": 60}, 0)
    assert all_ran(targets, tenants.ids)
    again = fleet.upgrade()
    assert states(again) == {"at head": 60}
    assert {(each.rows_before, each.rows_after) for each in again.targets} == {(("r4",), ("r4",))}
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize("env", ["new", "classic"])
def test_forty_schemas(tmp_path: Path, postgresql_url: str, env: str) -> None:
    """Each schema has its tables and its version table; the schema ``public`` gets nothing."""
    tenants = Tenants(tmp_path) if env == "new" else Tenants(tmp_path, env=CLASSIC_ENV, edition="")
    targets = schemas(postgresql_url, 40)
    fleet = Fleet(tenants.config, targets, jobs=4, ledger=postgresql_url)
    first = Fleet(tenants.config, targets[:10], jobs=4, ledger=postgresql_url).upgrade("r2")
    assert states(first) == {"done": 10}
    assert Counter(each.state for each in fleet.status().targets) == {"behind": 40}
    assert states(fleet.upgrade()) == {"done": 40}
    assert all_ran(targets, tenants.ids)
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        kept = sa.inspect(connection).get_table_names("public")
        assert {name.rpartition("_")[0] for name in kept} == {"limbeck_fleet"}  # the ledger


def test_schemas_at_head_cost_one_question(tmp_path: Path, postgresql_url: str) -> None:
    """The driver connects once for all of them, and no worker has anything to do."""
    tenants = Tenants(tmp_path)
    targets = schemas(postgresql_url, 40)
    first = Fleet(tenants.config, targets, jobs=4).upgrade()
    assert [each.error for each in first.failed] == []
    connected: list[object] = []

    def count(*given: object) -> None:
        connected.append(given)

    sa.event.listen(sa.Engine, "do_connect", count)
    found = Fleet(tenants.config, targets).upgrade()
    sa.event.remove(sa.Engine, "do_connect", count)
    assert states(found) == {"at head": 40}
    assert {(each.attempt, each.worker) for each in found.targets} == {(0, None)}
    assert len(connected) <= 4  # the ledger's two, env.py's, and the one that asks


def test_a_schema_of_an_odd_name(tmp_path: Path, postgresql_url: str) -> None:
    tenants = Tenants(tmp_path, 2)
    names = ['a"b', "50%", "Groß", "a:b"]
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        for name in names:
            connection.execute(sa.schema.CreateSchema(name))
    fleet = Fleet(tenants.config, [Target(name, postgresql_url, name) for name in names])
    assert states(fleet.upgrade()) == {"done": 4}
    assert Counter((each.state, each.attempt) for each in fleet.upgrade().targets) == {("at head", 0): 4}


def test_databases_of_mariadb(tenants: Tenants, mariadb_server: servers.Server) -> None:
    urls = [mariadb_server.create() for _ in range(3)]
    targets = [Target(f"m{n}", url) for n, url in enumerate(urls)]
    try:
        ledger = mariadb_server.create()
        urls.append(ledger)
        done = Fleet(tenants.config, targets, per_server=2, ledger=ledger).upgrade()
        assert (states(done), {each.server for each in done.targets}) == ({"done": 3}, {targets[0].server})
        assert all_ran(targets, tenants.ids)
        assert Fleet(tenants.config, ledger=ledger).report() == done
    finally:
        for url in urls:
            mariadb_server.drop(str(sa.make_url(url).database))


def test_an_executor_of_the_program(tenants: Tenants) -> None:
    """It is used, and not ended."""
    targets = tenants.files(5)
    with ThreadPoolExecutor(2) as executor:
        Fleet(tenants.config, targets, executor=executor).upgrade("r2")
        assert executor.submit(lambda: 1).result() == 1
    assert [ran(each) for each in targets] == [["r1", "r2"]] * 5


def test_only_and_exclude(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    tagged = [
        Target(each.name, each.url, tags={"tier": "free" if n else "paid"}) for n, each in enumerate(tenants.files(4))
    ]
    done = Fleet(tenants.config, tagged, only=["tier=fr*"], exclude=["f003"]).upgrade()
    assert [each.name for each in done.targets] == ["f001", "f002"]


def test_a_program_that_sets_options(tmp_path: Path) -> None:
    """What a program has set in its configuration counts for each target, its URL apart."""
    tenants = Tenants(tmp_path, 1)
    config = Config()
    config.set_main_option("script_location", str(tmp_path / "m"))
    config.set_main_option("sqlalchemy.url", "sqlite:///wrong.db")
    targets = tenants.files(2)
    Fleet(config, targets, ledger=f"sqlite:///{tmp_path / 'ledger.db'}").upgrade()
    assert all_ran(targets, tenants.ids)


def test_retry_does_what_failed_and_nothing_else(tenants: Tenants) -> None:
    """r5 fails where a file says so; its script is mended."""
    tenants.revision(before="import os, pathlib\nif 'f001' in str(op.get_bind().engine.url): raise ValueError('no')")
    targets = tenants.files(3)
    fleet = Fleet(tenants.config, targets)
    done = fleet.upgrade()
    assert states(done) == {"done": 2, "failed": 1}
    assert (done.failed[0].name, done.failed[0].rows_after) == ("f001", ("r4",))
    tenants.ids.pop()
    tenants.revision()
    again = fleet.retry()
    assert [(each.name, each.state, each.attempt) for each in again.targets] == [
        ("f000", "done", 1),
        ("f001", "done", 2),
        ("f002", "done", 1),
    ]
    assert again.campaign == done.campaign
    assert all_ran(targets, tenants.ids)
