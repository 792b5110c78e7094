"""``fleet plan``, ``fleet check`` and ``fleet downgrade``: targets that are alike are looked at once.

r1 <- r2 <- r3 make the tables ``ran``, ``t2`` and ``t3``, which the models have too.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import sqlalchemy as sa
from tenants import Tenants

from limbeck.errors import CommandError, UsageError
from limbeck.fleet import Fleet, Target, inspection
from limbeck.show import fleet as text

ENV = """\
import sqlalchemy as sa
from limbeck import context
models = sa.MetaData()
sa.Table("ran", models, sa.Column("revision", sa.String(10)))
sa.Table("t2", models, sa.Column("id", sa.Integer))
sa.Table("t3", models, sa.Column("id", sa.Integer, index=True))
context.run(target_metadata=models)
"""


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    tenants = Tenants(tmp_path, 2, env=ENV)
    tenants.revision(after='op.create_index("ix_t3_id", "t3", ["id"])')
    return tenants


def execute(target: Target, *statements: str) -> None:
    with sa.create_engine(str(target.url), poolclass=sa.NullPool).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_plan_is_rehearsed_once_for_targets_at_the_same_rows(
    tenants: Tenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = tenants.files(7)
    fleet = Fleet(tenants.config, targets)
    Fleet(tenants.config, targets[:4]).upgrade("r2")
    Fleet(tenants.config, targets[4:6]).upgrade()
    execute(targets[6], "CREATE TABLE other (id INTEGER)")
    rehearsed: list[str] = []
    rehearse = inspection.planning.plan

    def counted(place: object, *words: object) -> object:
        rehearsed.append("one")
        return rehearse(place, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(inspection.planning, "plan", counted)
    plan = fleet.plan()
    kinds = [(one.run.start, [step.revision for step in one.run.steps], len(one.targets)) for one in plan.groups]
    assert kinds == [(("r2",), ["r3"], 4), (("r3",), [], 2), ((), ["r1", "r2", "r3"], 1)]
    assert (len(rehearsed), plan.failed) == (3, ())
    (down, *_) = fleet.plan("r1").groups
    assert (down.run.kind, [step.revision for step in down.run.steps]) == ("downgrade", ["r2"])


def test_a_plan_as_text(tenants: Tenants) -> None:
    targets = [*tenants.files(2), Target("unset", "env:LIMBECK_FLEET_TEST_UNSET")]
    Fleet(tenants.config, targets[:2]).upgrade("r2")
    code, out, err = tenants.run("plan", "--targets", tenants.listed(targets))
    assert code == 1
    assert (
        out.replace(str(tenants.root), "...")
        == """\
to heads: 3 targets, 1 plan

2 targets: f000, f001
  sqlite:///.../f000.db: 1 step up

  upgrade r2 -> r3,
    m/versions/r3.py
    create table t3 (line 7)
    execute INSERT INTO ran VALUES ('r3') (line 8)
      locks ran (whole file, one writer): writes wait
    create index ix_t3_id on t3 (line 9)
      locks t3 (whole file, one writer): writes wait
    way back: downgrade() does nothing

  version rows: r2 -> r3
  each step has its own transaction
  table ran: 2 rows

  failed[target-url]: unset
    The URL of target unset is missing: the environment variable LIMBECK_FLEET_TEST_UNSET is not set
    do: put it there, or correct `url` of the target
"""
    )
    assert "1 target could not be asked" in err


def test_classes_of_files(tenants: Tenants) -> None:
    """Two equal, two that lack the index, one with more than the models, one behind, one unreachable."""
    targets = tenants.files(7)
    Fleet(tenants.config, targets[:6]).upgrade()
    Fleet(tenants.config, targets[6:]).upgrade("r2")
    for each in targets[2:4]:
        execute(each, "DROP INDEX ix_t3_id")
    execute(targets[4], "CREATE TABLE by_hand (id INTEGER)", "DROP TABLE t2", "CREATE TABLE t2 (id TEXT)")
    execute(targets[5], "ALTER TABLE t3 RENAME TO old", "CREATE TABLE t3 (id INTEGER)", "DROP TABLE old")
    execute(targets[5], "CREATE INDEX ix_t3_id ON t3 (id)")  # made otherwise, and the same
    listed = tenants.listed([*targets, Target("unset", "env:LIMBECK_FLEET_TEST_UNSET")])
    code, out, err = tenants.run("check", "--targets", listed)
    assert (code, out) == (
        1,
        """\
8 targets: 3 equal, 2 lack index ix_t3_id, 1 differs in 2 places, 1 behind
  lack index ix_t3_id: f002, f003
    + t3: index ix_t3_id (id)
  differs in 2 places: f004
    - table by_hand
    ~ t2: column id: type TEXT -> INTEGER
  behind: f006
  failed[target-url]: unset
    The URL of target unset is missing: the environment variable LIMBECK_FLEET_TEST_UNSET is not set
    do: put it there, or correct `url` of the target
