"""What a revision does to a database, as values, whether an operation says so or a statement of SQL.

Tables are named as in SQL, ``schema.table``; types, defaults and conditions are SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ConstraintKind = Literal["primary key", "unique constraint", "foreign key", "check", "exclusion constraint"]


@dataclass(frozen=True)
class Change:
    """A change; most are of one table.

    :param table: the table; empty where there is none.
    """

    table: str


@dataclass(frozen=True)
class Column:
    """A column that is created.

    :param name: its name. :param type: its type. :param nullable: whether it takes NULL.
    :param default: its default in the database; None where it has none.
    :param generated: ``stored`` or ``virtual`` for one that is computed of others, ``identity`` for one that counts.
    :param comment: whether a comment comes with it.
    """

    name: str
    type: str
    nullable: bool = True
    default: str | None = None
    generated: Literal["stored", "virtual", "identity"] | None = None
    comment: bool = False


@dataclass(frozen=True)
class CreateTable(Change):
    """A new table.

    :param columns: its columns. :param has_key: whether it has a primary key.
    :param comment: whether a comment comes with it.
    :param inline_keys: the columns behind which a foreign key is written.
    :param targets: the tables that its foreign keys refer to.
    """

    columns: tuple[Column, ...] = ()
    has_key: bool = True
    comment: bool = False
    inline_keys: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class DropTable(Change):
    """A table that is dropped.

    :param cascade: whether what depends on it goes too.
    """

    cascade: bool = False


@dataclass(frozen=True)
class RenameTable(Change):
    """A table that gets another name, ``new``."""

    new: str


@dataclass(frozen=True)
class AddColumn(Change):
    """A new column of a table that exists.

    :param inline_key: whether a foreign key is written with it.
    """

    column: Column
    inline_key: bool = False


@dataclass(frozen=True)
class DropColumn(Change):
    """A column that is dropped.

    :param cascade: whether what depends on it goes too.
    """

    column: str
    cascade: bool = False


@dataclass(frozen=True)
class RenameColumn(Change):
    """A column that gets another name, ``new``."""

    column: str
    new: str


@dataclass(frozen=True)
class ChangeType(Change):
    """A column that gets another type.

    :param type: the new type. :param old: the old one; None where it is not known.
    :param using: whether an expression turns old values into new ones.
    """

    column: str
    type: str
    old: str | None = None
    using: bool = False


@dataclass(frozen=True)
class SetNotNull(Change):
    """A column that no longer takes NULL.

    :param type: its type, where it is known.
    """

    column: str
    type: str | None = None


@dataclass(frozen=True)
class CreateIndex(Change):
    """A new index.

    :param name: its name. :param columns: its columns and expressions.
    :param unique: whether it is unique. :param concurrently: whether writes go on meanwhile (PostgreSQL).
    :param partial: whether it has a condition.
    :param only: whether its partitions are left out, so that no row is read (PostgreSQL).
    :param kind: ``FULLTEXT`` or ``SPATIAL`` (MySQL and MariaDB); None for any other.
    """

    name: str | None
    columns: tuple[str, ...]
    unique: bool = False
    concurrently: bool = False
    partial: bool = False
    only: bool = False
    kind: str | None = None


@dataclass(frozen=True)
class DropIndex(Change):
    """An index that is dropped; its table may not be known."""

    name: str
    concurrently: bool = False


@dataclass(frozen=True)
class Reindex(Change):
    """An index, or all of a table, a schema or a database, that are built again.

    :param what: what follows REINDEX, such as ``TABLE account``.
    """

    what: str
    concurrently: bool = False


@dataclass(frozen=True)
class AddConstraint(Change):
    """A new constraint of a table that exists.

    :param kind: what it is. :param name: its name; None where the database gives one.
    :param columns: its columns. :param target: the table that a foreign key refers to.
    :param target_columns: the columns that it refers to; none where the statement leaves them to the primary key.
    :param condition: the condition of a check.
    :param not_valid: whether the rows that there are go unchecked (PostgreSQL).
    :param using_index: whether an index that exists becomes the constraint (PostgreSQL).
    :param inline: its SQL without a name, where it was written as part of a new column; None for any other.
    """

    kind: ConstraintKind
    name: str | None
    columns: tuple[str, ...] = ()
    target: str | None = None
    condition: str | None = None
    not_valid: bool = False
    using_index: bool = False
    inline: str | None = None
    target_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class ValidateConstraint(Change):
    """A constraint whose rows are checked after it was made NOT VALID."""

    name: str


@dataclass(frozen=True)
class DropConstraint(Change):
    """A constraint that is dropped.

    :param cascade: whether what depends on it goes too.
    """

    name: str | None
    cascade: bool = False


@dataclass(frozen=True)
class Write(Change):
    """Rows that are written.

    :param verb: ``INSERT``, ``UPDATE``, ``DELETE`` or ``TRUNCATE``.
    :param all: whether it concerns every row that there is. :param cascade: whether other tables are emptied too.
    :param of_query: whether the rows are those of a query, as in INSERT ... SELECT.
    """

    verb: Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]
    all: bool = False
    cascade: bool = False
    of_query: bool = False


@dataclass(frozen=True)
class SetLogging(Change):
    """A table whose changes go to the write-ahead log from now on, or no longer (PostgreSQL)."""

    logged: bool


@dataclass(frozen=True)
class RewriteTable(Change):
    """A table whose rows are all written anew, ``VACUUM FULL`` or the like (PostgreSQL).

    :param what: the words that do it.
    """

    what: str


@dataclass(frozen=True)
class AttachPartition(Change):
    """A table that becomes a partition of ``table`` (PostgreSQL).

    :param partition: the table. :param bounds: its bounds, what follows its name.
    """

    partition: str
    bounds: str


@dataclass(frozen=True)
class DetachPartition(Change):
    """A partition that becomes a table of its own (PostgreSQL)."""

    partition: str
    concurrently: bool = False


@dataclass(frozen=True)
class RefreshView(Change):
    """A materialized view whose rows are computed again (PostgreSQL)."""

    concurrently: bool = False


@dataclass(frozen=True)
class SetComment(Change):
    """A comment of a table, or of one of its columns.

    :param column: the column; None: the table.
    """

    column: str | None = None


@dataclass(frozen=True)
class CreateTrigger(Change):
    """A new trigger."""

    name: str


@dataclass(frozen=True)
class CreateView(Change):
    """A new view, which has a name as a table has.

    :param replaces: whether there is one of that name already.
    """

    replaces: bool = False


@dataclass(frozen=True)
class DropView(Change):
    """A view that is dropped."""


@dataclass(frozen=True)
class AlterTable(Change):
    """Another change of a table, by ALTER TABLE.

    :param what: the first words behind the table.
    """

    what: str


@dataclass(frozen=True)
class DropSchema(Change):
    """A schema that is dropped, or a whole database.

    :param name: its name. :param cascade: whether all in it goes too.
    :param what: ``schema`` or ``database``.
    """

    name: str
    cascade: bool = False
    what: Literal["schema", "database"] = "schema"


@dataclass(frozen=True)
class DropObject(Change):
    """Something else that is dropped, as a view or a type.

    :param what: what it is, and its name. :param cascade: whether what depends on it goes too.
    """

    what: str
    cascade: bool = False


@dataclass(frozen=True)
class AddEnumValue(Change):
    """A value that an enum type gets (PostgreSQL)."""

    type: str
    value: str


@dataclass(frozen=True)
class RenameEnumValue(Change):
    """A value of an enum type that gets another name, ``new`` (PostgreSQL)."""

    type: str
    value: str
    new: str


@dataclass(frozen=True)
class SetVariable(Change):
    """A setting of the session or the transaction, such as ``lock_timeout``."""

    name: str
    value: str


@dataclass(frozen=True)
class EndTransaction(Change):
    """COMMIT or ROLLBACK."""

    verb: str


@dataclass(frozen=True)
class Unread(Change):
    """A statement that is not understood.

    :param why: the reason, as the end of a sentence.
    """

    why: str
