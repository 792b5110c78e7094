"""What tools that draw make of a text: Mermaid, @dbml/core and resvg in a process of Node, Graphviz in another."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


class DrawingTools:
    """The tools of Node that `make pictures` installs.

    :param folder: with their ``node_modules``.
    """

    def __init__(self, folder: Path) -> None:
        script = Path(__file__).with_suffix(".mjs")
        self._process = subprocess.Popen(
            ["node", str(script), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def read(self, kind: str, given: object) -> Any:
        """What a tool finds in a text; fails where it does not take it.

        :param kind: ``gitGraph``, ``erDiagram``, ``dbml`` or ``svg``.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"kind": kind, "given": given}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, f"{answer['error']}\n{given}"
        return answer["found"]

    def close(self) -> None:
        self._process.communicate(timeout=30)


def by_graphviz(text: str) -> dict[str, Any]:
    """What Graphviz finds in a text of DOT, laid out."""
    done = subprocess.run(["dot", "-Tjson"], input=text, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found
