"""Repeatable objects: no revision is written for them; after an upgrade to the heads what changed is replaced.

Which text an object has is known by its hash in the history of runs, a row for each replacement. Where nothing changed
and no revision ran, that is all that is looked at. After revisions an object that is missing is created again too.

No revision makes them, so a schema is compared with that of a revision `without` them.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError

from .errors import CommandError
from .graph.plan import RowChange
from .objects.declared import objects_of
from .objects.folder import declared_in
from .objects.order import in_order
from .runtime import history
from .runtime.database_errors import first_line, lock_refused
from .runtime.redirect import leads_elsewhere
from .script.steps import MigrationStep

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from .ddl.shape import TableName
    from .graph.map import RevisionMap
    from .graph.plan import Plan
    from .objects.declared import SchemaObject
    from .objects.definition import ObjectDefinition
    from .results import RepeatableObject
    from .runtime.migration import MigrationContext
    from .script import ScriptDirectory


class Repeatable(NamedTuple):
    """A repeatable object, and how it stands in the history.

    :param declared: the declaration. :param definition: the object as a value. :param checksum: of its definition.
    :param state: ``"new"``: never created by a run, ``"changed"``: with another text, ``"unchanged"``.
    """

    declared: SchemaObject
    definition: ObjectDefinition
    checksum: str
    state: str

    def __str__(self) -> str:
        return str(self.definition.id)

    @property
    def result(self) -> RepeatableObject:
        """It as a result."""
        from .results import RepeatableObject

        id_ = self.definition.id
        return RepeatableObject(id_.kind, id_.schema, id_.name, self.state, self.declared.file, self.declared.line)


def declared(context: MigrationContext) -> list[SchemaObject]:
    """The repeatable objects that the models and the folder ``repeatable_objects`` declare for a database."""
    models = context.opts.get("target_metadata")
    listed = models if isinstance(models, list | tuple) else [models]
    metadatas = [each for each in listed if isinstance(each, MetaData)]
    folder = context.opts.get("repeatable_objects")
    if folder:
        place = (None, None) if context.config is None else context.config.place_of("repeatable_objects")
        metadatas.append(declared_in(Path(folder), "repeatable_objects", place, repeatable=True))
    return [each for each in objects_of(*metadatas) if each.repeatable and each.is_for(context.dialect)]


def look(context: MigrationContext) -> list[Repeatable]:
    """The repeatable objects in the order in which they can be created, with how they stand in the history.

    :raises CommandError: where no history is kept, and where the database has no such objects.
    """
    found = declared(context)
    if not found:
        return []
    for each in found:
        each.demand(context.impl.object_kinds, context.dialect)
    connection: Connection | None = context.opts.get("live", context.connection)
    is_copy = connection is not None and leads_elsewhere(connection)  # which keeps no history, and has none of them
    if not context.keeps_history and not is_copy:
        raise CommandError(
            "Repeatable objects need the history of runs, which says what their texts were",
            code="repeatable-without-history",
            hint="set history = true in the configuration, or edition = 2026",
            file=found[0].file,
            line=found[0].line,
        )
    ran = {} if connection is None else _ran(context, connection)
    pairs = [(_definition(each, context), each) for each in found]
    by_definition = {id(definition): each for definition, each in pairs}
    made = []
    for definition in in_order([definition for definition, _ in pairs]):
        key = str(definition.id)
        overloads = sum(str(other.id) == key for other, _ in pairs)
        known, checksum = ran.get(key, []), checksum_of(definition)
        state = "new" if not known else "unchanged" if checksum in known[-overloads:] else "changed"
        made.append(Repeatable(by_definition[id(definition)], definition, checksum, state))
    return made


def pending(context: MigrationContext) -> list[Repeatable]:
    """Those that the next upgrade to the heads replaces because their text changed, or creates; none is locked."""
    return [each for each in look(context) if each.state != "unchanged"]


def present(context: MigrationContext) -> list[Repeatable]:
    """The repeatable objects that a database has, as it has them, in an order in which they can be created."""
    listed, connection = declared(context), context.connection
    catalogue = None if connection is None else context.impl.object_catalogue(connection)
    if catalogue is None or connection is None or not listed:
        return []
    by_id = {_definition(each, context).id: each for each in listed}
    kinds, schemas = {id_.kind for id_ in by_id}, {id_.schema for id_ in by_id}
    there = {id_: id_._replace(arguments=None) for id_ in catalogue.read(kinds & context.impl.object_kinds, schemas)}
    stored = catalogue.definitions([id_ for id_, named in there.items() if named in by_id])
    return [
        Repeatable(by_id[there[each.id]], each, checksum_of(each), "unchanged")
        for each in in_order(list(stored.values()))
    ]


def without(views: Collection[TableName], context: MigrationContext) -> frozenset[TableName]:
    """``views`` without those that are repeatable."""
    made = {(each.id.schema, each.id.name) for each in (_definition(one, context) for one in declared(context))}
    return frozenset(views) - made


def checksum_of(definition: ObjectDefinition) -> str:
    """The SHA-256 of an object's text, indexes and comment."""
    facts = [definition.sql, *definition.indexes, definition.comment]
    return sha256(json.dumps(facts).encode()).hexdigest()


