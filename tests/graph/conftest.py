"""The reference as a process that answers questions about graphs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from graphs import Spec

HERE = Path(__file__).parent
PLACES = (HERE.parents[1] / ".venv-reference/bin/python", Path("/work/ref/venv/bin/python"))


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


@pytest.fixture(scope="session")
def oracles(request: pytest.FixtureRequest) -> Iterator[tuple[Oracle, Oracle]]:
    """The reference twice, under two hash seeds: where both agree, its answer is taken to be determined."""
    named = os.environ.get("LIMBECK_REFERENCE_PYTHON")
    found = [place for place in ([Path(named)] if named else PLACES) if place.exists()]
    if not found:
        request.node.user_properties.append(("missing on this machine", "reference"))
        reason = "no Python with the reference: `make reference` makes one, or LIMBECK_REFERENCE_PYTHON names one"
        if "reference" in os.environ.get("LIMBECK_TEST_REQUIRE", "").split(","):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    both = (Oracle(found[0], 1), Oracle(found[0], 2))
    yield both
    for oracle in both:
        oracle.close()
