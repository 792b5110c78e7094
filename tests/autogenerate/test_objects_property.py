"""Random objects that stand on one another: made, changed by scripts, equal to a database made of the models, and back.

    set 0     before -> after -> after -> ...        each arrow is a pair, compared, written, run and taken back
    set 1     before -> after -> after -> ...        side by side in one database, which makes a pair cheap

`python -m pytest -m campaign` tries each pair by itself besides: the seed of a failure is its parameter.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from object_sets import READER, ObjectSet, changed, declaring, drawn
from staging import Stage, make_role

OTHER = "limbeck_other"
"""A role that no model names: what it may do stays."""
SIDE_BY_SIDE = 10
PAIRS = 200


def assert_same(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]], script: str) -> None:
    """Two pictures are equal; the failure names what is not, and has the script."""
    assert found == wanted, f"{sorted(map(str, {*found} ^ {*wanted}))}\n{script}"


class Life:
    """Sets of objects that change side by side, in a database that scripts bring along and one that is made anew.

    :param stage: the former. :param fresh: the latter. :param seeds: one a set.
    """

    def __init__(self, stage: Stage, fresh: Stage, seeds: range) -> None:
        self.stage, self.fresh = stage, fresh
        self.backend = stage.connection.dialect.name
        self._random = [random.Random(seed) for seed in seeds]  # noqa: S311 a test
        self.sets = [
            drawn(each, self.backend, ObjectSet(f"t{seed}"), 8) for seed, each in zip(seeds, self._random, strict=True)
        ]

    def begin(self) -> None:
        """Make both databases what the sets are at first."""
        for each in (self.stage, self.fresh):
            each.empty()
            each.make(declaring(self.sets, self.backend))
            self._grant(each, None)
        assert_same(self.stage.picture(), self.fresh.picture(), "the first script")

    def go_on(self) -> None:
        """Every set changes once: there, equal to what is made anew; back, equal to before; and there again."""
        before, original = self.sets, self.fresh.picture()
        after = self.sets = [changed(each, self.backend, one) for each, one in zip(self._random, before, strict=True)]
        self.fresh.empty()
        self.fresh.make(declaring(after, self.backend))
        self._grant(self.fresh, None)
        wanted = self.fresh.picture()
        script = self.stage.compare(declaring(after, self.backend))
        upgrade = self.stage.run(script.upgrade_ops)
        self._grant(self.stage, before)
        assert_same(self.stage.picture(), wanted, upgrade)
        downgrade = self.stage.run(script.downgrade_ops)
        self._grant(self.stage, after, before)
        assert_same(self.stage.picture(), original, downgrade)
        self.stage.run(script.upgrade_ops)
        self._grant(self.stage, before)
        assert_same(self.stage.picture(), wanted, upgrade)

    def _grant(self, stage: Stage, before: list[ObjectSet] | None, sets: list[ObjectSet] | None = None) -> None:
        """Grant by hand on what is new: what was there has its grants still.

        :param before: what was there; None: nothing. :param sets: what is; default: what the sets are.
        """
        if self.backend != "postgresql":
            return
        old = {(thing.kind, thing.name) for each in before or () for thing in each.things}
        for each in self.sets if sets is None else sets:
            for thing in each.things:
                if thing.grantable and (thing.kind, thing.name) not in old:
                    stage.connection.exec_driver_sql(f"GRANT {thing.grantable} TO {OTHER}")
        stage.connection.commit()


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[Stage, Stage]]:
    """Two databases; what is written to them need not outlive the machine."""
    first = sa.make_url(request.getfixturevalue(f"{request.param}_url"))
    if request.param == "sqlite":
        second = first.set(database=f"{first.database}.fresh")
    else:
        server = request.getfixturevalue(f"{request.param}_server")
        second = sa.make_url(server.create())
    with (
        sa.create_engine(first, poolclass=sa.NullPool).connect() as one,
        sa.create_engine(second, poolclass=sa.NullPool).connect() as two,
    ):
        for each in (one, two):
            if request.param == "postgresql":
                for role in (READER, OTHER):
                    make_role(each, role)
                each.exec_driver_sql("SET synchronous_commit = off")
            elif request.param == "sqlite":
                each.exec_driver_sql("PRAGMA synchronous = OFF")
            each.commit()
        yield Stage(one), Stage(two)
        one.rollback()
        two.rollback()
    if request.param != "sqlite":
        server.drop(second.database)


def test_sets_of_objects_change_side_by_side(databases: tuple[Stage, Stage]) -> None:
    life = Life(*databases, range(SIDE_BY_SIDE))
    life.begin()
    for _ in range(PAIRS // SIDE_BY_SIDE):
        life.go_on()


@pytest.mark.campaign
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_each_pair_by_itself(databases: tuple[Stage, Stage], start: int) -> None:
    stage, _ = databases
    backend = stage.connection.dialect.name
    for seed in range(start, start + 20):
        rng = random.Random(seed)  # noqa: S311 a test
        before = drawn(rng, backend, ObjectSet(f"t{seed}"), 8)
        after = changed(rng, backend, before)
        stage.there_and_back(declaring([before], backend), declaring([after], backend))
        stage.empty()
