"""Comparing and rendering in process, `compare_once.py` run by either tool.

Imports, connecting and making the models are not counted. The floor asks the catalogue for everything, once a kind.
"""

from __future__ import annotations

import compileall
import subprocess
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

from histories import LIMBECK, REFERENCE, ROOT
from measure import Printed

ONCE = Path(__file__).with_name("compare_once.py")
KINDS = {"PostgreSQL": "postgresql", "MariaDB": "mariadb", "SQLite": "sqlite"}

Row = tuple[str, Callable[[], dict[str, Printed]], dict[str, float]]


BEFORE_OBJECTS = "14901bce"
"""The last commit without views, functions and triggers as models."""
VIEWED_TABLES, VIEWS = 100, 500


def once(tool: str, task: str, url: str, tables: int, views: int = 0, *, source: Path | None = None) -> Printed:
    """One task of `compare_once.py`.

    :param source: the folder of another Limbeck's packages; default: the one that is installed.
    """
    python = (LIMBECK if tool == "limbeck" else REFERENCE).with_name("python")
    before = [] if source is None else ["env", f"PYTHONPATH={source}"]
    sizes = [str(tables), *([str(views)] if views else [])]
    return Printed([*before, python, ONCE, tool, task, url, *sizes], ONCE.parent)


class Databases:
    """Databases with the tables of `compare_once.models`, and empty ones; made when first asked for.

    :param bench: who makes and drops them.
    """

    def __init__(self, bench: Any) -> None:
        self.bench = bench

    @cache  # noqa: B019 there is one a process
    def of(self, kind: str, tables: int) -> str:
        """The URL of a database with that many tables."""
        name = f"models_{tables}"
        url = self.bench.database(kind, f"{name}_{kind}")
        if tables:
            subprocess.run(once("limbeck", "make", url, tables).words, check=True, capture_output=True)
        return url

    def unchanged(self, kind: str, tables: int) -> dict[str, Printed]:
        """Comparing models with their own tables, by both tools and at a tenth of the size, and the bare catalogue."""
        url = self.of(kind, tables)
        return {
            "limbeck": once("limbeck", "unchanged", url, tables),
            "reference": once("alembic", "unchanged", url, tables),
            "floor": once("limbeck", "catalogue", url, tables),
            "tenth": once("limbeck", "unchanged", self.of(kind, tables // 10), tables // 10),
        }

    def exact(self, kind: str, tables: int) -> dict[str, Printed]:
        """The exact comparison, and the classic one as its measure."""
        url = self.of(kind, tables)
        return {
            "limbeck": once("limbeck", "exact", url, tables),
            "classic": once("limbeck", "unchanged", url, tables),
        }

    def beside_before_objects(self, kind: str, tables: int) -> dict[str, Printed]:
        """The exact comparison of models without objects, and that of the commit before there were any, of git."""
        folder = self.bench.place / "before-objects"
        if not folder.exists():
            folder.mkdir()
            packed = subprocess.run(
                ["git", "archive", BEFORE_OBJECTS, "src"], cwd=ROOT, check=True, capture_output=True
            )
            subprocess.run(["tar", "-x", "-C", folder], input=packed.stdout, check=True)
            compileall.compile_dir(folder, quiet=2)
        url = self.of(kind, tables)
        return {
            "limbeck": once("limbeck", "exact", url, tables),
            "before objects": once("limbeck", "exact", url, tables, source=folder / "src"),
        }

    def views(self, kind: str) -> dict[str, Printed]:
        """Comparing views and the tables below them, none changed, and the bare catalogue."""
        sizes = VIEWED_TABLES, VIEWS
        url = self.bench.database(kind, f"views_{kind}")
        subprocess.run(once("limbeck", "make", url, *sizes).words, check=True, capture_output=True)
        return {
            name: once("limbeck", task, url, *sizes) for name, task in (("limbeck", "exact"), ("floor", "catalogue"))
        }

    def render(self, kind: str, tables: int, task: str) -> dict[str, Printed]:
        """Comparing and rendering where all tables are new, or all are to go."""
        url = self.of(kind, 0 if task == "create" else tables)
        return {
            tool: once(name, task, url, tables) for tool, name in (("limbeck", "limbeck"), ("reference", "alembic"))
        }


def rows(bench: Any, tables: int) -> Iterator[Row]:
    """The rows; each is a name, what makes its runs, and its targets.

    :param tables: how many; the targets are for 1,000.
    """
    databases = Databases(bench)
    for title, kind in KINDS.items():
        targets = {"faster": 1.5} if kind == "sqlite" else {"faster": 2.5, "near_floor": 2.5}
        name = f"{title}, {tables:,} tables"
        yield f"compare unchanged, {name}", partial(databases.unchanged, kind, tables), {**targets, "growth": 12}
        yield f"compare exactly, {name}", partial(databases.exact, kind, tables), {"near_classic": 1.5}
        before = partial(databases.beside_before_objects, kind, tables)
        yield f"compare exactly without objects, {name}", before, {"near_before_objects": 1.05}
        yield f"compare {VIEWS} views, {title}", partial(databases.views, kind), {"near_floor": 3}
        yield f"render new, {name}", partial(databases.render, kind, tables, "create"), {"faster": 2}
        yield f"render drops, {name}", partial(databases.render, kind, tables, "drop"), {"faster": 2}
