"""Planted faults are found by the check that is for them, which names the revision; in the good history none is."""

from __future__ import annotations

from pathlib import Path

import pytest
from good import Shop
from mutants import BACK, EVERYWHERE, MUTANTS, ROWS, Mutant
from sqlalchemy import make_url

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


@pytest.mark.parametrize("mutant", among(MUTANTS, "sqlite"), ids=str)
def test_a_fault_is_found_on_sqlite(mutant: Mutant, tmp_path: Path, sqlite_url: str) -> None:
    only = [mutant.revision] if mutant.check in {BACK, ROWS} else None
    demand_found(mutant, planted(tmp_path, sqlite_url, mutant).check(mutant.check, only))


def test_nothing_is_found_in_the_good_history(tmp_path: Path, sqlite_url: str) -> None:
    shop = Shop(tmp_path, sqlite_url).write()
    checks = {name: shop.check(name) for name in run.CHECKS if name != run.OF_GIT}
    assert [name for name, check in checks.items() if not check.is_passed or check.remarks] == []


@pytest.mark.parametrize("mutant", [one for one in MUTANTS if one.name in A_HANDFUL], ids=str)
@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_a_fault_is_found_on_a_server(mutant: Mutant, url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    shop = planted(tmp_path, request.getfixturevalue(url), mutant)
    demand_found(mutant, shop.check(mutant.check, [mutant.revision]))


@pytest.mark.campaign
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url", "mariadb_url"])
def test_the_first_check_that_finds_a_fault_is_the_one_for_it(
    mutant: Mutant, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue(url)
    if make_url(database).get_backend_name() not in mutant.on:
        pytest.skip("no fault on this database")
    shop = planted(tmp_path, database, mutant)
    for name in (name for name in run.CHECKS if name != run.OF_GIT):
        found = shop.check(name)
        if found.findings:
            assert found.name == mutant.check
            demand_found(mutant, found)
            return
    pytest.fail("no check finds it")


@pytest.mark.campaign
@pytest.mark.parametrize("url", ["postgresql_url", "mariadb_url"])
def test_nothing_is_found_in_the_good_history_on_a_server(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = Shop(tmp_path, request.getfixturevalue(url)).write()
    checks = {name: shop.check(name) for name in run.CHECKS if name != run.OF_GIT}
    assert [name for name, check in checks.items() if check.findings or check.is_blocked or check.remarks] == []
