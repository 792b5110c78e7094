"""The classic comparison: how an impl compares a column, index or constraint of the database with that of the models.

Third-party dialects override these methods. The exact comparison goes by a `limbeck.ddl.normalizer.Normalizer`.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from limbeck import sqla
from limbeck.errors import warn

from .comparison_result import ComparisonResult, compare_identity_options
from .execution import Execution
from .signature import Signature, signature_of
from .types import Params, tokenise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine import Connection, Inspector

    from .index_values import IndexValue, TableValue


log = logging.getLogger("alembic.ddl.impl")


class Comparison(Execution):
    """The part of an impl that `limbeck.autogenerate.compare` uses."""

    type_synonyms: tuple[set[str], ...]
    type_arg_extract: Sequence[str]
    identity_attrs_ignore: tuple[str, ...]
    compared_options: tuple[str, ...] = ()
    """Options of indexes and unique constraints that make them differ, with the dialect's prefix."""
    usual_actions: frozenset[str] = frozenset({"no action"})
    """ON DELETE and ON UPDATE actions that mean the same as none."""

    # -- types -----------------------------------------------------------------------------------------------------

    @property
    def default_schema(self) -> str | None:
        """The schema that is meant where none is named, as SQLAlchemy learnt it when the engine first connected."""
        return self.dialect.default_schema_name

    def compare_type(self, inspector_column: sa.Column[Any], metadata_column: sa.Column[Any]) -> bool:
        """Whether the types differ, as far as their written forms tell."""
        database = self._tokenize_column_type(inspector_column)
        model = self._tokenize_column_type(metadata_column)
        return not (self._column_types_match(database, model) and self._column_args_match(database, model))

    def _tokenize_column_type(self, column: sa.Column[Any]) -> Params:
        return tokenise(self._type_text(column))

    def _type_text(self, column: sa.Column[Any]) -> str:
        return self.dialect.type_compiler_instance.process(column.type, type_expression=column)

    def _column_types_match(self, inspector_params: Params, metadata_params: Params) -> bool:
        if inspector_params.token0 == metadata_params.token0:
            return True
        words = {inspector_params.words, metadata_params.words}
        firsts = {inspector_params.token0, metadata_params.token0}
        synonyms = [{name.lower() for name in names} for names in self.type_synonyms]
        return any(words <= names or firsts <= names for names in synonyms)

    def _column_args_match(self, inspected_params: Params, meta_params: Params) -> bool:
        pairs = ((inspected_params.tokens, meta_params.tokens), (inspected_params.args, meta_params.args))
        if any(len(database) == len(model) and database != model for database, model in pairs):
            return False
        for pattern in self.type_arg_extract:
            in_database = re.search(pattern, inspected_params.words)
            in_model = re.search(pattern, meta_params.words)
            if in_database and in_model and in_database.group(1) != in_model.group(1):
                return False
        return True

    # -- server defaults -------------------------------------------------------------------------------------------

    def compare_server_default(
        self,
        inspector_column: sa.Column[Any],
        metadata_column: sa.Column[Any],
        rendered_metadata_default: str | None,
        rendered_inspector_default: str | None,
    ) -> bool:
        """Whether the defaults differ; both given as SQL, None where there is none."""
        return rendered_inspector_default != rendered_metadata_default

    def _compare_identity_default(
        self, metadata_identity: sa.Identity | None, inspector_identity: sa.Identity | None
    ) -> tuple[set[str], set[str], bool]:
        """The options that differ, those that only the database states, and whether the identities count as different.

        An identity that does not state ALWAYS is BY DEFAULT.
        """
        differing, unstated = compare_identity_options(metadata_identity, inspector_identity, skip={"always"})
        model, database = (bool(getattr(each, "always", None)) for each in (metadata_identity, inspector_identity))
        one_sided = (metadata_identity is None) is not (inspector_identity is None)
        if model is not database:
            differing.add("always")
        differing -= set(self.identity_attrs_ignore)
        return differing, unstated, bool(differing) or one_sided

    def _normalize_computed_default(self, sqltext: str) -> str:
        """A computed column's expression without what databases change in it: spaces, quotes, parentheses, case."""
        return re.sub(r"[ \(\)'\"`\[\]\t\r\n]", "", sqltext).lower()

    # -- indexes and constraints -----------------------------------------------------------------------------------

    def _create_metadata_constraint_sig(self, constraint: Any, **opts: Any) -> Signature:
        return signature_of(True, self, constraint, **opts)

    def _create_reflected_constraint_sig(self, constraint: Any, **opts: Any) -> Signature:
        return signature_of(False, self, constraint, **opts)

    def compare_indexes(self, metadata_index: sa.Index, reflected_index: sa.Index) -> ComparisonResult:
        """Compare uniqueness and columns of two indexes of one name, but not expressions, which databases rewrite."""
        for index in filter(sqla.is_expression_index, (metadata_index, reflected_index)):
            log.warning(
                "Generating approximate signature for index %s. The dialect implementation should either skip "
                "expression indexes or provide a custom implementation.",
                index,
            )
        differences = self._unique_difference(metadata_index, reflected_index)
        model, database = (tuple(column.name for column in each.columns) for each in (metadata_index, reflected_index))
        if model != database:
            differences.append(f"expression {database!r} to {model!r}")
        return ComparisonResult.Different(differences) if differences else ComparisonResult.Equal()

    def _unique_difference(self, metadata_index: sa.Index, reflected_index: sa.Index) -> list[str]:
        if bool(metadata_index.unique) is bool(reflected_index.unique):
            return []
        return [f"unique={bool(reflected_index.unique)} to unique={bool(metadata_index.unique)}"]

    def compare_unique_constraint(
        self, metadata_constraint: sa.UniqueConstraint, reflected_constraint: sa.UniqueConstraint
    ) -> ComparisonResult:
        """Compare the columns of two unique constraints of one name, in any order."""
        model, database = (
            tuple(sorted(column.name for column in constraint.columns))
            for constraint in (metadata_constraint, reflected_constraint)
        )
        if model == database:
            return ComparisonResult.Equal()
        return ComparisonResult.Different(f"expression {database} to {model}")

    def compare_check_constraint(
        self, metadata_constraint: sa.CheckConstraint, reflected_constraint: sa.CheckConstraint
    ) -> ComparisonResult:
        """Two checks of one name count as equal: databases rewrite their text."""
        return ComparisonResult.Equal()

    def correct_for_autogen_constraints(
        self,
        conn_uniques: set[sa.UniqueConstraint],
        conn_indexes: set[sa.Index],
        metadata_unique_constraints: set[sa.UniqueConstraint],
        metadata_indexes: set[sa.Index],
    ) -> None:
        """Remove from the sets, in place, what this database lists twice or creates by itself."""

    def _skip_functional_indexes(self, metadata_indexes: set[sa.Index], conn_indexes: set[sa.Index]) -> None:
        """Remove the models' indexes on expressions that the database shows no namesake of, with a warning.

        For dialects whose reflection leaves out such indexes: called in `correct_for_autogen_constraints`.
        """
        shown = {index.name for index in conn_indexes}
        named = {sqla.constraint_name(index, self.dialect): index for index in metadata_indexes}
        for name in sorted(name for name in named if name is not None and name not in shown):
            if sqla.is_expression_index(named[name]):
                metadata_indexes.discard(named[name])
                warn(
                    f"autogenerate skipping metadata-specified expression-based index {name!r}; dialect "
                    f"{self.dialect.name!r} under SQLAlchemy {sa.__version__} can't reflect these indexes so they "
                    "can't be compared",
                    code="expression-index-skipped",
                    hint="where the script is to have it, write op.create_index() by hand, or compare exactly",
                )

    def correct_for_autogen_foreignkeys(self, conn_fks: set[Any], metadata_fks: set[Any]) -> None:
        """The same for sets of foreign key constraints."""

    def belongs_to_constraint(self, index: IndexValue, table: TableValue) -> bool:
        """Whether an index implements a constraint of its table."""
        return False

    # -- reflection and rendering ----------------------------------------------------------------------------------

    def catalogue_reader(self, connection: Connection) -> Any:
        """What reflection reads the catalogue through: ``connection``, or a faster stand-in for it."""
        return connection

    def autogen_column_reflect(self, inspector: Inspector, table: sa.Table, column_info: dict[str, Any]) -> None:
        """Called for each reflected column; may change ``column_info`` in place."""

    def _compat_autogen_column_reflect(self, inspector: Inspector) -> Any:
        def adapt(table: sa.Table, column_info: dict[str, Any]) -> None:
            self.autogen_column_reflect(inspector, table, column_info)

        return adapt

    def adjust_reflected_dialect_options(self, reflected_object: dict[str, Any], kind: str) -> dict[str, Any]:
        """The ``dialect_options`` of a reflected index or constraint, as keywords for its constructor.

        :param kind: ``index``, ``unique_constraint``, ...
        """
        return dict(reflected_object.get("dialect_options", {}))

    def render_type(self, type_obj: Any, autogen_context: Any) -> str | bool:
        """The Python text of ``type_obj``; False leaves it to the usual rendering."""
        return False
