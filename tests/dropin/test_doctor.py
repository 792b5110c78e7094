"""`limbeck doctor`: what it finds in settings, env.py, history and scripts, without running any of them."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from environments import BY_HAND, TEMPLATES, make
from side_by_side import Tool

from limbeck.config import Config
from limbeck.doctor import envpy, installed, scripts, settings
from limbeck.doctor.examination import examine
from limbeck.doctor.keywords import KEYWORDS
from limbeck.doctor.page import DIFFERENCES
from limbeck.doctor.source import Source, parse
from limbeck.findings import Finding

ENV_PY = """
from alembic import context
from sqlalchemy import engine_from_config, pool

with engine_from_config(context.config.get_section("alembic"), poolclass=pool.NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

INI = """[alembic]
script_location = %(here)s/migrations
sqlalchemy.url = postgresql://nobody@nowhere.invalid/nothing
"""

SCRIPT = '''"""{revision}"""
from alembic import op
import sqlalchemy as sa

revision = {revision!r}
down_revision = {down!r}


def upgrade():
    op.add_column("t", sa.Column("{revision}", sa.Integer))


def downgrade():
    op.drop_column("t", "{revision}")
'''


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment of two revisions, a1 <- a2, whose database cannot be reached."""
    (tmp_path / "migrations" / "versions").mkdir(parents=True)
    (tmp_path / "alembic.ini").write_text(INI)
    (tmp_path / "migrations" / "env.py").write_text(ENV_PY)
    for revision, down in (("a1", None), ("a2", "a1")):
        write(tmp_path, revision, SCRIPT.format(revision=revision, down=down))
    return tmp_path


def write(folder: Path, revision: str, text: str) -> None:
    (folder / "migrations" / "versions" / f"{revision}.py").write_text(textwrap.dedent(text))


def found(folder: Path) -> list[Finding]:
    return examine(Config(folder / "alembic.ini"))


def run(folder: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "limbeck", "doctor", *options],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


# --- files: one construct each --------------------------------------------------------------------------------------


@pytest.fixture
def parsed(tmp_path: Path, request: pytest.FixtureRequest) -> Source:
    """The text of the test's table as a parsed file."""
    (tmp_path / "file.py").write_text(textwrap.dedent(request.param))
    source = parse(str(tmp_path / "file.py"))
    assert isinstance(source, Source)
    return source


_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
BATCH = "from alembic import op\ndef upgrade():\n    with op.batch_alter_table('t') as b:\n"


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        ("from alembic import op", []),
        ("from alembic import op\ndef upgrade(): op.create_view('v')", []),
        ("from alembic.operations import Operations, ops\nops.AddColumnOp", []),
        ("from alembic.util.exc import CommandError", []),
        ("from alembic.ddl.impl import DefaultImpl, _impls", []),
        ("from alembic.autogenerate.render import _add_table", []),
        ("from alembic.script.revision import RevisionMap", []),
        ("from alembic import util\nutil.CommandError, util.exc.CommandError", []),
        ("import alembic.util.messaging", []),
        ("try:\n    from alembic.nothing import Thing\nexcept ImportError:\n    Thing = None", []),
        ("from somewhere import op\nop.f('x')", []),
        ("from alembic.util import ModuleClsProxy", [("error", "unknown-name", 1)]),
        ("import os\nimport alembic.nothing", [("error", "unknown-name", 2)]),
        ("from alembic.util import nothing", [("error", "unknown-name", 1)]),
        ("from alembic.ddl.impl import Nothing", [("error", "unknown-name", 1)]),
        ("from alembic import util\n\nutil.nothing", [("error", "unknown-name", 3)]),
        ("from alembic import op\n\ndef f():\n    op._proxy", [("error", "unknown-name", 4)]),
        ("from alembic import op\nbind = op.get_bind()", [("warning", "op-at-import", 2)]),
        ("from alembic import op\nclass A:\n    b = op.get_bind()", [("warning", "op-at-import", 3)]),
        ("from alembic import op\nname = op.f('ix')\nlater = lambda: op.get_bind()", []),
        ("from alembic import op\ndef down(): op.drop_constraint(None, 't')", [("warning", "drop-without-name", 2)]),
        ("from alembic import op\ndef down(): op.drop_constraint(None, 't', type_='primary')", []),
        ("from alembic import op\ndef down(): op.drop_constraint(None, 't', columns=['a'])", []),
        ("from alembic import op\ndef down(): op.drop_constraint('c', 't')", []),
        (
            "from alembic import op\ndef up(): op.alter_column('t', 'c', nulable=True)",
            [("warning", "unknown-keyword", 2)],
        ),
        ("from alembic import op\ndef up(): op.alter_column('t', 'c', postgresql_using='x')", []),
        ("from alembic import op\ndef up(): op.drop_table('t', if_exist=True)", [("warning", "unknown-keyword", 2)]),
        ("from alembic import op\ndef up(): op.create_index('i', 't', ['c'], postgresql_using='gin')", []),
        (BATCH + "        b.create_index('i', ['c'], uniqe=True)", [("warning", "unknown-keyword", 4)]),
        (BATCH + "        b.add_column(1)", []),
        (BATCH + "        b.drop_column('x')", [("info", "batch-rebuild", 3)]),
        (
            BATCH + "        b.drop_constraint(None)",
            [("warning", "drop-without-name", 4), ("info", "batch-rebuild", 3)],
        ),
        (BATCH + "        b.add_column(1)\n        b.execute('x')", [("warning", "batch-order", 5)]),
        (BATCH + "        b.execute('x')\n        b.add_column(1)", []),
        ("import threading", [("info", "threads", 1)]),
        ("def upgrade():\n    a = FILL_IN\n    b = 'FILL_IN'", [("error", "fill-in", 2)]),
        ("def upgrade():\n    FILL_IN = 5", []),
    ],
    indirect=["parsed"],
)
def test_scripts(parsed: Source, expected: list[tuple[str, str, int]]) -> None:
    findings = [finding for rule in scripts.RULES + scripts.ON_REBUILDS for finding in rule(parsed)]
    assert [(finding.severity, finding.code, finding.line) for finding in findings] == expected


