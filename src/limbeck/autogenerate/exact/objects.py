"""Views, functions, triggers and the like: what the models declare, and what the database has of it.

The database writes both sides, so that spelling is no difference. Where no model declares an object, nothing is read.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from limbeck import sqla
from limbeck.errors import CommandError, warn
from limbeck.objects.declared import Overloaded, objects_of
from limbeck.objects.definition import (
    FOUNDATIONS,
    PARTITION,
    WHERE_DECLARED,
    WITH_PRIVILEGES,
    ObjectDefinition,
    ObjectId,
)
from limbeck.objects.order import circle, in_order
from limbeck.objects.statement import line_of, mentions
from limbeck.operations.containers import each_of
from limbeck.operations.object_ops import creation, drop, replacement
from limbeck.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    AttachPartitionOp,
    CreateDomainOp,
    CreateEnumOp,
    CreateSequenceOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    RenameTableOp,
)
from limbeck.runtime.priority import DispatchPriority

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.schema import SchemaItem

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.ddl.objects import ModelObjects, ObjectCatalogue, ObjectShape, Refusal
    from limbeck.objects import SchemaObject
    from limbeck.operations.objects import DropObject, ObjectOp
    from limbeck.operations.ops import MigrateOperation, UpgradeOps
    from limbeck.runtime.callbacks import NameFilterType
    from limbeck.runtime.plugins import Plugin

log = logging.getLogger("alembic.autogenerate.compare.objects")

_STAR = re.compile(r"(?<!\()\*")
"""All columns, as in ``SELECT *`` and ``t.*``, not as in ``count(*)``."""


def setup(plugin: Plugin) -> None:
    """Register the comparator of this file, which is called when the tables have been compared."""
    plugin.add_autogenerate_comparator(compare_objects, "schema", "objects", priority=DispatchPriority.LAST)


def compare_objects(autogen_context: AutogenContext, upgrade_ops: UpgradeOps, schemas: set[str | None]) -> None:
    """Put the operations on objects before and after those on tables.

    Raises `CommandError` for an object that the database cannot have, and for one whose text is wrong.
    """
    dialect = autogen_context.dialect
    declared = [each for each in objects_of(*autogen_context.metadatas) if each.is_for(dialect)]
    if not declared and not autogen_context.opts.get("compare_objects", False):
        return
    impl = autogen_context.migration_context.impl
    catalogue = impl.object_catalogue(autogen_context.state.reflection.catalogue.connection)
    for each in declared:
        each.demand(() if catalogue is None else impl.object_kinds, dialect)
    if catalogue is not None:
        comparison = _Comparison(autogen_context, catalogue, declared, upgrade_ops.ops)
        first, last = comparison.operations(schemas)
        attached = {(op.schema, op.name) for op in last if isinstance(op, AttachPartitionOp)}
        kept = [op for op in upgrade_ops.ops if not _is_of(op, attached)]
        upgrade_ops.ops[:] = [*first, *kept, *last]


class _Comparison:
    """One comparison of objects.

    :param context: the comparison. :param catalogue: the database. :param declared: the objects of the models.
    :param tables: the operations on tables.
    """

    def __init__(
        self,
        context: AutogenContext,
        catalogue: ObjectCatalogue,
        declared: Sequence[SchemaObject],
        tables: Sequence[MigrateOperation],
    ) -> None:
        self._context = context
        self._catalogue = catalogue
        self._tables = list(each_of(tables))
        self._script_dialect = sqla.for_script(context.dialect)
        self._models = {self._name(t.schema, t.name): t for t in context.sorted_tables}
        pairs = [(self._definition(each), each) for each in declared]
        by_definition = {id(made): each for made, each in pairs}
        self._definitions = in_order([made for made, _ in pairs])
        self._declared = [by_definition[id(made)] for made in self._definitions]
        self._refuse_repeated()

    def _name(self, schema: str | None, name: str) -> TableName:
        return (None if schema == self._context.default_schema else schema), name

    def _definition(self, each: SchemaObject) -> ObjectDefinition:
        made = each.to_definition(self._script_dialect)
        comment = made.comment if self._context.migration_context.impl.comments_objects else None
        return replace(made, id=made.id._replace(schema=self._name(made.id.schema, "")[0]), comment=comment)

    def operations(self, schemas: set[str | None]) -> tuple[list[MigrateOperation], list[MigrateOperation]]:
        """What is done before the operations on tables, and after them."""
        kinds = self._kinds()
        everywhere = schemas | {each.id.schema for each in self._definitions}
        database = {id_: shape for id_, shape in self._catalogue.read(kinds, everywhere).items() if self._is_named(id_)}
        made = self._catalogue.of_models(self._definitions, self._models, self._changed())
        self._refuse_faults(made)
        pairs = self._pairs(made, database)
        wanted = {id_ for id_, _ in pairs if id_ is not None}
        left = [id_ for id_ in database if id_ not in wanted and id_.schema in schemas]
        gone = [id_ for id_ in left if not self._catalogue.is_implied(id_) and self._is_ours(id_)]
        differing = {
            position
            for position, (id_, _) in enumerate(pairs)
            if id_ is not None and self._differs(position, id_, made, database)
        }
        hindered, retyped = self._hindered({*wanted, *gone})
        shrunk = {id_ for position in differing.intersection(made.shrunk) if (id_ := pairs[position][0]) is not None}
        apart, late_drops = self._apart(pairs, differing, gone, hindered)
        reshaped = {id_ for position in made.reshaped if (id_ := pairs[position][0]) is not None}
        apart |= self._changing_above(shrunk - apart, pairs, differing)
        apart |= self._changing_above(reshaped - apart, pairs, differing, of_kind="function")
        changing = {id_ for position, (id_, _) in enumerate(pairs) if id_ is not None and position in differing}
        on_changing = self._catalogue.above({id_ for id_ in changing if id_.kind != "function"}, gone)
        stored = self._catalogue.definitions({*gone, *apart, *changing})
        early, late = self._changes(pairs, differing, (hindered, retyped, apart), stored)
        drops = [stored[id_] for id_ in gone if id_ in stored]
        for dropped in drops:
            log.info("Detected removed %s", dropped.id)
        removed = [
            drop(each, with_table=self._drops_table(each.id.schema, each.id.table))
            for each in reversed(in_order([*drops, *(stored[id_] for id_ in apart)]))
        ]
        repeatable = {present for position, (present, _) in enumerate(pairs) if self._declared[position].repeatable}
        for each in removed:
            each.recreated = each.id in apart and each.object_kind in WITH_PRIVILEGES
            each.if_exists = each.of_repeatable = each.id in repeatable
        below = [each for each in removed if each.object_kind in FOUNDATIONS]
        last = [each for each in removed if each.id in late_drops or self._can_follow(each, drops, apart | on_changing)]
        last = [*(each for each in last if each not in below), *sorted(below, key=_depth, reverse=True)]
        first = [*sorted((each for each in removed if each not in last), key=_watches, reverse=True), *early]
        for operation in first:
            operation.comes_first = True
        return list(first), [*late, *last]

    def _drops_table(self, schema: str | None, name: str | None) -> bool:
        return any(isinstance(op, DropTableOp) and (op.schema, op.table_name) == (schema, name) for op in self._tables)

    def _kinds(self) -> frozenset[str]:
        """The kinds that are read: some of them only where the models declare one, or where it is asked for."""
        kinds = self._context.migration_context.impl.object_kinds
        if self._context.opts.get("compare_objects", False):
            return kinds
        return kinds - (WHERE_DECLARED - {each.id.kind for each in self._definitions})

    # -- what is compared ----------------------------------------------------------------------------------------------

    def _changed(self) -> set[TableName]:
        """The tables that the database lacks, or has with other columns, by the names that the models use."""
        found: set[TableName] = set()
        for op in self._tables:
            if isinstance(op, CreateTableOp | AddColumnOp | DropColumnOp | AlterColumnOp):
                found.add((op.schema, op.table_name))
            elif isinstance(op, RenameTableOp):
                found.add((op.schema, op.new_table_name))
        return {name for name in found if name in self._models}

    def _is_named(self, id_: ObjectId) -> bool:
        parents = {"schema_name": id_.schema, **({} if id_.table is None else {"table_name": id_.table})}
        return self._context.run_name_filters(id_.name, cast("NameFilterType", id_.kind), parents)  # type: ignore[arg-type]

    def _is_wanted(self, id_: ObjectId, declared: SchemaObject | None, *, reflected: bool) -> bool:
        stored = ObjectDefinition(id_, "") if reflected else None
        item, counterpart = cast("list[SchemaItem]", [stored, None] if declared is None else [declared, stored])
        kind = cast("NameFilterType", id_.kind)
        return self._context.run_object_filters(item, id_.name, kind, declared is None, counterpart)

    def _is_ours(self, id_: ObjectId) -> bool:
        """Whether an object that no model declares goes: a script of this environment creates it, or all unknown go."""
        script = self._context.migration_context.script
        schemas = {id_.schema, self._context.default_schema} if id_.schema is None else {id_.schema}
        known = script is not None and script.creates(id_.kind, id_.name, schemas)
        if not known and (id_.kind in WHERE_DECLARED or not self._context.opts.get("drop_unknown", False)):
            log.info("Left alone: %s, which no model declares and no script creates", id_)
            return False
        return self._is_wanted(id_, None, reflected=True)

    def _pairs(
        self, made: ModelObjects, database: Mapping[ObjectId, ObjectShape]
    ) -> list[tuple[ObjectId | None, ObjectId]]:
        """Of each declared object the identity in the database, None where it lacks it, and that of the model."""
        pairs: list[tuple[ObjectId | None, ObjectId]] = []
        for position, definition in enumerate(self._definitions):
            server, _ = made.shapes.get(position, (definition.id, None))
            found = server if server in database else None
            if position in made.refused:
                same = [id_ for id_ in database if id_._replace(arguments=None) == definition.id]
                found = same[0] if len(same) == 1 else found
            pairs.append((found, server))
        return pairs

    def _differs(
        self, position: int, id_: ObjectId, made: ModelObjects, database: Mapping[ObjectId, ObjectShape]
    ) -> bool:
        if position not in made.shapes:
            return True
        return made.shapes[position][1] != database[id_]

    # -- what is at fault ----------------------------------------------------------------------------------------------

    def _refuse_repeated(self) -> None:
        """Raise for an object that two MetaData declare, or the models and a ``.sql`` file; overloads are several."""
        first: dict[tuple[ObjectId, str], SchemaObject] = {}
        for definition, declared in zip(self._definitions, self._declared, strict=True):
            text = definition.sql if isinstance(declared, Overloaded) else ""
            before = first.setdefault((definition.id, text), declared)
            if before is not declared:
                raise declared.refused(
                    f"{definition.id} is declared twice, first in {before.place}", "take one of them out"
                )

    def _refuse_faults(self, made: ModelObjects) -> None:
        """Raise for a text that is wrong and for a circle; warn of what the database cannot judge yet."""
        for position, refusal in sorted(made.refused.items()):
            if refusal.is_syntax:
                raise self._fault(position, refusal)
        around = circle([self._definitions[position] for position in sorted(made.refused)])
        if around:
            first = self._declared[[id(each) for each in self._definitions].index(id(around[0]))]
            names = " -> ".join(str(each.id) for each in [*around, around[0]])
            raise CommandError(
                f"Objects stand on each other in a circle: {names}",
                code="objects-in-a-circle",
                hint="take one of the names out of one of the definitions",
                file=first.file,
                line=first.line,
            )
        for position, refusal in sorted(made.refused.items()):
            declared = self._declared[position]
            warn(
                f"The database cannot make {self._definitions[position].id} as it is declared: {refusal.message}",
                code="object-refused",
                hint="it is written into the script all the same: correct it, or declare what it needs",
                file=declared.file,
                line=self._line(position, refusal),
            )

    def _fault(self, position: int, refusal: Refusal) -> CommandError:
        declared, definition = self._declared[position], self._definitions[position]
        line = self._line(position, refusal)
        within = (
            "" if refusal.position is None else f", line {line_of(refusal.statement, refusal.position)} of its text"
        )
        return CommandError(
            f"The database refuses {definition.id}{within}: {refusal.message}",
            code="object-syntax",
            hint="correct its definition",
            file=declared.file,
            line=line,
        )

    def _line(self, position: int, refusal: Refusal) -> int | None:
        declared = self._declared[position]
        if declared.first_line is None or refusal.position is None:
            return declared.line
        return declared.first_line + line_of(refusal.statement, refusal.position) - 1

    # -- what is done --------------------------------------------------------------------------------------------------

    def _hindered(self, ids: Collection[ObjectId]) -> tuple[set[ObjectId], set[ObjectId]]:
        """Declared objects of the database that stand on what the operations on tables take away, or give other types.

        The latter only where the dialect suspends what stands on a column; else they are among the former. Types do not
        matter where definitions do not have them.
        """
        suspends = self._context.migration_context.impl.suspends_dependents
        ids = [id_ for id_ in ids if id_.kind != PARTITION]  # a change of the table is one of its partitions too
        taken: dict[TableName, set[str] | None] = {}
        retyped: dict[TableName, set[str] | None] = {}
        for op in self._tables:
            if isinstance(op, DropTableOp):
                taken[op.schema, op.table_name] = None
            elif isinstance(op, DropColumnOp) or (
                isinstance(op, AlterColumnOp) and op.modify_type and self._catalogue.writes_types
            ):
                found = retyped if suspends and isinstance(op, AlterColumnOp) else taken
                columns = found.setdefault(self._context.state.renames.before((op.schema, op.table_name)), set())
                if columns is not None:
                    columns.add(op.column_name)
        return (
            self._catalogue.standing_on(taken, ids) if taken else set(),
            self._catalogue.standing_on(retyped, ids) if retyped else set(),
        )

    def _apart(
        self,
        pairs: Sequence[tuple[ObjectId | None, ObjectId]],
        differing: set[int],
        gone: Sequence[ObjectId],
        hindered: set[ObjectId],
    ) -> tuple[set[ObjectId], set[ObjectId]]:
        """Declared objects that are dropped before the tables and created after them; drops that come last of all.

        The latter are of what a declared object stands on until it is replaced.
        """
        apart = {
            present
            for position, (present, _) in enumerate(pairs)
            if present in hindered and present and not (position in differing and self._is_replaced_first(position))
        }
        staying = [id_ for id_, _ in pairs if id_ is not None and id_ not in apart]
        used = {id_: self._catalogue.above({id_}, staying) for id_ in gone}
        for id_ in hindered.intersection(gone):
            apart |= used[id_]
        apart |= self._catalogue.above(apart, [id_ for id_ in staying if id_ not in apart]) if apart else set()
        return apart, {id_ for id_ in gone if used[id_] and id_ not in hindered}

    def _changing_above(
        self,
        shrunk: Collection[ObjectId],
        pairs: Sequence[tuple[ObjectId | None, ObjectId]],
        differing: set[int],
        of_kind: str | None = None,
    ) -> set[ObjectId]:
        """Objects that change, and stand on others that are dropped to be replaced: they may not come back.

        :param of_kind: the only kind that is meant; default: all.
        """
        present = [id_ for position, (id_, _) in enumerate(pairs) if id_ is not None and position in differing]
        changing = [id_ for id_ in present if of_kind in (None, id_.kind)]
        found = {above for id_ in shrunk for above in self._catalogue.above({id_}, changing)}
        everything = [id_ for id_, _ in pairs if id_ is not None]
        return found | {above for id_ in found for above in self._catalogue.above({id_}, everything)}

    def _changes(
        self,
        pairs: Sequence[tuple[ObjectId | None, ObjectId]],
        differing: set[int],
        sets: tuple[set[ObjectId], set[ObjectId], set[ObjectId]],
        stored: Mapping[ObjectId, ObjectDefinition],
    ) -> tuple[list[ObjectOp], list[ObjectOp]]:
        """The creations and replacements before the operations on tables, and those after them.

        :param sets: objects that a change of tables hinders; that stand on columns of another type; that go in between.
        """
        hindered, retyped, apart = sets
        early: list[ObjectOp] = []
        late: list[ObjectOp] = []
        for position, (present, server) in enumerate(pairs):
            definition = self._definitions[position].named(server)
            if self._declared[position].repeatable:
                continue  # the next upgrade creates it again, or replaces it
            if not self._is_wanted(server, self._declared[position], reflected=present is not None):
                apart.discard(server)
            elif present is None:
                kind = definition.id.kind
                is_early = kind in FOUNDATIONS or (kind == "function" and self._can_precede(position))
                of_table = self._drops_table(definition.id.schema, definition.id.name)
                (early if is_early else late).append(creation(definition, of_table=of_table))
                log.info("Detected added %s", server)
            elif present in apart:
                created = creation(definition)
                created.was_dropped = definition.id.kind in WITH_PRIVILEGES
                late.append(created)
                log.info("Detected changed %s", server)
            elif position in differing and present.kind == PARTITION:
                late += [drop(stored[present]), creation(definition, of_table=True)]
                log.info("Detected changed %s", server)
            elif position in differing:
                change = replacement(stored[present], definition)
                change.is_retyped = present in retyped
                change.is_early_back = not self._can_precede(position, retyped=False)
                (early if present in hindered else late).append(change)
                log.info("Detected changed %s", server)
        return sorted(early, key=_depth), sorted(late, key=_watches)

    def _can_follow(self, removed: DropObject, drops: Sequence[ObjectDefinition], above: Collection[ObjectId]) -> bool:
        """Whether a function stands on nothing that goes, so that it can go last: a default of a table may call it.

        :param above: what stands on objects that go for a while, or change.
        """
        if removed.object_kind != "function" or removed.id in above:
            return False
        others = {each.id.name for each in drops if each.id.kind != "function"}
        tables = {str(getattr(op, "table_name", "")) for op in self._tables}
        return not mentions(removed.definition or "", others | tables)

    def _is_replaced_first(self, position: int) -> bool:
        """Whether the script replaces an object before the operations on tables; a repeatable one it never does."""
        return not self._declared[position].repeatable and self._can_precede(position)

    def _can_precede(self, position: int, *, retyped: bool = True) -> bool:
        """Whether a definition mentions nothing that the operations on tables bring.

        :param retyped: whether columns of another type count, where definitions have types.
        """
        is_other = retyped and self._catalogue.writes_types
        brought = {
            op.new_table_name if isinstance(op, RenameTableOp) else op.table_name
            for op in self._tables
            if isinstance(op, CreateTableOp | AddColumnOp | RenameTableOp)
            or (isinstance(op, AlterColumnOp) and (is_other or op.modify_name is not None))
        }
        brought |= {op.name for op in self._tables if isinstance(op, CreateEnumOp | CreateDomainOp | CreateSequenceOp)}
        if _STAR.search(self._definitions[position].sql):  # the columns of the moment
            brought |= {op.table_name for op in self._tables if isinstance(op, DropColumnOp)}
        others = {each.id.name for each in self._definitions if each.id.kind != "function"}
        names = brought if self._definitions[position].id.kind != "function" else brought | others
        return not mentions(self._definitions[position].sql, {str(name) for name in names})


def _is_of(operation: MigrateOperation, tables: Collection[TableName]) -> bool:
    """Whether an operation drops one of ``tables``, or a part of it."""
    return (getattr(operation, "schema", None), getattr(operation, "table_name", None)) in tables


def _depth(operation: ObjectOp) -> int:
    """How early its object comes: the less, the earlier."""
    kind = operation.object_kind
    return FOUNDATIONS.index(kind) if kind in FOUNDATIONS else len(FOUNDATIONS)


def _watches(operation: ObjectOp) -> bool:
    """Whether its object fires for other operations: it is there after them, and gone before them."""
    return operation.object_kind == "event_trigger"
