"""Models put into the database, other models compared with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.testing import config

from limbeck import autogenerate
from limbeck.autogenerate.api import AutogenContext
from limbeck.operations import ops
from limbeck.runtime.migration import MigrationContext
from limbeck.testing.assertions import eq_
from limbeck.testing.env import clear_staging_env, staging_env

_seen: set[str] = set()


@event.listens_for(MetaData, "before_create")
def _remember(target: MetaData, _connection: Any, **_kw: Any) -> None:
    _seen.update(table.name for table in target.tables.values())


def _default_include_object(obj: Any, name: str, type_: str, reflected: bool, compare_to: Any) -> bool:
    """Tables that no test made are left out."""
    return type_ != "table" or name in _seen


_default_object_filters = _default_include_object
_default_name_filters = None


class _ComparesFKs:
    def _assert_fk_diff(
        self,
        diff: Any,
        type_: str,
        source_table: str,
        source_columns: list[str],
        target_table: str,
        target_columns: list[str],
        name: str | None = None,
        conditional_name: Any = None,
        source_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        initially: str | None = None,
        deferrable: bool | None = None,
    ) -> None:
        """Assert that ``diff`` is of a foreign key that says this.

        :param type_: ``add_fk`` or ``remove_fk``.
        :param conditional_name: the name, where the database says names; ``servergenerated``: whichever it gives.
        """
        key = diff[1]
        eq_(diff[0], type_)
        eq_((key.parent.name, key.parent.schema), (source_table, source_schema))
        eq_([column.name for column in key.columns], source_columns)
        eq_({element.column.table.name for element in key.elements}, {target_table})
        eq_([element.column.name for element in key.elements], target_columns)
        told = (key.onupdate, key.ondelete, key.initially, key.deferrable)
        eq_(told, (onupdate, ondelete, initially, deferrable))
        if conditional_name is None:
            eq_(key.name, name)
        elif conditional_name != "servergenerated" and config.requirements.fk_names.enabled:
            eq_(key.name, conditional_name)


class AutogenFixtureTest(_ComparesFKs):
    """`_fixture` compares two MetaData, of which the first is in the database."""

    def setUp(self) -> None:
        staging_env()
        self.bind = config.db

    def tearDown(self) -> None:
        if "metadata" in vars(self):
            with config.db.begin() as conn:
                self.metadata.drop_all(conn)
        clear_staging_env()

    def _fixture(
        self,
        m1: MetaData,
        m2: MetaData,
        include_schemas: bool = False,
        opts: dict[str, Any] | None = None,
        object_filters: Any = _default_include_object,
        name_filters: Any = None,
        return_ops: bool = False,
        max_identifier_length: int | None = None,
    ) -> Any:
        """The differences, as diff tuples or with ``return_ops`` as `UpgradeOps`.

        :param m1: what is created in the database. :param m2: what the models say.
        :param object_filters: as ``include_object``. :param name_filters: as ``include_name``.
        """
        self.metadata, model_metadata = m1, m2
        for metadata in (m1, m2):
            _seen.update(table.name for table in metadata.tables.values())
        with config.db.begin() as conn:
            m1.create_all(conn)
        options: dict[str, Any] = {"compare_type": True, "compare_server_default": True, **(opts or {})}
        options |= {"target_metadata": model_metadata, "upgrade_token": "upgrades", "downgrade_token": "downgrades"}
        options |= {"alembic_module_prefix": "op.", "sqlalchemy_module_prefix": "sa."}
        options |= {"include_schemas": include_schemas, "include_object": object_filters, "include_name": name_filters}
        with config.db.connect() as conn:
            before = conn.dialect.max_identifier_length
            if max_identifier_length:
                conn.dialect.max_identifier_length = max_identifier_length
            try:
                self.context = MigrationContext.configure(connection=conn, opts=options)
                self.autogen_context = AutogenContext(self.context, model_metadata)
                upgrade = ops.UpgradeOps(ops=[])
                autogenerate._produce_net_changes(self.autogen_context, upgrade)
            finally:
                conn.dialect.max_identifier_length = before
        return upgrade if return_ops else upgrade.as_diffs()