def _definition(each: SchemaObject, context: MigrationContext) -> ObjectDefinition:
    made = each.to_definition(context.dialect)
    is_default = made.id.schema == context.impl.default_schema
    return made.named(made.id._replace(schema=None)) if is_default else made


def _ran(context: MigrationContext, connection: Connection) -> dict[str, list[str]]:
    return history.objects(connection, version_table=context.version_table, schema=context.version_table_schema)


# --- a run ------------------------------------------------------------------------------------------------------------


class RepeatableStep(MigrationStep):
    """The replacement of what changed, after the revisions; the version rows stay as they are.

    :param wanted: the objects, in their order. :param context: the context of the database.
    :param note: called with each object that was replaced and the seconds that it took; default: the history has it.
    :param within: makes the block in which they are replaced.
    """

    name = "repeatable"
    is_upgrade = True
    is_stamp = False
    from_revisions = to_revisions = from_revisions_no_deps = to_revisions_no_deps = ()

    def __init__(
        self,
        wanted: Sequence[Repeatable],
        context: MigrationContext,
        revision_map: RevisionMap,
        note: Callable[[Repeatable, float], object] | None = None,
        within: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self._wanted = wanted
        self._context = context
        self._note = note or self._write
        self._within = within
        self.revision_map = revision_map

    def on(self, context: MigrationContext) -> RepeatableStep:
        """The same step on another database, without a history."""
        return RepeatableStep(self._wanted, context, self.revision_map, lambda _each, _seconds: None)

    def noted(
        self, note: Callable[[Repeatable, float], object], within: Callable[[], AbstractContextManager[None]]
    ) -> RepeatableStep:
        """The same step, which calls ``note`` in place of writing into the history, in a block."""
        return RepeatableStep(self._wanted, self._context, self.revision_map, note, within)

    def _write(self, each: Repeatable, seconds: float) -> None:
        self._context.note_object(str(each), each.checksum, seconds)

    @property
    def short_log(self) -> str:
        """``repeatable objects``, with those that changed."""
        changed = [str(each) for each in self._wanted if each.state != "unchanged"]
        return f"repeatable objects{': ' if changed else ''}{', '.join(changed)}"

    @property
    def migration_fn(self) -> Callable[..., object]:
        """The function that replaces them."""
        return self._replace

    def _change_alone(self, rows: tuple[str, ...]) -> RowChange:
        return RowChange()

    def _replace(self, **_arguments: object) -> None:
        from .operations.objects import ObjectPrimitives
        from .operations.refused_text import line_within

        context, impl = self._context, self._context.impl
        connection = context.connection
        if connection is None or not isinstance(impl, ObjectPrimitives):
            names = ", ".join(map(str, self._wanted))
            impl.static_output(f"-- Not in this script, `limbeck upgrade` replaces what changed of them: {names}")
            return
        catalogue = impl.object_catalogue(connection)
        ids = [each.definition.id for each in self._wanted]
        present = {
            id_._replace(arguments=None)
            for id_ in (catalogue.read({each.kind for each in ids}, {each.schema for each in ids}) if catalogue else ())
        }
        with self._within():
            for each in self._wanted:
                is_there = each.definition.id in present
                if is_there and each.state == "unchanged":
                    continue
                begun = monotonic()
                try:
                    (impl.replace_object if is_there else impl.create_object)(each.definition)
                except DBAPIError as error:
                    if lock_refused(error):
                        raise
                    raise _refused(each, line_within(each.definition.sql, error, impl), error) from error
                self._note(each, monotonic() - begun)


def follow(plan: Plan, script: ScriptDirectory) -> bool:
    """Whether repeatable objects are replaced after ``plan``: an upgrade that ends at the heads."""
    heads = set(script.get_heads(consider_depends_on=True))
    return plan.kind == "upgrade" and bool(plan.end) and set(plan.end) == heads


def steps(context: MigrationContext, script: ScriptDirectory, plan: Plan, *, runs: bool) -> list[RepeatableStep]:
    """The step that replaces repeatable objects after ``plan``; none where it does not end at the heads.

    :param runs: whether revisions run, so that something may be missing afterwards.
    """
    if not follow(plan, script):
        return []
    found = look(context)
    changed = any(each.state != "unchanged" for each in found)
    wanted = found if runs else [each for each in found if each.state != "unchanged"]
    return [RepeatableStep(wanted, context, script.revision_map)] if wanted and (runs or changed) else []


def _refused(each: Repeatable, line: int | None, error: DBAPIError) -> CommandError:
    """What the database says of an object, with the line of its text."""
    declared = each.declared
    within = "" if line is None else f", line {line} of its text"
    in_file = None if line is None or declared.first_line is None else declared.first_line + line - 1
    return CommandError(
        f"The database refuses repeatable {each}{within}: {first_line(error)}",
        code="repeatable-refused",
        hint="correct its definition and run the upgrade again: it goes on with what is left",
        file=declared.file,
        line=in_file or declared.line,
    )
