"""The revisions that a squash takes the place of, and why it cannot where they are tied to others."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from limbeck.errors import USAGE, CommandError
from limbeck.graph.edges import closure

if TYPE_CHECKING:
    from limbeck.script import Script, ScriptDirectory


class Span(NamedTuple):
    """A range of revisions that one can take the place of.

    :param scripts: the revisions, ancestors first. :param labels: all branch labels that they declare.
    :param depends_on: ids of what they depend on outside of the range.
    """

    scripts: tuple[Script, ...]
    labels: tuple[str, ...]
    depends_on: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(script.revision for script in self.scripts)

    @property
    def first(self) -> Script:
        """The oldest one."""
        return self.scripts[0]

    @property
    def last(self) -> Script:
        """The newest one."""
        return self.scripts[-1]


def span(script: ScriptDirectory, text: str) -> Span:
    """The range that ``FROM:TO`` means, both ends included.

    :raises CommandError: where it is no range that one revision can take the place of, with the revision at fault.
    """
    scripts = tuple(reversed(script.revisions_between(text)))
    if len(scripts) < 2:  # noqa: PLR2004 one stays what it is
        raise _refused(f"{text} is no range of several revisions", None, "write FROM:TO, with the older one first")
    if script.recursive_version_locations:
        raise _refused(
            "With recursive_version_locations the replaced revisions would be read beside the squash",
            None,
            "prune the old revisions instead, or do without sub-folders",
        )
    _demand_one_end(script, scripts, text)
    _demand_one_way(script, scripts)
    inside = {each.revision for each in scripts}
    graph = script.revision_map.graph
    needed: dict[str, None] = {}
    for each in scripts:
        for name in each.resolved_dependencies:
            if name in inside:
                continue
            if not inside.isdisjoint(closure([name], graph.edges.downs)):
                raise _refused(
                    f"{each.revision} depends on {name}, which itself stands on the range", each, "end the range before"
                )
            needed[name] = None
    labels = dict.fromkeys(label for each in scripts for label in each.own_labels)
    return Span(scripts, tuple(labels), tuple(needed))


def _demand_one_end(script: ScriptDirectory, scripts: tuple[Script, ...], text: str) -> None:
    """Raise `CommandError` where the range ends at several revisions."""
    children = script.revision_map.graph.edges.children
    inside = {each.revision for each in scripts}
    needed = {name for each in scripts for name in each.resolved_dependencies}
    ends = [
        each for each in scripts if each.revision not in needed and inside.isdisjoint(children.get(each.revision, ()))
    ]
    if len(ends) > 1:
        raise _refused(
            f"{text} ends at {' and '.join(each.revision for each in ends)}, and one revision takes one place",
            None,
            "squash each branch behind its branch point, or `limbeck merge heads` first",
        )


def _demand_one_way(script: ScriptDirectory, scripts: tuple[Script, ...]) -> None:
    """Raise `CommandError` where the range is entered or left anywhere but at its ends."""
    graph = script.revision_map.graph
    inside = {each.revision for each in scripts}
    first, last = scripts[0], scripts[-1]
    for each in scripts:
        if each.replaces:
            raise _refused(
                f"{each.revision} is a squash itself, whose revisions are kept",
                each,
                f"`limbeck squash --drop-replaced {each.revision}` first, once no database stands inside",
            )
        if not each.path.endswith(".py"):
            raise _refused(f"The source of {each.revision} is not there", each, "squash where the sources are")
        entering = [name for name in each.parents if name not in inside]
        if each is not first and (entering or not each.parents):
            what = f"merges {', '.join(entering)}, which is" if entering else "is a base, which is"
            raise _refused(f"{each.revision} {what} outside of the range", each, "begin the range behind it")
        leaving = [name for name in graph.edges.children.get(each.revision, ()) if name not in inside]
        if each is not last and leaving:
            raise _refused(
                f"{each.revision} is a branch point: {', '.join(leaving)} leaves the range",
                each,
                "end the range there, or begin behind it",
            )
        depending = [name for name, node in graph.nodes.items() if each.revision in node.resolved_dependencies]
        depending = [name for name in depending if name not in inside]
        if each is not last and depending:
            raise _refused(
                f"{depending[0]} depends on {each.revision}, and is outside of the range", each, "end the range there"
            )


def _refused(fact: str, script: Script | None, hint: str) -> CommandError:
    file = None if script is None else script.path
    return CommandError(fact, code="not-squashable", hint=hint, exit_code=USAGE, file=file)
