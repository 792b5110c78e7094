"""Server defaults, computed expressions and identities of columns."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Computed, DefaultClause, Identity, text
from sqlalchemy.sql.elements import TextClause

from limbeck import sqla
from limbeck.autogenerate.registry import add_comparator
from limbeck.errors import warn
from limbeck.runtime.priority import PriorityDispatchResult

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from sqlalchemy import FetchedValue

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.table_view import TableView
    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

    Default = FetchedValue | None  # a DefaultClause, a Computed, an Identity, or a plain FetchedValue

CONTINUE, STOP = PriorityDispatchResult.CONTINUE, PriorityDispatchResult.STOP

log = logging.getLogger("alembic.autogenerate.compare.server_defaults")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_server_default, "column", "server_default", is_unchanged_defaults)


# --- unchanged tables ---------------------------------------------------------------------------------------------

_KINDS = ("default", "computed", "identity")


def is_unchanged_defaults(view: TableView) -> bool:
    """Whether defaults are not compared at all, or the impl finds no difference."""
    return not view.compares_defaults or all(
        _is_unchanged(view, listed, column)
        for listed, column in view.columns
        if column.server_default is not None or any(listed.get(kind) is not None for kind in _KINDS)
    )


def _is_unchanged(view: TableView, listed: Mapping[str, Any], column: sqla.AnyColumn) -> bool:
    model = column.server_default
    kinds = [kind for kind in _KINDS if listed.get(kind) is not None]
    if kinds == ["computed"]:
        computed = Computed(**listed["computed"])
        return isinstance(model, Computed) and len(set(_computed_texts(view.impl, computed, model))) == 1
    if kinds == ["identity"]:
        identity = Identity(**listed["identity"])
        return isinstance(model, Identity) and not view.impl._compare_identity_default(model, identity)[-1]  # noqa: SLF001 what Alembic calls it
    database = listed.get("default")
    if len(kinds) > 1 or isinstance(model, Computed | Identity) or not isinstance(database, str | None):
        return False
    counts_up = model is None and sqla.counts_up(column)
    key = ("default", (database,), _spelling(model), sqla.spelling(column.type), counts_up)
    return not view.verdicts.of(key, partial(_differs_as_listed, view.impl, listed, column))


def _spelling(default: Default) -> Hashable:
    """A key that defaults which are written alike share; None where there is none."""
    if default is None:
        return ()
    if not isinstance(default, DefaultClause):
        return None
    return (default.arg,) if isinstance(default.arg, str) else sqla.spelling(default.arg)


def _differs_as_listed(impl: DefaultImpl, listed: Mapping[str, Any], column: sqla.AnyColumn) -> bool:
    default = None if listed.get("default") is None else text(listed["default"])
    reflected = Column(listed["name"], listed["type"], server_default=default)
    return impl.compare_server_default(
        reflected, column, _sql_of_model(impl, column.server_default), _sql_of_database(reflected.server_default)
    )


# --- comparison ---------------------------------------------------------------------------------------------------


def compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: sqla.AnyColumn,
    metadata_col: sqla.AnyColumn,
) -> PriorityDispatchResult:
    """Compare the defaults of a column: computed expressions and identities as such, others as SQL.

    As in Alembic it stops where a default is computed or not compared, where a function of the environment has decided,
    and where identities have other options.
    """
    database, model = conn_col.server_default, metadata_col.server_default
    if database is None and model is None:
        return CONTINUE
    alter_column_op.existing_server_default = database
    if autogen_context.compare_server_default is False:
        return STOP
    impl, path = autogen_context.migration_context.impl, f"{tname}.{cname}"
    if isinstance(database, Computed) or isinstance(model, Computed):
        _compare_computed(impl, path, database, model)
        return STOP
    if isinstance(database, Identity) or isinstance(model, Identity):
        return _compare_identity(impl, alter_column_op, path, database, model)
    return _compare_plain(autogen_context, alter_column_op, path, conn_col, metadata_col)


def _compare_computed(impl: DefaultImpl, path: str, database: Default, model: Default) -> None:
    """Warn of a difference: a computed expression can't be altered."""
    texts = _computed_texts(impl, database, model)
    if texts[0] != texts[1]:
        warn(f"Computed default on {path} cannot be modified", code="computed-changed", stacklevel=3)


def _computed_texts(impl: DefaultImpl, *defaults: Default) -> list[str]:
    """Expressions without what databases change in them; an empty one where a default is not computed."""
    return [
        impl._normalize_computed_default(impl.render_ddl_sql_expr(default.sqltext))  # noqa: SLF001 what Alembic calls it
        if isinstance(default, Computed)
        else ""
        for default in defaults
    ]


def _compare_identity(
    impl: DefaultImpl, operation: AlterColumnOp, path: str, database: Default, model: Default
) -> PriorityDispatchResult:
    identities = [default if isinstance(default, Identity) else None for default in (model, database)]
    differing, _unstated, is_different = impl._compare_identity_default(*identities)  # noqa: SLF001 what Alembic calls it
    if not is_different:
        return CONTINUE
    operation.modify_server_default = model
    if differing:
        log.info("Detected server default on column '%s': identity options attributes %s", path, sorted(differing))
    return STOP if differing else CONTINUE


def _compare_plain(
    autogen_context: AutogenContext,
    operation: AlterColumnOp,
    path: str,
    conn_col: sqla.AnyColumn,
    metadata_col: sqla.AnyColumn,
) -> PriorityDispatchResult:
    context, default = autogen_context.migration_context, metadata_col.server_default
    database, model = _sql_of_database(conn_col.server_default), _sql_of_model(context.impl, default)
    function = autogen_context.compare_server_default
    if callable(function):
        plain = default.arg if isinstance(default, DefaultClause) and isinstance(default.arg, str) else model
        verdict = function(context, conn_col, metadata_col, database, default, plain)
        if verdict:
            operation.modify_server_default = default
            log.info("User defined function %s detected server default on column '%s'", function, path)
        if verdict is not None:
            return STOP
    if context.impl.compare_server_default(conn_col, metadata_col, model, database):
        operation.modify_server_default = default
        log.info("Dialect impl %s detected server default on column '%s'", context.impl, path)
    return CONTINUE


def _sql_of_database(default: Default) -> str | None:
    return default.arg.text if isinstance(default, DefaultClause) and isinstance(default.arg, TextClause) else None


def _sql_of_model(impl: DefaultImpl, default: Default) -> str | None:
    """The default of a model as SQL, as impls compare it: literals in place, plain strings quoted."""
    if not isinstance(default, DefaultClause):
        return None
    if isinstance(default.arg, str):
        quoted = default.arg.replace("'", "''")
        return f"'{quoted}'"
    return impl.render_ddl_sql_expr(default.arg, is_server_default=True)  # type: ignore[arg-type]
