"""Sequences that belong to no column, and their options."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from sqlalchemy import Sequence

from limbeck import sqla
from limbeck.operations.ops import AlterSequenceOp, CreateSequenceOp, DropSequenceOp

from .named_types import by_this_name
from .table_pair import normalizer_of
from .unmentioned import is_wanted, named, to_drop

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.autogenerate.read.names import TableName
    from limbeck.operations.ops import MigrateOperation

    Operations = list[MigrateOperation]
    Options = Mapping[str, Any]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def compare_sequences(
    autogen_context: AutogenContext,
    schema: str | None,
    before: Operations,
    after: Operations,
    *,
    compared: bool,
    replaced: Collection[TableName],
) -> None:
    """Compare the sequences of a schema.

    :param before: receives what tables need. :param after: receives what they no longer need.
    :param compared: False: only create what is missing. :param replaced: names of what has another name here.
    """
    normalizer = normalizer_of(autogen_context)
    everything = by_this_name(schema, normalizer.sequences(schema), replaced)
    database = named(autogen_context, "sequence", schema, everything)
    mentioned = sequences_of_models(autogen_context, schema)
    model = normalizer.sequences_of_models(list(mentioned.values()))
    for name in sorted(model.keys() - everything.keys()):
        if is_wanted(autogen_context, "sequence", name, mentioned[name]):
            options = unusual_options(model[name], normalizer.default_sequence_options())
            before.append(CreateSequenceOp(name, schema=schema, **options))
            log.info("Detected added sequence %r", name)
    if not compared:
        return
    for name in sorted(model.keys() & database.keys()):
        reflected = Sequence(name, schema=schema, **database[name])
        if is_wanted(autogen_context, "sequence", name, mentioned[name], reflected):
            before += _altered(name, schema, database[name], model[name])
    for name in to_drop(autogen_context, "sequence", schema, sorted(database.keys() - model.keys())):
        if is_wanted(autogen_context, "sequence", name, None, Sequence(name, schema=schema, **database[name])):
            options = unusual_options(database[name], normalizer.default_sequence_options())
            after.append(DropSequenceOp(name, schema=schema, **options))


def unusual_options(options: Options, usual: Options) -> dict[str, Any]:
    """The options that a sequence has not got where nothing is said."""
    return {name: value for name, value in options.items() if str(value) != str(usual.get(name))}


def _altered(name: str, schema: str | None, database: Options, model: Options) -> Operations:
    differing = sorted(option for option, value in database.items() if value != model[option])
    if not differing:
        return []
    log.info("Detected changed options of sequence %r: %s", name, ", ".join(differing))
    new, old = ({option: side[option] for option in differing} for side in (model, database))
    return [AlterSequenceOp(name, schema=schema, existing=old, **new)]


def sequences_of_models(autogen_context: AutogenContext, schema: str | None) -> dict[str, Sequence]:
    """The sequences of ``schema``, of the default one for None, by name."""
    default = autogen_context.default_schema
    return {
        str(sequence.name): sequence
        for metadata in autogen_context.metadatas
        for sequence in sqla.sequences_of(metadata)
        if (None if sequence.schema == default else sequence.schema) == schema
        and not (sequence.optional and autogen_context.dialect.sequences_optional)
    }
