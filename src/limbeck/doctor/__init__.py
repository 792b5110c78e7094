"""`limbeck doctor`: whether an existing Alembic environment would run here, and what would be otherwise.

It reads the configuration, env.py, the revision files and what is installed. It runs none of them, imports no
SQLAlchemy and opens no database; a revision file whose header only an import can tell is imported, as by `heads`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import FOUND_SOMETHING, CommandError

if TYPE_CHECKING:
    from limbeck.config import Config

    from .finding import Finding


def doctor(config: Config, *, json: bool = False) -> list[Finding]:
    """Say whether an existing environment would run, and what it uses that differs; no database is touched.

    :param json: print the findings as one JSON list, for a program to read.
    :return: what was found, the weightiest first.
    :raises CommandError: with exit code 1, something would not run, or would come out in another way than under
        Alembic; notes alone are no such thing.
    """
    from .examination import examine
    from .finding import ORDER, as_json

    findings = sorted(examine(config), key=lambda finding: ORDER.index(finding.weight))
    for text in [as_json(findings)] if json else [finding.report() for finding in findings]:
        config.print_stdout("%s", text)
    stops, differs, notes = (sum(finding.weight == weight for finding in findings) for weight in ORDER)
    if stops or differs:
        raise CommandError(
            f"{stops} finding(s) that would stop this environment, {differs} that come out otherwise, {notes} note(s)",
            code="doctor",
            exit_code=FOUND_SOMETHING,
            hint="each is said above with its file and line; docs/differences has the reasons",
        )
    if not json:
        config.print_stdout("This environment runs as it is. Notes: %s", notes)
    return findings
