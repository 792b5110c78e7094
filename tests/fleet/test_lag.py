"""How far replicas are behind is asked after each target, and its server rests where that is too far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from tenants import Tenants, all_ran

from limbeck.ddl.impl import DefaultImpl
from limbeck.fleet import Fleet, Target


@pytest.fixture(scope="module")
def primary() -> Iterator[servers.Server]:
    """A server with a replica that is a second behind."""
    with ExitStack() as ends:
        server = servers.start_private_postgresql()
        assert server is not None
        ends.callback(server.stop)
        ends.callback(servers.start_replica(server, "1s").stop)
        yield server


def lag_of(url: sa.URL | str) -> float | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        impl = DefaultImpl.get_by_dialect(engine.dialect)(engine.dialect, connection, False, None, None, {})
        return impl.replica_lag(connection)


def test_a_server_tells_how_far_its_replica_is_behind(primary: servers.Server) -> None:
    with sa.create_engine(primary.url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("CREATE ROLE nobody LOGIN")
        deadline = time.monotonic() + 60
        while (lag_of(primary.url) or 0.0) < 0.9:
            assert time.monotonic() < deadline
            connection.exec_driver_sql("COMMENT ON ROLE nobody IS 'a change for the replica'")
            time.sleep(0.2)
    assert lag_of(primary.url.set(username="nobody")) is None


def test_a_server_without_replicas_tells_nothing(postgresql_url: str, mariadb_server: servers.Server) -> None:
    assert lag_of(postgresql_url) is None
    assert lag_of(mariadb_server.url) is None
    assert lag_of("sqlite://") is None


def test_a_campaign_waits_for_replicas(
    tmp_path: Path, primary: servers.Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("limbeck.fleet.lag.LONGEST_REST", 0.3)
    tenants = Tenants(tmp_path)
    tenants.revision(after="import time\ntime.sleep(0.3)")
    url = primary.create("fleet")
    names = [f"s{number}" for number in range(12)]
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    targets = [Target(name, url, name) for name in names]
    done = Fleet(tenants.config, targets, jobs=2, max_lag=0.5).upgrade()
    assert [each.error for each in done.targets] == [None] * 12
    assert max(each.lag or 0.0 for each in done.targets) > 0.5
    assert not caplog.messages
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize(("command", "lag"), [("echo 3.5", 3.5), ("echo many", None), ("echo 3; false", None)])
def test_a_command_prints_the_lag(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, command: str, lag: float | None
) -> None:
    tenants = Tenants(tmp_path, 1)
    done = Fleet(tenants.config, tenants.files(2), jobs=1, max_lag=1.0, lag_command=command).upgrade()
    assert [(each.state, each.lag) for each in done.targets] == [("done", lag)] * 2
    told = [f"The lag of replicas of f000 is not known: `{command}` prints none"]
    assert caplog.messages == ([] if lag else told)


def test_the_command_gets_the_server(tmp_path: Path, postgresql_url: str) -> None:
    tenants = Tenants(tmp_path, 1)
    command = f'echo "$LIMBECK_FLEET_SERVER" > {tmp_path / "server"}; echo 0'
    target = Target("t", postgresql_url)
    (done,) = Fleet(tenants.config, [target], max_lag=1.0, lag_command=command).upgrade().targets
    assert done.lag == 0.0
    assert (tmp_path / "server").read_text().strip() == target.server


def test_what_is_not_known_is_told_once(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    words = ["--targets", tenants.listed(tenants.files(3)), "--max-lag", "10s", "--jobs", "1"]
    code, out, err = tenants.run("upgrade", *words)
    assert (code, err) == (0, "The lag of replicas of f000 is not known: the server does not tell it\n")
    assert "3 done" in out
    assert tenants.run("upgrade", *words)[::2] == (0, "")
