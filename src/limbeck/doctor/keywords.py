"""The keywords of each operation, those of ``op`` and ``batch_op`` together, without options of dialects.

To ask the operations themselves would import SQLAlchemy; a test compares.
"""

from __future__ import annotations

_WORDS = {
    "add_column": (
        "column if_not_exists inline_primary_key inline_references insert_after insert_before schema table_name"
    ),
    "add_enum_value": "after before name schema value values",
    "alter_column": (
        "autoincrement column_name comment existing_autoincrement existing_comment existing_nullable "
        "existing_server_default existing_type insert_after insert_before lossy name new_column_name nullable schema "
        "server_default table_name type type_ using"
    ),
    "alter_domain": "checks default existing name not_null schema",
    "alter_sequence": (
        "cache cycle data_type existing for_update increment maxvalue metadata minvalue name nomaxvalue nominvalue "
        "optional order owned_by quote quote_schema schema start"
    ),
    "alter_table_options": "existing options schema table_name",
    "batch_alter_table": (
        "copy_from naming_convention partial_reordering recreate reflect_args reflect_kwargs schema table_args "
        "table_kwargs table_name"
    ),
    "attach_partition": "bounds name schema table_name",
    "bulk_insert": "multiinsert rows table",
    "create_check_constraint": (
        "comment condition constraint_name deferrable info initially name schema sqltext table table_name"
    ),
    "create_domain": "checks default name not_null schema type_",
    "create_enum": "name schema values",
    "create_exclude_constraint": (
        "comment constraint_name deferrable elements info initially name ops schema table_name using where"
    ),
    "create_foreign_key": (
        "columns comment constraint_name deferrable info initially link_to_name local_cols match name ondelete "
        "onupdate refcolumns referent_schema referent_table remote_cols source_schema source_table table use_alter"
    ),
    "create_index": "columns if_not_exists index_name info name quote schema table_name unique",
    "create_partition": "bounds name schema table_name",
    "create_primary_key": "columns comment constraint_name deferrable info initially name schema table_name",
    "create_sequence": (
        "cache cycle data_type for_update increment maxvalue metadata minvalue name nomaxvalue nominvalue optional "
        "order owned_by quote quote_schema schema start"
    ),
    "create_function": "arguments comment definition name schema",
    "create_object": "arguments comment definition kind name schema table_name",
    "create_procedure": "arguments comment definition name schema",
    "create_trigger": "comment definition name schema table_name",
    "create_view": "comment definition indexes materialized name schema",
    "detach_partition": "bounds name schema table_name",
    "drop_function": "arguments comment definition if_exists name recreated schema",
    "drop_object": "arguments comment definition if_exists kind name recreated schema table_name",
    "drop_partition": "bounds name schema table_name",
    "drop_procedure": "arguments comment definition if_exists name recreated schema",
    "drop_trigger": "comment definition if_exists name schema table_name",
    "drop_view": "comment definition if_exists indexes materialized name recreated schema",
    "replace_function": "arguments comment definition existing name schema",
    "replace_object": "arguments comment definition existing kind name schema table_name",
    "replace_procedure": "arguments comment definition existing name schema",
    "replace_trigger": "comment definition existing name schema table_name",
    "replace_view": "comment definition existing indexes materialized name schema",
    "create_table": "columns comment if_not_exists info name prefixes schema table_name",
    "create_table_comment": "comment existing_comment schema table_name",
    "create_unique_constraint": "columns comment constraint_name deferrable info initially name schema table_name",
    "drop_column": (
        "column_name existing_comment existing_nullable existing_server_default existing_type if_exists schema "
        "table_name"
    ),
    "drop_constraint": "columns condition constraint_name if_exists schema table_name type_",
    "drop_domain": "checks default name not_null schema type_",
    "drop_enum": "name schema values",
    "drop_index": "if_exists index_name info name quote schema table_name unique",
    "drop_sequence": (
        "cache cycle data_type for_update increment maxvalue metadata minvalue name nomaxvalue nominvalue optional "
        "order owned_by quote quote_schema schema start"
    ),
    "drop_table": "if_exists name schema table_kw table_name",
    "drop_table_comment": "existing_comment schema table_name",
    "execute": "execution_options params sqltext",
    "rename_enum_value": "name new old schema",
    "rename_table": "new_table_name old_table_name schema",
    "replace_domain": "checks default existing name not_null schema type_",
    "replace_enum_values": "existing_values mapping name schema values",
}

KEYWORDS = {operation: frozenset(words.split()) for operation, words in _WORDS.items()}
