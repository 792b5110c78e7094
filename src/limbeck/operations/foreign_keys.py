"""Foreign keys: create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKeyConstraint

from limbeck import sqla

from .abstract import AbstractOperations, BatchBase
from .arguments import bad_call, expect_columns, expect_name, expect_optional_name
from .call import Call, given
from .constraints import AddConstraintOp
from .operation import TakesOptions, operation
from .schemaobj import SchemaObjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.schema import Constraint

    from limbeck.runtime.migration import MigrationContext


@AddConstraintOp.register_add_constraint("foreign_key_constraint")
@operation(
    "create_foreign_key",
    in_batch=True,
    init=False,
    makes=ForeignKeyConstraint,
    more_keywords=("source_schema", "referent_schema"),
)
class CreateForeignKeyOp(TakesOptions, AddConstraintOp):
    """Create a foreign key.

    :param constraint_name: its name; None: the naming convention's, or the database's.
    :param source_table: the table that refers.
    :param referent_table: the table that is referred to.
    :param local_cols: the columns that refer.
    :param remote_cols: the columns that are referred to.
    :param kw: ``onupdate``, ``ondelete``, ``deferrable``, ``initially``, ``match``, ``source_schema``,
        ``referent_schema``, ``<dialect>_...``.
    """

    constraint_type = "foreignkey"

    constraint_name: str | None
    source_table: str
    referent_table: str
    local_cols: Sequence[str]
    remote_cols: Sequence[str]

    def __post_init__(self) -> None:
        expect_optional_name(self.call, "constraint_name", self.constraint_name)
        expect_name(self.call, "source_table", self.source_table)
        expect_name(self.call, "referent_table", self.referent_table)
        expect_columns(self.call, "local_cols", self.local_cols)
        expect_columns(self.call, "remote_cols", self.remote_cols)
        local, remote = len(self.local_cols), len(self.remote_cols)
        if local != remote:
            raise bad_call(self.call, f"local_cols has {local} columns, remote_cols {remote}")

    @classmethod
    def from_constraint(cls, constraint: Constraint) -> CreateForeignKeyOp:
        """The operation that creates the foreign key ``constraint``."""
        key: ForeignKeyConstraint = constraint  # type: ignore[assignment]  # its visit name says so
        referent_schema, referent, remote = sqla.referred_columns(key)
        options = given(
            onupdate=key.onupdate or None,
            ondelete=key.ondelete or None,
            initially=key.initially or None,
            deferrable=key.deferrable or None,
            use_alter=key.use_alter or None,
            match=key.match or None,
        )
        local = [element.parent.name for element in key.elements]
        return cls(
            sqla.given_name(key),
            key.table.name,
            referent,
            local,
            remote,
            source_schema=key.table.schema,
            referent_schema=referent_schema,
            **options,
            **key.dialect_kwargs,
        )

    def to_constraint(self, migration_context: MigrationContext | None = None) -> ForeignKeyConstraint:
        """The foreign key as an object of SQLAlchemy."""
        return SchemaObjects(migration_context).foreign_key_constraint(
            self.constraint_name, self.source_table, self.referent_table, self.local_cols, self.remote_cols, **self.kw
        )

    def to_diff_tuple(self) -> tuple[str, Constraint]:
        """``("add_fk", ForeignKeyConstraint)``."""
        return ("add_fk", self.to_constraint())

    def to_call(self, *, batch: bool = False) -> Call:
        """``create_foreign_key(name, source, referent, [local], [remote], source_schema=, ..., <dialect>_...=)``."""
        first = ("referent_schema",) if batch else ("source_schema", "referent_schema")
        named = (*first, "onupdate", "ondelete", "initially", "deferrable", "use_alter", "match")
        options = given(**{name: self.kw.get(name) for name in named})
        options |= {name: value for name, value in self.kw.items() if name not in named and name != "source_schema"}
        on = (self.constraint_name,) if batch else (self.constraint_name, self.source_table)
        args = (*on, self.referent_table, list(self.local_cols), list(self.remote_cols))
        return Call("create_foreign_key", args, options)


class ForeignKeyOperations(AbstractOperations):
    """What ``op.`` offers for foreign keys."""

    def create_foreign_key(
        self,
        constraint_name: str | None,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Create a foreign key.

        :param constraint_name: its name; None: the naming convention's, or the database's.
        :param source_table: the table that refers.
        :param referent_table: the table that is referred to.
        :param local_cols: the columns that refer.
        :param remote_cols: the columns that are referred to.
        :param onupdate: action when the referenced row changes: ``CASCADE``, ``SET NULL``, ...
        :param ondelete: action when it is deleted.
        :param deferrable: whether the check can be deferred to the end of the transaction.
        :param initially: ``DEFERRED`` or ``IMMEDIATE``.
        :param match: ``FULL``, ``PARTIAL`` or ``SIMPLE``.
        :param source_schema: schema of the table that refers; default: the connection's own.
        :param referent_schema: schema of the table that is referred to; default: the connection's own.
        :param dialect_kw: ``<dialect>_...``, such as ``postgresql_not_valid``.
        """
        self.invoke(
            CreateForeignKeyOp(
                constraint_name,
                source_table,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=source_schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )


class BatchForeignKeyOperations(BatchBase):
    """What ``batch_op.`` offers for foreign keys."""

    def create_foreign_key(
        self,
        constraint_name: str | None,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        referent_schema: str | None = None,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        **dialect_kw: Any,
    ) -> None:
        """Create a foreign key from the table of this block; parameters as for `op.create_foreign_key`."""
        self.invoke(
            CreateForeignKeyOp(
                constraint_name,
                self._table_name,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=self._schema,
                referent_schema=referent_schema,
                **dialect_kw,
            )
        )
