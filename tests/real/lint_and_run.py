"""What a review finds in each revision of a history by itself, as on the pull request that brings it.

The database has the revisions before it. Run as a program in an environment that has a project of `projects.py`,
``lint_and_run.py NAME URL [COMMAND...]`` prints the findings as JSON.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from plan_and_run import Go, by_its_command

from limbeck import command
from limbeck.command.environments import environment_of
from limbeck.config import Config
from limbeck.lint import engine
from limbeck.lint.ranges import Range
from limbeck.results import LintFinding


def lint_and_run(config: Config, target: str = "heads", go: Go = command.upgrade) -> list[LintFinding]:
    """Review each revision on the way to ``target``, then run it."""
    found: list[LintFinding] = []
    (run,) = command.plan(config, target).runs
    for step in run.steps:
        found += engine.lint(environment_of(config), Range(step.revision), engine.reviewer(config)).findings
        go(config, step.revision)
    return found


def main(name: str, url: str, *words: str) -> None:
    """Print what is found in the history of a project."""
    from projects import configured

    out, sys.stdout = sys.stdout, sys.stderr  # where its command prints
    found: list[LintFinding] = []
    if words:
        by_its_command(list(words), lambda config, target, go: found.extend(lint_and_run(config, target, go)))
    else:
        config = configured(name, url)
        config.stdout = sys.stderr
        found += lint_and_run(config, "head")
    print(json.dumps([asdict(one) for one in found]), file=out)


if __name__ == "__main__":
    main(*sys.argv[1:])
