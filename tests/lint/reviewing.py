"""An environment whose revisions are bodies of ``upgrade()``, one after the other, and what is found in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.errors import CommandError
from limbeck.lint.rule import Rule
from limbeck.rehearsal import Action, rehearse
from limbeck.script.steps import MigrationStep
from limbeck.testing.rules import Revisions


class Reviewed(Revisions):
    """Revisions as `limbeck lint` sees them."""

    def lint(self, range: str | None = "base:heads", **options: Any) -> list[dict[str, Any]]:
        """What is found in a range."""
        with suppress(CommandError):
            command.lint(self.config(), range, json=True, **options)
        return json.loads(self.out.getvalue())["findings"]

    def found(
        self, *bodies: str, back: str = "raise NotImplementedError", doc: str = "", twin: bool = False
    ) -> list[dict[str, Any]]:
        """What is found in ``bodies``, revisions one after the other."""
        self.write(*bodies, back=back, doc=doc, twin=twin)
        return [one for one in self.lint() if one["revision"] != "b0"]

    def found_by(self, rule: Rule, code: str) -> list[dict[str, Any]]:
        """What a rule finds in ``code``, with what its examples ask for beside it."""
        beside = rule.examples
        found = self.found(code, back=beside.back, doc=beside.message, twin=beside.twin)
        return [one for one in found if one["rule"] == rule.name]

    def actions(self) -> list[Action]:
        """What the revisions do, rehearsed."""
        found: list[Action] = []
        environment = environment_of(self.config())
        script = environment.script

        def steps(rows: tuple[str, ...], _context: object) -> Sequence[MigrationStep]:
            return script.steps(script.plan_upgrade("heads", rows))

        rehearse(environment, steps, lambda run: found.extend(one for step in run.steps for one in step.actions))
        return found
