"""What is asked of one target for all that are alike: what a run would do there, and how its schema differs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from limbeck import describe, planning, verbs
from limbeck.runtime.logging_sections import silenced, without_information
from limbeck.runtime.migration import log
from limbeck.runtime.missing_files import creating_no_database

from .targets import without_secrets

if TYPE_CHECKING:
    from sqlalchemy import URL

    from limbeck.databases import Environment
    from limbeck.results import Difference, PlannedRun


def planned(place: Environment, url: URL, revision: str) -> PlannedRun:
    """What a run to ``revision`` will do, without the secrets of ``url``."""
    with silenced(log):
        (run,) = planning.plan(place, revision).runs
    return replace(run, database=without_secrets(run.database, url))


def compared(place: Environment) -> tuple[Difference, ...]:
    """What the schema has otherwise than the models."""
    with creating_no_database(), without_information():
        new, _ = verbs.differences(place, as_sql=False)
    return describe.check(verbs.diffs(new)).differences
