"""Commands that look and say what they find."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from limbeck import describe, verbs
from limbeck.errors import FOUND_SOMETHING, CommandError, UsageError
from limbeck.show import text

from . import printing
from .asking import demand_consent
from .environments import environment_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from limbeck.config import Config
    from limbeck.explanations import Explanation
    from limbeck.findings import Finding
    from limbeck.position import Position
    from limbeck.results import DatabaseStatus, LintResult
    from limbeck.script import Script, ScriptDirectory
    from limbeck.show.terminal.layout import Paper


def show(config: Config, rev: str, *, schema: bool = False, json: bool = False) -> list[Script]:
    """Show a revision.

    :param config: the configuration.
    :param rev: the revision, or several by a symbol; ``current`` for those that the database is at.
    :param schema: print the schema there instead, as `schema` does.
    :param json: print a JSON document instead of text.
    :return: the revisions.
    """
    environment = environment_of(config)
    found = verbs.revisions(environment, rev)
    if schema:
        from limbeck.show.tables import lines

        made = verbs.schemas(environment, rev)
        printing.show(config, lines(made, "text"), lambda: made, json=json)
        return found
    printing.show(
        config, text.show(found), lambda: describe.revisions(environment.script, found, longdoc=True), json=json
    )
    return found


def history(
    config: Config,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
    *,
    grep: str | None = None,
    dates: bool = False,
    log: bool = False,
    last: int | None = None,
    json: bool = False,
) -> list[Script]:
    """List the revisions, newest first.

    :param config: the configuration.
    :param rev_range: ``start:end``, both included, either left out; default: all.
    :param verbose: print all that is known of each.
    :param indicate_current: mark those that the database is at.
    :param grep: only revisions whose message, id or label matches this regular expression, upper or lower case.
    :param dates: say when they were made, and by whom as git knows.
    :param log: list what ran on the databases instead, as their history has it.
    :param last: with ``log``, only so many runs of each database.
    :param json: print a JSON document instead of text.
    :return: the revisions; with ``log`` those that this checkout has of the runs, in the order in which they ran.
    """
    from limbeck.graph.history import names_current

    environment = environment_of(config)
    if log:
        return _log(config, environment, last, json=json)
    if last is not None:
        raise UsageError("-n goes with --log", hint="as in `limbeck history --log -n 5`")
    script = environment.script
    asked = demand_range(rev_range)
    runs_env = names_current(asked) or indicate_current or config.get_alembic_boolean_option("revision_environment")
    rows = verbs.rows(environment) if runs_env else ()
    current = script.get_all_current(rows) if indicate_current else None
    found = script.revisions_between(asked, rows)
    if grep is not None:
        found = verbs.matching(found, grep)
    for item in current or ():
        item.mark_current()
    made = verbs.origins(found) if dates else None
    printing.show(
        config,
        text.history(found, verbose=verbose, origins=made),
        lambda: describe.revisions(script, found, current=current, longdoc=verbose, origins=made),
        json=json,
        person=None if verbose else lambda paper: printing.listed(paper, found),
    )
    return found


def demand_range(given: str | None) -> str:
    """The range that ``-r`` gives; all where it gives none.

    :raises UsageError: for what is no range.
    """
    asked = given or ":"
    if ":" not in asked:
        raise UsageError(
            "History range requires [start]:[end], [start]:, or :[end]",
            hint=f"`-r {asked}:` begins there, `-r :{asked}` ends there",
        )
    return asked


def _log(config: Config, environment: verbs.Environment, last: int | None, *, json: bool) -> list[Script]:
    if last is not None and last < 0:
        raise UsageError(f"There are no {last} runs", hint="give -n a number from 0")
    logs = verbs.logs(environment, last)
    printing.show(config, text.logs(logs), lambda: describe.logs(logs), json=json)
    ran = [row.revision for log in logs for run in reversed(log.runs) for row in run.steps if row.revision]
    return [environment.script.get_revision(name) for name in ran if not environment.script.unknown([name])]


def heads(
    config: Config,
    verbose: bool = False,
    resolve_dependencies: bool = False,
    *,
    check: bool = False,
    fix_file: bool = False,
    yes: bool = False,
    json: bool = False,
) -> list[Script]:
    """List the heads.

    :param config: the configuration.
    :param verbose: print all that is known of each.
    :param resolve_dependencies: leave out heads that other revisions depend on.
    :param check: raise `CommandError` where the file of the heads, kept by ``heads_file = true``, has others.
    :param fix_file: write that file, after a question.
    :param yes: write it without asking.
    :param json: print a JSON document instead of text.
    :return: the revisions.
    :raises CommandError: where there is to be no such file; with exit code 1, where ``check`` finds a difference.
    """
    script = environment_of(config).script
    wrong = _wrong_in_heads_file(script) if check or fix_file else []
    if wrong and fix_file:
        path = _heads_file(script)
        demand_consent(config, [f"This writes {path} anew:", *wrong], yes=yes, refused=f"{path} was not written")
        script.write_heads_file()
    found = verbs.heads(script, resolve_dependencies=resolve_dependencies)
    printing.show(
        config,
        text.heads(found, verbose=verbose),
        lambda: describe.revisions(script, found, longdoc=verbose),
        json=json,
        person=None if verbose else lambda paper: printing.listed(paper, found),
    )
    if wrong and not fix_file:
        raise CommandError(
            f"The file of the heads is not right: {'; '.join(wrong)}",
            code="heads-file",
            exit_code=FOUND_SOMETHING,
            hint="merge or rebase where there are two heads, then `limbeck heads --fix`",
            file=_heads_file(script),
        )
    return found


def _heads_file(script: ScriptDirectory) -> str:
    from limbeck.script import heads_file

    return heads_file.path(script.version_folders[0])


def _wrong_in_heads_file(script: ScriptDirectory) -> list[str]:
    """What the file of the heads has otherwise than the history, in words."""
    from limbeck.script import heads_file

    if not script.heads_file:
        raise UsageError("No file of the heads is kept here", hint="`heads_file = true` in the configuration keeps one")
    return heads_file.differences(heads_file.read(script.version_folders[0]), script.get_revisions("heads"))


def branches(config: Config, verbose: bool = False, *, json: bool = False) -> list[Script]:
    """List the branch points and what follows them.

    :param config: the configuration.
    :param verbose: print all that is known of each branch point.
    :param json: print a JSON document instead of text.
    :return: the branch points.
    """
    script = environment_of(config).script
    found = verbs.branches(script)
    printing.show(
        config,
        text.branches(found, verbose=verbose),
        lambda: describe.branches(script, found, longdoc=verbose),
        json=json,
    )
    return [point for point, _ in found]


def current(config: Config, check_heads: bool = False, verbose: bool = False, *, json: bool = False) -> list[Script]:
    """Show where the database is.

    :param config: the configuration.
    :param check_heads: raise `DatabaseNotAtHead` unless it is on all heads.
    :param verbose: print all that is known of each revision.
    :param json: print a JSON document instead of text, whether ``check_heads`` raises or not.
    :return: the revisions; rows that no revision file has are printed and marked, and left out here.
    :raises DatabaseNotAtHead: with ``check_heads``.
    """
    environment = environment_of(config)

    def tell(position: Position) -> None:
        if not verbose and printing.is_read(config, config.stdout):
            from limbeck.show.terminal.revisions import position as shown

            printing.print_lines(config, shown(printing.paper(config.stdout), position))
            if check_heads:
                verbs.demand_heads(position)
            return
        if verbose:
            printing.print_lines(config, text.database(position.database))
        if check_heads:
            verbs.demand_heads(position)
        printing.print_lines(config, text.current(position.applied, position.unknown, verbose=verbose))

    # text database by database, so that what was found before an error stays printed
    positions = verbs.positions(environment, None if json else tell)
    if json:
        printing.print_document(config, describe.positions(environment.script, positions))
        for position in positions if check_heads else ():
            verbs.demand_heads(position)
    return [item for position in positions for item in position.applied]


def status(
    config: Config, *, check: bool = False, wait: float | None = None, json: bool = False
) -> list[DatabaseStatus]:
    """Show what is pending, skipped, edited, half done or unknown, who is at work, and the last runs.

    Nothing is written and no lock is taken; an account that may only read is enough. What it may not read is said.

    :param config: the configuration.
    :param check: raise `CommandError` where anything is amiss.
    :param wait: wait until the databases are at the heads, so many seconds at most; default: do not.
    :param json: print a JSON document instead of text, whether ``check`` raises or not.
    :return: the state of each database that env.py configures.
    :raises DatabaseNotAtHead: with ``wait``, when the time is up.
    :raises CommandError: where a database cannot be reached; with exit code 1, where ``check`` finds something.
    """
    from limbeck.results import StatusResult

    environment = environment_of(config)
    if wait is not None:
        verbs.await_heads(environment, wait)
    found = verbs.statuses(environment)
    printing.show(
        config,
        text.status(found),
        lambda: StatusResult(tuple(found)),
        json=json,
        person=lambda paper: _status(paper, found),
    )
    amiss = [f"{one.database}: {', '.join(one.amiss)}" for one in found if one.amiss]
    if check and amiss:
        raise CommandError(
            f"Not as it should be: {'; '.join(amiss)}",
            code="amiss",
            exit_code=FOUND_SOMETHING,
            hint="the status says of each what it is, and what to do",
        )
    return found


def doctor(config: Config, *, script_location: str | None = None, json: bool = False) -> list[Finding]:
    """Say whether an existing environment would run, and what it uses that differs; no database is touched.

    :param config: the configuration.
    :param script_location: folder with env.py, for an environment whose program names it, as Flask-Migrate does;
        default: that of the configuration.
    :param json: print a JSON document instead of text.
    :return: the findings, the most severe first.
    :raises CommandError: with exit code 1, where something would not run, or would come out otherwise than under
        Alembic.
    """
    from limbeck.doctor.examination import examine
    from limbeck.doctor.page import DIFFERENCES
    from limbeck.findings import SEVERITIES

    found = examine(config, script_location)
    printing.show(config, text.doctor(found), lambda: describe.doctor(found), json=json)
    stops, differs, notes = (sum(one.severity == severity for one in found) for severity in SEVERITIES)
    if stops or differs:
        raise CommandError(
            f"{stops} finding(s) that would stop this environment, {differs} that come out otherwise, {notes} note(s)",
            code="doctor",
            exit_code=FOUND_SOMETHING,
            hint=f"each is said above with its file and line; {DIFFERENCES} has the reasons",
        )
    return found


def lint(
    config: Config,
    range: str | None = None,
    *,
    since: str | None = None,
    database: bool = False,
    observe: bool = False,
    fail_on: str | None = None,
    fix: bool = False,
    yes: bool = False,
    format: str = "text",
    json: bool = False,
) -> LintResult:
    """Review revisions before they run: what they lock, lose, rewrite, or break for code that is running.

    :param config: the configuration.
    :param range: a revision, or a range ``start:end``; default: what the database lacks, else the last revision.
    :param since: a branch or commit of git: review the revisions that it does not have.
    :param database: ask the database too: how large tables are, and whether rows break what is asked of them.
    :param observe: also run the range on a scratch database, and say what its statements lock, read and write anew.
    :param fail_on: ``"error"``, ``"warning"`` or ``"info"``: findings as bad as this, or worse, raise; default: as
        configured, else ``"error"``.
    :param fix: first write the safe code into the revisions, where it is a mechanical change.
    :param yes: write it without asking.
    :param format: ``"text"``, ``"json"``, ``"github"``, ``"gitlab"``, ``"markdown"`` or ``"sarif"``.
    :param json: print a JSON document instead of text.
    :return: the findings; with ``fix`` those that are left.
    :raises CommandError: with exit code 1, where there are findings as bad as ``fail_on``; with ``fix`` where it is not
        confirmed.
    """
    from limbeck.lint import engine
    from limbeck.lint.ranges import Range
    from limbeck.show.findings import lines

    if fix and observe:
        raise UsageError("--observe says what revisions do as they are, and --fix changes them: ask for one at a time")
    by = engine.reviewer(config, fail_on, database=database)
    environment = environment_of(config)
    found = engine.lint(environment, Range(range, since), by, observing=observe)
    if fix:
        from .fixing import fixed

        found = fixed(
            environment, found.revisions, by, yes=yes, json=json or format == "json", diff=format == "text" and not json
        )
    person = partial(printing.reviewed, found=found) if format == "text" else None
    shown = lines(found, format, {rule.name: rule.why for rule in by.known})
    printing.show(config, shown, lambda: found, json=json or format == "json", person=person)
    if found.failing:
        raise CommandError(
            f"{len(found.failing)} finding(s) of severity {found.fail_on} or worse",
            code="lint",
            exit_code=FOUND_SOMETHING,
            hint="write the safe code, or allow it: # limbeck: allow(rule): reason",
        )
    return found


def explain(config: Config, code: str, *, json: bool = False) -> Explanation:
    """Say what the code of an error or a warning means, how it comes about, and what to do.

    :param config: the configuration.
    :param code: the code, as in ``error[not-up-to-date]``.
    :param json: print a JSON document instead of text.
    :return: the explanation.
    :raises CommandError: where there is no such code.
    """
    from limbeck.explanations import PAGE, explanations

    known = explanations()
    wanted = code.removeprefix("error[").removeprefix("warning[").rstrip(":").removesuffix("]")
    if wanted not in known:
        from difflib import get_close_matches

        near = get_close_matches(wanted, known, n=1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise CommandError(
            f"No error has the code '{wanted}'", code="unknown-code", hint=f"{hint}{os.path.normpath(PAGE)} has all"
        )
    found = known[wanted]
    printing.show(config, text.explanation(found), lambda: describe.explanation(found), json=json)
    return found


def _status(paper: Paper, found: Iterable[DatabaseStatus]) -> Iterator[str]:
    """The state of databases for a person."""
    from limbeck.show.terminal.status import status

    return status(paper, text.status(found))
