"""What `lint --fix` and `revision --autogenerate` write: safe code in revisions, shown and confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import console
from limbeck.errors import FAILED, FOUND_SOMETHING, CommandError, warn

from . import printing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from limbeck.databases import Environment
    from limbeck.lint.engine import Reviewer
    from limbeck.results import LintResult
    from limbeck.script import Script


def fixed(
    environment: Environment, revisions: Collection[str], by: Reviewer, *, yes: bool, json: bool, diff: bool
) -> LintResult:
    """Write safe code into revisions, after it is shown and confirmed; a program is not asked.

    :param revisions: ids of those that may be changed. :param yes: whether to write without asking.
    :param json: whether a document is printed. :param diff: whether the diff is printed; else a person at a terminal
        sees it on stderr.
    :return: what is found in them afterwards.
    :raises CommandError: where it is not confirmed, and where a file cannot be written.
    """
    from limbeck.lint.fix.engine import fix
    from limbeck.lint.fix.tree import write
    from limbeck.show.fixes import changes
    from limbeck.show.paths import from_here

    config = environment.config
    made = fix(environment, revisions, by)
    result = made.result(from_here, written=False)
    assert result.fixes is not None, "just made"  # noqa: S101
    if diff:
        person = printing.is_read(config, config.stdout)
        printing.print_lines(config, changes(result.fixes, printing.paper(config.stdout) if person else None))
    if not result.fixes.files:
        return result
    if config.interactive and not yes:
        is_there = console.can_ask()
        if is_there and not diff:
            printing.note(config, changes(result.fixes, None))
        elif json:
            printing.print_document(config, result)
        if not is_there or not console.confirm("Write them?"):
            raise CommandError(
                "Nothing was written: it was not confirmed",
                code="not-confirmed",
                exit_code=FOUND_SOMETHING if json and not is_there else FAILED,
                hint="`--yes` writes unasked",
            )
    write(made.drafts, environment.script)
    return made.result(from_here, written=True)


def safe(environment: Environment, written: Sequence[Script | None]) -> list[Script | None]:
    """Revisions that were just written, with safe code where it is a mechanical change, and those on top of them.

    What cannot be written so stays as it is, and a warning says why.

    :param written: the revisions.
    """
    from limbeck.lint.engine import reviewer
    from limbeck.lint.fix.engine import fix
    from limbeck.lint.fix.tree import write

    names = [script.revision for script in written if script is not None]
    try:
        made = fix(environment, names, reviewer(environment.config), adding=False)
    except CommandError as error:
        if error.code != "no-scratch":
            raise
        warn(f"The revision is not written in its safe form: {error}", code="not-safe", hint=error.hint)
        return list(written)
    for one in made.left:
        warn(f"{one.rule} is left as it is: {one.reason}", code="not-safe", file=one.file, line=one.line)
    write(made.drafts, environment.script)
    chains = [made.drafts.chains.get(name, [name]) for name in names]
    for path in (made.drafts.path(name) for chain in chains for name in chain[1:]):
        with console.status(f"Generating {path}", quiet=environment.config.messaging_opts.get("quiet", False)):
            pass
    script = environment.script.elsewhere(environment.script.version_folders)
    return [script.get_revision(name) for chain in chains for name in chain]
