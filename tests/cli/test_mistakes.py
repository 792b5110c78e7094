"""Mistakes at the command line, each with all that it gets on stderr: what is wrong, where, and what to do.

After a change of words: ``pytest tests/cli/test_mistakes.py --inline-snapshot=fix``, and read them as a person
would who was woken up by them.
"""

# ruff: noqa: E501 messages are not wrapped
from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command_line import REVISION, Environment
from inline_snapshot import snapshot

import limbeck

Change = Callable[[Environment], object]

MODELS = """\
import sqlalchemy as sa
from limbeck import context

context.log_as_configured()
models = sa.MetaData()
for name in {tables!r}:
    sa.Table(name, models, sa.Column("id", sa.Integer, primary_key=True))
context.run(models)
"""
LIMBECK = str(Path(limbeck.__file__).parent)
A2 = "migrations/versions/a2_second.py"


@dataclass
class Mistake:
    """A mistake.

    :param command: the command line.
    :param says: what it writes to stderr, log lines aside.
    :param before: what was done to a good environment at base before.
    :param variables: environment variables.
    :param exit: the exit code.
    """

    command: str
    says: str
    before: tuple[Change, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    exit: int = 3

    def __str__(self) -> str:
        return " ".join([*(f"{name}={value}" for name, value in self.variables.items()), self.command]) or "nothing"


def run(command: str) -> Change:
    def change(environment: Environment) -> None:
        done = environment.limbeck(*command.split())
        assert done.returncode == 0, done.stderr

    return change


def models(*tables: str) -> Change:
    return lambda environment: environment.write("migrations/env.py", MODELS.format(tables=tables))


def script(name: str, down: object, old: str = "", new: str = "", revision: str | None = None) -> Change:
    """A script; ``new`` stands in the place of ``old``."""
    text = REVISION.format(about=f"makes {name}", revision=revision or name, down=down)
    return lambda environment: environment.write(f"migrations/versions/{name}.py", text.replace(old, new, 1))


def without(name: str) -> Change:
    return lambda environment: (environment.root / name).unlink()


def setting(key: str, value: str) -> Change:
    return lambda environment: environment.configure(key, value)


def has_file(name: str, text: str) -> Change:
    return lambda environment: environment.write(name, text)


def sql(statement: str) -> Change:
    def change(environment: Environment) -> None:
        import sqlite3

        with sqlite3.connect(environment.root / "test.db") as connection:
            connection.execute(statement)
        connection.close()

    return change


def read_only(environment: Environment) -> None:
    environment.configure("sqlalchemy.url", "sqlite:///file:test.db?mode=ro&uri=true")


TWO_HEADS = script("b2", "a1")
FAILS = "    op.create_table("

MISTAKES = [
    # what is typed
    Mistake(
        "",
        snapshot("""\
error[usage]: too few arguments
  hint: as in `limbeck upgrade head`; `limbeck --help` lists the commands\
"""),
        exit=2,
    ),
    Mistake(
        "upgrad head",
        snapshot("""\
error[usage]: There is no command 'upgrad'
  hint: did you mean 'upgrade'? `limbeck --help` lists them\
"""),
        exit=2,
    ),
    Mistake(
        "migrate",
        snapshot("""\
error[usage]: There is no command 'migrate'
  hint: did you mean 'upgrade'? `limbeck --help` lists them\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade",
        snapshot("""\
error[usage]: the following arguments are required: revision
  hint: as in `limbeck upgrade head`\
"""),
        exit=2,
    ),
    Mistake(
        "downgrade",
        snapshot("""\
error[usage]: the following arguments are required: revision
  hint: as in `limbeck downgrade -1`\
"""),
        exit=2,
    ),
    Mistake(
        "stamp",
        snapshot("""\
error[usage]: the following arguments are required: revisions
  hint: as in `limbeck stamp head`; usage: limbeck stamp [-h] [--sql] [--tag TAG] [--purge] [--no-lock] [--lock-timeout SECONDS] [--json] [--verify] revisions [revisions ...]\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade head --sqll",
        snapshot("""\
error[usage]: unrecognized arguments: --sqll
  hint: did you mean --sql?\
"""),
        exit=2,
    ),
    Mistake(
        "heads --sql",
        snapshot("""\
error[usage]: unrecognized arguments: --sql
  hint: --sql is an option of blame, diff, downgrade, ensure_version, plan, revision, stamp, upgrade\
"""),
        exit=2,
    ),
    Mistake(
        "--sql upgrade head",
        snapshot("""\
error[usage]: unrecognized arguments: --sql
  hint: --sql is an option of upgrade, and stands behind it\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade a1 a2",
        snapshot("""\
error[usage]: unrecognized arguments: a2
  hint: usage: limbeck upgrade [-h] [--sql] [--tag TAG] [--no-lock] [--lock-timeout SECONDS] [--table-lock-timeout DURATION] [--resume] [--in-doubt {done,again}] [--json] [--yes] [--plan FILE] [--skipped] [--lint | --no-lint] [--fail-on {error,warning,info}] [revision]\
"""),
        exit=2,
    ),
    Mistake(
        "lint --fail-on warnin",
        snapshot("""\
error[usage]: argument --fail-on: invalid choice: 'warnin'
  hint: did you mean 'warning'? it takes error, warning, info\
"""),
        exit=2,
    ),
    Mistake(
        "lint --format xml",
        snapshot("""\
error[usage]: argument --format: invalid choice: 'xml'
  hint: it takes text, json, github, gitlab, markdown, sarif\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade head --in-doubt maybe",
        snapshot("""\
error[usage]: argument --in-doubt: invalid choice: 'maybe'
  hint: it takes done, again\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade head --lock-timeout soon",
        snapshot("""\
error[usage]: argument --lock-timeout: invalid float value: 'soon'
  hint: usage: limbeck upgrade [-h] [--sql] [--tag TAG] [--no-lock] [--lock-timeout SECONDS] [--table-lock-timeout DURATION] [--resume] [--in-doubt {done,again}] [--json] [--yes] [--plan FILE] [--skipped] [--lint | --no-lint] [--fail-on {error,warning,info}] [revision]\
"""),
        exit=2,
    ),
    Mistake(
        "init --edition abc elsewhere",
        snapshot("""\
error[unknown-edition]: Unknown edition: abc
  hint: this version knows 2026\
"""),
        exit=3,
    ),
    Mistake(
        "init",
        snapshot("""\
error[usage]: the following arguments are required: directory
  hint: as in `limbeck init migrations`; usage: limbeck init [-h] [-t TEMPLATE] [--package] [--edition YEAR] directory\
"""),
        exit=2,
    ),
    Mistake(
        "init migrations",
        snapshot("""\
error[directory-not-empty]: Directory migrations already exists and is not empty (migrations)
  hint: name another folder; to start over, remove this one first\
"""),
    ),
    Mistake(
        "init -t asnyc elsewhere",
        snapshot("""\
error[unknown-template]: No such template <limbeck>/templates_2026/asnyc
  hint: there are: async, classic, generic, multidb, pyproject, pyproject_async\
"""),
    ),
    Mistake(
        "heads -c other.ini",
        snapshot("""\
error[config-missing]: Config file 'other.ini' does not exist (other.ini)
  hint: check the path given by -c, LIMBECK_CONFIG or ALEMBIC_CONFIG\
"""),
    ),
    Mistake(
        "heads -n other",
        snapshot("""\
error[unknown-section]: No config file 'alembic.ini' found, or file has no '[other]' section (alembic.ini)
  hint: sections of this file: alembic\
"""),
    ),
    # targets
    Mistake(
        "upgrade HEAD",
        snapshot("""\
error[unknown-revision]: Can't locate revision identified by 'HEAD'
  hint: it was taken for an id, the beginning of one, or a branch label; near: 'head', 'heads'; `limbeck history` lists the revisions.\
"""),
    ),
    Mistake(
        "upgrade haed",
        snapshot("""\
error[unknown-revision]: Can't locate revision identified by 'haed'
  hint: it was taken for an id, the beginning of one, or a branch label; near: 'head', 'heads'; `limbeck history` lists the revisions.\
"""),
    ),
    Mistake(
        "upgrade a3",
        snapshot("""\
error[unknown-revision]: Can't locate revision identified by 'a3'
  hint: it was taken for an id, the beginning of one, or a branch label; `limbeck history` lists the revisions.\
"""),
    ),
    Mistake(
        "upgrade a1:a2",
        snapshot("""\
error[usage]: Range revision not allowed
  hint: the database says itself where it is: `limbeck upgrade a2`; a range goes with --sql\
"""),
        exit=2,
    ),
    Mistake(
        "upgrade +5",
        snapshot("""\
error[walked-too-far]: Relative revision +5 didn't produce 5 migrations
  hint: from base the way ends at a2, before 5 steps are done.\
"""),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[multiple-heads]: Multiple head revisions are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads
  hint: they are a2 (second), b2 (makes b2); name one, or '<branch>@head', or 'heads' for all; `limbeck merge heads` joins them\
"""),
        (TWO_HEADS,),
    ),
    Mistake(
        "upgrade nobranch@head",
        snapshot("""\
error[unknown-branch]: No such branch: 'nobranch'
  hint: it was taken for an id, the beginning of one, or a branch label; `limbeck history` lists the revisions.\
"""),
    ),
    Mistake(
        "downgrade -1",
        snapshot("""\
error[walked-too-far]: Relative revision -1 didn't produce 1 migrations
  hint: nothing is applied: the database is at base.\
"""),
    ),
    Mistake(
        "downgrade -5",
        snapshot("""\
error[walked-too-far]: Relative revision -5 didn't produce 5 migrations
  hint: from a2 the way ends at base, before 5 steps are done.\
"""),
        (run("upgrade head"),),
    ),
    Mistake(
        "downgrade a2",
        snapshot("""\
error[range-not-ancestor]: Destination a2 is not a valid downgrade target from current head(s)
  hint: the database is at a1, and nothing applied stands above a2.\
"""),
        (run("upgrade a1"),),
    ),
    Mistake(
        "downgrade base --sql",
        snapshot("""\
error[usage]: downgrade with --sql requires <fromrev>:<torev>
  hint: say where the database is, e.g. `limbeck downgrade current:base --sql`\
"""),
        exit=2,
    ),
    Mistake(
        "downgrade -2",
        snapshot("""\
error[ambiguous-walk]: Ambiguous walk
  hint: from m1 the way goes to a2, b2: name one, or a branch ('<branch>@').\
"""),
        (TWO_HEADS, script("m1", ("a2", "b2")), run("upgrade head")),
    ),
    Mistake(
        "history -r a1",
        snapshot("""\
error[usage]: History range requires [start]:[end], [start]:, or :[end]
  hint: `-r a1:` begins there, `-r :a1` ends there\
"""),
        exit=2,
    ),
    Mistake(
        "history -r a1:a2:a1",
        snapshot("""\
error[target-syntax]: History range requires [start]:[end], [start]:, or :[end]
  hint: write one colon between two targets.\
"""),
    ),
    Mistake(
        "show a3",
        snapshot("""\
error[unknown-revision]: Can't locate revision identified by 'a3'
  hint: it was taken for an id, the beginning of one, or a branch label; `limbeck history` lists the revisions.\
"""),
    ),
    Mistake(
        "edit current",
        snapshot("""\
error[no-current-revision]: No current revisions
  hint: the database is at base\
"""),
    ),
    # new revisions
    Mistake(
        "revision -m x",
        snapshot("""\
error[multiple-heads]: Multiple heads are present; please specify the head revision on which the new revision should be based, or perform a merge.
  hint: they are a2 (second), b2 (makes b2); name one, or '<branch>@head', or 'heads' for all; `limbeck merge heads` joins them\
"""),
        (TWO_HEADS,),
    ),
    Mistake(
        "revision --head a1",
        snapshot("""\
error[not-a-head]: Revision a1 is not a head revision; please specify --splice to create a new branch from this revision
  hint: 'a1@head' is the head of its branch\
"""),
    ),
    Mistake(
        "revision --rev-id a1",
        snapshot("""\
error[duplicate-revision]: Revision id 'a1' is already used by revision a1 (migrations/versions/a1_first.py)
  hint: give another --rev-id, or none\
"""),
    ),
    Mistake(
        "revision --rev-id a@1",
        snapshot("""\
error[illegal-revision-id]: Character(s) '@' not allowed in revision identifier 'a@1'
  hint: letters, digits and underscores make an id.\
"""),
    ),
    Mistake(
        "merge heads",
        snapshot("""\
error[nothing-to-merge]: There is nothing to merge: 'heads' stands for one revision, a2 (second)
  hint: name two heads or more; `limbeck heads` lists them\
"""),
    ),
    Mistake(
        "merge a1",
        snapshot("""\
error[nothing-to-merge]: There is nothing to merge: 'a1' stands for one revision, a1 (first)
  hint: name two heads or more; `limbeck heads` lists them\
"""),
    ),
    Mistake(
        "merge a1 a2",
        snapshot("""\
error[not-a-head]: Revision a1 is not a head revision; please specify --splice to create a new branch from this revision
  hint: 'a1@head' is the head of its branch\
"""),
    ),
    Mistake(
        "revision --autogenerate",
        snapshot("""\
error[no-metadata]: Can't proceed with --autogenerate option; environment script migrations/env.py does not provide a MetaData object or sequence of objects to the context. (migrations/env.py)
  hint: give the MetaData of your models to context.configure(target_metadata=...)\
"""),
        (run("upgrade head"),),
    ),
    Mistake(
        "revision --autogenerate",
        snapshot("""\
error[not-up-to-date]: Target database is not up to date.
  hint: run `limbeck upgrade heads` first: models are compared with the newest schema. The database has no version row: where its tables were made without migrations, `limbeck stamp <revision>` writes one\
"""),
        (models("t_a1"),),
    ),
    Mistake(
        "check",
        snapshot("""\
error[mass-drop]: This would drop 2 of the database's 2 tables: t_a1, t_a2
  hint: the MetaData has no tables: import your models in env.py; if you mean it, say --allow-drops or configure(allow_drops=True)\
"""),
        (models(), run("upgrade head")),
    ),
    Mistake(
        "check",
        snapshot("""\
error[differences-found]: New upgrade operations detected: [('add_table', Table('t_a3', MetaData(), Column('id', Integer(), table=<t_a3>, primary_key=True, nullable=False), schema=None))]
  hint: write them into a revision by `limbeck revision --autogenerate`\
"""),
        (models("t_a1", "t_a2", "t_a3"), run("upgrade head")),
        exit=1,
    ),
    # files
    Mistake(
        "upgrade head",
        snapshot("""\
warning[broken-revision-file]: Revision file can't be read: it sets 'revison' and not 'revision'; did you mean that? (migrations/versions/ccc3.py:5)
  hint: the revision is left out until the file is repaired
error[broken-revision-file]: Revision file can't be read: it sets 'revison' and not 'revision'; did you mean that? (migrations/versions/ccc3.py:5)
  hint: repair the file or move it away, or name the target by its revision id\
"""),
        (script("ccc3", "a2", "revision =", "revison ="),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
warning[broken-revision-file]: Revision file can't be read: it sets 'revison' and not 'revision'; did you mean that? (migrations/versions/zz.py:5)
  hint: the revision is left out until the file is repaired
error[broken-revision-file]: Revision file can't be read: it sets 'revison' and not 'revision'; did you mean that? (migrations/versions/zz.py:5)
  hint: repair the file or move it away, or name the target by its revision id\
"""),
        (script("zz", "a2", "revision =", "revison ="),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[missing-revision]: Revision a22 referenced from a3 (down_revision) is not present (migrations/versions/a3.py)
  hint: add the file of a22, or correct down_revision; near: 'a2'.\
"""),
        (script("a3", "a22"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[duplicate-revision]: Revision a1 is present more than once: migrations/versions/a1_first.py and migrations/versions/a3.py (migrations/versions/a3.py)
  hint: give one of them an id of its own, in the file and wherever it is named as down_revision.\
"""),
        (script("a3", "a2", revision="a1"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
warning[broken-revision-file]: Revision a3 can't be run: syntax error: expected ':' (migrations/versions/a3.py:11)
  hint: its header was readable, so the history is whole; repair the file before running it
error[python-syntax]: Can't run Python file: expected ':' (migrations/versions/a3.py:11)
  hint: nothing of the file was run; repair that line\
"""),
        (script("a3", "a2", "def upgrade():", "def upgrade()"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[script-import]: Revision script can't be imported: ModuleNotFoundError: No module named 'sqlalchmey' (migrations/versions/a3.py:2)
  hint: nothing of it was run; repair that line, or move what needs a database into upgrade() and downgrade()\
"""),
        (script("a3", "a2", "import sqlalchemy", "import sqlalchmey"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[function-missing]: Revision a3 has no upgrade() function (migrations/versions/a3.py)
  hint: add a function upgrade() to the script; its body may be `pass`\
"""),
        (script("a3", "a2", "def upgrade", "def upgarde"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[database]: OperationalError: no such table: t_a3 (migrations/versions/a3.py:12)
  hint: is the table made by a revision that comes later, or by none, or has it another name or schema?; the statement was: SELECT 1 FROM t_a3 LIMIT ? OFFSET ?
  while running upgrade a2 -> a3 (migrations/versions/a3.py)
  rolled back; database at a2; a1, a2 applied\
"""),
        (script("a3", "a2", FAILS, "    op.add_column("),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[file-missing]: Can't find Python file migrations/env.py (migrations/env.py)
  hint: `limbeck init` in another folder makes one to copy\
"""),
        (without("migrations/env.py"),),
    ),
    Mistake(
        "heads",
        snapshot("""\
error[script-location-not-set]: No 'script_location' key found in configuration.
  hint: there is no alembic.ini, pyproject.toml here; -c names another file, `limbeck init` makes one\
"""),
        (without("alembic.ini"),),
    ),
    Mistake(
        "heads",
        snapshot("""\
error[script-location-missing]: Path doesn't exist: nowhere.  Please use the 'init' command to create a new scripts folder. (nowhere)
  hint: script_location is relative to the current directory, unless it begins with %(here)s\
"""),
        (setting("script_location", "nowhere"),),
    ),
    Mistake(
        "heads",
        snapshot("""\
error[unknown-edition]: Unknown edition: 2025 (alembic.ini)
  hint: this version knows 2026\
"""),
        (setting("edition", "2025"),),
    ),
    Mistake(
        "heads",
        snapshot("""\
error[ini-syntax]: Malformed ini file: Source contains parsing errors: 'alembic.ini' (alembic.ini:2)
  hint: a line is a [section], key = value, a # comment, or indented text that continues a value\
"""),
        (has_file("alembic.ini", "[alembic]\nscript_location migrations\n"),),
    ),
    # the database
    Mistake(
        "upgrade head",
        snapshot("""\
error[no-url]: The environment variable LIMBECK_URL is set and empty
  hint: set it to the URL of the database, or `unset LIMBECK_URL` for that of the configuration\
"""),
        variables={"LIMBECK_URL": ""},
    ),
    Mistake(
        "current",
        snapshot("""\
error[bad-url]: The environment variable LIMBECK_URL cannot be used: Can't load plugin: sqlalchemy.dialects:postgres
  hint: did you mean postgresql://?\
"""),
        variables={"LIMBECK_URL": "postgres://app@127.0.0.1/app"},
    ),
    Mistake(
        "current",
        snapshot("""\
error[bad-url]: The environment variable LIMBECK_URL cannot be used: it has a second '@' before the host
  hint: in a password write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25\
"""),
        variables={"LIMBECK_URL": "postgresql+psycopg://app:p@ss@127.0.0.1/app"},
    ),
    Mistake(
        "current",
        snapshot("""\
error[database]: Can't connect to postgresql+psycopg://app@127.0.0.1:1/app: OperationalError: connection failed: connection to server at "127.0.0.1", port 1 failed: Connection refused
  hint: nothing listens at that host and port: start the server, or correct them in the URL\
"""),
        variables={"LIMBECK_URL": "postgresql+psycopg://app@127.0.0.1:1/app"},
    ),
    Mistake(
        "current",
        snapshot("""\
error[database]: Can't connect to mysql+pymysql://app@nohost.invalid/app: OperationalError: (2003, "Can't connect to MySQL server on 'nohost.invalid' ([Errno -2] Name or service not known)")
  hint: this machine cannot resolve the host of the URL: check its spelling, and whether a VPN or a container network is missing\
"""),
        variables={"LIMBECK_URL": "mysql+pymysql://app@nohost.invalid/app"},
    ),
    Mistake(
        "current",
        snapshot("""\
error[no-driver]: The driver of the environment variable LIMBECK_URL is not installed: No module named 'cx_Oracle'
  hint: install it: pip install 'cx_Oracle'\
"""),
        variables={"LIMBECK_URL": "oracle+cx_oracle://app@127.0.0.1/app"},
    ),
    Mistake(
        "current",
        snapshot("""\
error[database]: Can't connect to sqlite:///nowhere/test.db: OperationalError: unable to open database file
  hint: the folder of the file has to exist and be writable; after three slashes the path is relative, after four absolute: ///app.db, ////srv/app.db\
"""),
        variables={"LIMBECK_URL": "sqlite:///nowhere/test.db"},
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
warning[no-history]: The history of this database cannot be written: OperationalError: attempt to write a readonly database
  hint: let the account create and change table limbeck_history, or set history = false
error[database]: OperationalError: attempt to write a readonly database (migrations/versions/a2_second.py:12)
  hint: this database is read-only: name the primary server in place of a replica; of a file, make it and its folder writable; the statement was: CREATE TABLE t_a2 ( id INTEGER NOT NULL, PRIMARY KEY (id) )
  while running upgrade a1 -> a2 (migrations/versions/a2_second.py)
  rolled back; database at a1\
"""),
        (run("upgrade a1"), read_only),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[database]: OperationalError: table t_a1 already exists (migrations/versions/a1_first.py:12)
  hint: where it was made without migrations, record the revision that the schema equals: `limbeck stamp <revision>`; the statement was: CREATE TABLE t_a1 ( id INTEGER NOT NULL, PRIMARY KEY (id) )
  while running upgrade  -> a1 (migrations/versions/a1_first.py)
  rolled back; database at base\
"""),
        (sql("CREATE TABLE t_a1 (id INTEGER)"),),
    ),
    Mistake(
        "upgrade head",
        snapshot("""\
error[database-ahead]: Can't locate revision identified by 'a2': the database is ahead of this code, or beside it on another branch
  hint: run the code that has these revisions, or add their files; where the schema is known to equal a revision of this code, `stamp --purge <revision>` writes the version table anew.
  a2, second, applied <time> by <user>, above a1: no file has this id\
"""),
        (run("upgrade head"), without(A2)),
    ),
    Mistake(
        "check",
        snapshot("""\
error[database-ahead]: Can't locate revision identified by 'a2': the database is ahead of this code, or beside it on another branch
  hint: run the code that has these revisions, or add their files; where the schema is known to equal a revision of this code, `stamp --purge <revision>` writes the version table anew.\
"""),
        (models("t_a1"), run("upgrade head"), without(A2)),
    ),
    Mistake(
        "check",
        snapshot("""\
error[not-up-to-date]: Target database is not up to date.
  hint: run `limbeck upgrade heads` first: models are compared with the newest schema. The database has no version row: where its tables were made without migrations, `limbeck stamp <revision>` writes one\
"""),
        (models("t_a1"), sql("CREATE TABLE t_a1 (id INTEGER)")),
    ),
    Mistake(
        "current --check-heads",
        snapshot("""\
error[database-not-at-head]: Database is not on all head revisions
  hint: bring it there by `limbeck upgrade heads`\
"""),
        (run("upgrade a1"),),
        exit=1,
    ),
]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with two revisions, to be copied."""
    made = Environment(tmp_path_factory.mktemp("good"))
    done = made.limbeck("init", "migrations")
    assert done.returncode == 0, done.stderr
    made.configure("sqlalchemy.url", "sqlite:///test.db")
    made.write("migrations/versions/a1_first.py", REVISION.format(about="first", revision="a1", down=None))
    made.write(A2, REVISION.format(about="second", revision="a2", down="a1"))
    return made.root


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake(good: Path, tmp_path: Path, mistake: Mistake) -> None:
    environment = Environment(Path(shutil.copytree(good, tmp_path / "app")))
    for change in mistake.before:
        change(environment)
    files = environment.files()

    done = environment.limbeck(*mistake.command.split(), environment=mistake.variables)

    lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
    said = "\n".join(lines).replace(f"{environment.root}/", "").replace(LIMBECK, "<limbeck>")
    said = re.sub(r"applied \S+Z by [^,]+,", "applied <time> by <user>,", said)
    assert "Traceback" not in said
    assert (said, done.returncode) == (mistake.says, mistake.exit)
    assert environment.files() == files
