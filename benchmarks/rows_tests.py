"""What a test pays for its database: a copy of the one that the history made, against running the history each time.

python benchmarks/rows_tests.py FIXTURE TESTS   runs that many tests in the current folder, and prints the median

of what a test takes with setup and teardown, without the first one. Each asks its database for one row.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

import pytest
from histories import LIMBECK, line, make
from measure import Printed, Run

MIGRATED, EACH_TIME = "migrated_database", "migrate_to"

TESTS = """\
import pytest
import sqlalchemy as sa

@pytest.fixture
def database(request):
    found = request.getfixturevalue({fixture!r})
    return found("heads") if callable(found) else found

@pytest.mark.parametrize("number", range({tests}))
def test_row(database, number):
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM alembic_version")) == 1
"""


class Durations:
    """A plugin of pytest that adds up what the phases of each test take."""

    def __init__(self) -> None:
        self.by_test: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called after each phase."""
        assert report.passed, report.longreprtext
        self.by_test[report.nodeid] = self.by_test.get(report.nodeid, 0.0) + report.duration


def runs(place: Path, url: str) -> dict[str, Run]:
    """A test with a copy and a test with a history of 500 revisions, on the server of ``url``."""
    own = make(LIMBECK, place, line(500))
    ini = own.configure("tests.ini", url)
    (place / "pytest.ini").write_text(f"[pytest]\nlimbeck_config = {ini}\n", encoding="utf-8")
    words = [LIMBECK.with_name("python"), Path(__file__).resolve()]
    return {
        "limbeck": Printed([*words, MIGRATED, "21"], place),
        "each time": Printed([*words, EACH_TIME, "3"], place),
    }


def main(fixture: str, tests: str) -> int:
    """Run the tests, and print what one of them takes."""
    Path("test_row.py").write_text(TESTS.format(fixture=fixture, tests=tests), encoding="utf-8")
    durations = Durations()
    failed = pytest.main(["-q", "-p", "no:cacheprovider", "test_row.py"], plugins=[durations])
    if not failed:
        print(median(list(durations.by_test.values())[1:]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
