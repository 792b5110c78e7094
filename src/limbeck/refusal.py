"""An upgrade that is refused, since its revisions have findings: looked at before any database gets a statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import CommandError
from .graph.plan import Plan
from .lint.engine import examine
from .lint.ranges import before
from .show.findings import place

if TYPE_CHECKING:
    from .databases import Environment
    from .lint.engine import Planned, Reviewer
    from .results import LintResult
    from .runtime.migration import MigrationContext

_SHOWN = 3
"""How many findings a message names."""


def refuse(environment: Environment, planned: Planned, by: Reviewer, **options: object) -> None:
    """Raise `CommandError` where the revisions of a run have failing findings, on any database of an environment.

    A database whose rows no file has is left to the run, which says so.

    :param planned: gives the plan of a database.
    :param options: of `EnvironmentContext`.
    """
    script = environment.script

    def known(rows: tuple[str, ...], context: MigrationContext) -> Plan:
        return Plan("upgrade", rows, (), rows) if script.unknown(rows) else planned(rows, context)

    found = examine(environment, known, by, before(script, by.configured.start), **options)
    if found.failing:
        raise CommandError(
            f"The review of this upgrade has {_summary(found)}. No step was run",
            code="lint-refused",
            hint="`limbeck lint` shows them with the code to write instead; allow one by a comment, "
            "# limbeck: allow(rule): reason, or run it all the same by --no-lint",
        )


def _summary(found: LintResult) -> str:
    """How many failing findings there are, and the first of them with their places."""
    failing = found.failing
    worse = "" if found.fail_on == "error" else " or worse"
    number = f"{len(failing)} finding{'' if len(failing) == 1 else 's'} of severity {found.fail_on}{worse}"
    named = "; ".join(f"{place(finding)} {finding.rule}" for finding in failing[:_SHOWN])
    more = f"; and {len(failing) - _SHOWN} more" if len(failing) > _SHOWN else ""
    return f"{number}: {named}{more}"
