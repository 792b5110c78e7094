"""Thousands of databases through twenty revisions, while workers, a server and the driver end: none twice, none missed.

r1 <- ... <- r20, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import servers
import sqlalchemy as sa
from clusters import Cluster
from tenants import Tenants, all_ran

from limbeck.fleet import Fleet, Target

pytestmark = pytest.mark.campaign

SIZES = {"files": 2000, "schemas": 2000, "databases": 200}
"""How many targets of each kind; LIMBECK_FLEET_FILES and its like are others."""
EXECUTORS = ("threads", "processes", "dask")


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    return Tenants(tmp_path, 20)


@pytest.fixture
def ends() -> Iterator[ExitStack]:
    """What the test has started, and is ended with it."""
    with ExitStack() as stack:
        yield stack


def size(kind: str) -> int:
    return int(os.environ.get(f"LIMBECK_FLEET_{kind.upper()}", SIZES[kind]))


def campaign(
    tenants: Tenants, targets: Sequence[Target], executor: str, ends: ExitStack, server: servers.Server | None = None
) -> None:
    """Bring ``targets`` up.

    A worker is killed after a fifth, ``server`` after two fifths, the scheduler of Dask after a half, the driver after
    three fifths; the campaign is resumed.
    """
    cluster = Cluster(tenants.root / "cluster") if executor == "dask" else None
    if cluster is not None:
        ends.callback(cluster.stop)
    words = ["--targets", tenants.listed(targets), "--jobs", "4", "--yes"]
    words += ["--executor", executor if cluster is None else cluster.url]
    begun = time.monotonic()
    process = tenants.start("upgrade", *words)
    ends.callback(process.kill)
    reach(tenants, len(targets) // 5)
    if cluster is not None:
        cluster.kill_worker(0)
    elif executor == "processes":
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    reach(tenants, 2 * len(targets) // 5)
    if server is not None:
        server.crash()
        server.start()
    if cluster is not None:
        reach(tenants, len(targets) // 2)
        cluster.restart()
    reach(tenants, 3 * len(targets) // 5)
    process.kill()
    process.communicate(timeout=60)
    assert Fleet(tenants.config).report().state == "running"
    code, out, err = told(tenants.start("upgrade", *words, "--resume", "--json"))
    if server is not None and code == 1:  # what was at work on the server when it ended, or begun before it was back
        code, out, err = told(tenants.start("retry", *words, "--json"))
    steps = [line for line in err.splitlines() if not line.startswith("Carried out by a run that did not end: ")]
    assert (code, steps) == (0, [])
    states = Counter(each["state"] for each in json.loads(out)["targets"])
    print(f"{len(targets)} targets, {executor}: {dict(states)} in {time.monotonic() - begun:.0f} s")
    assert states.total() == len(targets)
    assert set(states) <= {"done", "at head"}
    assert all_ran(targets, tenants.ids)


def reach(tenants: Tenants, count: int) -> None:
    """Wait until the ledger has so many targets that are not at work."""
    ledger = sa.create_engine(f"sqlite:///file:{tenants.root / 'limbeck-fleet.db'}?mode=ro&uri=true")
    query = sa.text("SELECT count(*) FROM limbeck_fleet_target WHERE state <> 'running'")
    deadline = time.monotonic() + 3600
    found = 0
    while found < count:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
        with suppress(sa.exc.OperationalError), ledger.connect() as connection:  # there is no ledger yet
            found = connection.scalar(query)


def told(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=3600)
    return process.returncode, out, err


def workers_of(driver: int) -> list[int]:
    """The worker processes of a driver."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == driver and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return sorted(found)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_files(tenants: Tenants, ends: ExitStack, executor: str) -> None:
    campaign(tenants, tenants.files(size("files")), executor, ends)


@pytest.mark.parametrize("executor", EXECUTORS)
def test_schemas_of_a_server_that_crashes(tenants: Tenants, ends: ExitStack, executor: str) -> None:
    server = servers.start_private_postgresql()
    assert server is not None
    ends.callback(server.stop)
    url = server.create("fleet")
    names = [f"tenant_{number:04}" for number in range(size("schemas"))]
    with sa.create_engine(url, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
        for name in names:
            connection.execute(sa.schema.CreateSchema(name))
    campaign(tenants, [Target(name, url, name) for name in names], executor, ends, server)


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_databases(tenants: Tenants, ends: ExitStack, request: pytest.FixtureRequest, kind: str, executor: str) -> None:
    server: servers.Server = request.getfixturevalue(f"{kind}_server")
    targets = []
    for number in range(size("databases")):
        url = server.create()
        ends.callback(server.drop, str(sa.make_url(url).database))
        targets.append(Target(f"d{number:03}", url))
    campaign(tenants, targets, executor, ends)


DRIVER = """\
import resource
from concurrent.futures import Executor, Future
from limbeck.config import Config
from limbeck.fleet import Fleet, Target
from limbeck.results import FleetTarget

class AtOnce(Executor):
    def submit(self, function, chunk):
        future = Future()
        facts = dict(worker="w", started="2026-11-30T20:00:00Z", seconds=0.01, rows_before=("r3",), rows_after=("r4",))
        future.set_result([FleetTarget(task.target.name, "done", task.server, **facts) for task in chunk])
        return future

url = "postgresql+psycopg://app:secret@db{}.internal/tenant_{}"
targets = [Target(f"tenant-{n}", url.format(n % 50, n), tags={"tier": "free"}) for n in range(100_000)]
done = Fleet(Config("alembic.ini"), targets, executor=AtOnce()).upgrade()
assert {each.state for each in done.targets} == {"done"} and len(done.targets) == 100_000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
"""A driver whose targets are all done at once; it prints the megabytes that it had at most."""


def test_memory_of_a_driver_with_a_hundred_thousand_targets(tenants: Tenants) -> None:
    words = [sys.executable, "-c", DRIVER]
    done = subprocess.run(words, cwd=tenants.root, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    print(f"100,000 targets: {done.stdout.strip()} MB")
    assert int(done.stdout) < 300
