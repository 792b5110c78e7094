"""`make bench`: whole processes of Limbeck and of the reference in turn; medians, ratios, floors, targets and verdicts.

python benchmarks/run.py [--only PART_OF_NAME] [--budget SECONDS] [--most ROUNDS] [--tables NUMBER] [--list]
"""

from __future__ import annotations

import argparse
import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from itertools import count, product
from pathlib import Path

import rows_autogenerate
import rows_batch
import rows_django
import rows_fleet
import rows_runtime
import rows_tests
from histories import LIMBECK, REFERENCE, ROOT, Environment, diamonds, line, make, stamp
from measure import Run, alternate

sys.path.insert(0, str(ROOT / "tests"))
import servers

FLOOR = Path(__file__).with_name("floor.py")
SLOW_MARIADB = "slow-mariadb"
SLOW_DISK = Path(__file__).with_name("slow_disk.c")
FLUSH_MICROSECONDS = 2_000
"""What each flush takes longer on the slow disk."""
PYTHON = LIMBECK.with_name("python")
SHAPES = {"line": line, "diamonds": diamonds}


@dataclass(frozen=True)
class Row:
    """One comparison.

    :param name: what `--only` looks for.
    :param runs: makes the runs when the row's turn comes: ``limbeck``, ``reference``, ``floor``, ``sqlalchemy``, and
        ``tenth``, which is ours at a tenth of the size, and ``sql``, which is our ``upgrade --sql``.
    :param faster: how many times as fast as the reference it has to be.
    :param near_floor: how many times the floor's time it may take.
    :param growth: how many times the time at a tenth of the size it may take.
    :param near_classic: how many times the time of the classic comparison it may take.
    :param near_sql: how many times the time of ``upgrade --sql`` it may take.
    :param near_without: how many times the time without a history it may take.
    :param near_before_objects: how many times the time of the commit before objects it may take.
    :param within: the seconds that it may take.
    """

    name: str
    runs: Callable[[], Mapping[str, Run]]
    faster: float | None = None
    near_floor: float | None = None
    growth: float | None = None
    near_classic: float | None = None
    near_sql: float | None = None
    near_without: float | None = None
    near_before_objects: float | None = None
    within: float | None = None

    def verdict(self, seconds: dict[str, float]) -> list[str]:
        """The figures with their targets, in words."""
        words = []
        for other, text, target in (
            ("reference", "times as fast", self.faster),
            ("django", "times as fast as Django", None),
            ("floor", "times the floor", self.near_floor),
            ("sqlalchemy", "times SQLAlchemy alone", None),
            ("tenth", "times its time at a tenth of the size", self.growth),
            ("classic", "times the classic comparison", self.near_classic),
            ("sql", "times upgrade --sql", self.near_sql),
            ("no history", "times its time without a history", self.near_without),
            ("each time", "times running the history for each test", None),
            ("before objects", "times its time before there were objects", self.near_before_objects),
        ):
            if other not in seconds:
                continue
            longer = seconds["limbeck"] / seconds[other]
            figure = 1 / longer if other in {"reference", "django"} else longer
            words.append(f"{figure:.2f} {text}")
            if target is not None:
                met = figure >= target if other == "reference" else figure <= target
                bound = "at least" if other == "reference" else "at most"
                words[-1] += f" ({bound} {target}: {'met' if met else 'MISSED'})"
        if self.within is not None:
            words.append(f"at most {self.within:g} s: {'met' if seconds['limbeck'] <= self.within else 'MISSED'}")
        return words


