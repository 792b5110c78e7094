"""``Column(key=...)``: models name columns by keys, scripts and SQL by names (in foreign keys too)."""

from __future__ import annotations

from side_by_side import Both

SETUP = """
    import sqlalchemy as sa
    from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
    from alembic.migration import MigrationContext
    from alembic.operations import ops

    m = sa.MetaData()
    up = sa.Table(
        "up", m, sa.Column("u_id", sa.Integer, key="ukey", primary_key=True), sa.Column("u_two", sa.Integer, key="u_id")
    )
    down = sa.Table("down", m, sa.Column("d_id", sa.Integer, key="dkey", primary_key=True), sa.Column("n", sa.Integer))

    def told(*targets, **settings):
        key = sa.ForeignKeyConstraint(["dkey"], list(targets), name="fk_x", **settings)
        down.append_constraint(key)
        op = ops.CreateForeignKeyOp.from_constraint(key)
        rendered = render_python_code(ops.UpgradeOps(ops=[op]))
        (again,) = (item for item in op.to_diff_tuple()[1:])
        return op.local_cols, op.remote_cols, rendered, [e.target_fullname for e in again.elements]
    """


def test_foreign_keys(both: Both) -> None:
    told = both(
        'told("up.ukey")',
        'told("up.u_id", link_to_name=True)',
        'told("up.u_id")',
        "told(up.c.ukey)",
        setup=SETUP,
    )
    assert told[0].startswith("(['d_id'], ['u_id'], ")


def test_a_key_that_is_added_to_a_table_that_is_there(both: Both) -> None:
    both(
        """
        engine = sa.create_engine(url)
        m.create_all(engine)
        down.append_constraint(sa.ForeignKeyConstraint(["dkey"], ["up.ukey"], name="fk_x"))
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            found = produce_migrations(context, m)
        render_python_code(found.upgrade_ops), render_python_code(found.downgrade_ops)
        """,
        setup=SETUP,
    )
