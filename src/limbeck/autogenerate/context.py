"""AutogenContext: what comparators and renderers of one run are given."""

from __future__ import annotations

import sys
from collections import OrderedDict
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect

from limbeck import sqla
from limbeck.errors import CommandError
from limbeck.objects.declared import objects_of
from limbeck.objects.folder import declared_in
from limbeck.runtime.plugins import Plugin

from . import registry
from .read.fillings import Fillings
from .read.reflect import Reflection
from .read.state import ComparisonState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import MetaData, Table
    from sqlalchemy.engine import Connection, Dialect, Inspector
    from sqlalchemy.schema import SchemaItem

    from limbeck.operations.ops import MigrateOperation
    from limbeck.runtime.callbacks import (
        CompareServerDefault,
        CompareType,
        IncludeNameFn,
        IncludeObjectFn,
        NameFilterParentNames,
        NameFilterType,
    )
    from limbeck.runtime.migration import MigrationContext
    from limbeck.runtime.priority import PriorityDispatcher
    from limbeck.sqla import AnyType

DEFAULT_PLUGINS = ("alembic.autogenerate.*",)
EXACT_PLUGINS = (
    registry.EXACT,
    *(f"~alembic.autogenerate.{name}" for name in registry.CLASSIC),
    "~alembic.ext.checkconstraint_byname",
)
"""The comparators of the exact comparison in place of the classic ones."""
_CLASSIC, _EXACT = "classic", "exact"
_AUTO = "auto"