class Bench:
    """The environments, made when first asked for, in one folder that is removed at the end.

    :param place: that folder.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._ends = ExitStack()
        self._numbers = count(1)

    @cache  # noqa: B019 there is one bench a process
    def environment(self, tool: Path, shape: str, size: int) -> Environment:
        """An environment of ``tool`` with a warm history and a SQLite database at its head."""
        made = make(tool, self.place / tool.name / f"{shape}-{size}", SHAPES[shape](size))
        stamp(made)
        compileall.compile_dir(made.versions, quiet=2)
        subprocess.run([tool, "heads"], cwd=made.folder, check=True, capture_output=True)
        return made

    def command(self, *words: str, shape: str = "line", size: int, tenth: bool = False) -> dict[str, Run]:
        """The same command of both tools, each in its own environment."""
        own, other = (self.environment(tool, shape, size) for tool in (LIMBECK, REFERENCE))
        runs = {
            "limbeck": Run([LIMBECK, *words], own.folder),
            "reference": Run([REFERENCE, *words], other.folder),
        }
        if tenth:
            small = self.environment(LIMBECK, shape, size // 10)
            runs["tenth"] = Run([LIMBECK, *words], small.folder)
        return runs

    def heads(self, *, cold: bool) -> dict[str, Run]:
        """``heads`` on 10,000 revisions, the cache of ours there or not, and a bare scan of the folder."""
        runs = self.command("heads", size=10_000, tenth=not cold)
        own = self.environment(LIMBECK, "line", 10_000)
        if cold:
            forget = partial(shutil.rmtree, own.versions / "__pycache__", ignore_errors=True)
            runs["limbeck"] = Run([LIMBECK, "heads"], own.folder, forget)
        runs["floor"] = Run([PYTHON, FLOOR, "scan", str(own.versions)], own.folder)
        return runs

    def plan(self) -> dict[str, Run]:
        """A plan of 1,000 revisions for an empty database, and the script of the same run."""
        own = self.environment(LIMBECK, "line", 1_000)
        ini = own.configure("empty.ini", self.database("sqlite", "empty"))
        words = {"limbeck": ["plan", "heads"], "sql": ["upgrade", "heads", "--sql"]}
        return {name: Run([LIMBECK, "-c", ini, *rest], own.folder) for name, rest in words.items()}

    def lint(self) -> dict[str, Run]:
        """A review of all 500 revisions of a history."""
        own = self.environment(LIMBECK, "line", 500)
        return {"limbeck": Run([LIMBECK, "lint", "base:heads", "--json"], own.folder)}

    def upgrade(self, kind: str, *, own_environment: bool = True) -> dict[str, Run]:
        """1,000 revisions from empty to head on ``kind``; the same SQL by the bare driver, or by SQLAlchemy alone."""
        size = 1_000
        other = self.environment(REFERENCE, "line", size)
        own = self.environment(LIMBECK, "line", size) if own_environment else other
        runs = {}
        for name, environment, command in (
            ("limbeck", own, lambda ini: [LIMBECK, "-c", ini, "upgrade", "head"]),
            ("reference", other, lambda ini: [REFERENCE, "-c", ini, "upgrade", "head"]),
            ("floor", own, lambda ini: [PYTHON, FLOOR, "send", ini, str(self._statements(other, kind))]),
            ("sqlalchemy", own, lambda ini: [PYTHON, FLOOR, "tables", ini, str(size)]),
        ):
            ini = f"{kind}-{name}.ini"
            runs[name] = Run(command(ini), environment.folder, partial(self._point_at_another, environment, ini, kind))
        return runs

    def beside_django(self, what: str, size: int) -> dict[str, Run]:
        """The same history as Django's migrations, from empty to head or with nothing to do, on SQLite."""
        project = self.place / f"django-{what}-{size}"
        if what == "no-op":
            return self.command("upgrade", "head", size=size) | {"django": rows_django.no_op(project, size)}
        runs = {"django": rows_django.from_empty(project, size)}
        for name, tool in (("limbeck", LIMBECK), ("reference", REFERENCE)):
            environment = self.environment(tool, "line", size)
            ini = f"beside-django-{name}.ini"
            before = partial(self._point_at_another, environment, ini, "sqlite")
            runs[name] = Run([tool, "-c", ini, "upgrade", "head"], environment.folder, before)
        return runs

    def history(self, kind: str) -> dict[str, Run]:
        """1,000 revisions from empty to head on ``kind``, with and without a history of what ran."""
        own = self.environment(LIMBECK, "line", 1_000)
        runs = {}
        for name, value in (("limbeck", "true"), ("no history", "false")):
            ini = f"{kind}-history-{value}.ini"
            before = partial(self._point_at_another, own, ini, kind, f"history = {value}")
            runs[name] = Run([LIMBECK, "-c", ini, "upgrade", "head"], own.folder, before)
        return runs

    def _point_at_another(self, environment: Environment, ini: str, kind: str, *lines: str) -> None:
        """Have the configuration ``ini``, with ``lines``, name a database of its own.

        None is dropped before the end: when ext4 makes a file it looks at each inode that was deleted within the last
        minute (`recently_deleted`), so that a run would pay for the 3,000 files of the one before.
        """
        environment.configure(ini, self.database(kind, f"run_{next(self._numbers)}"), *lines)

    def no_op(self, kind: str) -> dict[str, Run]:
        """An upgrade with nothing to do on ``kind``, and a process that reads one row there."""
        return rows_runtime.no_op(self.place / f"no-op-{kind}", self.database(kind, f"no_op_{kind}"))

    def tests(self, kind: str) -> dict[str, Run]:
        """A test with a migrated database, and one that runs the history, on a database of its own."""
        return rows_tests.runs(self.place / f"tests-{kind}", self.database(kind, f"tests_{kind}"))

    def fleet(self, state: str) -> dict[str, Run]:
        """2,000 schemas on PostgreSQL in one of `rows_fleet.STATES`."""
        name = f"fleet_{rows_fleet.STATES.index(state)}"
        return rows_fleet.runs(self.place / name, self.database("postgresql", name), state)

    def close(self) -> None:
        """Drop the databases, and end the servers that we started."""
        self._ends.close()

    def database(self, kind: str, name: str) -> str:
        """Make a database; its URL."""
        if kind == "sqlite":
            return f"sqlite:///{self.place}/{name}.db"
        server = self._server(kind)
        database = f"lb_bench_{self.place.name[-8:].lower()}_{name}"
        if kind != SLOW_MARIADB:  # that one goes as a whole
            self._ends.callback(server.drop, database)
        return server.create(database)

    @cache  # noqa: B019 there is one bench a process
    def _server(self, kind: str) -> servers.Server:
        server = self._slow_mariadb() if kind == SLOW_MARIADB else servers.find(kind)
        if server is None:
            raise RuntimeError(f"no {kind} server, and no binaries to start one")
        self._ends.callback(server.stop)
        return server

    def _slow_mariadb(self) -> servers.Server | None:
        """A MariaDB server of our own, on a disk that takes its time."""
        library = self.place / "slow_disk.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", library, SLOW_DISK, "-ldl"], check=True)
        for folder in (self.place, library):
            folder.chmod(0o755)  # the server runs as another user
        os.environ.update(LD_PRELOAD=str(library), FLUSH_MICROSECONDS=str(FLUSH_MICROSECONDS))
        try:
            return servers.start_private_mariadb()
        finally:
            del os.environ["LD_PRELOAD"], os.environ["FLUSH_MICROSECONDS"]

    def _statements(self, environment: Environment, kind: str) -> Path:
        """A file with the statements of the upgrade as the reference writes them, one a paragraph."""
        url = "sqlite://" if kind == "sqlite" else self._server(kind).url.render_as_string(hide_password=False)
        ini = environment.configure(f"{kind}.ini", url)
        words: list[str | Path] = [REFERENCE, "-c", ini, "upgrade", "head", "--sql"]
        script = subprocess.run(words, cwd=environment.folder, check=True, capture_output=True, text=True).stdout
        script = re.sub(r"^(--.*|BEGIN;|COMMIT;)$", "", script, flags=re.MULTILINE)
        statements = [part.strip().removesuffix(";") for part in script.split("\n\n")]
        file = environment.folder / f"{kind}.sql"
        file.write_text("\n\n".join(filter(None, statements)), encoding="utf-8")
        return file


