"""Some targets fail, the others go on; what is said tells what to do, and has no secret of any target.

r1 <- r2, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from inline_snapshot import snapshot
from tenants import CLASSIC_ENV, Tenants, all_ran, ran

from limbeck.ddl.impl import DefaultImpl
from limbeck.errors import CommandError, LockNotObtained
from limbeck.fleet import Fleet, Target
from limbeck.fleet.ledger import Ledger
from limbeck.fleet.project import Project
from limbeck.fleet.targets import resolved, without_secrets
from limbeck.runtime import lock
from limbeck.runtime.version_table import Location
from limbeck.show import fleet as text

SECRET = "s3cr3t/@w0rd"  # noqa: S105 looked for in all that is said
ENCODED = "s3cr3t%2F%40w0rd"


LOGGING = """
[loggers]
keys = root,alembic
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[logger_alembic]
level = INFO
handlers =
qualname = alembic
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    return Tenants(tmp_path, 2)


@contextmanager
def run_lock_of(target: Target) -> Iterator[None]:
    """A block in which another run is at work on a target."""
    engine = sa.create_engine(str(target.url))
    with engine.connect() as connection:
        impl = DefaultImpl.get_by_dialect(engine.dialect)(engine.dialect, connection, False, None, None, {})
        where = Location(*impl.session_scope(connection, "alembic_version", None), "alembic_version")
        kind = impl.run_lock(connection, lock.scope(where))
        assert kind is not None
        held = lock.make(connection, kind)
        assert held.try_acquire()
        yield
        held.release()


