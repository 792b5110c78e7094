"""The reference as a process that answers questions about graphs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphs import Spec

HERE = Path(__file__).parent


class Oracle:
    """One process of the reference, with a hash seed of its own."""

    def __init__(self, python: Path, seed: int) -> None:
        self._process = subprocess.Popen(
            [str(python), str(HERE / "oracle.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        )

    def ask(self, specs: Sequence[Spec], commands: Sequence[object]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"graph": specs, "commands": commands}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        assert isinstance(reply, list), reply
        return reply

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
