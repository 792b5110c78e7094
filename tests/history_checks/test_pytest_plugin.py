"""The pytest plugin: silent until asked; then the checks are tests, and fixtures make databases at a revision."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from good import GOOD, Shop
from mutants import MUTANTS

SILENT = """
import sys

def test_nothing_is_imported():
    assert not {"sqlalchemy", "limbeck.config", "limbeck.history_checks"} & set(sys.modules)
"""

DATA = """
def test_ages_are_filled(migrate_before):
    database = migrate_before("r09")
    database.insert("account", id=1, name="Ada", active=True)
    assert [row["age"] for row in database.rows("account")] == [None]
    database.migrate_to("r09")
    assert [row["age"] for row in database.rows("account")] == [0]
    database.migrate_to("r02")
    assert database.rows("account") == [{"id": 1, "name": "Ada", "email": None}]


def test_the_first_tags_are_there(migrate_to):
    assert [row["name"] for row in migrate_to("r07").rows("tag")] == ["new", "old"]
"""


@pytest.fixture
def shop(tmp_path: Path, sqlite_url: str) -> Shop:
    return Shop(tmp_path, sqlite_url).write(GOOD[:9])


def run(shop: Shop, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin and no other."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "limbeck.pytest_plugin", "-q", "-rA", "--rootdir", ".", *arguments],
        check=False,
        cwd=shop.root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )


def test_it_is_silent_until_it_is_asked(shop: Shop) -> None:
    (shop.root / "test_own.py").write_text(SILENT)
    done = run(shop, "test_own.py")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout


def test_a_finding_is_a_test_that_fails(shop: Shop) -> None:
    fault = next(one for one in MUTANTS if one.name == "downgrade leaves the longer type")
    shop.write(fault.revisions()[:6])
    (shop.root / "test_own.py").write_text("def test_own(): pass\n")
    done = run(shop, "--limbeck", "-k", "test_own or one-head or way-back")
    assert done.returncode == 1
    assert "2 passed" in done.stdout, done.stdout
    assert "r05: downgrade() does not lead back to the schema before: 1 difference" in done.stdout
    assert "Traceback" not in done.stdout


def test_pytest_xdist_spreads_the_checks(shop: Shop) -> None:
    done = run(shop, "--limbeck", "-k", "one-head or downgrades-exist", "-p", "xdist.plugin", "-n", "2")
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout


def test_fixtures_make_databases_at_a_revision(shop: Shop) -> None:
    (shop.root / "test_own.py").write_text(DATA)
    done = run(shop, "test_own.py")
    assert (done.returncode, "2 passed" in done.stdout) == (0, True), done.stdout
