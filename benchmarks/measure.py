"""Measures whole processes, one after the other in turn, so that a busy moment of the machine hits all alike."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

# An installed tool has its bytecode: a shell in which Python may write none would measure the compiler.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """A command whose whole process is measured.

    :param words: the command.
    :param folder: where it runs.
    :param before: what has to be done before each run; not measured.
    """

    words: Sequence[str | Path]
    folder: Path
    before: Callable[[], object] = field(default=lambda: None)

    def seconds(self) -> float:
        """Run it once; the wall-clock time of the process. Raises RuntimeError where it fails."""
        return self._run()[0]

    def _run(self) -> tuple[float, str]:
        self.before()
        os.sync()  # what the run before has left to the disk is not this one's
        start = time.perf_counter()
        done = subprocess.run(
            list(self.words),
            cwd=self.folder,
            env=ENVIRONMENT,
            check=False,
            capture_output=True,
            text=True,
        )
        passed = time.perf_counter() - start
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, self.words))} failed in {self.folder}:\n{done.stderr[-2000:]}")
        return passed, done.stdout


class Printed(Run):
    """A command that measures the part of itself that counts, and prints the seconds as its last word."""

    def seconds(self) -> float:
        """Run it once; the seconds that it prints. Raises RuntimeError where it fails."""
        return float(self._run()[1].split()[-1])


def alternate(runs: Mapping[str, Run], *, budget: float, most: int) -> dict[str, float]:
    """The median seconds of each of ``runs``, taken in turns.

    :param budget: seconds after which no further round is begun; there is always one.
    :param most: rounds at most.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    start = time.perf_counter()
    for _ in range(most):
        for name, run in runs.items():
            times[name].append(run.seconds())
        if time.perf_counter() - start > budget:
            break
    return {name: median(taken) for name, taken in times.items()}
