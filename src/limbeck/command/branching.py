"""Commands for branches of git that both added revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck import verbs
from limbeck.errors import FOUND_SOMETHING, CommandError

from . import printing
from .asking import demand_consent
from .environments import environment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.results import MergeResult, RebaseResult
    from limbeck.script import Script


def rebase(
    config: Config,
    branch: str | None = None,
    *,
    pushed: bool = False,
    no_database: bool = False,
    yes: bool = False,
    json: bool = False,
) -> RebaseResult:
    """Put the revisions that a branch of git does not have on top of its heads.

    Their files get other parents and creation dates, and other names where these have a date; ids stay. What is
    published, or has run on a database of the environment, is refused.

    :param config: the configuration.
    :param branch: branch or commit of git, whose revisions are here already; default: the one that the remote has for
        its own, as ``origin/main``, else the upstream of the branch that is checked out.
    :param pushed: also move revisions that are on the upstream of the branch that is checked out.
    :param no_database: do not ask the databases whether the revisions have run there.
    :param yes: write without asking.
    :param json: print a JSON document of what was moved.
    :return: what was moved.
    :raises CommandError: before anything is written, for what is refused, and where it is not confirmed; where a file
        cannot be written all are as before.
    """
    from limbeck.maintenance import rebase as maintenance
    from limbeck.results import RebaseResult
    from limbeck.script.rewriting import rewrite
    from limbeck.show import rebase as text

    environment = environment_of(config)
    found = maintenance.plan(environment, branch, pushed=pushed, asks=not no_database)
    files = tuple(change.path for change in found.changes)
    result = RebaseResult(found.onto, found.revisions, found.heads, files)
    if found.changes:
        demand_consent(config, text.plan(result), yes=yes, refused="Nothing was moved")
        rewrite(environment.script, found.changes)
    printing.show(config, text.done(result), lambda: result, json=json)
    return result


def merged_where_disjoint(
    environment: Environment, revisions: str | Sequence[str], write: Callable[[], Script], *, yes: bool, json: bool
) -> Script:
    """Merge heads whose revisions touch nothing in common, after a question; a program is not asked.

    :param revisions: symbols of the heads. :param write: writes the revision that merges them.
    :raises CommandError: with exit code 1, where they clash, or that cannot be known; where it is not confirmed, and
        where the file cannot be written.
    """
    from limbeck.maintenance.merge import examine
    from limbeck.results import MergeResult, WrittenResult
    from limbeck.show import merge as text

    config = environment.config
    verbs.demand_several(environment.script, revisions)
    heads = [one.revision for one in environment.script.get_revisions(revisions)]
    found = examine(environment, heads)
    result = MergeResult(found.heads, found.clashes, found.unknown, found.differs, None)
    if not found.is_safe:
        printing.show(config, text.reasons(result), lambda: result, json=json)
        raise CommandError(
            f"{', '.join(heads)} are not merged: {_why(result)}",
            code="merge-clash",
            exit_code=FOUND_SOMETHING,
            hint="change one of them, put one on top of the other by `limbeck rebase`, or merge without --auto",
        )
    demand_consent(config, text.plan(result), yes=yes, refused="Nothing was merged")
    script = write()
    written = WrittenResult(script.revision, script.path)
    printing.show(config, (), lambda: MergeResult(found.heads, (), (), (), written), json=json)
    return script


def _why(found: MergeResult) -> str:
    """How many reasons there are, in words."""
    if found.clashes:
        return f"{len(found.clashes)} clash{'' if len(found.clashes) == 1 else 'es'}"
    return "what a revision does is not known" if found.unknown else "their order makes a difference"
