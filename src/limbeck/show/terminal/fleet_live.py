"""A campaign while it is at work, for a person: a table by stage and server, drawn by rich."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from limbeck.results import FleetResult, FleetStage, FleetTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Group

    Changed = FleetResult | FleetStage | FleetTarget

_AROUND = 8
"""Lines of a terminal that are not rows of the table."""
_FEWEST = 3


class Row(NamedTuple):
    """Targets of a stage on one server.

    :param stage: the stage; empty in a campaign without stages. :param server: the server; empty for files.
    :param at_work: how many are. :param done: how many ended well. :param failed: how many did not.
    """

    stage: str
    server: str
    at_work: int
    done: int
    failed: int


class Board:
    """What is known of a campaign, by what is told of it.

    :param clock: seconds from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._guard = Lock()
        self._clock = clock
        self._begun = clock()
        self._targets: dict[str, tuple[str, str, str]] = {}
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.stages: dict[str, FleetStage] = {}
        self.title = ""
        self.total = 0

    def take(self, changed: Changed) -> None:
        """The campaign, one of its stages, or a target of it, as it is now."""
        with self._guard:
            if isinstance(changed, FleetResult):
                self.title = f"{changed.kind} to {changed.revision}"
                self.total = changed.total
            elif isinstance(changed, FleetStage):
                self.stages[changed.name] = changed
            else:
                now = (changed.stage or "", changed.server or "", _kind(changed))
                if changed.name in self._targets:
                    self._counts[self._targets[changed.name]] -= 1
                self._targets[changed.name] = now
                self._counts[now] += 1

    def rows(self) -> list[Row]:
        """The rows: first those where something is at work, then the latest stages."""
        with self._guard:
            places = dict.fromkeys((stage, server) for stage, server, _ in self._counts)
            found = [
                Row(*place, *(self._counts[*place, kind] for kind in ("at work", "done", "failed"))) for place in places
            ]
        return sorted(found, key=lambda row: (row.at_work == 0, -row.failed, row.stage, row.server))

    @property
    def ended(self) -> int:
        """How many targets have come to an end."""
        with self._guard:
            return sum(count for (_, _, kind), count in self._counts.items() if kind != "at work")

    @property
    def rest(self) -> float | None:
        """Seconds that the others will take, at the pace until now; None before anything is known."""
        ended = self.ended
        return (self._clock() - self._begun) / ended * (self.total - ended) if ended else None


def _kind(target: FleetTarget) -> str:
    return "failed" if target.is_failed else "at work" if target.state == "running" else "done"


@contextmanager
def shown() -> Iterator[Callable[[Changed], None] | None]:
    """Draw what is told, on stderr, for the block; None without rich."""
    try:
        from rich.console import Console
        from rich.live import Live
    except ModuleNotFoundError:
        yield None
        return
    board = Board()
    console = Console(stderr=True)
    with Live(
        console=console,
        get_renderable=lambda: drawn(board, max(_FEWEST, console.height - _AROUND)),
        refresh_per_second=4,
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ):
        yield board.take


def drawn(board: Board, most: int) -> Group:
    """The table, with a bar above it.

    :param most: rows at most; the others are counted.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    rows = board.rows()
    failed = sum(row.failed for row in rows)
    rest = board.rest
    counts = Text.assemble(
        f"{board.ended:,} of {board.total:,}",
        (f"  {failed:,} failed", "red") if failed else "",
        "" if rest is None or board.ended == board.total else f"  about {_duration(rest)} left",
    )
    head = Table.grid(padding=(0, 2, 0, 0))
    bar = ProgressBar(total=max(board.total, 1), completed=board.ended, width=20)
    head.add_row(Text(board.title, "bold"), bar, counts)
    table = Table(box=None, pad_edge=False, header_style="dim")
    if board.stages:
        table.add_column("Stage")
    table.add_column("Server")
    for name in ("At work", "Done", "Failed"):
        table.add_column(name, justify="right")
    for row in rows[:most]:
        failures = Text(f"{row.failed:,}", "red" if row.failed else "")
        cells: list[Text | str] = [row.stage] if board.stages else []
        cells += [row.server or "-", f"{row.at_work:,}", f"{row.done:,}", failures]
        table.add_row(*cells)
    others = len(rows) - most
    more = [Text(f"and {others} more row{'' if others == 1 else 's'}", "dim")] if others > 0 else []
    stages = [Text("  ".join(f"{each.name}: {each.state}" for each in board.stages.values()), "dim")]
    return Group(head, *(stages if board.stages else []), table, *more)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
