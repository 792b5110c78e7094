"""The databases: just before a revision, at one, or at the heads as copies of a template."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck import scratch, verbs
from limbeck.command.environments import environment_of
from limbeck.runtime.logging_sections import silent
from limbeck.runtime.migration import log

from .staged import StagedDatabase
from .template import shared

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from limbeck.config import Config
    from limbeck.databases import Environment


@contextmanager
def before(config: Config, revision: str) -> Iterator[StagedDatabase]:
    """A throwaway database that stands just before a revision, all that it needs applied."""
    environment = environment_of(config)
    parents = environment.script.get_revision(revision).normal_down_revisions
    with scratch.copies(environment, at=parents or "base") as twin, StagedDatabase(twin) as database:
        yield database


@contextmanager
def at(config: Config, revision: str) -> Iterator[StagedDatabase]:
    """A throwaway database that stands at a revision; at the heads it has the repeatable objects too."""
    with scratch.copies(environment_of(config), at="base") as twin, StagedDatabase(twin) as database:
        _upgrade(twin, revision)
        yield database


@contextmanager
def migrated(
    config: Config, folder: str | os.PathLike[str], process: int | None = None
) -> Iterator[Callable[[], AbstractContextManager[StagedDatabase]]]:
    """Run the history up to its heads once, for the length of a block.

    :param folder: processes that give the same one share what is made, while the files of the history are the same.
    :param process: the process that ends after all that share it; default: this one.
    :return: a function that opens a throwaway database which is a copy of what was made.
    """
    environment = environment_of(config)
    templates = scratch.Templates(environment, _upgrade, process)
    with shared(environment, templates, folder) as template:

        @contextmanager
        def copy() -> Iterator[StagedDatabase]:
            with templates.copy(template) as twin, StagedDatabase(twin) as database:
                yield database

        yield copy


def _upgrade(environment: Environment, revision: str = "heads") -> None:
    with silent(log):
        verbs.carry_out(environment, "upgrade", revision)
