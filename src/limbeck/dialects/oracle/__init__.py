"""Oracle: MODIFY instead of ALTER COLUMN, ``/`` after each statement of a script."""

from __future__ import annotations

from typing import Any, ClassVar

from limbeck.ddl.impl import DefaultImpl

from .compare import OracleComparison
from .elements import (
    visit_add_column as visit_add_column,
)
from .elements import (
    visit_column_comment as visit_column_comment,
)
from .elements import (
    visit_column_default as visit_column_default,
)
from .elements import (
    visit_column_name as visit_column_name,
)
from .elements import (
    visit_column_nullable as visit_column_nullable,
)
from .elements import (
    visit_column_type as visit_column_type,
)
from .elements import (
    visit_identity_column as visit_identity_column,
)
from .elements import (
    visit_rename_table as visit_rename_table,
)
from .session import OracleSession


class OracleImpl(OracleComparison, OracleSession, DefaultImpl):
    """The impl of Oracle."""

    __dialect__ = "oracle"

    transactional_ddl = False
    batch_separator = "/"
    command_terminator = ""
    type_synonyms = (
        *DefaultImpl.type_synonyms,
        {"VARCHAR", "VARCHAR2"},
        {"BIGINT", "INTEGER", "SMALLINT", "DECIMAL", "NUMERIC", "NUMBER"},
        {"DOUBLE", "FLOAT", "DOUBLE_PRECISION"},
    )
    identity_attrs_ignore = ()
    alters_identity: ClassVar[bool] = True
    foreign_key_options: ClassVar[tuple[str, ...]] = ("deferrable", "initially")
    names_of_schema: ClassVar[frozenset[str]] = frozenset({"index", "unique", "primarykey", "foreignkey"})
    # Oracle 23ai knows IF [NOT] EXISTS for tables and indexes, SQLAlchemy writes it for CREATE TABLE and both DROPs
    if_not_exists: ClassVar[frozenset[str]] = frozenset({"table"})
    if_exists: ClassVar[frozenset[str]] = frozenset({"table", "index"})

    # -- primitives ------------------------------------------------------------------------------------------------

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.batch_separator = self.context_opts.get("oracle_batch_separator", self.batch_separator) or ""

    def emit_begin(self) -> None:
        """Write the start of a transaction into the script."""
        self._write_statement("SET TRANSACTION READ WRITE")

    def emit_commit(self) -> None:
        """Write the end of a transaction into the script."""
        self._write_statement("COMMIT")
