"""A Dask cluster of processes of its own: a scheduler, and workers that know nothing of a project."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 60.0


class Cluster:
    """A scheduler and ``workers`` processes of one thread each; ``folder`` is where they work.

    :param protocol: ``tcp``, or ``tls`` with what the environment has of it.
    :param variables: what only the workers have in their environment.
    """

    def __init__(self, folder: Path, workers: int = 3, protocol: str = "tcp", **variables: str) -> None:
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"{'dask' if protocol == 'tcp' else 'dask+tls'}://127.0.0.1:{self.port}"
        self._protocol = protocol
        self.folder, self._count, self._variables = folder, workers, variables
        self.start()

    def start(self) -> None:
        """Start the scheduler, and workers, as a service manager does after it is gone."""
        words = ["--protocol", self._protocol, "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"]
        self.scheduler = self._process("scheduler", *words)
        self.workers: list[subprocess.Popen[bytes]] = []
        for _ in range(self._count):
            self.add_worker()
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self.scheduler.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def add_worker(self) -> None:
        words = ["--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder)]
        words += ["--protocol", self._protocol]
        address = f"{self._protocol}://127.0.0.1:{self.port}"
        self.workers.append(self._process("worker", address, *words, **self._variables))

    def restart(self) -> None:
        """Kill the scheduler, and start it again; its workers end with it."""
        self.scheduler.kill()
        self.scheduler.wait()
        for worker in self.workers:
            worker.wait(PATIENCE)
        self.start()

    def kill_worker(self, number: int) -> None:
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait()

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def said(self) -> str:
        """What its processes have logged."""
        return (self.folder / "log").read_text()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _process(self, kind: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words],
                cwd=self.folder,
                env={**os.environ, **variables},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
