"""The rules, one file each: a condition, its reason, the safe code, examples.

Rules of others are found by entry points of the group ``limbeck.rules``, each a `limbeck.lint.rule.Rule`.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from limbeck.errors import CommandError
from limbeck.lint.rule import Rule
from limbeck.plugins import entry_points

GROUP = "limbeck.rules"


@cache
def own_rules() -> tuple[Rule, ...]:
    """The rules of this package, by name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return tuple(sorted((module.RULE for module in modules), key=lambda rule: rule.name))


def rules() -> tuple[Rule, ...]:
    """All rules, those of others last.

    :raises CommandError: for an entry point that is no rule, or has the name of another one.
    """
    found = {rule.name: rule for rule in own_rules()}
    for point in entry_points(GROUP):
        rule = point.load()
        if not isinstance(rule, Rule) or rule.name in found:
            fact = "has the name of another rule" if isinstance(rule, Rule) else "is no limbeck.lint.rule.Rule"
            raise CommandError(
                f"The entry point '{point.name}' of {GROUP} {fact}",
                code="wrong-rule",
                hint="correct the package that declares it, or uninstall it",
            )
        found[rule.name] = rule
    return tuple(found.values())
