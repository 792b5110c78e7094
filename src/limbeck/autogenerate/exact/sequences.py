"""Sequences that belong to no column, and their options."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from limbeck import sqla
from limbeck.operations.ops import AlterSequenceOp, CreateSequenceOp, DropSequenceOp

from .table_pair import normalizer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Sequence

    from limbeck.autogenerate.context import AutogenContext
    from limbeck.operations.ops import MigrateOperation

    Operations = list[MigrateOperation]
    Options = Mapping[str, Any]

log = logging.getLogger("alembic.autogenerate.compare.exact")


def compare_sequences(
    autogen_context: AutogenContext, schema: str | None, before: Operations, after: Operations, *, compared: bool
) -> None:
    """Compare the sequences of a schema.

    :param before: receives what tables need. :param after: receives what they no longer need.
    :param compared: False: only create what is missing.
    """
    normalizer = normalizer_of(autogen_context)
    database = normalizer.sequences(schema)
    model = normalizer.sequences_of_models(_sequences_of_models(autogen_context, schema))
    for name in sorted(model.keys() - database.keys()):
        options = _unusual(model[name], normalizer.default_sequence_options())
        before.append(CreateSequenceOp(name, schema=schema, **options))
        log.info("Detected added sequence %r", name)
    if not compared:
        return
    for name in sorted(model.keys() & database.keys()):
        before += _altered(name, schema, database[name], model[name])
    for name in sorted(database.keys() - model.keys()):
        options = _unusual(database[name], normalizer.default_sequence_options())
        after.append(DropSequenceOp(name, schema=schema, **options))
        log.info("Detected removed sequence %r", name)


def _unusual(options: Options, usual: Options) -> dict[str, Any]:
    """The options that a sequence has not got where nothing is said."""
    return {name: value for name, value in options.items() if str(value) != str(usual.get(name))}


def _altered(name: str, schema: str | None, database: Options, model: Options) -> Operations:
    differing = sorted(option for option, value in database.items() if value != model[option])
    if not differing:
        return []
    log.info("Detected changed options of sequence %r: %s", name, ", ".join(differing))
    new, old = ({option: side[option] for option in differing} for side in (model, database))
    return [AlterSequenceOp(name, schema=schema, existing=old, **new)]


def _sequences_of_models(autogen_context: AutogenContext, schema: str | None) -> list[Sequence]:
    default = autogen_context.dialect.default_schema_name
    return [
        sequence
        for metadata in autogen_context.metadatas
        for sequence in sqla.sequences_of(metadata)
        if (None if sequence.schema == default else sequence.schema) == schema
        and not (sequence.optional and autogen_context.dialect.sequences_optional)
    ]
