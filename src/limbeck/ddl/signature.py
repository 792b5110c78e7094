"""Signatures: what the classic comparison identifies a constraint or an index by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import sqlalchemy as sa

from limbeck import sqla

from .comparison_result import ComparisonResult as ComparisonResult  # noqa: TC001 imported from here by others

if TYPE_CHECKING:
    from .protocols import ComparesConstraints


class Signature:
    """A constraint or an index.

    :param is_metadata: whether it is of the models; else it is of the database.
    :param impl: the impl that compares.
    :param const: the constraint or index.
    """

    is_index = False
    is_unique = False
    is_fk = False

    def __init__(self, is_metadata: bool, impl: ComparesConstraints, const: Any) -> None:
        self.is_metadata = is_metadata
        self.impl = impl
        self.const = const

    @property
    def name(self) -> str | None:
        """The final name: by the naming convention, cut to the dialect's length; of a reflected one as it is."""
        if not self.is_metadata:
            return None if self.const.name is None else str(self.const.name)
        return sqla.constraint_name(self.const, self.impl.dialect)

    @property
    def is_named(self) -> bool:
        """Whether it has a name."""
        return self.name is not None

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of its columns, in order; expressions are left out."""
        return tuple(column.name for column in self.const.columns)

    @property
    def unnamed(self) -> tuple[Any, ...]:
        """What identifies it if it has no name."""
        return tuple(sorted(self.column_names))

    def md_name_to_sql_name(self, context: Any = None) -> str | None:
        """The same as `name`; third-party comparators call it so."""
        return self.name

    def compare_to_reflected(self, other: Signature) -> ComparisonResult:
        """Compare this one, of the models, with ``other``, of the database."""
        raise NotImplementedError(type(self).__name__)


class UniqueSignature(Signature):
    """A unique constraint."""

    is_unique = True

    def compare_to_reflected(self, other: Signature) -> ComparisonResult:
        """By `DefaultImpl.compare_unique_constraint`."""
        return self.impl.compare_unique_constraint(self.const, other.const)


class IndexSignature(Signature):
    """An index."""

    is_index = True

    @property
    def is_unique(self) -> bool:  # type: ignore[override]
        """Whether it forbids equal keys."""
        return bool(self.const.unique)

    @property
    def unnamed(self) -> tuple[Any, ...]:
        """Columns and uniqueness."""
        return (tuple(sorted(self.column_names)), self.is_unique)

    def compare_to_reflected(self, other: Signature) -> ComparisonResult:
        """By `DefaultImpl.compare_indexes`."""
        return self.impl.compare_indexes(self.const, other.const)


class ForeignKeySignature(Signature):
    """A foreign key: source and target by name, and its options where the dialect reflects them."""

    is_fk = True

    def __init__(
        self,
        is_metadata: bool,
        impl: ComparesConstraints,
        const: sa.ForeignKeyConstraint,
        include_options: bool = False,
    ) -> None:
        super().__init__(is_metadata, impl, const)
        targets = [sqla.fk_target(element) for element in const.elements]
        self.source_schema = const.parent.schema
        self.source_table = const.parent.name
        self.source_columns = [element.parent.name for element in const.elements]
        self.target_schema, self.target_table, _ = targets[0]
        self.target_columns = [column for _, _, column in targets]
        self.onupdate = unusual(impl, const.onupdate)
        self.ondelete = unusual(impl, const.ondelete)
        self.deferrable = const.deferrable
        self.initially = const.initially
        self.include_options = include_options

    @property
    def name(self) -> str | None:
        """The name, by the naming convention."""
        return None if self.const.name is None else sqla.constraint_name(self.const, self.impl.dialect)

    @property
    def unnamed(self) -> tuple[Any, ...]:
        """Source, target and options."""
        key: tuple[Any, ...] = (
            self._unless_default(self.source_schema),
            self.source_table,
            tuple(self.source_columns),
            self._unless_default(self.target_schema),
            self.target_table,
            tuple(self.target_columns),
        )
        if not self.include_options:
            return (*key, None, None, None)
        return (*key, self.onupdate, self.ondelete, self._deferral())

    def _unless_default(self, schema: str | None) -> str | None:
        """``schema``; None if it is the session's default."""
        return None if schema == self.impl.default_schema else schema

    def _deferral(self) -> str:
        return deferral(self.deferrable, self.initially)


def unusual(impl: ComparesConstraints, action: str | None) -> str | None:
    """The action of a foreign key in lower case; None if it is what the database does without one."""
    return None if action is None or action.lower() in impl.usual_actions else action.lower()


def deferral(deferrable: bool | None, initially: str | None) -> str:
    """When a foreign key is checked: ``initially_deferrable``, ``deferrable`` or ``not deferrable``."""
    if initially and initially.lower() == "deferred":
        return "initially_deferrable"
    return "deferrable" if deferrable else "not deferrable"


def signature_of(is_metadata: bool, impl: ComparesConstraints, const: Any, **opts: Any) -> Signature:
    """The signature of ``const``; ``include_options`` is for foreign keys."""
    if isinstance(const, sa.Index):
        return IndexSignature(is_metadata, impl, const)
    if isinstance(const, sa.UniqueConstraint):
        return UniqueSignature(is_metadata, impl, const)
    if isinstance(const, sa.ForeignKeyConstraint):
        return ForeignKeySignature(is_metadata, impl, const, **opts)
    return Signature(is_metadata, impl, const)


# the names that third-party comparators import
_constraint_sig = Signature


def is_index_sig(sig: Signature) -> TypeGuard[IndexSignature]:
    """Whether ``sig`` is an index's."""
    return sig.is_index


def is_uq_sig(sig: Signature) -> TypeGuard[UniqueSignature]:
    """Whether ``sig`` is a unique constraint's."""
    return sig.is_unique and not sig.is_index


def is_fk_sig(sig: Signature) -> TypeGuard[ForeignKeySignature]:
    """Whether ``sig`` is a foreign key's."""
    return sig.is_fk
