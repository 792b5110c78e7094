"""A driver is killed, a worker is killed, a signal asks to drain: every revision still runs once on every target.

r1 <- r2 <- r3 <- r4, of which r3 takes a moment
"""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from textwrap import dedent

import pytest
from tenants import ENV, Tenants, all_ran

from limbeck.fleet import Fleet

SLOW = "import time\ntime.sleep(0.05)"


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    tenants = Tenants(tmp_path, 2)
    tenants.revision(after=SLOW)
    tenants.revision()
    return tenants


def wait_for_files(tenants: Tenants, count: int) -> None:
    """Wait until so many targets were begun."""
    deadline = time.monotonic() + 60
    while len([*tenants.root.glob("f*.db")]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_driver_is_killed_and_resumed(tenants: Tenants, executor: str) -> None:
    targets = tenants.files(16)
    words = ["--targets", tenants.listed(targets), "--executor", executor, "--jobs", "2"]
    process = tenants.start("upgrade", *words)
    wait_for_files(tenants, 5)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)  # to the end of its stdout, which its worker processes have too: they have ended
    left = Fleet(tenants.config).report()
    assert (left.state, left.total) == ("running", 16)
    assert left.waiting > 0
    code, out, err = tenants.run("upgrade", *words, "--resume", "--json")
    assert (code, err) == (0, "")
    done = json.loads(out)
    assert (done["campaign"], done["state"], len(done["targets"])) == (left.campaign, "done", 16)
    assert all_ran(targets, tenants.ids)


def killing_once(mark: Path, where: str = "") -> str:
    """Statements that kill their process, the first time, on targets with ``where`` in their URL."""
    return dedent(f"""\
        import os, pathlib
        mark, url = pathlib.Path({str(mark)!r}), context.config.get_main_option("sqlalchemy.url")
        if {where!r} in str(url) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), 9)
        """)


def test_a_worker_process_is_killed(tmp_path: Path) -> None:
    """With f000 in its transaction, with f001 after its commit, before it has told: each is begun again, alone.

    The second run of f000 does all, that of f001 finds nothing left to do.
    """
    tenants = Tenants(tmp_path, env=ENV + killing_once(tmp_path / "told", "f001"))
    tenants.revision(after="from limbeck import context\n" + killing_once(tmp_path / "done", "f000"))
    targets = tenants.files(3)
    done = Fleet(tenants.config, targets, executor="processes", jobs=1).upgrade()
    assert [(each.state, each.attempt) for each in done.targets[:2]] == [("done", 2), ("at head", 2)]
    assert done.targets[2].state == "done"
    assert all_ran(targets, tenants.ids)


def test_a_worker_process_is_killed_beside_others(tmp_path: Path) -> None:
    """A pool ends with one of its processes: the others finish what they have at work, but their results are lost."""
    tenants = Tenants(tmp_path)
    tenants.revision(after="from limbeck import context\n" + killing_once(tmp_path / "done"))
    targets = tenants.files(6)
    done = Fleet(tenants.config, targets, executor="processes", jobs=2).upgrade()
    begun_twice = {each.state for each in done.targets if each.attempt == 2}
    assert {each.state for each in done.targets if each.attempt == 1} == {"done"}
    assert "done" in begun_twice <= {"done", "at head"}
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_target_that_kills_its_workers_is_given_up(tmp_path: Path, jobs: int) -> None:
    """After the third, with which it is alone: it takes none of the others with it."""
    tenants = Tenants(tmp_path)
    tenants.revision(before="import os\nif 'f002' in str(op.get_bind().engine.url): os.kill(os.getpid(), 9)")
    targets = tenants.files(5)
    done = Fleet(tenants.config, targets, executor="processes", jobs=jobs).upgrade()
    (killer,) = done.failed
    assert (killer.name, killer.state, killer.code, killer.attempt) == ("f002", "failed", "worker-died", 3)
    assert {each.state for each in done.targets if each is not killer} <= {"done", "at head"}
    assert all_ran([each for each in targets if each.name != "f002"], tenants.ids)


def test_a_signal_drains(tenants: Tenants) -> None:
    """What is at work comes to its end, the exit code says that not all is done, and `--resume` goes on."""
    targets = tenants.files(16)
    words = ["--targets", tenants.listed(targets), "--jobs", "2"]
    process = tenants.start("upgrade", *words, "--json")
    wait_for_files(tenants, 4)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    drained = json.loads(out)
    assert process.returncode == 1
    assert drained["state"] == "drained"
    assert {each["state"] for each in drained["targets"]} == {"done"}
    assert 0 < len(drained["targets"]) < 16
    assert "error[fleet-failed]: 0 of 16 targets failed, and" in err
    assert tenants.run("upgrade", *words, "--resume")[0] == 0
    assert all_ran(targets, tenants.ids)


def test_revisions_that_have_changed_are_not_resumed(tenants: Tenants) -> None:
    fleet = Fleet(tenants.config, tenants.files(2))
    fleet.upgrade("r2")
    tenants.revision()
    words = ["--targets", tenants.listed(tenants.files(2)), "--resume"]
    code, _, err = tenants.run("upgrade", "r2", *words)
    assert (code, err.partition("]")[0]) == (3, "error[plan-changed")
