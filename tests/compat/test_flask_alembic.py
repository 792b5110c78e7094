"""Flask-Alembic: no env.py and no command line; the objects behind them, put together by an extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

APPLICATION = {
    "shop.py": """
        from flask import Flask
        from flask_alembic import Alembic
        from flask_sqlalchemy import SQLAlchemy

        app = Flask(__name__)
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
        db = SQLAlchemy(app)
        alembic = Alembic(app, metadatas=db.metadata)

        class Customer(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(40), nullable=False, index=True)
        """
}

WALK = """
    import json
    from pathlib import Path
    import sqlalchemy as sa
    from shop import alembic, app, db

    seen = []
    alembic.rev_id = iter(["a1", "b1", "b2", "m1"]).__next__  # its own are seconds

    def look():
        tables = sorted(sa.inspect(db.engine).get_table_names())
        seen.append([tables, sorted(script.revision for script in alembic.current()), alembic.needs_upgrade()])

    with app.app_context():
        assert alembic.needs_revision()
        assert [diff[0] for diff in alembic.compare_metadata()] == ["add_table", "add_index"]
        alembic.revision("customers")
        [first] = alembic.heads()
        look()
        alembic.upgrade()
        look()
        assert not alembic.needs_revision() and alembic.compare_metadata() == []
        alembic.revision("left", empty=True)
        alembic.revision("right", empty=True, parent=first.revision, label="right", splice=True)
        assert len(alembic.heads()) == 2 and [script.revision for script in alembic.branches()] == [first.revision]
        alembic.upgrade()
        alembic.merge(label="both")
        alembic.upgrade()
        assert alembic.current() == alembic.heads()
        assert [script.doc for script in alembic.log()][-1] == "customers"
        alembic.downgrade("base")
        look()
        alembic.stamp()
        look()
        lines = Path(first.path).read_text().splitlines()
    print(json.dumps({"seen": seen, "lines": [line for line in lines if line.startswith("    op.")]}))
    """


def test_a_history_by_objects(both: Callable[..., Any]) -> None:
    found = both(WALK, APPLICATION)
    assert [rows for _, rows, _ in found["seen"]] == [[], ["a1"], [], ["m1"]]
    assert found["lines"] == [
        "    op.create_table('customer',",
        "    op.create_index(op.f('ix_customer_name'), 'customer', ['name'], unique=False)",
        "    op.drop_index(op.f('ix_customer_name'), table_name='customer')",
        "    op.drop_table('customer')",
    ]
