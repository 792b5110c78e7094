"""What `make demo` shows: every command before its output, a history up, a revision made, one step down and up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "examples" / "shop" / "demo.py"


def test_the_demo() -> None:
    done = subprocess.run([sys.executable, DEMO], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    commands = [line.removeprefix("$ ") for line in done.stdout.splitlines() if line.startswith("$ limbeck ")]
    assert [command.split()[1] for command in commands] == [
        *("history", "upgrade", "revision", "upgrade", "history", "current"),
        *("downgrade", "current", "upgrade", "current"),
    ]
    assert "op.add_column('customer', sa.Column('phone', sa.String(length=30), nullable=True))" in done.stdout
    assert done.stdout.rstrip().endswith("c90d6e12ab74 (head)")
