"""Results on stdout, everything else on stderr."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from command_line import REVISION, Environment


def test_an_upgrade_only_logs(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "head")
    assert (done.returncode, done.stdout) == (0, "")
    told = re.sub(r"^INFO  \[[\w.]+\] ", "", done.stderr, flags=re.MULTILINE).splitlines()
    assert told == [
        "Context impl SQLiteImpl.",
        "Will assume transactional DDL.",
        "Running upgrade  -> a1, first",
        "Running upgrade a1 -> a2, second",
    ]


def test_nothing_to_do_says_nothing(environment: Environment) -> None:
    environment.limbeck("upgrade", "head")
    done = environment.limbeck("upgrade", "head")
    assert (done.returncode, done.stdout) == (0, "")
    assert "Running" not in done.stderr


def test_a_script_of_sql_is_all_that_is_on_stdout(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "head", "--sql")
    assert done.returncode == 0, done.stderr
    statements = [line for line in done.stdout.splitlines() if line and not line.startswith(("--", " ", ")"))]
    assert [line.split()[0] for line in statements if line[0].isupper()] == [
        "BEGIN;", "CREATE", "CREATE", "INSERT", "COMMIT;", "BEGIN;", "CREATE", "UPDATE", "COMMIT;",
    ]  # fmt: skip


def test_a_failing_script_of_sql_leaves_stdout_free_of_the_error(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "a3", "--sql")
    assert done.returncode == 3
    assert "revision identified by 'a3'" not in done.stdout
    assert "revision identified by 'a3'" in done.stderr


def test_quiet_prints_nothing(environment: Environment) -> None:
    for command in ("heads", "history", "current", "show a1", "branches"):
        done = environment.limbeck("-q", *command.split())
        assert (done.returncode, done.stdout) == (0, ""), command


def test_quiet_still_says_what_fails(environment: Environment) -> None:
    done = environment.limbeck("-q", "upgrade", "a3")
    assert done.returncode == 3
    assert "error[unknown-revision]: " in done.stderr


@pytest.mark.parametrize(
    "command", ["-q upgrade head", "upgrade head -q", "upgrade head --quiet", "upgrade --qui head"]
)
def test_quiet_says_nothing_at_all_under_an_edition(environment: Environment, command: str) -> None:
    done = environment.limbeck(*command.split())
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert environment.limbeck("current").stdout == "a2 (head)\n"


def test_quiet_leaves_the_log_alone_without_one(environment: Environment) -> None:
    """As under Alembic, whose log is not part of what a command prints."""
    environment.configure("edition", "")
    assert "Running upgrade a1 -> a2" in environment.limbeck("-q", "upgrade", "head").stderr


def test_a_reader_that_has_enough_is_no_error(environment: Environment) -> None:
    """``limbeck upgrade head --sql | head -1``: the pipe is closed long before the script ends."""
    source = REVISION.format(about="long", revision="a3", down="a2")
    many = "".join(f'    op.execute("SELECT {number:099}")\n' for number in range(3000))
    environment.write("migrations/versions/a3.py", source.replace("def upgrade():\n", f"def upgrade():\n{many}"))
    pipe = f"{sys.executable} -m limbeck upgrade head --sql | head -n 1; echo ${{PIPESTATUS[0]}}"
    piped = subprocess.run(
        ["bash", "-c", pipe], check=False, cwd=environment.root, capture_output=True, text=True, timeout=60
    )
    assert piped.stdout == "-- From base to head (a3)\n0\n"
    assert "error" not in piped.stderr
    assert "Broken pipe" not in piped.stderr


def test_check_heads_looks_and_finds_something(environment: Environment) -> None:
    environment.limbeck("upgrade", "a1")
    done = environment.limbeck("current", "--check-heads")
    assert done.returncode == 1
    assert "error[database-not-at-head]: Database is not on all head revisions" in done.stderr


def test_the_password_is_not_shown(environment: Environment) -> None:
    environment.configure("sqlalchemy.url", "postgresql+psycopg://somebody:secret@127.0.0.1:1/x")
    done = environment.limbeck("current", "-v")
    assert done.returncode == 3
    assert "secret" not in done.stdout + done.stderr


def test_a_percent_sign_in_a_url_is_a_percent_sign(environment: Environment) -> None:
    environment.configure("sqlalchemy.url", "sqlite:///50%.db")
    assert environment.limbeck("upgrade", "head").returncode == 0
    assert (environment.root / "50%.db").exists()


def test_a_variable_of_the_process_names_the_database(environment: Environment) -> None:
    done = environment.limbeck("upgrade", "head", environment={"LIMBECK_URL": "sqlite:///other.db"})
    assert done.returncode == 0, done.stderr
    assert (environment.root / "other.db").exists()
    assert not (environment.root / "test.db").exists()


@pytest.mark.parametrize(
    ("url", "code"),
    [("", "no-url"), (" ", "no-url"), ("nonsense", "bad-url"), ("oracle+cx_oracle://h/x", "no-driver")],
)
def test_a_variable_that_is_wrong_is_named(environment: Environment, url: str, code: str) -> None:
    """Nothing falls back to the URL of the ini file, and the ini file is not blamed."""
    done = environment.limbeck("upgrade", "head", environment={"LIMBECK_URL": url})
    assert done.returncode == 3
    assert re.match(rf"error\[{code}\]: .*LIMBECK_URL", done.stderr), done.stderr
    assert "alembic.ini" not in done.stderr
    assert not (environment.root / "test.db").exists()


ENV_PY = """\
from sqlalchemy import create_engine
from limbeck import context

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+psycopg2", "mysql+pymysql"])
def test_the_rest_of_a_password_is_not_shown_either(environment: Environment, driver: str) -> None:
    """An env.py that makes the engine itself: of a password with an @ its end would be the host."""
    environment.write("migrations/env.py", ENV_PY)
    done = environment.limbeck("current", environment={"LIMBECK_URL": f"{driver}://app:pa@word@127.0.0.1/x"})
    assert done.returncode == 3
    assert "error[database]: OperationalError: " in done.stderr
    assert "@ as %40" in done.stderr
    assert "word@" not in done.stdout + done.stderr
