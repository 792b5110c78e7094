"""The ledger: what campaigns have done, a row a target and campaign, in a database of its own.

Only the driver of a campaign writes it, and holds its run lock meanwhile: a second campaign with the same ledger is
refused. A driver that is killed leaves the lock free, and rows that say ``running``.

Times are UTC, as text in whole seconds; no URL is ever kept.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from limbeck.ddl.impl import DefaultImpl
from limbeck.errors import CommandError, LockNotObtained, UsageError
from limbeck.results import FleetResult, FleetStage, FleetTarget
from limbeck.runtime import connections, lock, missing_files
from limbeck.runtime.version_table import Location

from .clock import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy import URL
    from sqlalchemy.engine import Connection, RowMapping

    from limbeck.results import CampaignState

    from .shards import Shard

FILE = "limbeck-fleet.db"
"""The file that has the ledger where no database is named."""

_METADATA = sa.MetaData()
_CAMPAIGNS = sa.Table(
    "limbeck_fleet_campaign",
    _METADATA,
    sa.Column("campaign", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("revision", sa.String(255), nullable=False),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("driver", sa.String(255), nullable=False),
    sa.Column("started", sa.String(20), nullable=False),
    sa.Column("heartbeat", sa.String(20), nullable=False),
    sa.Column("ended", sa.String(20)),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
)
_TARGETS = sa.Table(
    "limbeck_fleet_target",
    _METADATA,
    sa.Column("campaign", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("plan_hash", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("server", sa.String(255)),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("worker", sa.String(255)),
    sa.Column("started", sa.String(20)),
    sa.Column("seconds", sa.Float),
    sa.Column("rows_before", sa.Text),
    sa.Column("rows_after", sa.Text),
    sa.Column("code", sa.String(64)),
    sa.Column("error", sa.Text),
    sa.Column("hint", sa.Text),
    sa.Column("stage", sa.String(255)),
)
_STAGES = sa.Table(
    "limbeck_fleet_stage",
    _METADATA,
    sa.Column("campaign", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
)
_ROWS = ("rows_before", "rows_after")


class Ledger:
    """The ledger in a database.

    :param url: the database.
    :param shard: the part of the targets that it is for: shards share a ledger, and each has campaigns of its own.
    :raises UsageError: for a URL that is not one.
    """

    def __init__(self, url: str | URL, shard: Shard | None = None) -> None:
        try:
            connectable = connections.connectable(url)
        except CommandError as error:
            raise UsageError(f"The ledger: {error}", hint=error.hint) from error
        if not isinstance(connectable, sa.Engine) or connectable.dialect.is_async:
            raise UsageError(
                "A ledger is written by a plain driver, and this URL names one for asyncio",
                hint="as in postgresql+psycopg://ops@db/ops",
            )
        self._engine = connectable
        self._shard = shard

    @contextmanager
    def held(self) -> Iterator[HeldLedger]:
        """The ledger for one campaign: no other one is at work with it meanwhile.

        :raises LockNotObtained: where another one is.
        """
        with self._connected() as connection:
            _make_tables(connection)
            impl = DefaultImpl.get_by_dialect(connection.dialect)(connection.dialect, connection, False, None, None, {})
            database, schema = impl.session_scope(connection, _CAMPAIGNS.name, None)
            table = _CAMPAIGNS.name if self._shard is None else f"{_CAMPAIGNS.name}-{self._shard}"
            kind = impl.run_lock(connection, lock.scope(Location(database, schema, table)))
            connection.rollback()
            held = None if kind is None else lock.make(connection, kind)
            if held is not None and not held.try_acquire():
                raise LockNotObtained(
                    f"Another campaign is at work with this ledger: {held.holder()}",
                    hint="wait until it has ended, or give this one a ledger of its own: --ledger URL",
                )
            try:
                yield HeldLedger(connection, (lambda: True) if held is None else held.is_held, self._shard)
            finally:
                if held is not None:
                    held.release()

    def read(self, campaign: str | None = None) -> FleetResult | None:
        """A campaign as the ledger has it, by default the last; None where there is none. Changes nothing."""
        try:
            with missing_files.creating_no_database(), self._connected() as connection:
                if not sa.inspect(connection).has_table(_CAMPAIGNS.name):
                    return None
                return read(connection, campaign, self._shard)
        except CommandError as error:
            if error.code == "no-database-file":
                return None
            raise

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with connections.connecting(self._engine):
            connection = self._engine.connect()
        with connection:
            yield connection


class HeldLedger:
    """A ledger whose lock is held.

    :param connection: to its database.
    :param is_held: whether the lock is held still.
    :param shard: as for `Ledger`.
    """

    def __init__(self, connection: Connection, is_held: Callable[[], bool], shard: Shard | None = None) -> None:
        self._connection = connection
        self._shard = shard
        self._is_held = is_held

    def last(self) -> FleetResult | None:
        """The last campaign; None where there is none."""
        with self._connection.begin():
            return read(self._connection, shard=self._shard)

    def begin(self, campaign: FleetResult) -> None:
        """Write a campaign that begins, or goes on."""
        kept = {column.name: getattr(campaign, column.name) for column in _CAMPAIGNS.columns}
        with self._connection.begin():
            self._connection.execute(_CAMPAIGNS.delete().where(_CAMPAIGNS.c.campaign == campaign.campaign))
            self._connection.execute(_CAMPAIGNS.insert().values(**kept))

    def write(self, campaign: FleetResult, targets: Sequence[FleetTarget]) -> None:
        """Write how targets are, in one transaction."""
        if not targets:
            return
        rows = [{**_kept(each), "campaign": campaign.campaign, "plan_hash": campaign.plan_hash} for each in targets]
        old = _TARGETS.delete().where(
            _TARGETS.c.campaign == sa.bindparam("old_campaign"), _TARGETS.c.name == sa.bindparam("old_name")
        )
        with self._connection.begin():
            keys = [{"old_campaign": campaign.campaign, "old_name": each.name} for each in targets]
            self._connection.execute(old, keys)
            self._connection.execute(_TARGETS.insert(), rows)

    def take_back(self, campaign: FleetResult, names: Sequence[str]) -> None:
        """Forget targets, which have not begun after all."""
        if names:
            mine = _TARGETS.c.campaign == campaign.campaign
            with self._connection.begin():
                self._connection.execute(_TARGETS.delete().where(mine, _TARGETS.c.name.in_(names)))

    def write_stages(self, campaign: FleetResult, stages: Sequence[FleetStage]) -> None:
        """Write how the stages are, all of them."""
        with self._connection.begin():
            self._connection.execute(_STAGES.delete().where(_STAGES.c.campaign == campaign.campaign))
            for position, each in enumerate(stages):
                values = {"name": each.name, "state": each.state, "total": each.total, "error": each.error}
                row = _STAGES.insert().values(campaign=campaign.campaign, position=position, **values)
                self._connection.execute(row)

    def beat(self, campaign: FleetResult) -> None:
        """Say that the driver of a campaign is there.

        :raises CommandError: where the lock is lost, as with a server that was started anew.
        """
        if not self._is_held():
            raise CommandError(
                "The lock of the ledger was lost, and another campaign may have begun",
                code="ledger-lost",
                hint="look with `limbeck fleet report`, then go on with --resume",
            )
        self._update(campaign, heartbeat=now())

    def end(self, campaign: FleetResult, state: CampaignState) -> None:
        """Say how a campaign has ended."""
        self._update(campaign, heartbeat=now(), ended=now(), state=state)

    def _update(self, campaign: FleetResult, **values: str) -> None:
        with self._connection.begin():
            which = _CAMPAIGNS.c.campaign == campaign.campaign
            self._connection.execute(_CAMPAIGNS.update().where(which).values(**values))


def _make_tables(connection: Connection) -> None:
    """Make the tables where they are missing; several shards may begin at once, and one is first."""
    try:
        _METADATA.create_all(connection)
    except DBAPIError:
        connection.rollback()
        _METADATA.create_all(connection)
    connection.commit()


def read(connection: Connection, campaign: str | None = None, shard: Shard | None = None) -> FleetResult | None:
    """A campaign with its targets by name; by default the last one of a shard, or of those without."""
    query = sa.select(_CAMPAIGNS).order_by(_CAMPAIGNS.c.campaign.desc()).limit(1)
    if campaign is not None:
        query = query.where(_CAMPAIGNS.c.campaign == campaign)
    elif shard is not None:
        query = query.where(_CAMPAIGNS.c.campaign.like(f"%-{shard}"))
    else:
        query = query.where(_CAMPAIGNS.c.campaign.not_like("%-%"))
    found = connection.execute(query).mappings().first()
    if found is None:
        return None
    result = FleetResult(**cast("dict[str, str]", dict(found)))  # type: ignore[arg-type]  # by the names of columns
    rows = sa.select(_TARGETS).where(_TARGETS.c.campaign == result.campaign).order_by(_TARGETS.c.name)
    staged = sa.select(_STAGES).where(_STAGES.c.campaign == result.campaign).order_by(_STAGES.c.position)
    stages = (FleetStage(row.name, row.state, row.total, row.error) for row in connection.execute(staged))
    return replace(result, targets=tuple(map(_target, connection.execute(rows).mappings())), stages=tuple(stages))


def _kept(target: FleetTarget) -> dict[str, object]:
    """The values of the columns for a target."""
    values: dict[str, object] = {each.name: getattr(target, each.name, None) for each in _TARGETS.columns}
    return values | {name: None if values[name] is None else json.dumps(values[name]) for name in _ROWS}


def _target(row: RowMapping) -> FleetTarget:
    values = {name: value for name, value in row.items() if name not in {"campaign", "plan_hash"}}
    for name in _ROWS:
        values[name] = None if values[name] is None else tuple(json.loads(values[name]))
    return FleetTarget(**values)


def known(targets: Iterable[FleetTarget]) -> dict[str, FleetTarget]:
    """Targets by name."""
    return {each.name: each for each in targets}
