"""Transactions of a run, and the version rows that it leaves."""

from __future__ import annotations

import io
import textwrap
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from limbeck import command
from limbeck.config import Config
from limbeck.runtime.migration import MigrationContext
from limbeck.testing import config, eq_, is_false, is_true
from limbeck.testing.env import _get_staging_directory, clear_staging_env, staging_env
from limbeck.testing.fixtures import TestBase


class MigrationTransactionTest(TestBase):
    """``context.begin_transaction()`` under every setting that there is."""

    __backend__ = True
    conn: Any = None

    def _fixture(self, opts: dict[str, Any]) -> None:
        self.conn = None if opts.get("as_sql") else config.db.connect()
        self.buffer = io.StringIO()
        opts = {**opts, "output_buffer": self.buffer}
        dialect = config.db.dialect
        self.context = MigrationContext.configure(dialect=dialect, connection=self.conn, opts=opts)

    def teardown_method(self) -> None:
        if self.conn is not None:
            self.conn.close()

    def _in_transaction(self) -> bool:
        return bool(self.conn.in_transaction())

    def test_proxy_transaction_rollback(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        is_false(self._in_transaction())
        proxy = self.context.begin_transaction(_per_migration=True)
        is_true(self._in_transaction())
        proxy.rollback()
        is_false(self._in_transaction())

    def test_proxy_transaction_commit(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        proxy = self.context.begin_transaction(_per_migration=True)
        is_true(self._in_transaction())
        proxy.commit()
        is_false(self._in_transaction())

    def test_proxy_transaction_contextmanager_commit(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        with self.context.begin_transaction(_per_migration=True):
            is_true(self._in_transaction())
        is_false(self._in_transaction())

    def test_proxy_transaction_contextmanager_rollback(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        try:
            with self.context.begin_transaction(_per_migration=True):
                is_true(self._in_transaction())
                raise KeyError
        except KeyError:
            is_false(self._in_transaction())

    def test_proxy_transaction_contextmanager_explicit_rollback(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        with self.context.begin_transaction(_per_migration=True) as proxy:
            proxy.rollback()
            is_false(self._in_transaction())
        is_false(self._in_transaction())

    def test_proxy_transaction_contextmanager_explicit_commit(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True})
        with self.context.begin_transaction(_per_migration=True) as proxy:
            proxy.commit()
            is_false(self._in_transaction())
        is_false(self._in_transaction())

    def _nested(self, **opts: Any) -> list[bool]:
        """Whether a transaction is open before, in the run, in a migration of it, in the run again, and after."""
        self._fixture(opts)
        found = [self._in_transaction()]
        with self.context.begin_transaction():
            found.append(self._in_transaction())
            with self.context.begin_transaction(_per_migration=True):
                found.append(self._in_transaction())
            found.append(self._in_transaction())
        return [*found, self._in_transaction()]

    def test_transaction_per_migration_transactional_ddl(self) -> None:
        eq_(self._nested(transaction_per_migration=True, transactional_ddl=True), [False, False, True, False, False])

    def test_transaction_per_migration_non_transactional_ddl(self) -> None:
        eq_(self._nested(transaction_per_migration=True, transactional_ddl=False), [False, False, True, False, False])

    def test_transaction_per_all_transactional_ddl(self) -> None:
        eq_(self._nested(transactional_ddl=True), [False, True, True, True, False])

    def test_transaction_per_all_non_transactional_ddl(self) -> None:
        eq_(self._nested(transactional_ddl=False), [False, False, True, False, False])

    def _script(self, **opts: Any) -> list[str]:
        """The impl's words for a transaction around ``#``, told as ``begin`` and ``commit``."""
        self._fixture({"as_sql": True, "transactional_ddl": True, **opts})
        with self.context.begin_transaction(), self.context.begin_transaction(_per_migration=True):
            self.context.impl.static_output("#")
        return self._told()

    def _told(self) -> list[str]:
        probe = io.StringIO()
        other = MigrationContext.configure(dialect=config.db.dialect, opts={"as_sql": True, "output_buffer": probe})
        words = {}
        for name in ("begin", "commit"):
            probe.seek(0)
            probe.truncate()
            getattr(other.impl, f"emit_{name}")()
            words[probe.getvalue().strip()] = name
        return [words.get(part.strip(), part.strip()) for part in self.buffer.getvalue().split("\n\n") if part.strip()]

    def test_transaction_per_all_sqlmode(self) -> None:
        eq_(self._script(), ["begin", "#", "commit"])

    def test_transaction_per_migration_sqlmode(self) -> None:
        eq_(self._script(transaction_per_migration=True), ["begin", "#", "commit"])

    @config.requirements.autocommit_isolation
    def test_autocommit_block(self) -> None:
        self._fixture({"transaction_per_migration": True})
        with self.context.begin_transaction(_per_migration=True):
            with self.context.autocommit_block():
                eq_(self._isolation_level(), "AUTOCOMMIT")
            assert self._isolation_level() != "AUTOCOMMIT"
            is_true(self._in_transaction())

    @config.requirements.autocommit_isolation
    def test_autocommit_block_no_transaction(self) -> None:
        self._fixture({"transaction_per_migration": True})
        with self.context.autocommit_block():
            eq_(self._isolation_level(), "AUTOCOMMIT")
        is_false(self._in_transaction())

    def _isolation_level(self) -> Any:
        """The level that the connection was set to; the server may know of none."""
        return self.conn.get_execution_options().get("isolation_level")

    def test_autocommit_block_transactional_ddl_sqlmode(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": True, "as_sql": True})
        with self.context.begin_transaction(_per_migration=True), self.context.autocommit_block():
            self.context.impl.static_output("#")
        eq_(self._told(), ["begin", "commit", "#", "begin", "commit"])

    def test_autocommit_block_nontransactional_ddl_sqlmode(self) -> None:
        self._fixture({"transaction_per_migration": True, "transactional_ddl": False, "as_sql": True})
        with self.context.begin_transaction(_per_migration=True), self.context.autocommit_block():
            self.context.impl.static_output("#")
        eq_(self._told(), ["#"])


ENV = """
from alembic import context
from sqlalchemy.testing import config

with config.db.connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    op.create_table("made_by_{revision}", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))


def downgrade():
    op.drop_table("made_by_{revision}")
"""

HISTORY = {"a1": None, "a2": "a1", "b2": "a1", "m3": ("a2", "b2")}
r"""
::

        /-> a2 -\
    a1 -         -> m3
        \-> b2 -/
"""


class HistoryTest(TestBase):
    """A history with a branch and a merge point, up and down: tables and version rows after each step."""

    __backend__ = True

    def setup_method(self) -> None:
        staging_env()
        scripts = Path(_get_staging_directory(), "scripts").absolute()
        (scripts / "env.py").write_text(textwrap.dedent(ENV))
        for revision, down in HISTORY.items():
            text = REVISION.format(revision=revision, down=down)
            (scripts / "versions" / f"{revision}_.py").write_text(text)
        self.config = Config()
        self.config.set_main_option("script_location", str(scripts))

    def teardown_method(self) -> None:
        with config.db.begin() as conn:
            found = sa.MetaData()
            found.reflect(conn, only=lambda name, _: name.startswith(("made_by_", "alembic_version")))
            found.drop_all(conn)
        clear_staging_env()

    def _found(self) -> tuple[list[str], list[str]]:
        with config.db.connect() as conn:
            names = sa.inspect(conn).get_table_names()
            rows = sorted(MigrationContext.configure(conn).get_current_heads())
        return rows, sorted(name.removeprefix("made_by_") for name in names if name.startswith("made_by_"))

    def test_up_and_down(self) -> None:
        for verb, target, rows, tables in (
            ("upgrade", "a2", ["a2"], ["a1", "a2"]),
            ("upgrade", "b2", ["a2", "b2"], ["a1", "a2", "b2"]),
            ("upgrade", "heads", ["m3"], ["a1", "a2", "b2", "m3"]),
            ("downgrade", "a2", ["a2", "b2"], ["a1", "a2", "b2"]),
            ("downgrade", "a1", ["a1"], ["a1"]),
            ("stamp", "m3", ["m3"], ["a1"]),
            ("stamp", "a1", ["a1"], ["a1"]),
            ("upgrade", "m3", ["m3"], ["a1", "a2", "b2", "m3"]),
            ("downgrade", "base", [], []),
        ):
            getattr(command, verb)(self.config, target)
            eq_((verb, target, *self._found()), (verb, target, rows, tables))

    def test_a_revision_that_fails_is_not_recorded(self) -> None:
        failing = Path(_get_staging_directory(), "scripts", "versions", "a2_.py")
        failing.write_text(failing.read_text() + "\n\ndef upgrade():\n    raise KeyError('on purpose')\n")
        try:
            command.upgrade(self.config, "a2")
        except KeyError:
            rows, tables = self._found()
            eq_((rows, tables), (tables, rows))
        else:
            raise AssertionError("the revision did not fail")
