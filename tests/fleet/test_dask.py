"""A cluster of three worker processes, which have neither the scripts nor, where the driver has them, the secrets.

r1 <- r2 <- r3 <- r4, each of which leaves a row in table ``ran``
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from clusters import Cluster
from tenants import Tenants, all_ran

from limbeck.errors import CommandError
from limbeck.fleet import Fleet, Target
from limbeck.fleet.executors import dask

SECRET = "s3cret-of-the-workers"  # noqa: S105 it opens nothing
SLOW = "import time\ntime.sleep(0.1)"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("dask") / "cluster")
    yield cluster
    cluster.stop()


def wait_for_files(tenants: Tenants, count: int) -> None:
    """Wait until so many targets were begun."""
    deadline = time.monotonic() + 60
    while len([*tenants.root.glob("f*.db")]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_scripts_go_to_the_workers(tmp_path: Path, cluster: Cluster) -> None:
    """env.py and the revisions run from the workers' folders; no worker reads those of the driver."""
    own = f"from pathlib import Path\nassert Path(__file__).is_relative_to({str(cluster.folder)!r}), __file__\n"
    tenants = Tenants(tmp_path, 3, env=own + "from limbeck import context\ncontext.run()\n")
    tenants.revision(before=own)
    targets = tenants.files(6)
    fleet = Fleet(tenants.config, targets, executor=cluster.url)
    done = fleet.upgrade()
    assert [(each.state, each.error) for each in done.targets] == [("done", None)] * 6
    assert all_ran(targets, tenants.ids)
    assert Counter(each.state for each in fleet.status().targets) == {"at head": 6}
    tenants.revision()
    assert Counter(each.state for each in fleet.upgrade().targets) == {"done": 6}
    assert all_ran(targets, tenants.ids)


def test_secrets_stay_with_the_workers(tmp_path: Path, cluster: Cluster, postgresql_url: str) -> None:
    """URLs are in files that only the workers have; so many targets of a server at once as it is said.

    The last revision fails where another target is at it.
    """
    alone = f"""
        import os, time
        os.mkdir({str(tmp_path / "alone")!r})
        time.sleep(0.05)
        os.rmdir({str(tmp_path / "alone")!r})
    """
    tenants = Tenants(tmp_path, 2)
    tenants.revision(after=alone)
    url = sa.make_url(postgresql_url).set(password=SECRET)
    targets = []
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        for number in range(6):
            connection.exec_driver_sql(f"CREATE SCHEMA t{number}")
            (cluster.folder / f"url-{number}").write_text(url.render_as_string(hide_password=False))
            targets.append(Target(f"t{number}", f"file:url-{number}", f"t{number}"))
    ledger = tmp_path / "ledger.db"
    fleet = Fleet(tenants.config, targets, executor=cluster.url, per_server=1, ledger=f"sqlite:///{ledger}")
    done = fleet.upgrade()
    assert [(each.state, each.error) for each in done.targets] == [("done", None)] * 6
    assert all_ran([Target(each.name, postgresql_url, each.schema) for each in targets], tenants.ids)
    assert [len(each.targets) for each in fleet.plan().groups] == [6]
    assert SECRET.encode() not in ledger.read_bytes()
    assert SECRET not in cluster.said()


@pytest.mark.parametrize("restarted", [False, pytest.param(True, marks=pytest.mark.campaign)])
def test_worker_scheduler_and_driver_are_killed(tmp_path: Path, cluster: Cluster, restarted: bool) -> None:
    """One after the other, in the middle of a campaign, which is resumed."""
    tenants = Tenants(tmp_path, 2)
    tenants.revision(after=SLOW)
    tenants.revision()
    targets = tenants.files(24)
    words = ["--targets", tenants.listed(targets), "--executor", cluster.url, "--jobs", "4"]
    process = tenants.start("upgrade", *words)
    wait_for_files(tenants, 3)
    cluster.kill_worker(0)
    wait_for_files(tenants, 8)
    if restarted:
        cluster.restart()
        wait_for_files(tenants, 14)
    process.send_signal(signal.SIGKILL)
    said = "The Dask scheduler is gone: connecting to it again\n" if restarted else ""
    assert process.communicate(timeout=60)[1] == said
    left = Fleet(tenants.config).report()
    assert (left.state, left.total) == ("running", 24)
    assert left.waiting > 0
    code, out, err = tenants.run("upgrade", *words, "--resume", "--json")
    assert (code, err) == (0, "")
    done = json.loads(out)
    assert (done["campaign"], done["state"], len(done["targets"])) == (left.campaign, "done", 24)
    assert {each["state"] for each in done["targets"]} <= {"done", "at head"}
    assert all_ran(targets, tenants.ids)