@pytest.mark.parametrize(
    ("parsed", "expected"),
    [
        (ENV_PY, []),
        (
            "from alembic import context\ncontext.configure(url='x', compare_typo=True)",
            [("warning", "unknown-option", 2)],
        ),
        ("from alembic import context\ncontext.configure(url='x', version_table='v', mssql_x=1)", []),
        ("import alembic.context\nalembic.context.configure(compare_typo=1)", [("warning", "unknown-option", 2)]),
        (
            "from alembic import context\nconn.execute('x')\ncontext.configure(connection=conn)",
            [("warning", "env-transaction", 2)],
        ),
        ("from alembic import context\ncontext.configure(connection=conn)\nconn.execute('x')", []),
        ("from alembic import context\nother.execute('x')\ncontext.configure(connection=conn)", []),
        ("from logging.config import fileConfig\nfileConfig('x')", [("info", "file-config", 2)]),
        ("from logging.config import fileConfig\nfileConfig('x', disable_existing_loggers=False)", []),
        ("from alembic.context import nothing_of_the_sort", []),
        ("from alembic.migration import Nothing", [("error", "unknown-name", 1)]),
    ],
    indirect=["parsed"],
)
def test_env_py(parsed: Source, expected: list[tuple[str, str, int]]) -> None:
    findings = [finding for rule in envpy.RULES for finding in rule(parsed)]
    assert [(finding.severity, finding.code, finding.line) for finding in findings] == expected


def test_the_keywords_of_every_operation_are_known() -> None:
    """The table is what signatures, operations and SQLAlchemy's objects take."""
    from limbeck.operations import BatchOperations, Operations
    from limbeck.operations.keywords import known
    from limbeck.operations.operation import OPERATIONS

    taken: dict[str, set[str]] = {}
    for name in {*OPERATIONS, "batch_alter_table"}:
        for owner in (Operations, BatchOperations):
            if function := getattr(owner, name, None):
                parameters = inspect.signature(function).parameters.values()
                words = taken.setdefault(name, set())
                words |= {one.name for one in parameters if one.name != "self" and one.kind not in _MANY}
                if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters):
                    words |= known(name)
    assert {name: set(words) for name, words in KEYWORDS.items()} == taken


