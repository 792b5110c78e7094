"""Workers of a Dask cluster: they get the scripts as an archive, and resolve the secrets of targets where they are.

Dask runs a task of a worker that has died again, on another one. What was begun twice finds nothing to do.

`Client.get_executor()` is not used: its futures never end where the connection is lost while a result is on its way.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import threading
from concurrent import futures
from concurrent.futures import BrokenExecutor, Future, InvalidStateError
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, cast

from limbeck.errors import CommandError, UsageError
from limbeck.fleet import archive, chunk_size, work
from limbeck.runtime.migration import log
from limbeck.version import __version__

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from distributed import Client, LocalCluster, WorkerPlugin
    from distributed import Future as DaskFuture

    from limbeck.fleet.archive import Archive
    from limbeck.results import FleetTarget

LOCAL = "dask:local"
CONNECT, CONNECT_AGAIN = 10.0, 60.0
"""Seconds to wait for a scheduler: at first, and for one that was there and is started anew."""
NO_WORKER, NO_LOCAL_WORKER = 300.0, 30.0
"""Seconds to wait for a worker where there is none: of a cluster that may grow, and of one of this process.

A local one that dies while it is started is not always replaced.
"""
NO_WORKER_TOLD = 10.0
"""Seconds after which it is told that a cluster has no worker."""
CLOSING = 10.0
"""Seconds that a local cluster may take to end."""
_GONE = "the scheduler is gone"
_NO_WORKER = "there is no worker"
_CLIENT_LOG = logging.getLogger("distributed.client")
"""It has a traceback for each connection that is lost, which is told in a line here."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """What a worker needs besides tasks.

    :param archive: the files of the project. :param versions: those that it has to have.
    :param stands_in: whether ``alembic`` means Limbeck.
    :param per_server: targets at work at once on a server that only the worker knows.
    """

    archive: Archive
    versions: dict[str, str]
    stands_in: bool
    per_server: int | None


def versions() -> dict[str, str]:
    """What has to be the same on the driver and on every worker."""
    import sqlalchemy

    return {
        "Limbeck": __version__,
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "SQLAlchemy": ".".join(sqlalchemy.__version__.split(".")[:2]),
    }


# --- the driver ------------------------------------------------------------------------------------------------------


class DaskExecutor:
    """The workers of a cluster, with what they need.

    :param address: ``dask://host:8786``, ``dask+tls://host:8786``, or ``dask:local``.
    :param jobs: worker processes of a local cluster.
    :param stands_in: as for `Shipment`. :param per_server: likewise.
    :param patience: how long to wait for the scheduler, in seconds.
    :raises CommandError: where there is none, and where a worker has other versions.
    """

    def __init__(self, address: str, jobs: int, *, stands_in: bool, per_server: int | None, patience: float) -> None:
        self._stands_in, self._per_server = stands_in, per_server
        self._address = address
        _CLIENT_LOG.addFilter(_nothing)
        self._cluster, self._client = _connected(address, jobs, patience)
        self._shipped: dict[str, DaskFuture[Shipment]] = {}
        self._pending: set[Future[list[FleetTarget]]] = set()
        self._has_no_worker = False
        try:
            self._demand_versions()
        except BaseException:
            self.shutdown(wait=False)
            raise
        self._in_loop(self._watch)

    def submit(
        self, function: Callable[..., list[FleetTarget]], chunk: list[work.Task], /
    ) -> Future[list[FleetTarget]]:
        """Have a chunk of tasks done; the archive of their project goes to each worker once.

        :raises BrokenExecutor: where the scheduler is gone, or the workers of a local cluster are.
        :raises CommandError: where a cluster has had no worker for too long.
        """
        if self._has_no_worker:
            if self._cluster is not None:
                raise BrokenExecutor(_NO_WORKER)
            raise CommandError(
                f"The Dask cluster at {self._address} has had no worker for {NO_WORKER / 60:g} minutes",
                code="no-dask-worker",
                hint="start workers (`dask worker`), then `limbeck fleet upgrade --resume`",
            )
        shipped = self._ship(chunk[0].order)
        if self._client.status != "running" or shipped.cancelled():
            log.warning("The Dask scheduler is gone: connecting to it again")
            raise BrokenExecutor(_GONE)
        told: Future[list[FleetTarget]] = Future()
        self._pending.add(told)
        told.add_done_callback(self._pending.discard)
        future = self._client.submit(function, chunk, shipped, pure=False, retries=0)
        self._in_loop(_follow, future, told)
        return told

    def shutdown(self, wait: bool = True) -> None:
        """End the client, and the cluster where it is local."""
        if wait:
            futures.wait(set(self._pending))
        self._shipped.clear()
        self._client.close(timeout=2)
        if self._cluster is not None:
            with suppress(TimeoutError):
                self._cluster.close(timeout=CLOSING)
        _CLIENT_LOG.removeFilter(_nothing)

    def _ship(self, order: work.Order) -> DaskFuture[Shipment]:
        """What a worker needs for ``order``, as a task, which can be done again where a worker that has it dies."""
        if order.plan_hash not in self._shipped or self._shipped[order.plan_hash].status == "error":
            shipment = Shipment(archive.packed(order.project), versions(), self._stands_in, self._per_server)
            self._shipped[order.plan_hash] = self._client.submit(_itself, shipment, pure=False)
        return self._shipped[order.plan_hash]

    def _demand_versions(self) -> None:
        """Ask all workers that are there at once; one that comes later says it with its first task."""
        wanted = versions()
        answers = cast("dict[str, object]", self._client.run(versions, on_error="return"))
        for address, found in answers.items():
            demand_same(wanted, found, f"The worker {address}")

    def _in_loop(self, function: Callable[..., Awaitable[None]], *arguments: object) -> None:
        assert self._client.loop is not None  # noqa: S101 it has one while it is connected
        self._client.loop.add_callback(function, *arguments)

    async def _watch(self) -> None:
        """Give up what is at work where there is no worker for too long: Dask would wait for ever."""
        since, has_told = monotonic(), False
        while (scheduler := self._client.scheduler) is not None and self._client.status not in {"closing", "closed"}:
            await asyncio.sleep(1)
            with suppress(OSError):  # that the scheduler is gone is heard of elsewhere
                if not self._pending or await scheduler.ncores():
                    since, has_told = monotonic(), False
            missing = monotonic() - since
            if self._cluster is None and missing > NO_WORKER_TOLD and not has_told:
                log.warning("The Dask cluster at %s has no worker: waiting for one", self._address)
                has_told = True
            if missing > (NO_WORKER if self._cluster is None else NO_LOCAL_WORKER):
                self._has_no_worker = True
                for each in set(self._pending):
                    _broken(each, _NO_WORKER)
                return


def _connected(address: str, jobs: int, patience: float) -> tuple[LocalCluster | None, Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError(f"--executor {address} needs Dask: {error}", hint="pip install 'limbeck[dask]'") from error

    if address == LOCAL:
        cluster = LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.ERROR,
            scheduler_kwargs={"allowed_failures": 0},  # the campaign begins again what was at work, each alone
        )
        client = Client(cluster, set_as_default=False)
        client.register_plugin(_local_worker())
        return cluster, client
    scheme, _, place = address.partition("://")
    where = f"{'tls' if scheme == 'dask+tls' else 'tcp'}://{place}"
    try:
        return None, Client(where, timeout=patience, set_as_default=False, name="limbeck-fleet")
    except TypeError as error:
        raise CommandError(
            f"{address} needs certificates: {error}",
            code="no-scheduler",
            hint="set ca-file, client.key and client.cert of distributed.comm.tls in the configuration of Dask",
        ) from None
    except (OSError, ValueError) as error:
        raise CommandError(
            f"There is no Dask scheduler at {address}: {error}",
            code="no-scheduler",
            hint="is it started (`dask scheduler`), and can this machine reach it? As in dask://host:8786",
        ) from None


def _local_worker() -> WorkerPlugin:
    """Has a worker of a local cluster leave the signals of a terminal to the driver."""
    import signal

    from distributed import WorkerPlugin

    class LocalWorker(WorkerPlugin):
        name = "limbeck-local-worker"

        def setup(self, worker: object) -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)

    return LocalWorker()


async def _follow(future: DaskFuture[list[FleetTarget]], told: Future[list[FleetTarget]]) -> None:
    """Tell the outcome of ``future``; it is broken where the connection to the scheduler was lost."""
    from distributed import KilledWorker

    try:
        found = await future
    except KilledWorker:
        _broken(told, "the worker is gone")
    except BaseException as error:  # noqa: BLE001 a CancelledError too: that the scheduler has forgotten it
        if future.status != "error":
            _broken(told, _GONE)
        else:
            told.set_exception(error)
    else:
        with suppress(InvalidStateError):  # it was given up meanwhile
            told.set_result(found)


def _broken(told: Future[list[FleetTarget]], why: str) -> None:
    with suppress(InvalidStateError):  # it has ended meanwhile
        told.set_exception(BrokenExecutor(why))


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def _itself(shipment: Shipment) -> Shipment:
    return shipment


def demand_same(wanted: dict[str, str], found: object, who: str) -> None:
    """Raise `CommandError` where ``who`` has not the versions that are wanted.

    :param found: its versions, or the error by which it could not say them.
    """
    if found == wanted:
        return
    if isinstance(found, dict):
        differ = ", ".join(
            f"{name} {found.get(name)}, not {each}" for name, each in wanted.items() if found.get(name) != each
        )
        fact = f"{who} has {differ}"
    else:
        fact = f"{who} cannot load Limbeck {wanted['Limbeck']}: {found}"
    raise CommandError(
        fact, code="worker-versions", hint="give the driver, the scheduler and all workers the same image"
    )


# --- a worker --------------------------------------------------------------------------------------------------------

_guard = threading.Lock()
_prepared: set[str] = set()


def carry_out(tasks: Sequence[work.Task], shipped: Shipment) -> list[FleetTarget]:
    """As `work.carry_out_all`, with the scripts of the archive.

    :raises CommandError: where this worker has other versions than the driver.
    """
    from distributed import get_worker

    demand_same(shipped.versions, versions(), f"The worker {work.worker()}")
    with _guard:
        if shipped.stands_in and not _prepared:
            from limbeck.alembic_names import install

            install(front=True)
        project = archive.unpacked(shipped.archive, get_worker().local_directory)
        _prepared.add(shipped.archive.hash)
    there = [replace(task, order=replace(task.order, project=project)) for task in tasks]
    turn = partial(_turn, per_server=shipped.per_server)
    return work.carry_out_all(there, turn=turn, seconds=chunk_size.WORTH)


def _turn(task: work.Task, *, per_server: int | None) -> AbstractContextManager[object]:
    """The turn of a target whose server only this worker knows: so many at once in the cluster."""
    if per_server is None or task.server is not None or (server := task.target.server) is None:
        return nullcontext()
    from distributed import Semaphore

    return Semaphore(per_server, name=f"limbeck-fleet-{per_server}-{server}")
