"""Two heads that nothing joins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from limbeck.lint.rule import Examples, Found, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from limbeck.graph.revision import Revision
    from limbeck.lint.step import Step


def check(step: Step) -> Iterator[Found]:
    """Heads beside others, unless each has a label of a branch of its own."""
    revisions = step.rehearsed.step.revision_map
    mine = step.script
    if not mine.is_head:
        return
    heads = [revisions.get_revision(name) for name in revisions.heads if name != mine.revision]
    others = [str(head.revision) for head in heads if head is not None and not _are_apart(mine, head)]
    if others:
        message = (
            f"{mine.revision} is a head beside {', '.join(sorted(others))}: `upgrade head` refuses to choose; join "
            "them by `limbeck merge heads`, or have this one follow the other in its `down_revision`"
        )
        yield Found(None, message)


def _are_apart(one: Revision, other: Revision) -> bool:
    """Whether two heads belong to branches that have labels, and none in common."""
    return bool(one.branch_labels and other.branch_labels and not one.branch_labels & other.branch_labels)


RULE = Rule(
    "two-heads",
    "warning",
    "Two branches of the repository that each add a revision to the same one leave two heads, and git sees no "
    "conflict. `upgrade head` then stops on the machine that deploys. Branches that are meant to stay have "
    "`branch_labels`, and are left out.",
    check,
    Examples(
        found=('op.execute("SELECT 1")',),
        near=('op.execute("SELECT 1")',),
        twin=True,
    ),
)