def test_the_others_go_on(
    tenants: Tenants,
    postgresql_server: servers.Server,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    server = postgresql_server.url
    fine = tenants.files(3)
    account = server.set(username="lb_fleet_nobody", password=SECRET).render_as_string(hide_password=False)
    unreachable = f"postgresql+psycopg://app:{ENCODED}@127.0.0.1:1/app?sslkey=s3cr3t"
    locked, unknown, stampless = tenants.files(6)[3:]
    Fleet(tenants.config, [unknown]).upgrade()
    with sa.create_engine(str(unknown.url)).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'r77'")
    with sa.create_engine(str(stampless.url)).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ran (revision TEXT)")
    targets = [
        *fine,
        Target("password", account),
        Target("unreachable", unreachable),
        locked,
        unknown,
        stampless,
        Target("unset", "env:LIMBECK_FLEET_TEST_UNSET"),
        Target("garbled", f"postgresql+psycopg:/app:{ENCODED}@127.0.0.1"),
        Target("schema-of-a-file", fine[0].url, "tenant"),
    ]
    (tenants.root / "f003.db").touch()
    fleet = Fleet(tenants.config, targets)
    with run_lock_of(locked):
        done = fleet.upgrade(lock_timeout=0.1)
    status = fleet.status()
    assert all_ran(fine, tenants.ids)
    told = {each.name: (each.state, each.code, str(each.hint)[:60]) for each in done.failed}
    assert told == snapshot(
        {
            "f003": ("locked", "lock-not-obtained", "wait for the other session or end it, then `limbeck fleet re"),
            "f004": (
                "failed",
                "database-ahead",
                "run the code that has these revisions, or add their files; w",
            ),
            "f005": (
                "failed",
                "database",
                "where it was made without migrations, record the revision th",
            ),
            "garbled": (
                "failed",
                "target-url",
                "it reads dialect+driver://user:password@host/database; in a ",
            ),
            "password": (
                "failed",
                "database",
                "check user and password in the URL; in a password write @ as",
            ),
            "schema-of-a-file": ("failed", "no-search-path", "name the database in the URL, and leave the schema out"),
            "unreachable": (
                "failed",
                "database",
                "nothing listens at that host and port: start the server, or ",
            ),
            "unset": ("failed", "target-url", "put it there, or correct `url` of the target"),
        }
    )
    said = "\n".join([*text.campaign(done), *text.status(status), repr(done), repr(status), repr(targets), caplog.text])
    said += "".join(capfd.readouterr()) + (tenants.root / "limbeck-fleet.db").read_bytes().decode("latin-1")
    for form in (SECRET, ENCODED, "s3cr3t", "w0rd"):
        assert form not in said
    assert fleet.report() == done


def test_a_schema_that_is_not_there(tenants: Tenants, postgresql_url: str) -> None:
    """It is told by a look too, and nothing else is said on the way."""
    target = Target("t", postgresql_url, "tenant_of_nobody")
    (tenants.root / "m" / "env.py").write_text(
        "from limbeck import context\ncontext.log_as_configured()\ncontext.run()\n"
    )
    with (tenants.root / "alembic.ini").open("a") as file:
        file.write(LOGGING)
    words = ["--targets", tenants.listed([target])]
    for action in ("status", "plan", "check", "upgrade"):
        code, out, err = tenants.run(action, *words)
        assert code == 1
        assert "failed[no-target-schema]: t\n    The database has no schema 'tenant_of_nobody'\n" in out
        assert len(err.splitlines()) == 2, err


def test_hints_are_those_of_a_fleet(tenants: Tenants) -> None:
    targets = [*tenants.files(1), Target("driver", "mysql+nodriver://host/d"), Target("dialect", "foo://host/d")]
    said = {each.name: (each.code, each.error, each.hint) for each in Fleet(tenants.config, targets).status().targets}
    assert said["f000"][0] == "no-database-file"
    assert str(said["f000"][2]).startswith("`limbeck fleet upgrade` makes it")
    assert said["driver"][1] == "Its URL cannot be used: Can't load plugin: sqlalchemy.dialects:mysql.nodriver"
    assert said["dialect"][1] == "Its URL cannot be used: Can't load plugin: sqlalchemy.dialects:foo"


def test_a_wrong_password_of_a_server(tenants: Tenants, mariadb_server: servers.Server) -> None:
    """The server of the tests knows the account, and refuses the password."""
    name = "lb_fleet_app"
    mariadb_server.execute(
        f"CREATE OR REPLACE USER {name}@'%' IDENTIFIED BY 'another'",
        f"CREATE OR REPLACE USER {name}@localhost IDENTIFIED BY 'another'",
    )
    try:
        url = mariadb_server.url.set(username=name, password=SECRET, database="mysql")
        targets = [Target("wrong", url.render_as_string(hide_password=False)), *tenants.files(1)]
        fleet = Fleet(tenants.config, targets)
        failed, fine = fleet.upgrade().targets[::-1]
        assert (failed.state, fine.state) == ("failed", "done")
        assert "Access denied for user 'lb_fleet_app'@" in str(failed.error)
        assert str(failed.hint).startswith("check user and password in the URL")
        assert SECRET not in repr(fleet.report())
    finally:
        mariadb_server.execute(f"DROP USER {name}@'%'", f"DROP USER {name}@localhost")


def test_the_url_of_the_project_is_not_sent_to_workers(tenants: Tenants) -> None:
    config = tenants.config
    config.set_main_option("sqlalchemy.url", f"postgresql://app:{ENCODED.replace('%', '%%')}@host/app")
    project = Project.of(config)
    assert b"s3cr3t" not in pickle.dumps(project)
    assert (project.config().get_main_option("script_location") or "").endswith("/m")


def test_a_plain_driver_keeps_the_ledger(tenants: Tenants) -> None:
    with pytest.raises(CommandError, match="A ledger is written by a plain driver"):
        Fleet(tenants.config, ledger=f"postgresql+asyncpg://app:{ENCODED}@host/app")


def test_too_many_failures_stop_a_campaign(tenants: Tenants) -> None:
    targets = [Target(f"t{n}", "env:LIMBECK_FLEET_TEST_UNSET") for n in range(10)]
    fleet = Fleet(tenants.config, [*targets, *tenants.files(1)], jobs=1)
    done = fleet.upgrade(max_failures="20%")
    assert (done.state, len(done.failed), done.waiting) == ("stopped", 3, 8)
    assert Fleet(tenants.config, [*targets, *tenants.files(1)], jobs=1).upgrade(max_failures=0).waiting == 10
    with pytest.raises(CommandError, match="max-failures is 'some'"):
        fleet.upgrade(max_failures="some")


def test_an_env_py_with_a_url_of_its_own_is_refused(tmp_path: Path) -> None:
    """Else each target would be said to be done, and one other database had everything."""
    url = f"sqlite:///{tmp_path / 'own.db'}"
    own = CLASSIC_ENV.replace(
        "engine_from_config(context", f"engine_from_config({{'sqlalchemy.url': {url!r}}} or context"
    )
    tenants = Tenants(tmp_path, 2, env=own)
    done = Fleet(tenants.config, tenants.files(2)).upgrade()
    assert [(each.state, each.code) for each in done.targets] == [("failed", "other-database")] * 2
    assert f"env.py connects to {url}, and this run is for sqlite:///" in str(done.targets[0].error)


def test_an_env_py_that_runs_nothing_is_told(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1, env="")
    (found,) = Fleet(tenants.config, tenants.files(1)).upgrade().targets
    assert (found.state, found.code) == ("failed", "nothing-ran")


def test_rows_are_deleted_with_consent_only(tenants: Tenants) -> None:
    tenants.revision(after='op.drop_table("t2")')
    targets = tenants.files(2)
    fleet = Fleet(tenants.config, targets)
    fleet.upgrade("r2")
    with sa.create_engine(str(targets[0].url)).begin() as connection:
        connection.exec_driver_sql("INSERT INTO t2 VALUES (1)")
    done = fleet.upgrade(yes=False)
    assert [(each.state, each.code) for each in done.targets] == [("failed", "would-lose-rows"), ("done", None)]
    assert [each.state for each in fleet.retry().targets] == ["done", "done"]
    assert all_ran(targets, tenants.ids)


def test_two_campaigns_with_one_ledger_exclude_each_other(tenants: Tenants) -> None:
    targets = tenants.files(1)
    with Ledger(f"sqlite:///{tenants.root / 'limbeck-fleet.db'}").held():
        with pytest.raises(LockNotObtained, match="Another campaign is at work with this ledger: process"):
            Fleet(tenants.config, targets).upgrade()
        assert ran(targets[0]) == []
        other = Fleet(tenants.config, targets, ledger=f"sqlite:///{tenants.root / 'other.db'}")
        assert other.upgrade().state == "done"


def test_a_ledger_without_a_campaign_is_told_and_not_made(tenants: Tenants) -> None:
    with pytest.raises(CommandError, match="The ledger has no campaign"):
        Fleet(tenants.config).report()
    assert not (tenants.root / "limbeck-fleet.db").exists()


@pytest.mark.parametrize(
    "said",
    [
        f"cannot log in with {SECRET}",
        f"cannot reach postgresql://app:{ENCODED}@host/app",
        "no option sslpassword=hush-hush",
        "token%3D: hush-hush",
    ],
)
def test_a_secret_is_taken_out_of_texts(said: str) -> None:
    url = resolved(Target("t", f"postgresql://app:{ENCODED}@host/app?sslpassword=hush-hush"))
    cleaned = without_secrets(said, url)
    assert "***" in cleaned
    assert not any(form in cleaned for form in (SECRET, ENCODED, "hush-hush"))
