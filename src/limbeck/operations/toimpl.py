"""The functions that carry operations out, for implementations that replace one and call it."""

from .columns import add_column, alter_column, drop_column
from .comments import create_table_comment, drop_table_comment
from .constraints import create_constraint, drop_constraint
from .data import bulk_insert, execute_sql
from .domains import alter_domain, create_domain, drop_domain, replace_domain
from .enums import add_enum_value, create_enum, drop_enum, rename_enum_value, replace_enum_values
from .indexes import create_index, drop_index
from .objects import create_object, drop_object, replace_object
from .partitions import attach_partition as attach_partition
from .partitions import detach_partition as detach_partition
from .sequences import alter_sequence, create_sequence, drop_sequence
from .table_options import alter_table_options
from .tables import create_table, drop_table, rename_table

__all__ = [
    "add_column",
    "add_enum_value",
    "alter_column",
    "alter_domain",
    "alter_sequence",
    "alter_table_options",
    "bulk_insert",
    "create_constraint",
    "create_domain",
    "create_enum",
    "create_index",
    "create_object",
    "create_sequence",
    "create_table",
    "create_table_comment",
    "drop_column",
    "drop_constraint",
    "drop_domain",
    "drop_enum",
    "drop_index",
    "drop_object",
    "drop_sequence",
    "drop_table",
    "drop_table_comment",
    "execute_sql",
    "rename_enum_value",
    "rename_table",
    "replace_domain",
    "replace_enum_values",
    "replace_object",
]