class AutogenContext:
    """What comparators and renderers of one run are given.

    :param migration_context: the context of the database.
    :param metadata: the models, one MetaData or several; default: the option ``target_metadata``.
    :param opts: options of ``EnvironmentContext.configure()``; default: those of ``migration_context``.
    :param autogenerate: whether models and database are to be compared; False for rendering alone.

    Raises `CommandError` where a comparison has no models, and with ``--sql``.
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
        self._needs_metadata = autogenerate
        if autogenerate and self.metadata is None and migration_context.script is not None:
            raise _no_metadata(migration_context)
        self.imports: set[str] = set()
        self.connection: Connection | None = migration_context.bind if not migration_context.as_sql else None  # type: ignore[assignment]
        self.dialect: Dialect = migration_context.dialect
        self._has_batch = False  # renderers of third parties read it under Alembic's name
        #: texts that are written into files beside the script, by the names of these
        self.bodies: dict[str, str] = {}
        self.fillings = Fillings(self.opts.get("fill") or ())
        include_object, include_name = self.opts.get("include_object"), self.opts.get("include_name")
        self._object_filters: list[IncludeObjectFn] = [include_object] if include_object else []
        self._name_filters: list[IncludeNameFn] = [include_name] if include_name else []

    # --- comparison -----------------------------------------------------------------------------------------------

    @cached_property
    def comparators(self) -> PriorityDispatcher:
        """The comparators of this run: those of `registry.comparators`, then those of the chosen plugins."""
        registry.load_plugins()
        branch = registry.comparators.branch()
        plugins: list[str] = list(self.opts.get("autogenerate_plugins") or DEFAULT_PLUGINS)
        if self.wants_exact and self.state.is_exact:
            plugins += EXACT_PLUGINS
        if self.compares_objects:
            plugins.append(registry.OBJECTS)
        Plugin.populate_autogenerate_priority_dispatch(branch, plugins)
        return branch

    @cached_property
    def state(self) -> ComparisonState:
        """What this comparison has read; raises TypeError where there is no connection."""
        impl = self.migration_context.impl
        reflection = Reflection(self.inspector, impl)
        normalizer = impl.normalizer(reflection.catalogue.connection) if self.wants_exact else None
        return ComparisonState(reflection, normalizer)

    @property
    def default_schema(self) -> str | None:
        """The schema that the database means where none is named: None among the schemas of a comparison."""
        return self.migration_context.impl.default_schema

    @property
    def wants_exact(self) -> bool:
        """Whether ``configure(compare=...)`` asks for the exact comparison; default: under an edition.

        A dialect that has none is compared classically all the same.

        Raises `CommandError` for a value that is neither ``classic`` nor ``exact``.
        """
        wanted = self.opts.get("compare") or (_CLASSIC if self.opts.get("edition") is None else _EXACT)
        if wanted not in (_CLASSIC, _EXACT):
            raise CommandError(
                f"compare is {_CLASSIC!r} or {_EXACT!r}, not {wanted!r}",
                code="unknown-comparison",
                hint="correct compare= of context.configure()",
            )
        return bool(wanted == _EXACT)

    @property
    def compares_objects(self) -> bool:
        """Whether models declare views, functions, triggers or the like, or ``configure()`` asks for them all."""
        return bool(objects_of(*self.metadatas)) or bool(self.opts.get("compare_objects", False))

    @property
    def compare_type(self) -> bool | CompareType:
        """``configure(compare_type=...)``: whether types are compared, or the function that does it."""
        return self.migration_context._user_compare_type  # type: ignore[no-any-return]  # noqa: SLF001 Alembic's name

    @property
    def compare_server_default(self) -> bool | CompareServerDefault:
        """``configure(compare_server_default=...)``: whether defaults are compared, or the function that does it."""
        return self.migration_context._user_compare_server_default  # type: ignore[no-any-return]  # noqa: SLF001 Alembic's name

    @cached_property
    def inspector(self) -> Inspector:
        """SQLAlchemy's inspector of the database; raises TypeError where there is no connection."""
        if self.connection is None:
            raise TypeError("can't return inspector as this AutogenContext has no database connection")
        return inspect(self.connection)

    @cached_property
    def sorted_tables(self) -> list[Table]:
        """The tables of the models, those that others refer to first."""
        return [table for metadata in self.metadatas for table in metadata.sorted_tables]

    @cached_property
    def named_types(self) -> list[AnyType]:
        """The enum types and domains of the models, each after those that it is based on; some several times."""
        types = [column.type for table in self.sorted_tables for column in table.c]
        return [
            each
            for type_ in chain(*map(sqla.types_of, self.metadatas), types)
            if sqla.may_be_named(type_, self.dialect)
            for each in reversed([*sqla.type_and_items(type_, self.dialect)])
            if sqla.is_enum(each) or sqla.is_domain(each)
        ]

    @cached_property
    def table_key_to_table(self) -> dict[str, Table]:
        """The tables of the models by their keys; raises ValueError where two MetaData have the same key."""
        tables: dict[str, Table] = OrderedDict()
        for metadata in self.metadatas:
            twice = sorted(tables.keys() & metadata.tables.keys())
            if twice:
                names = ", ".join(f'"{key}"' for key in twice)
                raise ValueError(f"Duplicate table keys across multiple MetaData objects: {names}")
            tables.update(metadata.tables)
        return tables

    @property
    def metadatas(self) -> list[MetaData]:
        """The models, as a list of MetaData also where there is one, or none; last what ``.sql`` files declare."""
        if self.metadata is None and self._needs_metadata:
            raise _no_metadata(self.migration_context)  # a program may compare single types without them
        if self.metadata is None:
            return []
        given = self.metadata
        models: list[MetaData] = list(given) if isinstance(given, list | tuple) else [given]  # type: ignore[list-item]
        return [*models, *self._of_files]

    @cached_property
    def _of_files(self) -> list[MetaData]:
        """What the folders ``objects`` and ``repeatable_objects`` declare, as far as they are set."""
        config = self.migration_context.config
        folders = {name: Path(self.opts[name]) for name in ("objects", "repeatable_objects") if self.opts.get(name)}
        repeatable = folders.get("repeatable_objects")
        return [
            declared_in(
                folder,
                name,
                (None, None) if config is None else config.place_of(name),
                repeatable=folder is repeatable,
                apart_from=None if folder is repeatable else repeatable,
            )
            for name, folder in folders.items()
        ]

    @property
    def can_ask(self) -> bool:
        """Whether ``revision --autogenerate`` runs at a terminal, under an edition: Alembic never asks."""
        command = getattr(getattr(self.migration_context.environment_context, "config", None), "cmd_opts", None)
        wanted = self.opts.get("edition") is not None and getattr(command, "autogenerate", False)
        return bool(wanted and sys.stdin.isatty() and sys.stderr.isatty())

    # --- rendering ------------------------------------------------------------------------------------------------

    @property
    def has_batch(self) -> bool:
        """Whether operations are rendered inside of a ``batch_alter_table`` block."""
        return self._has_batch

    def wants_batch(self, operations: Sequence[MigrateOperation]) -> bool:
        """Whether operations on one table are rendered as a ``batch_alter_table`` block: ``render_as_batch``."""
        wanted = self.opts.get("render_as_batch")
        if wanted is None:
            wanted = self.opts.get("edition") is not None and _AUTO
        if wanted == _AUTO:
            return any(self.migration_context.impl.needs_batch(each) for each in operations)
        return bool(wanted)

    @contextmanager
    def within_batch(self) -> Iterator[None]:
        """Render operations for a ``batch_alter_table`` block."""
        self._has_batch = True
        try:
            yield
        finally:
            self._has_batch = False

    # --- filters --------------------------------------------------------------------------------------------------

    @property
    def has_filters(self) -> bool:
        """Whether ``include_name`` or ``include_object`` is set."""
        return bool(self._object_filters or self._name_filters)

    def run_name_filters(self, name: str | None, type_: NameFilterType, parent_names: NameFilterParentNames) -> bool:
        """Whether a name of the database is to be compared.

        :param name: the name; None for the default schema and for unnamed constraints.
        :param type_: ``schema``, ``table``, ``column``, ``index``, ``unique_constraint``, ``foreign_key_constraint``,
            ``check_constraint``, ``enum``, ``domain`` or ``sequence``.
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
        """Whether an object is to be compared.

        :param object_: the object, of the models or reflected. :param name: its name.
        :param type_: ``table``, ``column``, ``index``, ``unique_constraint``, ``foreign_key_constraint``,
            ``check_constraint``, ``enum``, ``domain`` or ``sequence``.
        :param reflected: whether it comes from the database.
        :param compare_to: its counterpart on the other side; None where it has none.
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
