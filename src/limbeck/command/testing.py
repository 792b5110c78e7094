"""The command that tests a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import FOUND_SOMETHING, CommandError, UsageError
from limbeck.show import history_checks as text

from . import printing
from .environments import environment_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from limbeck.config import Config
    from limbeck.history_checks.subject import Subject
    from limbeck.results import HistoryTestResult


def test(
    config: Config,
    range: str | None = None,
    *,
    since: str | None = None,
    changed: bool = False,
    bisect: bool = False,
    only: Sequence[str] | None = None,
    json: bool = False,
) -> HistoryTestResult:
    """Test revisions on throwaway databases: up, down and up again, with rows, beside the models and the SQL script.

    :param config: the configuration; its databases are only read.
    :param range: a revision, or a range ``start:end``; default: all.
    :param since: a branch or commit of git: only the revisions that this branch adds to it, also on a database that
        its history made.
    :param changed: the same for ``origin/main``.
    :param bisect: only compare models and history, and find the revision since which they differ.
    :param only: names of checks; default: all.
    :param json: print a JSON document instead of text, whether something is found or not.
    :return: what the checks find.
    :raises CommandError: with exit code 1, where a check finds something; where no throwaway database can be made.
    """
    from limbeck.history_checks import run

    if bisect and only:
        raise UsageError("--bisect is about models-equal-history alone", hint="leave --only out")
    names = ["models-equal-history"] if bisect else list(only or run.CHECKS)
    if not only and since is None and not changed:
        names = [name for name in names if name != run.OF_GIT]
    unknown = [name for name in names if name not in run.CHECKS]
    if unknown:
        raise UsageError(f"There is no check '{unknown[0]}'", hint=f"the checks are {', '.join(run.CHECKS)}")
    subject = _subject(config, range, since, changed=changed, bisects=bisect)
    found = run.result(subject, run.checked(subject, names) if subject.scripts else ())
    printing.show(config, text.lines(found), lambda: found, json=json)
    if found.failed:
        raise CommandError(
            f"{len(found.failed)} of {len(found.checks)} checks failed: "
            f"{', '.join(check.name for check in found.failed)}",
            code="history-test",
            exit_code=FOUND_SOMETHING,
            hint="each finding is said above; `# limbeck: skip(check): reason` in a revision leaves it out of a check",
        )
    return found


def _subject(config: Config, text: str | None, since: str | None, *, changed: bool, bisects: bool) -> Subject:
    """What is to be checked."""
    from limbeck.history_checks.subject import Subject
    from limbeck.lint.ranges import Range, select
    from limbeck.script.git import branched_off

    if (text is not None) + (since is not None) + changed > 1:
        raise UsageError("A range, --since and --changed say each which revisions are tested", hint="name one of them")
    environment = environment_of(config)
    script = environment.script
    commit = branched_off(script.dir, since) if changed or since is not None else None
    names = select(script, Range(":" if text is None and commit is None else text, commit), ())
    return Subject(environment, {str(step.revision) for step in names.steps}, commit, bisects=bisects)
