"""What the schemas of two databases differ in: ``differing_schemas.py URL URL`` prints it as JSON."""

from __future__ import annotations

import json
import sys

import sqlalchemy as sa

from limbeck.runtime.migration import MigrationContext
from limbeck.schema import Schema, differences, read


def schema(url: str) -> Schema:
    """The schema of a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return read(MigrationContext.configure(connection))


if __name__ == "__main__":
    print(json.dumps(list(differences(*map(schema, sys.argv[1:])))))
