"""Flask-Migrate: the database of a Flask application through ``flask db``, from nothing to a merged history."""

from __future__ import annotations

import tarfile
from pathlib import Path

from installed import Installed, write

APPLICATION = {
    "shop.py": """
        import os
        from flask import Flask
        from flask_migrate import Migrate
        from flask_sqlalchemy import SQLAlchemy

        app = Flask(__name__)
        app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///shop.db"
        db = SQLAlchemy(app)
        migrate = Migrate(app, db)

        class Customer(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(40), nullable=False, index=True)

        def grow():
            Customer.__table__.append_column(db.Column("email", db.String(80)))

        if "GROWN" in os.environ:
            grow()
        """
}

WALK = """
    import io, os, re, subprocess, sys
    from pathlib import Path

    said = sys.stdout = io.StringIO()
    import sqlalchemy as sa
    from flask.cli import FlaskGroup, ScriptInfo
    import shop
    from shop import app, db

    def flask(*words, exit_code=0):
        said.seek(0)
        said.truncate()
        try:
            FlaskGroup().main(["db", *words], "flask", obj=ScriptInfo(create_app=lambda: app))
        except SystemExit as ended:
            assert ended.code in (exit_code, exit_code or None), (words, ended.code)
        return said.getvalue()

    def check():
        # in a process of its own: 0 where models and database agree
        return subprocess.run(["flask", "--app", "shop", "db", "check"], capture_output=True).returncode

    def tables():
        with app.app_context():
            return sorted(sa.inspect(db.engine).get_table_names())

    def columns():
        with app.app_context():
            return sorted(c["name"] for c in sa.inspect(db.engine).get_columns("customer"))

    flask("init")
    assert "flask" in Path("migrations/alembic.ini").read_text()

    flask("migrate", "-m", "customers", "--rev-id", "a1")
    [script] = Path("migrations/versions").glob("a1_*.py")
    text = script.read_text()
    assert "op.create_table('customer'" in text and "batch_op.create_index(batch_op.f('ix_customer_name')" in text, text
    flask("migrate", "-m", "too early", exit_code=1)
    before = tables()
    sql = flask("upgrade", "--sql")
    assert "CREATE TABLE customer" in sql and "INSERT INTO alembic_version" in sql, sql
    assert tables() == before
    flask("upgrade")
    assert tables() == ["alembic_version", "customer"]
    assert "a1 (head)" in flask("current")
    assert check() == 0

    # the model grows
    os.environ["GROWN"] = "yes"
    shop.grow()
    assert check() == 1
    flask("migrate", "-m", "email", "--rev-id", "a2")
    [script] = Path("migrations/versions").glob("a2_*.py")
    text = script.read_text()
    assert "with op.batch_alter_table('customer', schema=None) as batch_op:" in text, text
    flask("upgrade")
    assert columns() == ["email", "id", "name"]

    # nothing to do: no file
    flask("migrate", "-m", "nothing")
    assert len(list(Path("migrations/versions").glob("*.py"))) == 2

    # a second branch and its merge
    flask("revision", "-m", "other", "--rev-id", "b1", "--head", "a1", "--splice")
    assert flask("heads").split() == ["a2", "(head)", "b1", "(head)"]
    assert "a1 (branchpoint)" in flask("history")
    assert "a1" in flask("branches")
    flask("upgrade", exit_code=1)
    flask("merge", "-m", "both", "--rev-id", "m1", "heads")
    flask("upgrade")
    assert "m1 (head) (mergepoint)" in flask("current")
    assert "Merges: a2, b1" in flask("show", "m1") or "Merges: b1, a2" in flask("show", "m1")
    assert "a1 -> a2" in flask("history", "-r", "a1:a2")

    # and back
    flask("downgrade", exit_code=1)  # one step from a merge point: to which side?
    flask("downgrade", "a2")
    assert len(re.findall(r"a2|b1", flask("current"))) >= 1
    flask("downgrade", "a1")
    assert columns() == ["id", "name"]
    flask("stamp", "heads")
    assert "m1 (head)" in flask("current")
    flask("stamp", "a1")
    flask("downgrade", "base")
    assert tables() == ["alembic_version"]
    """


def test_a_whole_history_through_flask_db(either: Installed, tmp_path: Path) -> None:
    write(tmp_path, APPLICATION)
    either.passes(WALK, cwd=tmp_path)


def test_its_own_tests_pass(libraries: Path, either: Installed, tmp_path: Path) -> None:
    """Those of its source distribution; pytest-alembic, alembic-utils and Flask-Alembic publish none with theirs."""
    (sdist,) = (libraries / "sdists").glob("flask_migrate-*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    done = either.run("python", "-m", "unittest", "discover", "-s", "tests", "-t", ".", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Ran 7 tests" in done.stderr
