"""Planted faults are found by the check that is for them, which names the revision; in the good history none is."""

from __future__ import annotations

from pathlib import Path

import pytest
from good import Shop
from mutants import BACK, EVERYWHERE, MUTANTS, ROWS, Mutant

from limbeck.history_checks import run
from limbeck.results import HistoryCheck

A_HANDFUL = (
    "downgrade drops tables in the wrong order",
    "downgrade loses a default",
    "upgrade makes a type that is too short",
)


def planted(root: Path, url: str, mutant: Mutant) -> Shop:
    """The good history with a fault in it."""
    shop = Shop(root, url).write(mutant.revisions(), extra=mutant.extra)
    if mutant.lost:
        file = shop.versions / f"{mutant.revision}_.py"
        file.write_text(file.read_text().partition("def downgrade")[0])
    return shop


def demand_found(mutant: Mutant, check: HistoryCheck) -> None:
    assert check.findings, f"{mutant.check} finds nothing"
    if mutant.names_revision:
        assert check.findings[0].revision == mutant.revision


def among(mutants: tuple[Mutant, ...], dialect: str) -> list[Mutant]:
    return [one for one in mutants if dialect in one.on]


def test_there_are_forty_of_them() -> None:
    assert [len(among(MUTANTS, dialect)) >= 40 for dialect in sorted(EVERYWHERE)] == [True] * 3
    assert {one.check for one in MUTANTS} == set(run.CHECKS) - {run.OF_GIT}


def demand_named(mutant: Mutant, root: Path, url: str) -> None:
    """The check that is for a fault finds it, and names its revision."""
    only = [mutant.revision] if mutant.check in {BACK, ROWS} else None
    demand_found(mutant, planted(root, url, mutant).check(mutant.check, only))


@pytest.mark.parametrize("mutant", among(MUTANTS, "sqlite"), ids=str)
def test_a_fault_is_found_on_sqlite(mutant: Mutant, tmp_path: Path, sqlite_url: str) -> None:
    demand_named(mutant, tmp_path, sqlite_url)


def test_nothing_is_found_in_the_good_history(tmp_path: Path, sqlite_url: str) -> None:
    shop = Shop(tmp_path, sqlite_url).write()
    checks = {name: shop.check(name) for name in run.CHECKS if name != run.OF_GIT}
    assert [name for name, check in checks.items() if not check.is_passed or check.remarks] == []


def on_servers() -> list[object]:
    """Each fault on each server that it is one on; but for a handful of them in the campaign."""
    return [
        pytest.param(
            f"{kind}_url", one, id=f"{kind}-{one}", marks=() if one.name in A_HANDFUL else pytest.mark.campaign
        )
        for kind, dialect in (("postgresql", "postgresql"), ("mariadb", "mysql"))
        for one in among(MUTANTS, dialect)
    ]


@pytest.mark.parametrize(("url", "mutant"), on_servers())
def test_a_fault_is_found_on_a_server(url: str, mutant: Mutant, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    demand_named(mutant, tmp_path, request.getfixturevalue(url))


@pytest.mark.campaign
@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_nothing_is_found_in_the_good_history_on_a_server(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = Shop(tmp_path, request.getfixturevalue(url)).write()
    checks = {name: shop.check(name) for name in run.CHECKS if name != run.OF_GIT}
    assert [name for name, check in checks.items() if check.findings or check.is_blocked or check.remarks] == []