def rows(bench: Bench, tables: int) -> Iterator[Row]:
    """All rows: commands and histories, runs, batches, comparisons."""
    for words in ("--version", "--help", "heads"):
        yield Row(f"{words}, 10 revisions", partial(bench.command, words, size=10), faster=4)
    yield Row("no-op upgrade head, 10 revisions", partial(bench.command, "upgrade", "head", size=10), faster=1.3)
    empty = "empty to head, 1,000 revisions"
    yield Row(f"SQLite {empty}, own environments", partial(bench.upgrade, "sqlite"), faster=3)
    same = partial(bench.upgrade, "sqlite", own_environment=False)
    yield Row(f"SQLite {empty}, reference's environment", same, faster=1.2)
    same = partial(bench.upgrade, "postgresql", own_environment=False)
    yield Row(f"PostgreSQL {empty}, reference's environment", same, faster=1.5)
    yield Row(f"MariaDB {empty}", partial(bench.upgrade, "mariadb"), near_floor=1.2)
    if shutil.which("cc"):
        slow = f"MariaDB {empty}, {FLUSH_MICROSECONDS / 1_000:g} ms a flush"
        yield Row(slow, partial(bench.upgrade, SLOW_MARIADB), near_floor=1.2)
    else:
        print("MariaDB on a slow disk is left out: there is no C compiler (cc)")
    for what, size in product(("no-op", "empty to head"), (100, 1_000)):
        yield Row(f"beside Django, {what}, {size:,} on SQLite", partial(bench.beside_django, what, size))
    for kind in ("sqlite", "postgresql", "mariadb"):
        name = f"history of what ran, 1,000 revisions on {kind}"
        yield Row(name, partial(bench.history, kind), near_without=1.1)
    warm = partial(bench.heads, cold=False)
    yield Row("heads warm, 10,000 in a line", warm, faster=12, near_floor=2.5, growth=12)
    yield Row("heads cold, 10,000 in a line", partial(bench.heads, cold=True), faster=1)
    history = partial(bench.command, "history", shape="diamonds", size=9_000, tenth=True)
    yield Row("history, 9,000 in diamonds", history, faster=60, growth=12)
    sql = partial(bench.command, "upgrade", "heads", "--sql", shape="diamonds", size=9_000, tenth=True)
    yield Row("upgrade heads --sql, 9,000 in diamonds", sql, faster=6, growth=12)
    sql = partial(bench.command, "upgrade", "heads", "--sql", size=10_000, tenth=True)
    yield Row("upgrade heads --sql, 10,000 in a line", sql, faster=2, growth=12)
    yield Row("plan of 1,000 revisions, against upgrade --sql", bench.plan, near_sql=1.2)
    yield Row("lint of 500 revisions", bench.lint, within=10)
    for kind, within in (("sqlite", 0.05), ("postgresql", 0.15), ("mariadb", None)):
        yield Row(f"migrated_database a test, 500 revisions on {kind}", partial(bench.tests, kind), within=within)
    for kind in ("sqlite", "postgresql", "mariadb"):
        yield Row(f"no-op upgrade head on {kind}, against reading a row", partial(bench.no_op, kind), near_floor=1.3)
    no_op = partial(bench.command, "upgrade", "head", size=10_000, tenth=True)
    yield Row("no-op upgrade head, 10,000 in a line", no_op, faster=6, growth=12)
    current = partial(bench.command, "current", size=10_000, tenth=True)
    yield Row("current at head, 10,000 in a line", current, faster=6, growth=12)
    for state, faster in zip(rows_fleet.STATES, (20, 4, None), strict=True):
        yield Row(f"fleet of 2,000 schemas {state}", partial(bench.fleet, state), faster=faster)
    yield Row("fleet on Dask, a target", partial(rows_fleet.dask, bench.place / "fleet-dask"), within=0.005)
    for name, (change, size, target) in rows_batch.ROWS.items():
        yield Row(name, partial(rows_batch.runs, bench.place, change, size), **target)
    for name, runs, targets in rows_autogenerate.rows(bench, tables):
        yield Row(name, runs, **targets)


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    parser = argparse.ArgumentParser(description="Whole processes of Limbeck against the reference.")
    parser.add_argument("--only", default="", help="rows whose name has this in it")
    parser.add_argument("--budget", type=float, default=20, help="seconds for the rounds of a row (default 20)")
    parser.add_argument("--most", type=int, default=9, help="rounds a row at most (default 9)")
    parser.add_argument("--tables", type=int, default=1_000, help="tables of the rows that compare (default 1000)")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="limbeck-bench-"))
    bench = Bench(place)
    missed = 0
    try:
        chosen = [row for row in rows(bench, options.tables) if options.only in row.name]
        if not chosen:
            parser.error(f"no row has {options.only!r} in its name; --list names them")
        for row in chosen:
            print(row.name, flush=True)
            if options.list:
                continue
            seconds = alternate(row.runs(), budget=options.budget, most=options.most)
            print("    " + "   ".join(f"{name} {1000 * value:,.0f} ms" for name, value in seconds.items()))
            verdict = row.verdict(seconds)
            print("    " + "; ".join(verdict), flush=True)
            missed += sum("MISSED" in words for words in verdict)
    finally:
        bench.close()
        shutil.rmtree(place, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
