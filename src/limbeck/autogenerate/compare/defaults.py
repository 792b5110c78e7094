"""Server defaults, computed expressions and identities of columns (behaviour 7.6)."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Computed, DefaultClause, Identity, text
from sqlalchemy.sql.elements import TextClause

from limbeck import sqla
from limbeck.errors import warn

from .unchanged import add_comparator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limbeck.ddl.impl import DefaultImpl
    from limbeck.operations.ops import AlterColumnOp
    from limbeck.runtime.plugins import Plugin

    from ..context import AutogenContext
    from .unchanged import TableView

log = logging.getLogger("alembic.autogenerate.compare.server_defaults")


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file."""
    add_comparator(plugin, compare_server_default, "column", "server_default", surely_same_defaults)


def surely_same_defaults(sight: TableView) -> bool:
    """Whether the defaults are not compared at all, or the impl sees no difference."""
    if sight.context.migration_context._user_compare_server_default is False:
        return True
    return all(
        _surely_same(sight, listed, column)
        for listed, column in sight.columns
        if column.server_default is not None or any(listed.get(kind) is not None for kind in _KINDS)
    )


_KINDS = ("default", "computed", "identity")


def _surely_same(sight: TableView, listed: Mapping[str, Any], column: Column[Any]) -> bool:
    ours = column.server_default
    kinds = [kind for kind in _KINDS if listed.get(kind) is not None]
    if kinds == ["computed"]:
        computed = Computed(**listed["computed"])
        return isinstance(ours, Computed) and len(set(_computed_texts(sight.impl, computed, ours))) == 1
    if kinds == ["identity"]:
        return (
            isinstance(ours, Identity)
            and not (sight.impl._compare_identity_default(ours, Identity(**listed["identity"]))[-1])
        )
    theirs = listed.get("default")
    if len(kinds) > 1 or isinstance(ours, Computed | Identity) or not isinstance(theirs, str | None):
        return False
    key = ("default", (theirs,), _spelling(ours), sqla.spelling(column.type), ours is None and sqla.counts_up(column))
    return not sight.remember(key, partial(_seen_to_differ, sight.context, listed, column))


def _spelling(default: Any) -> Any:
    if not isinstance(default, DefaultClause):
        return () if default is None else None
    return (default.arg,) if isinstance(default.arg, str) else sqla.spelling(default.arg)


def _seen_to_differ(autogen_context: AutogenContext, listed: Mapping[str, Any], column: Column[Any]) -> bool:
    default = None if listed.get("default") is None else text(listed["default"])
    reflected = Column(listed["name"], listed["type"], server_default=default)
    theirs, ours = _reflected(reflected.server_default), rendered(autogen_context, column.server_default)
    return autogen_context.migration_context.impl.compare_server_default(reflected, column, ours, theirs)


def compare_server_default(
    autogen_context: AutogenContext,
    alter_column_op: AlterColumnOp,
    schema: str | None,
    tname: str,
    cname: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    """Whether the defaults of a column differ: computed expressions and identities by themselves, others as SQL."""
    theirs, ours = conn_col.server_default, metadata_col.server_default
    if theirs is None and ours is None:
        return
    alter_column_op.existing_server_default = theirs
    context = autogen_context.migration_context
    if context._user_compare_server_default is False:
        return
    shown = f"{tname}.{cname}"
    if isinstance(theirs, Computed) or isinstance(ours, Computed):
        _compare_computed(context.impl, shown, theirs, ours)
    elif isinstance(theirs, Identity) or isinstance(ours, Identity):
        _compare_identity(context.impl, alter_column_op, shown, theirs, ours)
    else:
        _compare_plain(autogen_context, alter_column_op, shown, conn_col, metadata_col)


def _compare_computed(impl: DefaultImpl, shown: str, theirs: Any, ours: Any) -> None:
    """A computed expression can't be altered: a difference is a warning, no operation."""
    texts = _computed_texts(impl, theirs, ours)
    if isinstance(ours, Computed) and texts[0] != texts[1]:
        warn(f"Computed default on {shown} cannot be modified", code="computed-changed", stacklevel=3)


def _computed_texts(impl: DefaultImpl, theirs: Any, ours: Any) -> list[str]:
    return [
        impl._normalize_computed_default(impl.render_ddl_sql_expr(side.sqltext)) if isinstance(side, Computed) else ""
        for side in (theirs, ours)
    ]


def _compare_identity(impl: DefaultImpl, operation: AlterColumnOp, shown: str, theirs: Any, ours: Any) -> None:
    sides = [side if isinstance(side, Identity) else None for side in (ours, theirs)]
    differing, _unstated, different = impl._compare_identity_default(*sides)
    if not different:
        return
    operation.modify_server_default = ours
    if None not in sides:
        log.info("Detected server default on column '%s': identity options attributes %s", shown, sorted(differing))


def _compare_plain(
    autogen_context: AutogenContext,
    operation: AlterColumnOp,
    shown: str,
    conn_col: Column[Any],
    metadata_col: Column[Any],
) -> None:
    context = autogen_context.migration_context
    default = metadata_col.server_default
    theirs, ours = _reflected(conn_col.server_default), rendered(autogen_context, default)
    user = context._user_compare_server_default
    if callable(user):
        plain = default.arg if isinstance(default, DefaultClause) and isinstance(default.arg, str) else ours
        verdict = user(context, conn_col, metadata_col, theirs, default, plain)
        if verdict:
            operation.modify_server_default = default
            log.info("User defined function %s detected server default on column '%s'", user, shown)
        if verdict is not None:
            return
    if context.impl.compare_server_default(conn_col, metadata_col, ours, theirs):
        operation.modify_server_default = default
        log.info("Dialect impl %s detected server default on column '%s'", context.impl, shown)


def _reflected(default: Any) -> str | None:
    return default.arg.text if isinstance(default, DefaultClause) and isinstance(default.arg, TextClause) else None


def rendered(autogen_context: AutogenContext, default: Any) -> str | None:
    """The default of a model as SQL, as impls compare it: literals in place, plain strings quoted."""
    if not isinstance(default, DefaultClause):
        return None
    if isinstance(default.arg, str):
        quoted = default.arg.replace("'", "''")
        return f"'{quoted}'"
    impl = autogen_context.migration_context.impl
    return impl.render_ddl_sql_expr(default.arg, is_server_default=True)  # type: ignore[arg-type]
