"""What follows the runs of a command: lines of JSON, spans."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from limbeck.command import printing
from limbeck.errors import CommandError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from limbeck import events
    from limbeck.config import Config
    from limbeck.results import FleetResult, FleetStage, FleetTarget

    Changed = FleetResult | FleetStage | FleetTarget

FORMATS = ("text", "json")
"""What ``--log-format`` takes."""


@contextmanager
def followed(config: Config, options: Namespace) -> Iterator[None]:
    """Subscribe, for the block, what the command line or the configuration asks for.

    :raises CommandError: for another format, and for spans without OpenTelemetry.
    """
    log_format = _log_format(config, options)
    spans = config.get_limbeck_boolean("tracing")
    with ExitStack() as stack:
        if log_format == "json":
            stack.enter_context(_subscribed(_lines()))
        if spans:
            stack.enter_context(_subscribed(_spans()))
        yield


@contextmanager
def fleet_followed(config: Config) -> Iterator[Callable[[Changed], None]]:
    """What hears of campaigns of a fleet, for the block: lines of JSON, a table for a person at a terminal, or nobody.

    :raises CommandError: for another format.
    """
    if _log_format(config, config.cmd_opts) == "json":
        from limbeck.show import fleet_lines

        yield fleet_lines.to(sys.stderr)
    elif printing.is_read(config, sys.stderr):
        from limbeck.show.terminal.fleet_live import shown

        with shown() as told:
            yield told or _nobody
    else:
        yield _nobody


def _nobody(_changed: Changed) -> None:
    """Hears what a campaign says, and does nothing."""


def _log_format(config: Config, options: object) -> str:
    """``text`` or ``json``."""
    found: str = getattr(options, "log_format", None) or config.get_alembic_option("log_format") or FORMATS[0]
    if found not in FORMATS:
        hint = f"write one of {', '.join(FORMATS)}"
        raise CommandError(f"There is no log format '{found}'", code="log-format", hint=hint)
    return found


def _subscribed(subscriber: events.Subscriber) -> AbstractContextManager[None]:
    from limbeck import events

    return events.subscribed(subscriber)


def _lines() -> events.Subscriber:
    from limbeck.events import json_lines

    return json_lines.to(sys.stderr)


def _spans() -> events.Subscriber:
    try:
        from limbeck.events.opentelemetry import Spans
    except ModuleNotFoundError as error:
        raise CommandError(
            f"'tracing = true' needs OpenTelemetry: {error}",
            code="no-opentelemetry",
            hint="pip install 'limbeck[otel]'",
        ) from error
    return Spans()
