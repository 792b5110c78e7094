"""Stages: who runs in which, computed from targets and settings; and campaigns that go from one to the next.

Revisions r1 <- r2, each of which leaves a row in table ``ran``.
"""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot
from tenants import Tenants, all_ran, ran

from limbeck.errors import CommandError, UsageError
from limbeck.fleet import Fleet, Stage, Target, stages_file
from limbeck.fleet.stages import canaries, rollout
from limbeck.results import FleetResult, FleetTarget


def listed(*words: str) -> list[Target]:
    """Targets of words such as ``a:eu``."""
    pairs = (word.partition(":") for word in words)
    return [Target(name, "sqlite://", tags={"region": region} if region else {}) for name, _, region in pairs]


SIX = listed("a:eu", "b:eu", "c:us", "d:us", "e:asia", "f")
EU, US = Stage("eu", ("region=eu",)), Stage("us", ("region=us",))


def order(stages: list[Stage], canary: list[str] | None = None, targets: list[Target] = SIX) -> list[str]:
    """The stages in the order in which they run, if all go well: each line what is at work together."""
    planned = rollout(targets, stages, canaries(targets, canary or []))
    lines: list[str] = []
    passed: set[str] = set()
    while parts := planned.ready(passed, passed):
        lines.append("; ".join(f"{stage.name} {''.join(each.name for each in some)}" for stage, some in parts))
        passed.update(part.stage.name for part in parts)
    return lines


@pytest.mark.parametrize(
    ("stages", "canary", "expected"),
    [
        ([], [], ["rest abcdef"]),
        ([EU, US], [], ["eu ab", "us cd", "rest ef"]),
        ([EU, US], ["1"], ["canary a", "eu b", "us cd", "rest ef"]),
        ([], ["34%"], ["canary ace", "rest bdf"]),
        ([], ["1%"], ["canary a", "rest bcdef"]),
        ([], ["region=u*", "f"], ["canary cdf", "rest abe"]),
        ([EU, replace(US, after=())], [], ["eu ab; us cd", "rest ef"]),
        ([EU, replace(US, after=())], ["f"], ["canary f", "eu ab; us cd", "rest e"]),
        ([replace(US, after=("eu",)), replace(EU, after=())], [], ["eu ab", "us cd", "rest ef"]),
        ([EU, Stage("all", ("*",))], [], ["eu ab", "all cdef"]),
        ([], ["9"], ["canary abcdef"]),
    ],
)  # fmt: skip
def test_who_runs_in_which_stage(stages: list[Stage], canary: list[str], expected: list[str]) -> None:
    assert order(stages, canary) == expected


