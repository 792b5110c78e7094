"""AutogenContext: what one comparison or one rendering knows (behaviour 7.9)."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from limbeck.errors import CommandError
from limbeck.runtime.plugins import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import MetaData, Table
    from sqlalchemy.engine import Connection, Dialect, Inspector
    from sqlalchemy.schema import SchemaItem

    from limbeck.runtime.callbacks import NameFilterParentNames, NameFilterType
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.priority import PriorityDispatcher

DEFAULT_PLUGINS = ("alembic.autogenerate.*",)


class AutogenContext:
    """What comparators and renderers are given.

    :param migration_context: the database.
    :param metadata: the models, one MetaData or several; default: the option ``target_metadata``.
    :param opts: options of ``EnvironmentContext.configure()``; default: those of ``migration_context``.
    :param autogenerate: a comparison is to be made; False for rendering alone.

    Raises `CommandError` where a comparison has no models, or where the run writes a script.
    """

    def __init__(
        self,
        migration_context: MigrationContext,
        metadata: MetaData | Sequence[MetaData] | None = None,
        opts: dict[str, Any] | None = None,
        autogenerate: bool = True,
    ) -> None:
        if autogenerate and migration_context.as_sql:
            raise CommandError(
                "autogenerate can't use as_sql=True as it prevents querying the database for schema information",
                code="autogenerate-offline",
                hint="run it without --sql",
            )
        self.migration_context = migration_context
        self.opts: dict[str, Any] = dict(migration_context.opts if opts is None else opts)
        self.metadata = self.opts.get("target_metadata") if metadata is None else metadata
        if autogenerate and self.metadata is None:
            raise _no_metadata(migration_context)
        self.imports: set[str] = set()
        self.connection: Connection | None = migration_context.bind if not migration_context.as_sql else None  # type: ignore[assignment]
        self.dialect: Dialect = migration_context.dialect
        self._has_batch = False
        self._filling = False
        include_object, include_name = self.opts.get("include_object"), self.opts.get("include_name")
        self._object_filters = [include_object] if include_object else []
        self._name_filters = [include_name] if include_name else []

    @cached_property
    def comparators(self) -> PriorityDispatcher:
        """The comparators of this run: those registered for everybody, and those of the plugins chosen."""
        from .compare import comparators
        from .exact.snapshot import EXACT_PLUGINS, shapes_of

        branch = comparators.branch()
        plugins: list[str] = list(self.opts.get("autogenerate_plugins") or DEFAULT_PLUGINS)
        if shapes_of(self) is not None:
            plugins += EXACT_PLUGINS
        Plugin.populate_autogenerate_priority_dispatch(branch, plugins)
        return branch

    @cached_property
    def inspector(self) -> Inspector:
        """SQLAlchemy's inspector of the database; raises TypeError where there is no connection."""
        if self.connection is None:
            raise TypeError("can't return inspector as this AutogenContext has no database connection")
        return inspect(self.connection)

    @cached_property
    def sorted_tables(self) -> list[Table]:
        """The tables of the models, those that others refer to first."""
        return [table for metadata in self._metadatas() for table in metadata.sorted_tables]

    @cached_property
    def table_key_to_table(self) -> dict[str, Table]:
        """The tables of the models by their keys; raises ValueError where two MetaData have the same key."""
        tables: dict[str, Table] = OrderedDict()
        for metadata in self._metadatas():
            twice = sorted(tables.keys() & metadata.tables.keys())
            if twice:
                names = ", ".join(f'"{key}"' for key in twice)
                raise ValueError(f"Duplicate table keys across multiple MetaData objects: {names}")
            tables.update(metadata.tables)
        return tables

    def _metadatas(self) -> list[MetaData]:
        if self.metadata is None:
            return []
        return list(self.metadata) if isinstance(self.metadata, list | tuple) else [self.metadata]  # type: ignore[list-item]

    @contextmanager
    def _within_batch(self) -> Iterator[None]:
        self._has_batch = True
        try:
            yield
        finally:
            self._has_batch = False

    @contextmanager
    def _asking_for_values(self, asking: bool) -> Iterator[None]:
        self._filling = asking
        try:
            yield
        finally:
            self._filling = False

    # --- filters (behaviour 7.3) ----------------------------------------------------------------------------------

    def run_name_filters(self, name: str | None, type_: NameFilterType, parent_names: NameFilterParentNames) -> bool:
        """Whether a name of the database counts.

        :param name: the name; None for the default schema and for unnamed constraints.
        :param type_: ``schema``, ``table``, ``column``, ``index``, ``unique_constraint``, ``foreign_key_constraint`` or
            ``check_constraint``.
        :param parent_names: ``schema_name`` and ``table_name``, below a schema and a table.
        """
        if "schema_name" in parent_names:
            table = name if type_ == "table" else parent_names.get("table_name")
            if table:
                schema = parent_names["schema_name"]
                parent_names["schema_qualified_table_name"] = f"{schema}.{table}" if schema else table
        return all(allows(name, type_, parent_names) for allows in self._name_filters)

    def run_object_filters(
        self,
        object_: SchemaItem,
        name: str | None,
        type_: NameFilterType,
        reflected: bool,
        compare_to: SchemaItem | None,
    ) -> bool:
        """Whether an object counts.

        :param object_: the object, of the models or reflected. :param name: its name.
        :param type_: ``table``, ``column``, ``index``, ``unique_constraint``, ``foreign_key_constraint`` or
            ``check_constraint``.
        :param reflected: it comes from the database. :param compare_to: its counterpart on the other side, if any.
        """
        return all(allows(object_, name, type_, reflected, compare_to) for allows in self._object_filters)

    run_filters = run_object_filters


def _no_metadata(context: MigrationContext) -> CommandError:
    place = "" if context.script is None else f" {context.script.env_py_location}"
    return CommandError(
        f"Can't proceed with --autogenerate option; environment script{place} does not provide a MetaData object or "
        "sequence of objects to the context.",
        code="no-metadata",
        hint="give the MetaData of your models to context.configure(target_metadata=...)",
        file=None if context.script is None else context.script.env_py_location,
    )
