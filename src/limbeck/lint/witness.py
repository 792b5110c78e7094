"""What is known of a finding besides the script: by the database as it is, or by a run that was observed.

A witness moves severities by *grades*: one step between info, warning and error. An info that is a grade milder is left
out. What the configuration says of a rule stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rule import Found, Rule


class Testimony(NamedTuple):
    """What a witness says of a finding.

    :param grade: grades that it is worse, or milder. :param facts: what its message says besides.
    """

    grade: int = 0
    facts: tuple[str, ...] = ()


class Witness(Protocol):
    """Who can say something of findings."""

    def testify(self, rule: Rule, found: Found) -> Testimony:
        """What there is to say of something that ``rule`` finds."""
        ...


def heard(witnesses: Iterable[Witness], rule: Rule, found: Found) -> Testimony:
    """What all of them say."""
    said = [witness.testify(rule, found) for witness in witnesses]
    return Testimony(sum(one.grade for one in said), tuple(fact for one in said for fact in one.facts))
