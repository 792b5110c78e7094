"""``--sql``: where a script starts, and how it begins under an edition."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from command_line import REVISION, Environment


def ran(script: str) -> list[str]:
    """The steps in a script."""
    return re.findall(r"^-- Running (.+?) *$", script, re.MULTILINE)


def test_current_is_where_the_database_is(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    up = environment.limbeck("upgrade", "current:head", "--sql")
    assert (up.returncode, ran(up.stdout)) == (0, ["upgrade a1 -> a2"])
    assert "note:" not in up.stderr
    down = environment.limbeck("downgrade", "current:base", "--sql")
    assert ran(down.stdout) == ["downgrade a1 ->"]


def test_current_of_an_empty_database_is_base(environment: Environment) -> None:
    script = environment.limbeck("upgrade", "current:head", "--sql").stdout
    assert ran(script) == ["upgrade  -> a1", "upgrade a1 -> a2"]
    assert "CREATE TABLE alembic_version" in script


def test_current_of_several_rows(environment: Environment) -> None:
    """
    a1 - a2
       - b2 - b3
    """
    environment.write("migrations/versions/b2.py", REVISION.format(about="b", revision="b2", down="a1"))
    environment.write("migrations/versions/b3.py", REVISION.format(about="b", revision="b3", down="b2"))
    environment.limbeck("upgrade", "a2")
    environment.limbeck("upgrade", "b2")
    done = environment.limbeck("upgrade", "current:heads", "--sql")
    assert ran(done.stdout) == ["upgrade b2 -> b3"], done.stderr
    assert re.match(r"-- From (a2, b2|b2, a2) to heads \((a2, b3|b3, a2)\)\n", done.stdout)


def test_a_script_begins_with_what_it_is(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "head", "--sql")
    begin = done.stdout.partition("\n\n")[0]
    assert re.fullmatch(
        r"-- From base to head \(a2\)\n-- Written by Limbeck [\w.]+ for sqlite, \d{4}-\d\d-\d\d [\d:]{8} UTC", begin
    )
    assert done.stdout.count("-- Written by") == 1
    assert (
        "note: this script is for an empty database; `limbeck upgrade current:head --sql` starts where" in done.stderr
    )
    assert "note:" not in environment.limbeck("-q", "upgrade", "head", "--sql").stderr


def test_a_script_that_an_error_cuts_off_says_so_in_its_last_line(environment: Environment) -> None:
    [path] = environment.versions.glob("a2*.py")
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "def upgrade():", "def upgrade():\n    list(op.get_bind().execute(sa.text('SELECT 1')))"
        ),
        encoding="utf-8",
    )
    done = environment.limbeck("upgrade", "head", "--sql")
    assert "error[offline-result]" in done.stderr
    assert done.stdout.rstrip().endswith("-- NOT COMPLETE: an error ended this script here. Do not run it.")
    assert "NOT COMPLETE" not in environment.limbeck("upgrade", "a1", "--sql").stdout
    ini = environment.root / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("edition = 2026\n", ""), encoding="utf-8")
    done = environment.limbeck("upgrade", "head", "--sql")
    assert "error[offline-result]" in done.stderr
    assert "NOT COMPLETE" not in done.stdout, "as Alembic"


def test_without_an_edition_a_script_is_as_it_was(environment: Environment) -> None:
    environment.configure("edition", "")
    ini = environment.root / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("edition = \n", ""), encoding="utf-8")
    done = environment.limbeck("upgrade", "head", "--sql")
    assert done.stdout.startswith(("BEGIN;", "CREATE TABLE alembic_version")), done.stderr
    assert "note:" not in done.stderr


def test_databases_that_are_at_different_revisions(tmp_path: Path) -> None:
    environment = Environment(tmp_path)
    environment.limbeck("init", "-t", "multidb", "migrations")
    ini = environment.root / "alembic.ini"
    environment.write("alembic.ini", re.sub(r"driver://\S*", lambda _: "sqlite:///one.db", ini.read_text(), count=1))
    environment.write("alembic.ini", re.sub(r"driver://\S*", lambda _: "sqlite:///two.db", ini.read_text()))
    script = "revision = 'a1'\ndown_revision = None\ndef upgrade(engine_name): pass"
    environment.write("migrations/versions/a1.py", script)
    environment.limbeck("upgrade", "head")
    (environment.root / "two.db").unlink()
    done = environment.limbeck("upgrade", "current:head", "--sql")
    assert done.returncode == 3
    assert "error[databases-differ]" in done.stderr
    assert "sqlite:///one.db at a1; sqlite:///two.db at base" in done.stderr


@pytest.mark.parametrize("revision", ["it's", "50%", "back\\slash", "a:b"[0], "größer"])
def test_ids_that_have_to_be_quoted(environment: Environment, revision: str) -> None:
    """Version rows of plain ids share one text; that of others is written in full."""
    environment.write("migrations/versions/q.py", REVISION.format(about="q", revision=revision, down="a2"))
    environment.write("migrations/versions/r.py", REVISION.format(about="r", revision="a4", down=revision))
    done = environment.limbeck("upgrade", "a2:head", "--sql")
    quoted = revision.replace("'", "''")
    rows = re.findall(r"^UPDATE .*;$", done.stdout, re.MULTILINE)
    assert rows == [
        f"UPDATE alembic_version SET version_num='{quoted}' WHERE alembic_version.version_num = 'a2';",
        f"UPDATE alembic_version SET version_num='a4' WHERE alembic_version.version_num = '{quoted}';",
    ], done.stderr
