"""Our dialects pass the conformance test that a third party runs on its own, and are run by the same steps.

SQLite, PostgreSQL and MariaDB on real databases, by SQLAlchemy's pytest plugin in a process of its own, since that
plugin takes collection over; SQL Server and Oracle as scripts, which need no database.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from limbeck.testing.scripts import CALLS, Scripts

HERE = Path(__file__).parent / "conformance"
SETUP = "[sqla_testing]\nrequirement_cls = requirements_of_ours:Requirements\nprofile_file = profiles.txt\n"
LATER = ["-k", "not proxy_transaction"]


def run(folder: Path, url: str) -> tuple[int, int]:
    """How many tests passed and were skipped on the database of ``url``; none failed."""
    for file in HERE.glob("*.py"):  # under names that pytest does not take for its own here
        name = file.name.replace("suite_of_ours", "test_suite_of_ours").replace("conftest_of_ours", "conftest")
        shutil.copy(file, folder / name)
    (folder / "setup.cfg").write_text(SETUP)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--dburi={url}", *LATER],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    passed, skipped = (re.search(rf"(\d+) {word}", done.stdout) for word in ("passed", "skipped"))
    return int(passed[1]) if passed else 0, int(skipped[1]) if skipped else 0


def test_sqlite(tmp_path: Path) -> None:
    passed, _ = run(tmp_path, f"sqlite:///{tmp_path}/one.db")
    assert passed > 75


def test_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    passed, skipped = run(tmp_path, postgresql_url)
    assert passed > 130
    assert skipped < 5


def test_mariadb(tmp_path: Path, mariadb_url: str) -> None:
    passed, _ = run(tmp_path, mariadb_url)
    assert passed > 110


@pytest.mark.parametrize("dialect", ["mssql", "oracle"])
class TestScripts:
    """SQL Server and Oracle, whose drivers need not be there."""

    @pytest.fixture
    def scripts(self, dialect: str) -> Scripts:
        class OfDialect(Scripts):
            def dialect_name(self) -> str:
                return dialect

        return OfDialect()

    @pytest.mark.parametrize("name", CALLS)
    def test_operation(self, scripts: Scripts, name: str) -> None:
        scripts.each(name)

    @pytest.mark.parametrize("name", [name for name in vars(Scripts) if name.startswith("test_")])
    def test_others(self, scripts: Scripts, name: str) -> None:
        getattr(scripts, name)()