@given(st.lists(st.sampled_from(["eu", "us", "asia", ""]), min_size=1, max_size=30), st.data())
def test_each_target_runs_once_and_never_before_what_it_waits_for(regions: list[str], data: st.DataObject) -> None:
    targets = [
        Target(f"t{n}", "sqlite://", tags={"region": region} if region else {}) for n, region in enumerate(regions)
    ]
    names = data.draw(st.permutations(["eu", "us", "asia"]))
    stages = [
        Stage(name, (f"region={name}",), after=tuple(data.draw(st.sets(st.sampled_from(names[:n]))) if n else ()))
        for n, name in enumerate(names)
    ]
    canary = data.draw(st.sampled_from([[], ["1"], ["20%"]]))
    planned = rollout(targets, stages, canaries(targets, canary))
    ran_in: list[str] = []
    passed: set[str] = set()
    while parts := planned.ready(passed, passed):
        for part in parts:
            assert passed.issuperset(part.stage.after or ())
            ran_in += [each.name for each in part.targets]
        passed.update(part.stage.name for part in parts)
    assert sorted(ran_in) == sorted(each.name for each in targets)


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([EU, EU], "There are two stages named eu"),
        ([Stage("rest")], "There are two stages named rest"),
        ([Stage("us", after=("eu",))], "Stage us comes after eu, and there is no such stage"),
        ([Stage("a", after=("b",)), Stage("b", after=("a",))], "Stages wait for each other: "),
    ],
)
def test_stages_that_cannot_be(stages: list[Stage], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rollout(SIX, stages)


def test_a_stage_has_soaked_so_long_after_its_last_target() -> None:
    """The ledger has the times; a stage whose targets needed no run has nothing to wait for."""
    (part,) = rollout(listed("a", "b"), [Stage("all", ("*",), soak=60)]).parts
    done = {
        "a": FleetTarget("a", "done", started="1970-01-01T00:10:00Z", seconds=5.0),
        "b": FleetTarget("b", "done", started="1970-01-01T00:10:01Z", seconds=9.0),
    }
    assert part.soaked_at(done) == 600 + 1 + 9 + 60
    assert part.soaked_at({name: FleetTarget(name, "at head", started="1970-01-01T00:10:00Z") for name in done}) == 0


TOML = """\
[[targets]]
name = "a"
url = "sqlite://"

[[stages]]
name = "eu"
only = ["region=eu"]
soak = "10min"
gate = "true"
max_failures = "5%"

[[stages]]
name = "us"
after = []
gate_sql = "SELECT 1"
"""


def test_a_file_lists_stages(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text(TOML)
    assert stages_file.read(tmp_path / "f.toml") == (
        Stage("eu", ("region=eu",), None, 600.0, "true", None, "5%"),
        Stage("us", (), (), gate_sql="SELECT 1"),
    )
    assert stages_file.read("module:function") == stages_file.read([]) == ()


def test_mistakes_in_stages_are_told_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"

    def said(old: str, new: str) -> str:
        path.write_text(TOML.replace(old, new))
        with pytest.raises(CommandError) as found:
            stages_file.read(path)
        return f"{found.value.line}: {found.value}"

    assert [
        said('"10min"', '"10 moons"'),
        said("gate_sql", "gate_sqll"),
        said('name = "us"\n', ""),
        said('["region=eu"]', '"region=eu"'),
        said('"5%"', '"some"'),
        said('gate = "true"', "gate = true"),
    ] == snapshot(
        [
            "5: This stage is none: soak = '10 moons' is no duration, or one of more than 24 days",
            "12: This stage is none: a stage has no 'gate_sqll', did you mean 'gate_sql'?",
            "12: This stage is none: it has no name",
            "5: This stage is none: only is a list of texts",
            "5: This stage is none: max-failures is 'some'",
            "5: This stage is none: gate is a text",
        ]
    )


# --- campaigns ------------------------------------------------------------------------------------------------------


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    return Tenants(tmp_path, 2)


def stages_of(found: FleetResult) -> list[tuple[str, str, int]]:
    return [(each.name, each.state, each.total) for each in found.stages]


def test_a_canary_that_fails_holds_the_others_back(tenants: Tenants) -> None:
    """It is mended and done again by ``retry``; ``--resume`` goes on with the others, and knows the canary."""
    targets = tenants.files(5)
    with sa.create_engine(str(targets[0].url)).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ran (revision TEXT)")
    fleet = Fleet(tenants.config, targets)
    held = fleet.upgrade(canary=["1"])
    assert (held.state, held.waiting) == ("stopped", 4)
    assert stages_of(held) == [("canary", "failed", 1), ("rest", "waiting", 4)]
    assert held.stages[0].error == "1 of 1 targets failed"
    assert fleet.upgrade(resume=True).waiting == 4
    with sa.create_engine(str(targets[0].url)).begin() as connection:
        connection.exec_driver_sql("DROP TABLE ran")
    again = fleet.retry()
    assert stages_of(again) == [("canary", "passed", 1), ("rest", "waiting", 4)]
    assert not any(ran(each) for each in targets[1:])
    done = fleet.upgrade(resume=True)
    assert (done.state, stages_of(done)) == ("done", [("canary", "passed", 1), ("rest", "passed", 4)])
    assert {each.name: each.stage for each in done.targets} == {
        each.name: "rest" if n else "canary" for n, each in enumerate(targets)
    }
    assert fleet.report() == done
    assert all_ran(targets, tenants.ids)


def test_a_stage_may_have_failures(tenants: Tenants) -> None:
    targets = [Target("unset", "env:LIMBECK_FLEET_TEST_UNSET"), *tenants.files(3)]
    first = Stage("first", ("unset", "f000"), max_failures="50%")
    done = Fleet(tenants.config, targets).upgrade(stages=[first])
    assert stages_of(done) == [("first", "passed", 2), ("rest", "passed", 2)]
    assert all_ran(targets[1:], tenants.ids)


def test_a_gate_is_a_command(tenants: Tenants) -> None:
    """It is told stage and campaign, and what it says is kept; the others wait while it is closed."""
    targets = tenants.files(3)
    gate = f"echo $LIMBECK_FLEET_STAGE; test -e {tenants.root}/open"
    fleet = Fleet(tenants.config, targets)
    held = fleet.upgrade(canary=["f001"], gate=gate)
    assert stages_of(held) == [("canary", "failed", 1), ("rest", "waiting", 2)]
    assert str(held.stages[0].error).endswith("ended with exit code 1: canary")
    assert [len(ran(each)) for each in targets] == [0, 2, 0]
    (tenants.root / "open").touch()
    assert fleet.upgrade(resume=True, gate=gate).state == "done"
    assert all_ran(targets, tenants.ids)


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_gate_is_a_query_on_each_target(tenants: Tenants, executor: str) -> None:
    targets = tenants.files(3)
    sql = "SELECT count(*) = 1 FROM ran WHERE revision = 'r2'"
    stages = [Stage("pair", ("f000", "f001"), gate_sql=sql)]
    fleet = Fleet(tenants.config, targets, executor=executor, jobs=2)
    assert fleet.upgrade(stages=stages).state == "done"
    with sa.create_engine(str(targets[1].url)).begin() as connection:
        connection.exec_driver_sql("DELETE FROM ran WHERE revision = 'r2'")
    tenants.revision()
    held = fleet.upgrade(stages=stages)
    assert stages_of(held) == [("pair", "failed", 2), ("rest", "waiting", 1)]
    assert held.stages[0].error == f"the gate is closed on 1 of 2 targets; f001: `{sql}` gives 0"


def test_a_gate_on_schemas(tmp_path: Path, postgresql_url: str) -> None:
    """The query is asked in the schema of the target."""
    tenants = Tenants(tmp_path, 1)
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA a")
        connection.exec_driver_sql("CREATE SCHEMA b")
    targets = [Target(name, postgresql_url, name) for name in "ab"]
    stages = [Stage("a", ("a",), gate_sql="SELECT count(*) = 1 FROM ran")]
    assert Fleet(tenants.config, targets).upgrade(stages=stages).state == "done"


def test_a_stage_soaks_before_the_next_begins(tenants: Tenants) -> None:
    targets = tenants.files(2)
    fleet = Fleet(tenants.config, targets)
    done = fleet.upgrade(canary=["1"], soak=1.5)
    first, second = (time.mktime(time.strptime(str(each.started), "%Y-%m-%dT%H:%M:%SZ")) for each in done.targets)
    assert second - first >= 1
    begun = time.monotonic()
    assert fleet.upgrade(canary=["1"], soak=600).state == "done"  # nothing ran: there is nothing to wait for
    assert time.monotonic() - begun < 60


def test_a_program_drains_a_campaign_that_soaks(tenants: Tenants, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next stage is not begun; ``--resume`` begins it."""
    from contextlib import contextmanager

    from limbeck.fleet import api

    drain = threading.Event()

    @contextmanager
    def draining():
        yield drain

    monkeypatch.setattr(api, "draining", draining)
    targets = tenants.files(2)
    threading.Timer(1.0, drain.set).start()
    held = Fleet(tenants.config, targets).upgrade(canary=["1"], soak=600)
    assert (held.state, stages_of(held)) == ("drained", [("canary", "running", 1), ("rest", "waiting", 1)])
    drain.clear()
    assert Fleet(tenants.config, targets).upgrade(resume=True).state == "done"
    assert all_ran(targets, tenants.ids)


def test_a_stage_without_targets_is_a_mistake(tenants: Tenants) -> None:
    targets = tenants.files(1)
    with pytest.raises(UsageError, match="Stage eu has no targets"):
        Fleet(tenants.config, targets).upgrade(stages=[EU])
    with pytest.raises(UsageError, match="--canary tier=free: no target is meant by that"):
        Fleet(tenants.config, targets).upgrade(canary=["tier=free"])
    with pytest.raises(UsageError, match="--canary 200% is more than all targets"):
        Fleet(tenants.config, targets).upgrade(canary=["200%"])
    assert Fleet(tenants.config, targets, only=["f000"]).upgrade(stages=[EU]).state == "done"


@pytest.mark.parametrize("by", ["configuration", "option"])
def test_revisions_are_reviewed_before_the_first_target(tmp_path: Path, by: str) -> None:
    """Once for those that are alike; those that have the revision already do not keep the others from it."""
    tenants = Tenants(tmp_path, 2, edition="lint_on_upgrade = warning" if by == "configuration" else "")
    targets = tenants.files(5)
    words = ["--targets", tenants.listed(targets), *(["--fail-on", "warning"] if by == "option" else [])]
    assert tenants.run("upgrade", *words)[::2] == (0, "")
    tenants.revision(after='op.drop_table("t2")')
    assert tenants.run("upgrade", *words[:2], "--only", "f000", "--no-lint")[0] == 0
    code, out, err = tenants.run("upgrade", *words)
    assert (code, out) == (3, "")
    assert err.startswith(
        "error[lint-refused]: The review of this upgrade has 2 findings of severity warning or worse: "
    )
    assert {ran(each)[-1] for each in targets[1:]} == {"r2"}
    assert tenants.run("upgrade", *words, "--only", "f000")[0] == 0
    assert tenants.run("upgrade", *words[:2], "--no-lint")[0] == 0
    assert all_ran(targets, tenants.ids)


def test_the_command_goes_through_stages_of_the_file(tenants: Tenants) -> None:
    (tenants.root / "fleet.toml").write_text(
        "".join(f'[[targets]]\nname = "{each.name}"\nurl = "{each.url}"\n' for each in tenants.files(3))
        + '[[stages]]\nname = "first"\nonly = ["f001"]\ngate = "exit 3"\n'
    )
    code, out, err = tenants.run("upgrade", "--targets", "fleet.toml", "--canary", "f002")
    assert code == 1
    assert out.split("\n", 1)[1] == snapshot("""\
  stage canary, 1 target: passed
  stage first, 1 target: failed
    the gate `exit 3` ended with exit code 3
  stage rest, 1 target: waiting
""")
    assert "stage first has not passed" in err
