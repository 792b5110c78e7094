"""Workers of a Dask cluster: they get the scripts as an archive, and resolve the secrets of targets where they are.

Dask runs a task of a worker that has died again, on another one. What was begun twice finds nothing to do.

`Client.get_executor()` is not used: its futures never end where the connection is lost while a result is on its way.
"""

from __future__ import annotations

import logging
import platform
import threading
from concurrent import futures
from concurrent.futures import BrokenExecutor, Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from limbeck.errors import CommandError, UsageError
from limbeck.fleet import archive, work
from limbeck.runtime.migration import log
from limbeck.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client, LocalCluster, WorkerPlugin
    from distributed import Future as DaskFuture

    from limbeck.fleet.archive import Archive
    from limbeck.results import FleetTarget

LOCAL = "dask:local"
CONNECT, CONNECT_AGAIN = 10.0, 60.0
"""Seconds to wait for a scheduler: at first, and for one that was there and is started anew."""
_GONE = "the scheduler is gone"
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
        _CLIENT_LOG.addFilter(_nothing)
        self._cluster, self._client = _connected(address, jobs, patience)
        self._shipped: dict[str, DaskFuture[Shipment]] = {}
        self._pending: set[Future[FleetTarget]] = set()
        try:
            self._demand_versions()
        except BaseException:
            self.shutdown(wait=False)
            raise

    def submit(self, function: Callable[..., FleetTarget], task: work.Task, /) -> Future[FleetTarget]:
        """Have a task done; the archive of its project goes to each worker once.

        :raises BrokenExecutor: where the scheduler is gone.
        """
        shipped = self._ship(task.order)
        if self._client.status != "running" or shipped.cancelled():
            log.warning("The Dask scheduler is gone: connecting to it again")
            raise BrokenExecutor(_GONE)
        told: Future[FleetTarget] = Future()
        self._pending.add(told)
        told.add_done_callback(self._pending.discard)
        future = self._client.submit(function, task, shipped, pure=False, retries=0)
        assert self._client.loop is not None  # noqa: S101 it has one while it is connected
        self._client.loop.add_callback(_follow, future, told)
        return told

    def shutdown(self, wait: bool = True) -> None:
        """End the client, and the cluster where it is local."""
        if wait:
            futures.wait(set(self._pending))
        self._shipped.clear()
        self._client.close(timeout=2)
        if self._cluster is not None:
            self._cluster.close()
        _CLIENT_LOG.removeFilter(_nothing)

    def _ship(self, order: work.Order) -> DaskFuture[Shipment]:
        """What a worker needs for ``order``, as a task, which can be done again where a worker that has it dies."""
        if order.plan_hash not in self._shipped:
            shipment = Shipment(archive.packed(order.project), versions(), self._stands_in, self._per_server)
            self._shipped[order.plan_hash] = self._client.submit(_itself, shipment, pure=False)
        return self._shipped[order.plan_hash]

    def _demand_versions(self) -> None:
        """Ask all workers that are there at once; one that comes later says it with its first task."""
        wanted = versions()
        answers = cast("dict[str, object]", self._client.run(versions, on_error="return"))
        for address, found in answers.items():
            _demand_same(wanted, found, f"The worker {address}")


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
        )
        client = Client(cluster, set_as_default=False)
        client.register_plugin(_local_worker())
        return cluster, client
    scheme, _, place = address.partition("://")
    where = f"{'tls' if scheme == 'dask+tls' else 'tcp'}://{place}"
    try:
        return None, Client(where, timeout=patience, set_as_default=False, name="limbeck-fleet")
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


async def _follow(future: DaskFuture[FleetTarget], told: Future[FleetTarget]) -> None:
    """Tell the outcome of ``future``; it is broken where the connection to the scheduler was lost."""
    from distributed import KilledWorker

    try:
        told.set_result(await future)
    except KilledWorker:
        fact = "Several workers died, one after the other, with this target at work"
        hint = "are they killed for want of memory? `limbeck fleet retry` does it again"
        told.set_exception(CommandError(fact, code="worker-died", hint=hint))
    except BaseException as error:  # noqa: BLE001 a CancelledError too: that the scheduler has forgotten it
        told.set_exception(error if future.status == "error" else BrokenExecutor(_GONE))


def _nothing(_record: logging.LogRecord) -> bool:
    return False


def _itself(shipment: Shipment) -> Shipment:
    return shipment


def _demand_same(wanted: dict[str, str], found: object, who: str) -> None:
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


def carry_out(task: work.Task, shipped: Shipment) -> FleetTarget:
    """As `work.carry_out`, with the scripts of the archive.

    :raises CommandError: where this worker has other versions than the driver.
    """
    from distributed import get_worker

    _demand_same(shipped.versions, versions(), f"The worker {work.worker()}")
    with _guard:
        if shipped.stands_in and not _prepared:
            from limbeck.alembic_names import install

            install(front=True)
        project = archive.unpacked(shipped.archive, get_worker().local_directory)
        _prepared.add(shipped.archive.hash)
    there = replace(task, order=replace(task.order, project=project))
    with _turn(there, shipped.per_server):
        return work.carry_out(there)


def _turn(task: work.Task, per_server: int | None) -> AbstractContextManager[object]:
    """The turn of a target whose server only this worker knows: so many at once in the cluster."""
    if per_server is None or task.server is not None or (server := task.target.server) is None:
        return nullcontext()
    from distributed import Semaphore

    return Semaphore(per_server, name=f"limbeck-fleet-{per_server}-{server}")
