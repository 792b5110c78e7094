"""Commands that make a history shorter: many revisions as one, and old ones removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.errors import UsageError

from . import printing
from .asking import demand_consent
from .environments import environment_of

if TYPE_CHECKING:
    from limbeck.config import Config
    from limbeck.databases import Environment
    from limbeck.results import DroppedResult, PruneResult, SquashResult


def squash(
    config: Config,
    range: str | None = None,
    message: str | None = None,
    *,
    drop_replaced: bool = False,
    targets: str | None = None,
    yes: bool = False,
    json: bool = False,
) -> SquashResult | DroppedResult:
    """Put one revision in the place of many, which is proved on scratch databases first.

    It has the id and the place of the last of them. The others go to the folder ``replaced``, from where databases that
    stand in between are upgraded.

    :param config: the configuration.
    :param range: the revisions, ``FROM:TO``; with ``drop_replaced`` the squash, by default all.
    :param message: what the squash is about.
    :param drop_replaced: remove the revisions that squashes have replaced, where no known database stands inside.
    :param targets: with ``drop_replaced``: a file with the URL of a further database on each line.
    :param yes: write without asking.
    :param json: print a JSON document of what was done.
    :return: what was done.
    :raises CommandError: before anything is written: where the range is tied to other revisions, where both ways do not
        lead to the same, where a database still needs what would go, and where it is not confirmed.
    """
    environment = environment_of(config)
    if drop_replaced:
        return _dropped(environment, range, targets, yes=yes, json=json)
    if range is None or message is None:
        raise UsageError("squash needs a range and a message", hint="limbeck squash FROM:TO -m 'what it is about'")
    if targets is not None:
        raise UsageError("--targets goes with --drop-replaced", hint="a squash needs to ask no database")
    return _squashed(environment, range, message, yes=yes, json=json)


def _squashed(environment: Environment, text: str, message: str, *, yes: bool, json: bool) -> SquashResult:
    from limbeck.maintenance.squash import squash as find
    from limbeck.results import SquashResult
    from limbeck.script import hooks
    from limbeck.script.rewriting import rewrite
    from limbeck.show import shortening

    script, config = environment.script, environment.config
    found = find(environment, text, message)
    span = found.span
    files = tuple(change.path for change in found.changes)
    result = SquashResult(span.last.revision, span.first.parents, span.ids, found.path, found.text, files)
    demand_consent(config, shortening.squash(result), yes=yes, refused="Nothing was written")
    quiet = script.messaging_opts.get("quiet", False)
    rewrite(script, found.changes, lambda: hooks.run(found.path, script.hooks, quiet=quiet))
    printing.show(config, shortening.squashed(result), lambda: result, json=json)
    return result


def _dropped(
    environment: Environment, name: str | None, targets: str | None, *, yes: bool, json: bool
) -> DroppedResult:
    from limbeck.maintenance.dropping import drop_replaced, remove_empty_folder
    from limbeck.results import DroppedResult
    from limbeck.script.rewriting import rewrite
    from limbeck.show import shortening

    config = environment.config
    found = drop_replaced(environment, name, targets)
    squashes = [environment.script.get_revision(each) for each in found.squashes]
    files = tuple(change.path for change in found.changes if change.after is None)
    result = DroppedResult(found.squashes, found.replaced, found.asked, files)
    demand_consent(config, shortening.dropping(result), yes=yes, refused="Nothing was removed")
    rewrite(environment.script, found.changes)
    for each in squashes:
        remove_empty_folder(each)
    printing.show(config, shortening.dropped(result), lambda: result, json=json)
    return result


def prune(
    config: Config, *, before: str | None = None, targets: str | None = None, yes: bool = False, json: bool = False
) -> PruneResult:
    """Remove all revisions below one, which becomes a base.

    An empty database is not made by the history then, but by ``create_all()`` of the models, or a dump, and a stamp.

    :param config: the configuration.
    :param before: the oldest revision that stays.
    :param targets: a file with the URL of a further database on each line.
    :param yes: remove without asking.
    :param json: print a JSON document of what was removed.
    :return: what was removed.
    :raises CommandError: before anything is removed: where a known database stands on a revision that would go, where
        one that stays needs it, and where it is not confirmed; where a file cannot be written all are as before.
    """
    from limbeck.maintenance.prune import prune as find
    from limbeck.results import PruneResult
    from limbeck.script.rewriting import rewrite
    from limbeck.show import shortening

    if before is None:
        raise UsageError("prune needs the oldest revision that stays", hint="limbeck prune --before REV")
    environment = environment_of(config)
    found = find(environment, before, targets)
    files = tuple(change.path for change in found.changes if change.after is None)
    result = PruneResult(found.base.revision, found.removed, found.asked, found.base.path, files)
    demand_consent(config, shortening.prune(result), yes=yes, refused="Nothing was removed")
    rewrite(environment.script, found.changes)
    printing.show(config, shortening.pruned(result), lambda: result, json=json)
    return result
