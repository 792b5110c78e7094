"""A run for a person: a line for each step while it goes on, and in the end what was done."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from limbeck import console

from .layout import Cell, Paper, cell_length, duration, one_line, shortened
from .long_statements import LongStatements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TextIO

    from limbeck.events import Event, StepEvent
    from limbeck.results import RunResult

_DOING = {"upgrade": "Upgrading", "downgrade": "Downgrading", "stamp": "Stamping"}
_DONE = {"upgrade": "applied", "downgrade": "took back", "stamp": "stamped"}
_TIME = 10
"""Columns for the time of a step."""


class StepDisplay:
    """Shows the steps of a run as they go on: number, id, message, and behind them the time that each took.

    Below it, while a statement takes long, a line says how far it is. The line of the step is written again then, with
    its time.

    It subscribes to `limbeck.events`. What scripts and other parts print meanwhile comes in between, as it does in a
    log: nothing that stands on the screen is written over.

    :param stream: where to.
    :param paper: its width and colours.
    """

    def __init__(self, stream: TextIO, paper: Paper | None = None) -> None:
        self._stream = stream
        self._paper = paper or Paper(stream)
        self._long = LongStatements(stream, in_place=True)
        self._announced: str | None = None
        self._step: list[Cell] = []
        self._is_cut = False
        #: by URL of a database, how long the run on it took
        self.seconds: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Show an event."""
        from limbeck.events import StepEvent

        self._is_cut = self._long(event) or event.phase == "waiting" or self._is_cut
        if event.phase == "waiting" and event.wait is not None:
            holder = f", held by {event.wait.holder}" if event.wait.holder else ""
            self._write([Cell(f"waiting for the {event.wait.reason.replace('-', ' ')}{holder}", "yellow"), Cell("\n")])
        elif event.name == "run.ended":
            self.seconds[event.database] = event.elapsed
        elif not isinstance(event, StepEvent) or event.direction == "stamp":
            return
        elif event.phase == "started":
            self._started(event)
        else:
            failed = event.phase == "failed"
            time = "failed" if failed else duration(event.elapsed)
            step = self._step if self._is_cut else []
            self._write([*step, Cell(f"{time:>{_TIME}}", "bold red" if failed else "dim"), Cell("\n")])

    def end(self) -> None:
        """Take away what is on the screen for the time being."""
        self._long.end()

    def _started(self, event: StepEvent) -> None:
        if self._announced != event.run:
            self._announced = event.run
            steps = f"{event.steps} revision{'' if event.steps == 1 else 's'}"
            self._write(
                [Cell(f"{_DOING[event.direction]} "), Cell(named(event.database), "bold"), Cell(f": {steps}\n")]
            )
        count = f"[{event.number:>{len(str(event.steps))}}/{event.steps}]"
        revision = event.revision or ""
        room = max(self._paper.width - len(count) - cell_length(revision) - _TIME - 4, 10)
        message = shortened(one_line(event.message), room)
        pad = " " * (min(room, 60) - cell_length(message))
        self._step = [Cell(f"{count} ", "dim"), Cell(revision, "yellow"), Cell(f"  {message}{pad}")]
        self._is_cut = False
        self._write(self._step)

    def _write(self, cells: list[Cell]) -> None:
        console.write(self._stream, self._paper.painted(cells))


@contextmanager
def shown(stream: TextIO, *, steps: bool) -> Iterator[Mapping[str, float]]:
    """Show the runs of the block; gives by URL of a database how long its run took.

    :param steps: show their steps; else no more than the statements that take long.
    """
    from limbeck import events

    step_display = StepDisplay(stream) if steps else None
    display = step_display or LongStatements(stream, in_place=console.is_terminal(stream))
    try:
        with events.subscribed(display, working=True):
            yield {} if step_display is None else step_display.seconds
    finally:
        display.end()


def summary(paper: Paper, run: RunResult, seconds: float, heads: tuple[str, ...]) -> Iterator[str]:
    """What was done with a database, and the next command.

    :param heads: the heads of the scripts.
    """
    name = named(run.database or "")
    where = ", ".join(run.end) or "base"
    at_heads = set(run.end) == set(heads)
    if run.end and at_heads:
        where += " (head)" if len(heads) == 1 else " (heads)"
    if not run.steps:
        told = f"already at {where}" if run.end else "empty: no revision applied"
        yield paper.painted([Cell(f"{name}: "), Cell(told, "green" if run.end else "")])
    elif run.kind == "stamp":
        yield paper.painted([Cell(f"{name}: "), Cell("stamped", "green"), Cell(f", now at {where}")])
    else:
        count = len(run.steps)
        told = f"{_DONE[run.kind]} {count} revision{'' if count == 1 else 's'} in {duration(seconds)}"
        yield paper.painted([Cell(f"{name}: "), Cell(told, "green"), Cell(f", now at {where}")])
    if not at_heads and heads and run.kind != "stamp":
        target = "head" if len(heads) == 1 else "heads"
        yield f"next: `limbeck upgrade {target}` applies what is left"


def named(url: str) -> str:
    """The database of a URL by its name, and its server where it has one: ``shop on db.example.com``."""
    from sqlalchemy import make_url

    if not url:
        return "database"
    parts = make_url(url)
    name = parts.database or parts.get_backend_name()
    return f"{name} on {parts.host}" if parts.host else name
