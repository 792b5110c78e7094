"""The changes of a batch, made in memory to a reflected table; the result is the table to be created in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.sql.elements import ClauseElement, TextClause
from sqlalchemy.sql.visitors import replacement_traverse
from sqlalchemy.types import NULLTYPE

from limbeck import sqla
from limbeck.call_site import caller
from limbeck.errors import CommandError, warn

from . import column_order
from .column_change import NOT_GIVEN, ColumnChange, with_column_keywords
from .column_order import Place
from .sql_text import names_in, rename_columns_in, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Insert

    from .protocols import CastsColumns

    Change = tuple[str, tuple[Any, ...], dict[str, Any]]
    """A method of an impl, its arguments, its keyword arguments."""


class CarriesOutPlans(Protocol):
    """Rebuilds a table."""

    def carry_out(self, plan: ApplyBatchImpl) -> None:
        """Put the changed table in the place of the old one."""
        ...


class HasRebuildStrategy(Protocol):
    """Knows how a table is rebuilt; such as an impl."""

    def rebuild_strategy(self) -> CarriesOutPlans:
        """How a table is rebuilt."""
        ...


class ApplyBatchImpl:
    """A table that is being changed. It has the methods of an impl, which change it instead of sending DDL.

    :param impl: the impl, which says how columns are cast.
    :param table: the table as it is.
    :param table_args: constraints for the new table.
    :param table_kwargs: keyword arguments for the new table.
    :param reflected: whether ``table`` was read from the database.
    :param partial_reordering: tuples of column names that are to have this order.
    :param overridden: whether the caller has overridden reflected columns.
    """

    def __init__(
        self,
        impl: CastsColumns,
        table: Table,
        table_args: Sequence[Any],
        table_kwargs: dict[str, Any],
        reflected: bool = True,
        partial_reordering: Sequence[tuple[str, ...]] = (),
        *,
        overridden: bool = False,
    ) -> None:
        self.impl = impl
        self.table = table
        self.reflected = reflected
        self.table_args = [arg for arg in table_args if arg is not None]
        self.table_kwargs = table_kwargs
        #: options of the table that were set; None removes one
        self.options: dict[str, Any] = {}
        self.partial_reordering = partial_reordering
        self.overridden = overridden
        self.final_name: str = table.name
        self.comment = table.comment
        #: the columns by their old names, in their new order
        self.columns: dict[str, Column[Any]] = {column.name: _plain_copy(column) for column in table.columns}
        self.casts: dict[str, Any] = {column.name: column for column in table.columns}
        self.lossy: set[str] = set()
        #: the added columns, and where they are to stand
        self.added: dict[str, Place] = {}
        #: the constraints by name, the primary key included; applications edit these two
        self.named_constraints: dict[str, Constraint] = {}
        #: the others; SQLite allows a name twice
        self.unnamed_constraints: list[Constraint] = []
        for constraint in self._kept():
            name = sqla.given_name(constraint)
            if name is None or name in self.named_constraints:
                self.unnamed_constraints.append(constraint)
            else:
                self.named_constraints[name] = constraint
        self.original: tuple[Constraint, ...] = tuple(self.constraints)
        #: the primary key in whose place the batch has put another one, unless it has dropped it too
        self.replaced_keys: list[Constraint] = []
        #: the changed aspects of each kept column: ``type``, ``nullable``, ``default``
        self.changed: dict[str, set[str]] = {}
        #: the constraints of the new table that the old one did not have
        self.made: list[Constraint] = []
        indexes = {str(index.name): index for index in table.indexes}  # a set, whose order is another one in each run
        self.indexes: dict[str, Index] = dict(sorted(indexes.items()))
        self.new_indexes: dict[str, Index] = {}
        #: the statements that created triggers, and indexes that SQLAlchemy does not reflect, by name
        self.unread: dict[str, str] = {}
        #: the statements that created the other indexes of the old table, by name
        self.stored_indexes: dict[str, str] = {}

    def _kept(self) -> list[Constraint]:
        """The constraints of the old table; if there is no edition, without unnamed checks."""
        omits = self.reflected and self.impl.edition is None
        kept: list[Constraint] = []
        for constraint in sqla.in_order(self.table.constraints):
            if isinstance(constraint, PrimaryKeyConstraint) and not constraint.columns:
                continue  # a table without one
            if omits and isinstance(constraint, CheckConstraint) and sqla.given_name(constraint) is None:
                continue
            kept.append(constraint)
        return kept

    def _remove(self, gone: Iterable[Constraint]) -> None:
        gone = set(gone)
        for name in [name for name, each in self.named_constraints.items() if each in gone]:
            del self.named_constraints[name]
        self.unnamed_constraints = [each for each in self.unnamed_constraints if each not in gone]

    @property
    def key(self) -> PrimaryKeyConstraint | None:
        """The primary key, if there is one."""
        kept = (*self.named_constraints.values(), *self.unnamed_constraints)
        return next((each for each in kept if isinstance(each, PrimaryKeyConstraint)), None)

    @property
    def constraints(self) -> list[Constraint]:
        """The constraints without the primary key."""
        kept = (*self.named_constraints.values(), *self.unnamed_constraints)
        return [each for each in kept if not isinstance(each, PrimaryKeyConstraint)]

    def apply(self, changes: Iterable[Change]) -> None:
        """Make ``changes`` in this order, then drop what dropped columns were part of."""
        for name, args, options in changes:
            getattr(self, name)(*args, **options)
        self._settle()

    def create(self, op_impl: HasRebuildStrategy) -> None:
        """Put the changed table in the place of the old one, where the methods were called one by one."""
        self._settle()
        op_impl.rebuild_strategy().carry_out(self)

    _create = create  # the name that applications call

    # -- columns ---------------------------------------------------------------------------------------------------

    @with_column_keywords
    def alter_column(self, table_name: str, column_name: str, **keywords: Any) -> None:
        """Change a column; keywords as for an impl's ``alter_column``."""
        self.change_column(ColumnChange.from_keywords(table_name, column_name, **keywords))

    def change_column(self, change: ColumnChange) -> None:
        """Make ``change``; the options ``using`` and ``lossy`` say how the column's values get another type.

        A collation that the caller states for the existing type is dropped with it, unless the new type has one.
        """
        new, options, name = change.new, change.options, change.column_name
        column = self._column(name)
        if new.name is not NOT_GIVEN:
            column.name = column.key = new.name
        if new.type is not NOT_GIVEN:
            self._change_type(name, column, new.type)
        words = {"type": "type", "nullable": "nullable", "server_default": "default"}
        changed = self.changed.setdefault(name, set())
        changed.update(word for aspect, word in words.items() if change.changes(aspect))
        if change.changes("type") and _collation(change.existing.type) and not _collation(new.type):
            changed.add("collation")
        if new.nullable is not NOT_GIVEN:
            column.nullable = new.nullable
        if new.server_default is not NOT_GIVEN:
            sqla.set_server_default(column, new.server_default)
        if new.autoincrement is not NOT_GIVEN:
            column.autoincrement = bool(new.autoincrement)
        if new.comment is not NOT_GIVEN:
            column.comment = new.comment
        using = options.get("using")
        if using is not None:
            self.casts[name] = literal_column(using) if isinstance(using, str) else using
        if using is not None or options.get("lossy"):
            self.lossy.add(name)
        self._move(name, Place(options.get("insert_before"), options.get("insert_after")))

    def _change_type(self, column_name: str, column: Column[Any], type_: Any) -> None:
        self._remove(
            each for each in self.constraints if sqla.is_type_bound(each) and column_name in _column_names(each)
        )
        transfer = {"expr": self.table.c[column_name]}
        self.impl.cast_for_batch_migrate(self.table.c[column_name], transfer, type_)
        column.type = type_
        self.casts[column_name] = transfer["expr"]

    def add_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        insert_before: str | None = None,
        insert_after: str | None = None,
        if_not_exists: bool | None = None,
        **_: Any,
    ) -> None:
        """Add a column; its constraints and indexes are changes of their own."""
        if column.name in self.columns:
            if if_not_exists:
                return
            raise self._refused(f"Column '{column.name}' is there already", "column-exists")
        copy = _plain_copy(column)
        self.columns[column.name] = copy
        place = Place(insert_before, insert_after)
        if self.impl.edition is None and not self.partial_reordering:
            place = Place(*[None if name is None else self._old_name(name) for name in place])
        self.added[column.name] = place
        self._move(column.name, place)

    def drop_column(
        self,
        table_name: str,
        column: Column[Any],
        *,
        if_exists: bool | None = None,
        existing_type: Any = None,
        **_: Any,
    ) -> None:
        """Drop a column; what it is part of is dropped at the end of `apply`."""
        if if_exists and column.name not in self.columns:
            return
        self._column(column.name)
        checks = self._checks_of_type(table_name, column.name, existing_type)
        self._remove(each for each in self.constraints if each.name in checks)
        del self.columns[column.name]
        self.casts.pop(column.name, None)

    def _settle(self) -> None:
        """Drop what dropped columns were part of, after all changes: a batch may drop a column and add it again.

        A constraint in the batch's arguments takes the place of one that has its name; without an edition both stay, as
        in Alembic.
        """
        if self.impl.edition is not None:
            names = {sqla.given_name(arg) for arg in self.table_args if isinstance(arg, Constraint)} - {None}
            self._remove(each for each in self.constraints if sqla.given_name(each) in names)
        gone = self.dropped()
        self._remove(each for each in self.original if gone & _column_names(each))
        for constraint in [*self.constraints, *([] if self.key is None else [self.key])]:
            if constraint not in (*self.original, self.table.primary_key):
                self._leave_out_without_columns(constraint)
        for name, index in list(self.indexes.items()):
            if gone & {part.name for part in index.columns}:
                del self.indexes[name]
                self.stored_indexes.pop(name, None)

    def _leave_out_without_columns(self, constraint: Constraint) -> None:
        """Leave out a new constraint on a column that the table lacks, as Alembic does; an edition refuses it.

        A check may have any text: the database reads it.
        """
        absent = [name for name in sorted(_column_names(constraint)) if self._present_name(name) is None]
        if isinstance(constraint, CheckConstraint) or not absent:
            return
        if self.impl.edition is not None:
            raise self._refused(f"No such column: '{absent[0]}'", "no-such-column")
        self._remove([constraint])
        if isinstance(constraint, PrimaryKeyConstraint):
            self._restore_key()
        said = "a constraint" if constraint.name is None else f"constraint '{constraint.name}'"
        file, line = caller()
        warn(
            f"Table '{self.table.name}' has no column '{absent[0]}', and {said} on it is left out",
            code="constraint-left-out",
            hint="correct the name; with edition = 2026 this is an error",
            file=file,
            line=line,
        )

    def _checks_of_type(self, table_name: str, column_name: str, type_: Any) -> list[Any]:
        if type_ is None:
            return []
        table = Table(table_name, MetaData(), Column(column_name, type_))
        return [each.name for each in table.constraints if sqla.is_type_bound(each)]

    def _column(self, name: str) -> Column[Any]:
        try:
            return self.columns[name]
        except KeyError:
            raise self._refused(f"No such column: '{name}'", "no-such-column") from None

    def _refused(self, message: str, code: str, *, hint: str | None = None) -> CommandError:
        file, line = caller()
        there = ", ".join(self.columns)
        hint = hint or f"table '{self.table.name}' has: {there}"
        return CommandError(message, code=code, hint=hint, file=file, line=line)

    def _move(self, name: str, place: Place) -> None:
        """Under an edition, move a column next to another; names may be the old or the new ones.

        Without one a column that is there stays, as in Alembic, and an added one gets its place at the end.
        """
        neighbour = place.before or place.after
        if neighbour is None or self.impl.edition is None:
            return
        order = [each for each in self.columns if each != name]
        at = order.index(self._old_name(neighbour))
        order.insert(at if place.before is not None else at + 1, name)
        self.columns = {each: self.columns[each] for each in order}

    def _old_name(self, name: str) -> str:
        if name in self.columns:
            return name
        for old, column in self.columns.items():
            if column.name == name:
                return old
        raise self._refused(f"No such column: '{name}'", "no-such-column")

    def create_column_comment(self, column: Column[Any]) -> None:
        """Do nothing: the column has the comment already."""

    # -- constraints, indexes, the table ---------------------------------------------------------------------------

    def add_constraint(self, const: Constraint, **_: Any) -> None:
        """Add a constraint; it takes the place of one that has its name, a primary key that of the old one."""
        if not sqla.wanted_by(const, self.impl):
            return
        if isinstance(const, PrimaryKeyConstraint):
            if self.key is not None:
                self.replaced_keys.append(self.key)
                self._remove([self.key])
        elif self.impl.edition is not None and const.name is not None:
            const.name = sqla.constraint_name(const, self.impl.dialect)  # a convention may name it when it is compiled
        name = sqla.given_name(const)
        if name is None:
            self.unnamed_constraints.append(const)
        else:
            self._remove(each for each in self.unnamed_constraints if sqla.given_name(each) == name)
            key = self.named_constraints.get(name)
            if isinstance(key, PrimaryKeyConstraint) and key is not const and not self._restore_key():
                self.unnamed_constraints.append(_without_name(key))
            self.named_constraints[name] = const

    def drop_constraint(self, const: Constraint, *, if_exists: bool | None = None, **_: Any) -> None:
        """Drop a constraint by its name; a check that belongs to a type may be gone already."""
        if self.key is not None and self._is_key(const):
            self._remove([self.key])
            if not self._restore_key():
                for column in self.columns.values():
                    column.primary_key = False
            return
        replaced = [] if const.name is None else [each for each in self.replaced_keys if each.name == const.name]
        if replaced:
            self.replaced_keys.remove(replaced[-1])
            return
        if const.name is None:
            alike = [each for each in self.constraints if _alike(each, const)]
            found = sorted(alike, key=lambda each: each.name is not None)[:1]  # a script finds one with a name too
        else:
            found = [each for each in self.constraints if each.name == const.name]
        if not found and not if_exists and not sqla.is_type_bound(const):
            raise ValueError(f"No such constraint: '{const.name}'")
        self._remove(found)

    def _restore_key(self) -> bool:
        """Where a key is gone, the one that it replaced stands again; whether there was one."""
        if not self.replaced_keys:
            return False
        self.unnamed_constraints.append(self.replaced_keys.pop())
        return True

    def _is_key(self, const: Constraint) -> bool:
        """Whether ``const`` means the primary key; under an edition a name also stands for a key that has none."""
        name = None if self.key is None else self.key.name
        if const.name is None or (name is None and self.impl.edition is not None):
            return isinstance(const, PrimaryKeyConstraint)
        return const.name == name

    def create_index(self, idx: Index, **_: Any) -> None:
        """Create an index."""
        self.new_indexes[str(idx.name)] = idx

    def drop_index(self, idx: Index, *, if_exists: bool | None = None, **_: Any) -> None:
        """Drop an index by its name: that of the old table, or else one that the batch has created."""
        name = str(idx.name)
        is_old = name in self.indexes or name in self.unread
        if not is_old and name not in self.new_indexes and not if_exists:
            raise ValueError(f"No such index: '{name}'")
        self.unread.pop(name, None)
        self.indexes.pop(name, None)
        self.stored_indexes.pop(name, None)
        if not is_old:
            self.new_indexes.pop(name, None)

    def rename_table(self, old_table_name: str, new_table_name: str, **_: Any) -> None:
        """Give the new table another name than the old one had."""
        self.final_name = new_table_name

    def create_table_comment(self, table: Table) -> None:
        """Set the table's comment."""
        self.comment = table.comment

    def drop_table_comment(self, table: Table) -> None:
        """Drop the table's comment."""
        self.comment = None

    def set_table_options(self, options: Mapping[str, Any]) -> None:
        """Set options of the table; None removes one."""
        self.options |= options

    # -- the new table ---------------------------------------------------------------------------------------------

    def new_table(self, name: str) -> Table:
        """The new table, under a temporary ``name``, without indexes."""
        prefixes = sqla.table_prefixes(self.table)
        options = {**self.table.kwargs, "prefixes": prefixes, **self.table_kwargs, **self.options}
        options = {name: value for name, value in options.items() if value is not None}
        key = self._key_names()
        columns = self._new_columns()
        table = Table(name, MetaData(), *columns, schema=self.table.schema, comment=self.comment, **options)
        for bound in [each for each in table.constraints if sqla.is_type_bound(each)]:
            table.constraints.remove(bound)
        if key:
            options = {} if self.key is None else {"name": self.key.name, **self.key.dialect_kwargs}
            table.append_constraint(PrimaryKeyConstraint(*[table.c[each] for each in key], **options))
        self._refuse_checks_of_dropped_columns()
        self._append_constraints(table)
        for reference in table.foreign_keys:
            sqla.make_referent(reference, table.metadata)
        return table

    def _new_columns(self) -> list[Column[Any]]:
        columns = [self.columns[each] for each in self.ordered()]
        for column in columns:
            column.primary_key = False
            if column.computed is not None and isinstance(column.computed.sqltext, TextClause):
                column.computed.sqltext = text(self.in_new_names(column.computed.sqltext.text))
        return columns

    def _append_constraints(self, table: Table) -> None:
        self._warn_of_checks_without_name()
        for constraint in self.constraints:
            if sqla.wanted_by(constraint, self.impl):
                moved = self._moved(constraint, table)
                table.append_constraint(moved)
                self.made += [] if constraint in self.original else [moved]
        for column in [arg for arg in self.table_args if isinstance(arg, Column)]:
            table.append_column(column)
        for arg in self._args_on(table):
            if isinstance(arg, Index) and self.impl.edition is not None:
                self.new_indexes[str(arg.name)] = arg  # the text of a copy has no indexes
                continue
            table.append_constraint(arg)
            self.made.append(arg)  # type: ignore[arg-type]  # or an index

    def _args_on(self, table: Table) -> list[Constraint | Index]:
        """The batch's constraints for the new ``table``, where they may name renamed columns as before or as after."""
        given = [arg for arg in self.table_args if not isinstance(arg, Column)]
        if not self.renamed():
            return given
        names = dict.fromkeys([*self.columns, *[column.name for column in table.columns]])
        named = Table(table.name, MetaData(), *[Column(name, NULLTYPE) for name in names])
        args: list[Constraint | Index] = []
        for arg in given:
            if not isinstance(arg, _ON_COLUMNS):
                args.append(arg)
                continue
            named.append_constraint(arg)  # which finds its columns
            args.append(self._index_on(table, arg.name, arg) if isinstance(arg, Index) else self._moved(arg, table))
        return args

    def _warn_of_checks_without_name(self) -> None:
        checks = [each for each in self.constraints if each in self.original and sqla.is_type_bound(each)]
        nameless = {name for each in checks if sqla.lacks_a_name(each) for name in _column_names(each)}
        file, line = caller()
        for name in [column.name for column in self.table.columns if column.name in nameless]:
            warn(
                f"The CHECK constraint generated by the type of column '{self.table.name}.{name}' has no name, while "
                "the naming convention in use requires one; the constraint is emitted without a name.  Boolean and "
                "Enum datatypes should be given a name, e.g. Boolean(name='...'), in order for their CHECK constraints "
                "to participate fully in batch mode.",
                code="check-without-name",
                file=file,
                line=line,
            )

    def _key_names(self) -> list[str]:
        """The columns of the new primary key: those of the old one that are kept, and added ones that belong to it.

        Without an edition the latter belong to it only where no other is left, as in Alembic.
        """
        old = [] if self.key is None else [column.name for column in self.key.columns]
        if self.key is self.table.primary_key:
            old = [name for name in old if name not in self.added]  # a column of that name has gone
        names = [name for each in old if (name := self._present_name(each)) is not None]
        added = [column.name for name, column in self.columns.items() if name in self.added and column.primary_key]
        if names and added and self.impl.edition is None:
            self._warn_of_kept_key(added[0])
            return names
        return list(dict.fromkeys(names + added))

    def _warn_of_kept_key(self, column: str) -> None:
        file, line = caller()
        warn(
            f"Table '{self.table.name}' keeps its primary key: new column '{column}', which has primary_key=True, "
            "does not join it",
            code="primary-key-kept",
            hint="say the whole key by batch_op.create_primary_key(); with edition = 2026 the column joins it",
            file=file,
            line=line,
        )

    def ordered(self) -> list[str]:
        """The columns in their new order: as `partial_reordering` has it, otherwise as they were."""
        gone = self.dropped()
        if self.impl.edition is None:
            old = [column.name for column in self.table.columns]
            wishes = column_order.wished(self.partial_reordering) if self.partial_reordering else None
            return column_order.classic(old, gone, self.added, wishes)
        named = column_order.wished([name for name in names if name not in gone] for names in self.partial_reordering)
        wishes = {(self._old_name(first), self._old_name(second)) for first, second in named}
        return column_order.moved(list(self.columns), wishes)

    def _present_name(self, name: str) -> str | None:
        """The new name of the column that was called ``name``; a new name stays as it is; None if it was dropped."""
        if name in self.columns:
            return self.columns[name].name
        return name if any(column.name == name for column in self.columns.values()) else None

    def _on(self, table: Table) -> Callable[..., Column[Any] | None]:
        """A visitor that replaces each column of the old table by its counterpart in ``table``."""

        def counterpart(part: object, **_: object) -> Column[Any] | None:
            if not isinstance(part, Column) or part.table is table:
                return None
            name = self._present_name(part.name)
            return None if name is None else table.c[name]

        return counterpart

    def _expression(self, part: Any, table: Table) -> Any:
        """An expression over the old table as one over the new ``table``; in text, columns are renamed."""
        if isinstance(part, TextClause):
            return text(self.in_new_names(part.text))
        return replacement_traverse(part, {}, self._on(table)) if isinstance(part, ClauseElement) else part

    def renamed(self) -> dict[str, str]:
        """The new names of renamed columns by their old ones."""
        return {old: column.name for old, column in self.columns.items() if old != column.name}

    def in_new_names(self, sql: str) -> str:
        """``sql`` of the old table's database with renamed columns under their new names."""
        quote = sqla.for_script(self.impl.dialect).identifier_preparer.quote_identifier
        return rename_columns_in(sql, self.renamed(), quote)

    def dropped(self) -> set[str]:
        """The names of dropped columns."""
        return {column.name for column in self.table.columns} - self.columns.keys()

    def touched(self) -> set[str]:
        """The names of columns that are added, and the old names of those that are dropped, renamed or changed."""
        changed = {name for name, aspects in self.changed.items() if aspects}
        return self.added.keys() | self.dropped() | self.renamed().keys() | changed

    def key_changed(self) -> bool:
        """Whether the new table has another primary key than the old one."""
        old = [column.name for column in self.table.primary_key.columns]
        same = self.key is self.table.primary_key or (self.key is None and not old)
        gone = self.dropped() | self.added.keys()
        return not same or bool(gone & set(old)) or any(self.columns[name].primary_key for name in self.added)

    def replays_indexes(self) -> bool:
        """Whether the kept indexes are created again by the statements that created them."""
        return self.impl.edition is not None and not self.renamed()

    def says_more_than_changes(self) -> bool:
        """Whether arguments of the batch, or renamed columns, ask for more than a change of the old table's text."""
        beyond = [arg for arg in self.table_args if isinstance(arg, Column | PrimaryKeyConstraint)]
        return bool(self.overridden or beyond or self.table_kwargs or self.renamed())

    @staticmethod
    def columns_of(constraint: Constraint) -> set[str]:
        """The names of the columns of ``constraint``."""
        return _column_names(constraint)

    def _refuse_checks_of_dropped_columns(self) -> None:
        """Refuse checks and computed columns that mention a dropped column: quoted, its name would become a string."""
        dropped = self.dropped()
        for check in self.constraints:
            if isinstance(check, CheckConstraint) and isinstance(check.sqltext, TextClause):
                for name in sorted(dropped & names_in(check.sqltext.text)):
                    which = "an unnamed check" if check.name is None else f"check '{check.name}'"
                    hint = f"drop the check too: batch_op.drop_constraint({check.name!r}, type_='check')"
                    raise self._refused(
                        f"Column '{name}' is dropped, and {which} of table '{self.table.name}' mentions it",
                        "check-of-dropped-column",
                        hint=hint if check.name else "an unnamed check goes with copy_from=, which gives the table",
                    )
        for column in self.columns.values():
            computed = None if column.computed is None else column.computed.sqltext
            if isinstance(computed, TextClause) and (found := dropped & names_in(computed.text)):
                raise self._refused(
                    f"Column '{min(found)}' is dropped, and column '{column.name}' is computed of it: {computed.text}",
                    "column-of-dropped-column",
                    hint=f"drop that too: batch_op.drop_column({column.name!r})",
                )

    def _moved(self, constraint: Constraint, table: Table) -> Constraint:
        """A copy of ``constraint`` on the columns of the new table."""
        if isinstance(constraint, ForeignKeyConstraint):
            return self._moved_reference(constraint, table)
        common: dict[str, Any] = {"name": constraint.name, **constraint.dialect_kwargs}
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint | CheckConstraint):
            common |= {"deferrable": constraint.deferrable, "initially": constraint.initially}
        if isinstance(constraint, UniqueConstraint | PrimaryKeyConstraint):
            names = [self._present_name(column.name) or column.name for column in constraint.columns]
            kind = PrimaryKeyConstraint if isinstance(constraint, PrimaryKeyConstraint) else UniqueConstraint
            by_name = _by_name(table)
            return kind(*[by_name[name] for name in names], **common)
        if isinstance(constraint, CheckConstraint):
            return CheckConstraint(self._expression(constraint.sqltext, table), **common)
        return sqla.copy_constraint(constraint, table)

    def _moved_reference(self, key: ForeignKeyConstraint, table: Table) -> ForeignKeyConstraint:
        schema, referent, remote = sqla.referred_columns(key)
        if (schema, referent) == (self.table.schema, self.table.name):
            remote = [self._present_name(name) or name for name in remote]
        fullname = referent if schema is None else f"{schema}.{referent}"
        target = table.metadata.tables.get(fullname)
        if target is None:
            target = Table(referent, table.metadata, schema=schema)
        for name in remote:
            if name not in target.c:
                target.append_column(Column(name, NULLTYPE))
        local, by_name = [element.parent.name for element in key.elements], _by_name(table)
        return ForeignKeyConstraint(
            [by_name[self._present_name(name) or name] for name in local],
            [target.c[name] for name in remote],
            name=key.name,
            onupdate=key.onupdate,
            ondelete=key.ondelete,
            deferrable=key.deferrable,
            initially=key.initially,
            match=key.match,
            **key.dialect_kwargs,
        )

    def fill(self, new: Table) -> Insert | None:
        """The statement that copies the rows into the ``new`` table; None if it has no column of the old one."""
        given = [
            (new.c[self.columns[name].name], self.casts[name])
            for name in self.ordered()
            if name in self.casts and self.columns[name].computed is None
        ]
        targets, values = [target for target, _ in given], [value for _, value in given]
        return insert(new).from_select(targets, select(*values)) if targets else None

    def indexes_on(self, table: Table) -> list[Index]:
        """The kept and the new indexes, on ``table``, the new table under its final name."""
        made: list[Index] = []
        stored = self.stored_indexes if self.replays_indexes() else {}
        again = {name: index for name, index in self.indexes.items() if name not in stored}
        for name, index in (again | self.new_indexes).items():
            made.append(self._index_on(table, name, index))
        return made

    def _index_on(self, table: Table, name: str | None, index: Index) -> Index:
        """A copy of ``index`` on the columns of the new table."""
        parts = [self._expression(part, table) for part in index.expressions]
        options = {key: self._expression(value, table) for key, value in index.dialect_kwargs.items()}
        return sqla.index_of(table, name, parts, unique=bool(index.unique), **options)


