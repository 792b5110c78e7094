"""What one sees of a campaign while it is at work: a table on a terminal, lines of JSON elsewhere."""

from __future__ import annotations

import io
import json
import os
import pty
from pathlib import Path

import pytest
from rich.console import Console
from tenants import Tenants

from limbeck.fleet import Fleet
from limbeck.results import FleetResult, FleetStage, FleetTarget
from limbeck.show import fleet_lines
from limbeck.show.terminal.fleet_live import Board, Row, drawn

CAMPAIGN = FleetResult("c", "running", "heads", "h", "d", "s", "b", None, 1200)


@pytest.fixture
def board() -> Board:
    """Two servers, of which one has a target at work, after two seconds."""
    times = iter([0.0, 2.0, 2.0, 2.0])
    board = Board(lambda: next(times))
    board.take(CAMPAIGN)
    board.take(FleetStage("canary", "passed", 1))
    board.take(FleetStage("rest", "running", 1199))
    for name, state, server, stage in [
        ("a", "running", "db1", "canary"),
        ("a", "done", "db1", "canary"),
        ("b", "running", "db1", "rest"),
        ("c", "running", "db2", "rest"),
        ("c", "failed", "db2", "rest"),
    ]:
        board.take(FleetTarget(name, state, server, stage=stage))  # type: ignore[arg-type]
    return board


def test_rows_by_stage_and_server(board: Board) -> None:
    """What is at work comes first, then what failed; a target that changes is counted once."""
    assert board.rows() == [
        Row("rest", "db1", 1, 0, 0),
        Row("rest", "db2", 0, 0, 1),
        Row("canary", "db1", 0, 1, 0),
    ]
    assert (board.ended, board.rest) == (2, 1198.0)


def test_the_table(board: Board) -> None:
    stream = io.StringIO()
    Console(file=stream, width=90, color_system=None).print(drawn(board, 2))
    assert [line.rstrip() for line in stream.getvalue().splitlines()] == [
        "upgrade to heads                        2 of 1,200  1 failed  about 19:58 left",
        "canary: passed  rest: running",
        "Stage  Server  At work  Done  Failed",
        "rest   db1           1     0       0",
        "rest   db2           0     0       1",
        "and 1 more row",
    ]


def test_lines_of_json() -> None:
    stream = io.StringIO()
    told = fleet_lines.to(stream)
    told(CAMPAIGN)
    told(FleetStage("canary", "failed", 1, "1 of 1 targets failed"))
    told(FleetTarget("a", "done", "db1", 1, seconds=0.5, rows_before=("r1",), rows_after=("r2",)))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert all(line.pop("time").endswith("Z") for line in lines)
    assert lines == [
        {
            "event": "campaign",
            "campaign": "c",
            "state": "running",
            "revision": "heads",
            "plan_hash": "h",
            "driver": "d",
            "started": "s",
            "heartbeat": "b",
            "total": 1200,
            "kind": "upgrade",
        },
        {"event": "stage", "name": "canary", "state": "failed", "total": 1, "error": "1 of 1 targets failed"},
        {
            "event": "target",
            "name": "a",
            "state": "done",
            "server": "db1",
            "attempt": 1,
            "seconds": 0.5,
            "rows_before": ["r1"],
            "rows_after": ["r2"],
        },
    ]


def test_a_program_is_told_in_order(tmp_path: Path) -> None:
    """The campaign; its stages and targets as they change; the campaign as it ended."""
    tenants = Tenants(tmp_path, 1)
    told: list[str] = []

    def hear(changed: FleetResult | FleetStage | FleetTarget) -> None:
        name = changed.campaign and "campaign" if isinstance(changed, FleetResult) else changed.name
        told.append(f"{name} {changed.state}")

    Fleet(tenants.config, tenants.files(2), told=hear, jobs=1).upgrade(canary=["1"])
    assert told == [
        "campaign running",
        "canary waiting",
        "rest waiting",
        "canary running",
        "f000 running",
        "f000 done",
        "canary passed",
        "rest running",
        "f001 running",
        "f001 done",
        "rest passed",
        "campaign done",
    ]


def test_the_command_writes_lines_to_stderr(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path, 1)
    listed = tenants.listed(tenants.files(2))
    (tmp_path / "alembic.ini").write_text((tmp_path / "alembic.ini").read_text() + "log_format = json\n")
    code, out, err = tenants.run("upgrade", "--targets", listed)
    assert (code, out.count("\n")) == (0, 1)
    events = [(line["event"], line["state"]) for line in map(json.loads, err.splitlines())]
    assert (events[0], events[-1]) == (("campaign", "running"), ("campaign", "done"))
    assert sorted(events[1:-1]) == [("target", "done")] * 2 + [("target", "running")] * 2


def test_the_command_draws_a_table_on_a_terminal(tmp_path: Path) -> None:
    """It is taken away when the campaign has ended; stdout has what it has elsewhere."""
    tenants = Tenants(tmp_path, 1)
    tenants.revision(before="import time\ntime.sleep(0.6)")
    listed = tenants.listed(tenants.files(2))
    terminal, end = pty.openpty()
    code, out, err = tenants.run("upgrade", "--targets", listed, stderr=end, TERM="xterm", COLUMNS="80", NO_COLOR="1")
    os.close(end)
    seen = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        seen += piece
    os.close(terminal)
    assert (code, err) == (0, "")
    assert out.endswith("done: 2 done\n")
    text = seen.decode()
    assert "upgrade to heads" in text
    assert "At work" in text
    assert text.rstrip().endswith("\x1b[2K") or text.endswith("\x1b[?25h")