def test_workers_of_other_versions_are_refused(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one line, before anything is begun."""
    monkeypatch.setattr("limbeck.fleet.executors.dask.__version__", "0.0.1")
    tenants = Tenants(tmp_path, 1)
    with pytest.raises(CommandError, match=r"The worker tcp://\S+ has Limbeck \S+, not 0\.0\.1$") as caught:
        Fleet(tenants.config, tenants.files(2), executor=cluster.url).upgrade()
    assert caught.value.code == "worker-versions"
    assert not [*tmp_path.glob("f*.db")]


def test_a_worker_of_other_versions_that_comes_later(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses its targets, and touches none."""
    monkeypatch.setattr("limbeck.fleet.executors.dask.__version__", "0.0.1")
    monkeypatch.setattr("limbeck.fleet.executors.dask.DaskExecutor._demand_versions", lambda _self: None)
    tenants = Tenants(tmp_path, 1)
    done = Fleet(tenants.config, tenants.files(2), executor=cluster.url).upgrade()
    assert [(each.state, each.code) for each in done.targets] == [("failed", "worker-versions")] * 2
    assert not [*tmp_path.glob("f*.db")]


def test_a_worker_without_limbeck_is_refused() -> None:
    with pytest.raises(CommandError, match="The worker w cannot load Limbeck 1: No module named 'limbeck'"):
        dask.demand_same({"Limbeck": "1"}, ModuleNotFoundError("No module named 'limbeck'"), "The worker w")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate")
def test_a_cluster_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The configuration of Dask has the certificates; who comes without them is told so."""
    names = [str(tmp_path / name) for name in ("key.pem", "certificate.pem")]
    words = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", *words, "-keyout", names[0], "-out", names[1]],
        check=True,
        capture_output=True,
    )
    places = {"CA_FILE": names[1]}
    for who in ("SCHEDULER", "WORKER", "CLIENT"):
        places |= {f"{who}__KEY": names[0], f"{who}__CERT": names[1]}
    variables = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": path for name, path in places.items()}
    with monkeypatch.context() as patched:
        for name, path in variables.items():
            patched.setenv(name, path)
        secured = Cluster(tmp_path / "cluster", workers=1, protocol="tls")
    try:
        tenants = Tenants(tmp_path / "project", 2)
        targets = tenants.files(2)
        words = ["--targets", tenants.listed(targets), "--executor", secured.url]
        code, out, err = tenants.run("upgrade", *words)
        assert (code, err.partition(": ")[0]) == (3, "error[no-scheduler]")
        assert f"{secured.url} needs certificates: " in err
        code, out, err = tenants.run("upgrade", *words, **variables)
        assert (code, err) == (0, "")
        assert "2 done" in out
        assert all_ran(targets, tenants.ids)
    finally:
        secured.stop()


def test_a_local_cluster(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path)
    targets = tenants.files(4)
    code, out, err = tenants.run(
        "upgrade", "--targets", tenants.listed(targets), "--executor", "dask:local", "--jobs=2"
    )
    assert (code, err) == (0, "")
    assert "4 done" in out
    assert all_ran(targets, tenants.ids)


def test_a_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is begun."""
    monkeypatch.setattr("limbeck.fleet.executors.dask.CONNECT", 0.1)
    tenants = Tenants(tmp_path, 1)
    with pytest.raises(CommandError) as caught:
        Fleet(tenants.config, tenants.files(1), executor="dask://127.0.0.1:1").upgrade()
    assert caught.value.code == "no-scheduler"
    assert not [*tmp_path.glob("f*.db")]
    with pytest.raises(CommandError, match="no campaign"):
        Fleet(tenants.config).report()


@pytest.mark.campaign
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_target_that_kills_its_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    """It is given up after the third, and the others are done.

    Under load a worker dies before Dask has heard that it was started, and is not replaced then.
    """
    monkeypatch.setattr("limbeck.fleet.executors.dask.NO_LOCAL_WORKER", 10.0)
    tenants = Tenants(tmp_path)
    tenants.revision(before="import os\nif 'f002' in str(op.get_bind().engine.url): os.kill(os.getpid(), 9)")
    targets = tenants.files(4)
    done = Fleet(tenants.config, targets, executor="dask:local", jobs=jobs).upgrade()
    (killer,) = done.failed
    assert (killer.name, killer.state, killer.code) == ("f002", "failed", "worker-died")
    assert {each.state for each in done.targets if each is not killer} <= {"done", "at head"}
    assert all_ran([each for each in targets if each.name != "f002"], tenants.ids)


def test_a_cluster_without_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be about to grow, so that it is waited for, not for ever; what was not begun is resumed."""
    monkeypatch.setattr("limbeck.fleet.executors.dask.NO_WORKER", 3.0)
    monkeypatch.setattr("limbeck.fleet.executors.dask.NO_WORKER_TOLD", 1.0)
    empty = Cluster(tmp_path / "cluster", workers=0)
    try:
        tenants = Tenants(tmp_path / "project")
        targets = tenants.files(2)
        fleet = Fleet(tenants.config, targets, executor=empty.url, jobs=1)
        with pytest.raises(CommandError, match="has had no worker for") as caught:
            fleet.upgrade()
        assert caught.value.code == "no-dask-worker"
        assert f"The Dask cluster at {empty.url} has no worker: waiting for one" in caplog.messages
        empty.add_worker()
        assert [each.state for each in fleet.upgrade(resume=True).targets] == ["done", "done"]
    finally:
        empty.stop()