@pytest.mark.parametrize(
    ("text", "rules", "code"),
    [
        ("from alembic import op\ndef up(): op.drop_table('t', if_exist=True)", scripts.RULES, "unknown-keyword"),
        ("from alembic import context\ncontext.configure(compare_typo=True)", envpy.RULES, "unknown-option"),
    ],
)
def test_what_an_edition_refuses_stops(
    tmp_path: Path, text: str, rules: tuple[Callable[[Source], Iterator[Finding]], ...], code: str
) -> None:
    (tmp_path / "file.py").write_text(text)
    source = parse(str(tmp_path / "file.py"), edition=2026)
    assert isinstance(source, Source)
    (finding,) = [finding for rule in rules for finding in rule(source)]
    assert (finding.severity, finding.code) == ("error", code)
    assert "refused" in finding.message


# --- whole environments ---------------------------------------------------------------------------------------------


def test_a_sound_environment(environment: Path) -> None:
    assert [finding for finding in found(environment) if finding.severity != "info"] == []
    done = run(environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("This environment runs as it is.")


def test_nothing_is_imported_or_run(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    stubs = tmp_path_factory.mktemp("stubs")
    (stubs / "sqlalchemy.py").write_text("raise RuntimeError('sqlalchemy was imported')")
    for path in [environment / "migrations" / "env.py", *environment.glob("migrations/versions/*.py")]:
        path.write_text(path.read_text() + "\nraise RuntimeError('run')\n")
    done = run(environment, PYTHONPATH=str(stubs))
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_end_with_exit_code_one(environment: Path) -> None:
    write(environment, "a1", SCRIPT.format(revision="a1", down=None) + "\nfrom alembic.util import ModuleClsProxy\n")
    done = run(environment)
    path = environment / "migrations" / "versions" / "a1.py"
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [
        f"stops[unknown-name]: imports alembic.util.ModuleClsProxy, which is not offered ({path}:16)",
        f"  do: {DIFFERENCES} (Names) says what is there instead",
    ]
    assert done.stderr.splitlines()[0].startswith("error[doctor]: 1 finding(s) that would stop this environment")


def test_findings_for_a_program(environment: Path) -> None:
    write(environment, "a1", SCRIPT.format(revision="a1", down=None) + "\nfrom alembic.util import ModuleClsProxy\n")
    done = run(environment, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1
    assert done.stderr == run(environment).stderr
    assert (found["schema"], found["version"]) == ("limbeck.doctor", 1)
    assert found["findings"][0] == {
        "code": "unknown-name",
        "severity": "error",
        "message": "imports alembic.util.ModuleClsProxy, which is not offered",
        "hint": f"{DIFFERENCES} (Names) says what is there instead",
        "file": str(environment / "migrations" / "versions" / "a1.py"),
        "line": 16,
    }


def test_a_sound_environment_for_a_program(environment: Path) -> None:
    done = run(environment, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {finding["severity"] for finding in json.loads(done.stdout)["findings"]} <= {"info"}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("import nowhere", "nowhere"),
        ("from nowhere.types import Thing", "nowhere.types"),
        ("from migrations.nowhere import Thing", "migrations.nowhere"),
        ("def upgrade():\n    import nowhere", "nowhere"),
        ("try:\n    import nowhere\nexcept ImportError:\n    pass", None),
        ("import json, xml.etree.ElementTree, sqlalchemy.dialects.postgresql, alembic.op", None),
        ("from migrations.env import context", None),
    ],
)
def test_modules_that_scripts_import(
    environment: Path, monkeypatch: pytest.MonkeyPatch, line: str, named: str | None
) -> None:
    monkeypatch.chdir(environment)
    write(environment, "a2", SCRIPT.format(revision="a2", down="a1") + line + "\n")
    missing = [finding for finding in found(environment) if finding.code == "missing-module"]
    assert [(one.severity, one.message) for one in missing] == (
        [] if named is None else [("error", f"imports {named}, which cannot be found")]
    )
    (environment / "migrations" / "env.py").write_text("import sys\nsys.path.append('elsewhere')\n" + ENV_PY)
    missing = [finding for finding in found(environment) if finding.code == "missing-module"]
    assert {one.severity for one in missing} <= {"info"}


def test_a_fact_is_said_once_with_its_places(environment: Path) -> None:
    for revision, down in (("a1", None), ("a2", "a1")):
        write(environment, revision, SCRIPT.format(revision=revision, down=down) + "\nimport nowhere\n")
    lines = run(environment).stdout.splitlines()
    versions = environment / "migrations" / "versions"
    assert lines[:4] == [
        "stops[missing-module]: imports nowhere, which cannot be found",
        f"  {versions / 'a1.py'}:16",
        f"  {versions / 'a2.py'}:16",
        "  do: install what has it, or name its folder in prepend_sys_path",
    ]
    assert len(json.loads(run(environment, "--json").stdout)["findings"]) >= 2


def test_an_environment_of_flask_migrate(environment: Path) -> None:
    """Its ini file lies in the folder of env.py and names no location: Flask-Migrate sets it."""
    (environment / "alembic.ini").unlink()
    (environment / "migrations" / "alembic.ini").write_text("[alembic]\n# template used to generate migration files\n")
    for options in ((), ("--script-location", "migrations"), ("-c", "migrations/alembic.ini")):
        done = run(environment, *options)
        assert (done.returncode, done.stderr) == (0, ""), options
        assert done.stdout.splitlines()[-1].startswith("This environment runs as it is.")
        assert ("note[script-location-assumed]" in done.stdout) == ("--script-location" not in options)


def test_a_script_location_takes_precedence(environment: Path) -> None:
    done = run(environment, "--script-location", "elsewhere")
    assert (done.returncode, "stops[script-location-missing]" in done.stdout) == (1, True)


def test_the_page_that_is_named_is_there() -> None:
    assert Path(DIFFERENCES).is_file()


@pytest.mark.parametrize(
    ("revision", "text", "rule"),
    [
        ("b1", SCRIPT.format(revision="a1", down=None), "duplicate-revision"),
        ("a3", SCRIPT.format(revision="a3", down="zz"), "missing-revision"),
        ("a3", "revision = 'a3'\ndown_revision = 'a2'\ndef upgrade(:\n", "broken-revision-file"),
        ("notes", "def upgrade():\n    pass\n", "stray-file"),
        ("a3", SCRIPT.format(revision="a3", down="a1"), "several-heads"),
        ("a3", SCRIPT.format(revision="a" * 40, down="a2"), "wide-ids"),
    ],
)
def test_the_history(environment: Path, revision: str, text: str, rule: str) -> None:
    write(environment, revision, text)
    assert rule in {finding.code for finding in found(environment)}


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("edition = 1999", "unknown-edition"),
        ("timezone = Nowhere/Atall", "unknown-timezone"),
        ("file_template = %%(nothing)s", "file-template"),
        ("output_encoding = klingon", "output-encoding"),
        ("version_locations = %(nothing)s", "interpolation-missing"),
        ("[post_write_hooks]\nhooks = black", "hook-setting"),
        ("[post_write_hooks]\nhooks = black\nblack.type = exec\nblack.executable = black", "hook-fails"),
        ("revision_environment = perhaps", "option-not-boolean"),
        ("sourceless = yes", "boolean-spelling"),
    ],
)
def test_the_settings(environment: Path, line: str, rule: str) -> None:
    ini = environment / "alembic.ini"
    ini.write_text(ini.read_text() + line + "\n")
    assert rule in {finding.code for finding in found(environment)}


