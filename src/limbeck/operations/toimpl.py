"""How our own operations are carried out: the functions that a replacement may call (behaviour 6.7)."""

from .columns import add_column, alter_column, drop_column
from .comments import create_table_comment, drop_table_comment
from .constraints import create_constraint, drop_constraint
from .data import bulk_insert, execute_sql
from .indexes import create_index, drop_index
from .tables import create_table, drop_table, rename_table

__all__ = [
    "add_column",
    "alter_column",
    "bulk_insert",
    "create_constraint",
    "create_index",
    "create_table",
    "create_table_comment",
    "drop_column",
    "drop_constraint",
    "drop_index",
    "drop_table",
    "drop_table_comment",
    "execute_sql",
    "rename_table",
]