""",
    )
    found = Fleet(tenants.config, targets).check()
    assert [(each.state, len(each.targets)) for each in found.classes] == [
        ("equal", 3),
        ("different", 2),
        ("different", 1),
        ("behind", 1),
    ]
    assert found.classes[1].differences[0].kind == "add_index"
    assert not found.is_clean
    assert Fleet(tenants.config, targets[:2]).check().is_clean
    code, out, err = tenants.run("check", "--targets", tenants.listed(targets), "--json")
    assert (code, json.loads(out)["classes"][1]["targets"]) == (1, ["f002", "f003"])
    assert "4 targets have another schema than the models" in err


def test_classes_of_schemas(tmp_path: Path, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Schemas of one database that have the same tables are one class, whatever they are called."""
    tenants = Tenants(tmp_path, 2, env=ENV)
    tenants.revision(after='op.create_index("ix_t3_id", "t3", ["id"])')
    targets = [Target(f"tenant_{n}", postgresql_url, f"tenant_{n}") for n in range(5)]
    execute(targets[0], *(f"CREATE SCHEMA {each.schema}" for each in targets))
    fleet = Fleet(tenants.config, targets)
    assert fleet.upgrade().state == "done"
    execute(targets[3], "DROP INDEX tenant_3.ix_t3_id")
    compared: list[object] = []
    compare = inspection.verbs.compare
    monkeypatch.setattr(
        inspection.verbs, "compare", lambda *words, **named: compared.append(words) or compare(*words, **named)
    )
    found = fleet.check()
    assert list(text.checked(found)) == [
        "5 targets: 4 equal, 1 lacks index ix_t3_id",
        "  lacks index ix_t3_id: tenant_3",
        "    + t3: index ix_t3_id (id)",
    ]
    assert len(compared) == 2


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_workers_rehearse_and_compare(tenants: Tenants, executor: str) -> None:
    """Several groups at once; no log says what a comparison detects, then or afterwards."""
    targets = tenants.files(6)
    Fleet(tenants.config, targets[:2]).upgrade("r2")
    Fleet(tenants.config, targets[2:]).upgrade()
    for number, target in enumerate(targets[3:]):
        execute(target, f"CREATE TABLE other{number} (id INTEGER)")
    fleet = Fleet(tenants.config, targets, executor=executor, jobs=3)
    assert [(each.targets, len(each.run.steps)) for each in fleet.plan().groups] == [
        (("f002", "f003", "f004", "f005"), 0),
        (("f000", "f001"), 1),
    ]
    level = logging.root.manager.disable
    found = fleet.check()
    assert logging.root.manager.disable == level
    assert [(each.state, each.targets, len(each.differences)) for each in found.classes] == [
        ("behind", ("f000", "f001"), 0),
        ("equal", ("f002",), 0),
        ("different", ("f003",), 1),
        ("different", ("f004",), 1),
        ("different", ("f005",), 1),
    ]


def test_an_env_py_without_models_is_told_once(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    targets = tenants.files(2)
    Fleet(tenants.config, targets).upgrade()
    code, out, err = tenants.run("check", "--targets", tenants.listed(targets))
    assert (code, out) == (2, "")
    assert err == (
        "error[usage]: `limbeck fleet check` compares with the models, and env.py gives none: its "
        f"target_metadata is None ({tmp_path / 'm' / 'env.py'})\n"
        "  hint: import the models there, and set target_metadata to their MetaData; "
        "`limbeck fleet status` needs none\n"
    )


def test_a_fleet_goes_down(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    tenants.revision()
    path = tmp_path / "m" / "versions" / "r2.py"
    path.write_text(path.read_text().replace("    pass\n", '    op.drop_table("t2")\n'))
    targets = tenants.files(3)
    fleet = Fleet(tenants.config, targets)
    fleet.upgrade()
    done = fleet.downgrade("r1", canary=["1"])
    assert [(each.state, each.rows_before, each.rows_after, each.stage) for each in done.targets] == [
        ("done", ("r2",), ("r1",), "canary"),
        ("done", ("r2",), ("r1",), "rest"),
        ("done", ("r2",), ("r1",), "rest"),
    ]
    assert (done.kind, fleet.report().kind) == ("downgrade", "downgrade")
    assert {each.state for each in fleet.downgrade("r1").targets} == {"already there"}


def test_failed_targets_go_down_again(tmp_path: Path) -> None:
    """``retry`` knows that the campaign went down."""
    tenants = Tenants(tmp_path, 2)
    targets = tenants.files(2)
    fleet = Fleet(tenants.config, targets)
    fleet.upgrade()
    path = tmp_path / "m" / "versions" / "r2.py"
    whole = path.read_text()
    path.write_text(
        whole.replace("    pass\n", '    if "f001" in str(op.get_bind().engine.url): raise ValueError("no")\n')
    )
    assert [each.state for each in fleet.downgrade("r1").targets] == ["done", "failed"]
    with pytest.raises(CommandError, match="is about other revisions"):
        fleet.upgrade(resume=True)
    path.write_text(whole)
    again = fleet.retry()
    assert [(each.state, each.rows_after) for each in again.targets] == [("done", ("r1",)), ("done", ("r1",))]


@pytest.mark.parametrize("revision", ["-1", "+1", "main@-1"])
def test_a_step_from_where_each_is_is_refused(tmp_path: Path, revision: str) -> None:
    """A target that is begun twice would go twice as far."""
    fleet = Fleet(Tenants(tmp_path, 1).config, [Target("a", "sqlite://")])
    with pytest.raises(UsageError, match="which counts from where each target is"):
        fleet.downgrade(revision)
    with pytest.raises(UsageError, match="which counts from where each target is"):
        fleet.upgrade(revision)
