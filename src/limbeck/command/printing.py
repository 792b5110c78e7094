"""How commands print what they have found or done: as lines, as a document, for a person at a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from limbeck import console, describe, verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TextIO

    from limbeck.config import Config
    from limbeck.results import LintResult, Result
    from limbeck.script import Script
    from limbeck.show.terminal.layout import Paper


def show(
    config: Config,
    lines: Iterable[str],
    result: Callable[[], Result],
    *,
    json: bool,
    person: Callable[[Paper], Iterable[str]] | None = None,
) -> None:
    """Print what was found: as a JSON document where that is asked for, else as lines.

    :param person: the lines for a person at a terminal, where they are others.
    """
    if json:
        print_document(config, result())
    elif person is not None and is_read(config, config.stdout):
        print_lines(config, person(paper(config.stdout)))
    else:
        print_lines(config, lines)


def is_read(config: Config, stream: TextIO) -> bool:
    """Whether what the command line writes to ``stream`` is for a person, and may be in words of our own."""
    return (
        config.interactive
        and console.is_terminal(stream)
        and not config.messaging_opts.get("quiet", False)
        and config.edition is not None
    )


def paper(stream: TextIO) -> Paper:
    """What a person's lines are written on: a stream with its width and colours."""
    from limbeck.show.terminal.layout import Paper

    return Paper(stream)


def tell(config: Config, lines: Callable[[Paper], Iterable[str]]) -> None:
    """Tell a person at a terminal, on stderr, what was done and what comes next; nobody else."""
    if is_read(config, sys.stderr):
        note(config, lines(paper(sys.stderr)))


def print_document(config: Config, result: Result) -> None:
    """Print a result as a JSON document."""
    from limbeck.show import json_

    print_lines(config, [json_.document(result)])


def note(config: Config, lines: Iterable[str]) -> None:
    """Print lines for a person to stderr, where stdout is for what was asked for."""
    for line in lines:
        console.message(line, quiet=config.messaging_opts.get("quiet", False), stream=sys.stderr)


def print_lines(config: Config, lines: Iterable[str]) -> None:
    """Print lines as the configuration says."""
    for line in lines:
        config.print_stdout("%s", line)


def listed(paper: Paper, found: Iterable[Script]) -> Iterator[str]:
    """Revisions for a person."""
    from limbeck.show.terminal.revisions import listed

    scripts = list(found)
    return listed(paper, scripts, verbs.origins(scripts))


def planned(paper: Paper, lines: Iterable[str]) -> Iterator[str]:
    """A plan for a person."""
    from limbeck.show.terminal.plan import plan

    return plan(paper, lines)


def reviewed(paper: Paper, found: LintResult) -> Iterator[str]:
    """The findings of a review for a person."""
    from limbeck.show.terminal.findings import findings

    return findings(paper, found)


def differences(paper: Paper, diffs: Iterable[object]) -> Iterator[str]:
    """Differences for a person."""
    from limbeck.show.terminal.differences import differences

    return differences(paper, describe.check(diffs))