_ON_COLUMNS = (UniqueConstraint, PrimaryKeyConstraint, ForeignKeyConstraint, CheckConstraint, Index)


def _collation(type_: Any) -> Any:
    return getattr(type_, "collation", None)


def _without_name(key: PrimaryKeyConstraint) -> PrimaryKeyConstraint:
    """The same key, for a table in which another constraint takes its name."""
    columns = [Column(column.name, column.type, primary_key=True) for column in key.columns]
    return Table(key.table.name, MetaData(), *columns).primary_key


def _plain_copy(column: Column[Any]) -> Column[Any]:
    """A copy without the flags ``unique`` and ``index``: constraints and indexes are kept as such."""
    copy = sqla.copy_column(column)
    copy.unique = copy.index = None
    if getattr(copy.type, "create_type", False):  # PostgreSQL's ENUM and DOMAIN, which exist already
        kept: Any = copy.type.copy()
        kept.create_type = False
        copy.type = kept
    return copy


def _alike(one: Constraint, other: Constraint) -> bool:
    """Whether ``one`` equals ``other``: checks without a name in their text, others in kind and columns."""
    if isinstance(one, CheckConstraint) and isinstance(other, CheckConstraint):
        return one.name is None and words_of(str(one.sqltext)) == words_of(str(other.sqltext))
    return type(one) is type(other) and _column_names(one) == _column_names(other)


def _by_name(table: Table) -> dict[str, Column[object]]:
    """The columns of ``table``, which has them by their keys."""
    return {column.name: column for column in table.c}


def _column_names(constraint: Constraint) -> set[str]:
    if isinstance(constraint, ForeignKeyConstraint):
        return {element.parent.name for element in constraint.elements}
    columns = getattr(constraint, "columns", ())
    return {column.name for column in columns}
