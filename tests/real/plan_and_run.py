"""The statements of each script of a history, as the plan says them and as the run then sends them.

Run as a program in an environment that has a project of `projects.py`, ``plan_and_run.py NAME URL`` prints both as
JSON. A project that upgrades by a command of its own, given behind the URL, gets its plan at that command's call of
`alembic.command.upgrade`.
"""

from __future__ import annotations

import json
import re
import runpy
import sys
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from limbeck import call_site, command
from limbeck.config import Config
from limbeck.ddl.output import Script

READS = re.compile(
    r"\s*(?:SELECT|SHOW|PRAGMA|DESCRIBE|EXPLAIN|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT|WITH|SET)\b", re.IGNORECASE
)
OWN = re.compile(r"\balembic_version|\blimbeck_|\bsqlite_sequence\b")
"""Tables that a run writes by itself."""

NEW = re.compile(
    r"(?<==)\d{13}\b|20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
"""What a script makes anew each time: moments and identifiers."""


@dataclass
class Both:
    """What a plan says of a history, and what its run does, by the paths of the scripts.

    :param planned: statements that write. :param sent: statements that write.
    :param unknown: what the plan says that only the run can know.
    :param reading: scripts that took a result of the database.
    :param raised: what the plan says that a script raises.
    """

    planned: dict[str, list[str]] = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    reading: list[str] = field(default_factory=list)
    raised: dict[str, str] = field(default_factory=dict)

    @property
    def differing(self) -> dict[str, tuple[list[str], list[str]]]:
        """The scripts of which the plan says other statements, although it says that it knows all of them."""
        known = [path for path in self.planned if path not in self.unknown]
        return {
            path: (self.planned[path], self.sent.get(path, []))
            for path in known
            if self.planned[path] != self.sent.get(path, [])
        }


def plan_and_run(config: Config, target: str = "heads", go: Callable[..., None] = command.upgrade) -> Both:
    """Plan the way to ``target``, then go it; upwards by ``go``."""
    both = Both()
    (run,) = command.plan(config, target).runs
    for step in run.steps:
        statements = (statement for action in step.actions for statement in action.sql)
        both.planned[step.path] = [tidy(each) for each in statements if not READS.match(each) and not OWN.search(each)]
        if step.unknown:
            both.unknown[step.path] = [each.what for each in step.unknown]
        if step.raises is not None:
            both.raised[step.path] = step.raises
    with followed(set(both.planned), both):
        go(config, target) if run.kind == "upgrade" else command.downgrade(config, target)
    return both


@contextmanager
def followed(scripts: set[str], both: Both) -> Iterator[None]:
    """Note what reaches the driver from one of ``scripts``, and which of them take results."""
    sent: defaultdict[str, list[str]] = defaultdict(list)
    reading: set[str] = set()

    def note(connection: Any, cursor: Any, sql: str, parameters: Any, context: Any, many: bool) -> None:
        path = at_work(scripts)
        if path is None or OWN.search(sql):
            return
        if call_site.taker_of_result() == "script":
            reading.add(path)
        if not READS.match(sql):
            sent[path] += [tidy(statement) for statement in written(connection.dialect, sql, context)]

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
        both.sent, both.reading = dict(sent), sorted(reading)


def at_work(scripts: set[str]) -> str | None:
    """The script whose function is at work."""
    files = (frame.f_code.co_filename for frame, _line in traceback.walk_stack(None))
    return next((file for file in files if file in scripts), None)


def written(dialect: sa.Dialect, sql: str, context: Any) -> list[str]:
    """A statement with its values in place, one for each set of them."""
    compiled = getattr(context, "compiled", None)
    if compiled is None or isinstance(compiled.statement, sa.schema.ExecutableDDLElement):
        return [sql.strip().rstrip(";") + ";"]
    given = [name for name, bound in compiled.binds.items() if not bound.unique]  # others are in the statement already
    sets = [{name: each[name] for name in given if name in each} for each in context.compiled_parameters]
    return Script(dialect, ";").statements(compiled.statement, sets)


def tidy(statement: str) -> str:
    """Without differences of white space, of per cent signs that a driver wants twice, of the time, and of chance."""
    return " ".join(NEW.sub("NEW", statement).replace("%%", "%").split())


Go = Callable[[Config, str], None]
"""Upgrades to a revision."""


def by_its_command(words: list[str], instead: Callable[[Config, str, Go], None]) -> None:
    """Run a project's own command in this process.

    :param instead: called in place of each of its upgrades, with what carries it out.
    """
    upgrade = command.upgrade

    def upgraded(config: Config, revision: str, *others: Any, **options: Any) -> None:
        config.stdout = sys.stderr
        instead(config, revision, lambda config, target: upgrade(config, target, *others, **options))

    command.upgrade = upgraded
    sys.argv = [str(Path(sys.executable).with_name(words[0])), *words[1:]]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            raise


def planned_by_its_command(words: list[str]) -> Both:
    """What is planned and what is done for each upgrade of a project's own command."""
    both = Both()

    def planned_first(config: Config, revision: str, go: Go) -> None:
        for name, found in asdict(plan_and_run(config, revision, go)).items():
            getattr(both, name).__iadd__(found) if name == "reading" else getattr(both, name).update(found)

    by_its_command(words, planned_first)
    return both


def main(name: str, url: str, *words: str) -> None:
    """Print what the plan of a project says, and what its run does; by its own command, if that is given."""
    from projects import configured

    out, sys.stdout = sys.stdout, sys.stderr  # where its command prints
    if words:
        both = planned_by_its_command(list(words))
    else:
        config = configured(name, url)
        config.stdout = sys.stderr
        both = plan_and_run(config, "head")
    print(json.dumps(asdict(both)), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
