"""The names that MariaDB gives to unnamed foreign keys: numbers, in the order of their creation."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table
from walking import Walk


def test_a_key_that_is_created_after_its_table_has_the_next_number(mariadb_url: str) -> None:
    """CREATE TABLE makes ``y``, ``t1_ibfk_1``; ``x`` has to wait for its target's key, and is ``t1_ibfk_2``.

    ::

        t1.x -> t0.id (the key of t0 in the models, not yet in the database)    t1.y -> t1.id
    """

    def before(metadata: MetaData) -> None:
        Table("t0", metadata, Column("id", Integer, nullable=False), Column("a", Integer, primary_key=True))
        metadata.tables["t0"].c.a.autoincrement = False

    def after(metadata: MetaData) -> None:
        key, x, y = Column("id", Integer, primary_key=True), ForeignKey("t0.id"), ForeignKey("t1.id")
        Table("t0", metadata, Column("id", Integer, primary_key=True), Column("a", Integer, nullable=False))
        Table("t1", metadata, key, Column("x", x), Column("y", y))

    with sa.create_engine(mariadb_url).connect() as connection:
        walk = Walk(connection)
        walk.there_and_back(before, after)
        walk.make(before)
        script = walk.script(after)
        walk.run(script.upgrade_ops)
        assert "op.drop_constraint('t1_ibfk_2', 't1'" in walk.run(script.downgrade_ops)