@pytest.mark.parametrize(
    ("version", "rules"),
    [("1.20.1", ["alembic-installed"]), ("1.21.0", ["alembic-installed", "newer-alembic"]), ("1.20.1+limbeck.1", [])],
)
def test_what_else_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, rules: list[str]
) -> None:
    info = tmp_path / f"alembic-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: alembic\nVersion: {version}\n")
    (info / "entry_points.txt").write_text("[alembic.plugins]\nviews = somebody.views\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert [finding.code for finding in installed.check()] == [*rules, "plugin"]


@pytest.mark.parametrize(
    ("setting", "rules"),
    [
        ("sqlalchemy.url = snowflake://a/b", ["foreign-dialect"]),
        ("sqlalchemy.url = mysql+pymysql://a/b", []),
        ("sqlalchemy.url = driver://user:pass@localhost/dbname", ["placeholder-url"]),
        ("[post_write_hooks]\nhooks = h\nh.type = of_our_own", ["hook-unknown", "hook-fails"]),
    ],
)
def test_settings_that_are_worth_a_note(tmp_path: Path, setting: str, rules: list[str]) -> None:
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = x\n{setting}\n")
    findings = list(settings.check(Config(tmp_path / "alembic.ini")))
    assert [finding.code for finding in findings] == rules
    assert {finding.severity for finding in findings} <= {"info"}


@pytest.mark.parametrize(
    ("setting", "noted"),
    [
        ("sqlalchemy.url = sqlite:///x.db", True),
        ("", True),
        ("sqlalchemy.url = postgresql://a/b", False),
        ("sqlalchemy.url = sqlite:///x.db\nedition = 2026", False),
    ],
)
def test_rebuilds_are_worth_a_note_where_they_lose_something(environment: Path, setting: str, noted: bool) -> None:
    (environment / "alembic.ini").write_text(f"[alembic]\nscript_location = %(here)s/migrations\n{setting}\n")
    batch = "    with op.batch_alter_table('t') as b:\n        b.drop_column('x')\n"
    write(environment, "a2", SCRIPT.format(revision="a2", down="a1") + batch)
    assert ("batch-rebuild" in {finding.code for finding in found(environment)}) == noted


def test_every_rule_is_documented() -> None:
    root = Path(__file__).parents[2]
    text = "".join(path.read_text() for path in (root / "src" / "limbeck" / "doctor").glob("*.py"))
    rules = set(re.findall(r'Finding\(\s*"([a-z-]+)",\s*"(?:error|warning|info)"', text))
    assert len(rules) > 15
    documented = set(re.findall(r"`([a-z-]+)`", (root / "docs" / "doctor.md").read_text()))
    assert rules - documented == set()


def test_an_env_py_that_is_not_there(environment: Path) -> None:
    (environment / "migrations" / "env.py").unlink()
    assert ("error", "file-missing") in {(finding.severity, finding.code) for finding in found(environment)}


def test_an_empty_folder(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("stops[no-script-location]: there is no configuration file here\n")


def test_sys_path_is_left_as_it_was(environment: Path) -> None:
    ini = environment / "alembic.ini"
    ini.write_text(ini.read_text() + "prepend_sys_path = .\npath_separator = os\n")
    before = list(sys.path)
    found(environment)
    assert sys.path == before


# --- what it says is what happens -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*TEMPLATES, *BY_HAND])
def test_environments_that_run_are_said_to_run(alembic: Tool, limbeck: Tool, kind: str, tmp_path: Path) -> None:
    """Those of test_environments: exit code 0, and no database was made by asking."""
    folder = tmp_path / "env"
    make(alembic, kind, folder, f"sqlite:///{folder}/one.db")
    alembic.succeeds(folder, "revision", "-m", "x", "--rev-id", "a1", MODELS="1")
    for database in folder.glob("*.db"):
        database.unlink()
    done = limbeck.succeeds(folder, "doctor")
    assert done.out.splitlines()[-1].startswith("This environment runs as it is.")
    assert list(folder.glob("*.db")) == []


@pytest.mark.parametrize(
    ("file", "line", "rule"),
    [
        ("a1", "from alembic.util import ModuleClsProxy", "unknown-name"),
        ("a1", "from alembic.util import no_such_thing", "unknown-name"),
        ("a1", "def broken(:", "broken-revision-file"),
        ("a2", "down_revision = 'nowhere'", "missing-revision"),
        ("a2", "revision = 'a1'", "duplicate-revision"),
        ("env", "from alembic.runtime.migration import NoSuchThing", "unknown-name"),
        ("env", "def broken(:", "python-syntax"),
        ("ini", "edition = 1999", "unknown-edition"),
        ("ini", "version_locations = %(nothing)s", "interpolation-missing"),
    ],
)
def test_what_it_says_would_stop_does_stop(
    limbeck: Tool, environment: Path, tmp_path: Path, file: str, line: str, rule: str
) -> None:
    ini = environment / "alembic.ini"
    ini.write_text(ini.read_text().replace("postgresql://nobody@nowhere.invalid/nothing", "sqlite:///one.db"))
    path = {"env": environment / "migrations" / "env.py", "ini": ini}.get(
        file, environment / "migrations" / "versions" / f"{file}.py"
    )
    for script in environment.glob("migrations/versions/*.py"):
        script.write_text(script.read_text().replace('op.add_column("t",', "(lambda column: None)("))
    limbeck.succeeds(environment, "upgrade", "head")
    limbeck.succeeds(environment, "stamp", "base")
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = limbeck(environment, "doctor")
    assert done.code == 1
    assert f"stops[{rule}]" in done.out
    assert limbeck(environment, "upgrade", "head").code == 3
