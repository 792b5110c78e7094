"""Commands for branches of git that both added revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import printing
from .asking import demand_consent
from .environments import environment_of

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.results import RebaseResult


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

    found = maintenance.plan(environment_of(config), branch, pushed=pushed, asks=not no_database)
    files = tuple(change.path for change in found.changes)
    result = RebaseResult(found.onto, found.revisions, found.heads, files)
    if found.changes:
        demand_consent(config, text.plan(result), yes=yes, refused="Nothing was moved")
        rewrite(found.changes)
    printing.show(config, text.done(result), lambda: result, json=json)
    return result
