"""Operations as Python text: one renderer for each type of value, on the call form of operations.

The names here are those that impls and plugins of third parties import.
"""

from __future__ import annotations

from .calls import (
    _alter_column,
    render_call,
    render_create_table,
    render_drop_constraint,
    render_execute,
    render_op,
    render_op_text,
    renderers,
)
from .columns import _render_column
from .constraints import (
    _constraint_renderers,
    _fk_colspec,
    _render_check_constraint,
    _render_constraint,
    _render_dialect_kwargs_items,
    _render_foreign_key,
    _render_primary_key,
    _render_unique_constraint,
)
from .defaults import _render_computed, _render_identity, _render_server_default
from .expressions import _get_index_rendered_expressions, _render_potential_expr
from .names import (
    _alembic_autogenerate_prefix,
    _f_name,
    _ident,
    _render_gen_name,
    _sqlalchemy_autogenerate_prefix,
    _user_autogenerate_prefix,
    _user_defined_render,
)
from .scripts import _render_cmd_body, _render_modify_table
from .types import _render_type_w_subtype, _repr_type

_add_table = render_create_table
_drop_table = render_call
_add_column = render_call
_drop_column = render_call
_add_index = render_call
_drop_index = render_call
_add_unique_constraint = render_op
_add_fk_constraint = render_call
_add_check_constraint = render_call
_drop_constraint = render_drop_constraint
_execute_sql = render_execute

__all__ = [
    "_add_check_constraint",
    "_add_column",
    "_add_fk_constraint",
    "_add_index",
    "_add_table",
    "_add_unique_constraint",
    "_alembic_autogenerate_prefix",
    "_alter_column",
    "_constraint_renderers",
    "_drop_column",
    "_drop_constraint",
    "_drop_index",
    "_drop_table",
    "_execute_sql",
    "_f_name",
    "_fk_colspec",
    "_get_index_rendered_expressions",
    "_ident",
    "_render_check_constraint",
    "_render_cmd_body",
    "_render_column",
    "_render_computed",
    "_render_constraint",
    "_render_dialect_kwargs_items",
    "_render_foreign_key",
    "_render_gen_name",
    "_render_identity",
    "_render_modify_table",
    "_render_potential_expr",
    "_render_primary_key",
    "_render_server_default",
    "_render_type_w_subtype",
    "_render_unique_constraint",
    "_repr_type",
    "_sqlalchemy_autogenerate_prefix",
    "_user_autogenerate_prefix",
    "_user_defined_render",
    "render_op",
    "render_op_text",
    "renderers",
]
