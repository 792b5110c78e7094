"""What ``alembic init`` writes: skeletons that programs and people edit, in files that Alembic can run.

The texts are our own; sections and settings of the ini file, functions of env.py, and what a new revision has in it
are as Alembic writes them, since tools insert text there.
"""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from environments import TEMPLATES
from side_by_side import Both, Done, Tool

from limbeck import __version__

MODELS = """\
import sqlalchemy as sa

metadata = sa.MetaData()
sa.Table("book", metadata, sa.Column("id", sa.Integer, primary_key=True))
"""
AS_ALEMBIC = {"PROG": "alembic"}


def init(alembic: Tool, limbeck: Tool, folder: Path, *words: str) -> tuple[list[Path], list[Done]]:
    """The folders in which either tool wrote an environment, and what they said."""
    folders, said = [], []
    for tool in (alembic, limbeck):
        here = folder / tool.name
        here.mkdir()
        said.append(tool.succeeds(here, *words, **AS_ALEMBIC))
        folders.append(here)
    return folders, said


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_skeleton_is_the_same(alembic: Tool, limbeck: Tool, tmp_path: Path, template: str) -> None:
    words = ("init", "--template", template, "--package", "migrations")
    (there, here), (reference, ours) = init(alembic, limbeck, tmp_path, *words)
    assert ours.out == reference.out.replace(str(there), str(here))
    assert settings(here) == settings(there)
    assert functions(here / "migrations" / "env.py") >= functions(there / "migrations" / "env.py") - {"process"}
    assert first_line(here) == first_line(there)
    texts = []
    for folder in (there, here):
        alembic.succeeds(folder, "revision", "-m", "first", "--rev-id", "a1")
        text = (folder / "migrations" / "versions" / "a1_first.py").read_text()
        texts.append(re.sub(r"Create Date: .*", "Create Date: now", text))
    assert [line for line in texts[1].splitlines() if line] == [line for line in texts[0].splitlines() if line]


def settings(folder: Path) -> Any:
    """All settings of both files."""
    parser = configparser.RawConfigParser()
    parser.read(folder / "alembic.ini")
    toml = folder / "pyproject.toml"
    return (
        {name: dict(parser.items(name)) for name in parser.sections()},
        tomllib.loads(toml.read_text()) if toml.exists() else None,
    )


def functions(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def first_line(folder: Path) -> str:
    return (folder / "migrations" / "README").read_text().splitlines()[0]


LINES = (
    "from logging.config import fileConfig",
    "from alembic import context",
    "config = context.config",
    "if config.config_file_name is not None:",
    "    fileConfig(config.config_file_name)",
    "def run_migrations_offline() -> None:",
    '    url = config.get_main_option("sqlalchemy.url")',
    "def run_migrations_online() -> None:",
    "if context.is_offline_mode():",
    "    run_migrations_offline()",
    "else:",
    "    run_migrations_online()",
)


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "multidb"])
def test_lines_that_tutorials_tell_people_to_edit(limbeck: Tool, tmp_path: Path, template: str) -> None:
    limbeck.succeeds(tmp_path, "init", "-t", template, "migrations", **AS_ALEMBIC)
    written = (tmp_path / "migrations" / "env.py").read_text().splitlines()
    assert [line for line in LINES if written.count(line) != 1] == []
    assert written.count("target_metadata = None") == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_alembic_runs_what_was_written(alembic: Tool, limbeck: Tool, tmp_path: Path, template: str) -> None:
    """Made by Limbeck under the name of Alembic, used by Alembic, then by Limbeck: a team may be of two minds."""
    limbeck.succeeds(tmp_path, "init", "--template", template, "migrations", **AS_ALEMBIC)
    ini, env = tmp_path / "alembic.ini", tmp_path / "migrations" / "env.py"
    driver = "sqlite+aiosqlite" if "async" in template else "sqlite"
    ini.write_text(re.sub(r"driver://\S+/(\w+)", rf"{driver}:///{tmp_path}/\1.db", ini.read_text()))
    assert "limbeck" not in "".join(path.read_text().lower() for path in tmp_path.rglob("*") if path.is_file())
    (tmp_path / "models.py").write_text(MODELS)
    text = env.read_text().replace("target_metadata = None", "import models\ntarget_metadata = models.metadata")
    both = "import models\ntarget_metadata = dict.fromkeys(('engine1', 'engine2'), models.metadata)"
    env.write_text(text.replace("target_metadata = {}", both))
    alembic.succeeds(tmp_path, "revision", "--autogenerate", "-m", "first", "--rev-id", "a1")
    (script,) = (tmp_path / "migrations" / "versions").glob("*.py")
    assert "op.create_table('book'," in script.read_text()
    for tool in (alembic, limbeck):
        tool.succeeds(tmp_path, "upgrade", "head")
        tool.succeeds(tmp_path, "check")
        offline = tool.succeeds(tmp_path, "upgrade", "head", "--sql")
        sql = offline.out or (tmp_path / "engine1.sql").read_text()
        assert "CREATE TABLE book" in sql
        assert tool.succeeds(tmp_path, "current").out.startswith("a1 (head)\n")
        tool.succeeds(tmp_path, "downgrade", "base")


def test_a_program_that_calls_init(both: Both) -> None:
    """`command.init` itself writes what Alembic writes; the edition is asked for by name."""
    cells = (
        'command.init(Config("alembic.ini"), "migrations")',
        'from pathlib import Path\n"edition" in Path("alembic.ini").read_text()',
        '"from alembic import op" in Path("migrations/script.py.mako").read_text()',
        "command.list_templates(Config())\nsorted(os.listdir(Config().get_template_directory()))[0]",
    )
    setup = "import os, sys\nfrom alembic import command\nfrom alembic.config import Config as Made\n"
    setup += "class Config(Made):\n    def print_stdout(self, text, *args):\n        pass\n"
    assert both(*cells[:3], setup=setup) == ["None", "False", "True"]


def test_limbeck_init_asks_for_the_edition(limbeck: Tool, tmp_path: Path) -> None:
    limbeck.succeeds(tmp_path, "init", "migrations")
    assert "edition = 2026\n" in (tmp_path / "alembic.ini").read_text()
    limbeck.succeeds(tmp_path, "-c", "classic.ini", "init", "-t", "classic", "classic")
    assert "edition = 2026\n" in (tmp_path / "classic.ini").read_text()
    assert "from limbeck import context\n" in (tmp_path / "classic" / "env.py").read_text()
    assert functions(tmp_path / "classic" / "env.py") == {"run_migrations_offline", "run_migrations_online"}
    limbeck.succeeds(tmp_path, "-c", "none.ini", "init", "--edition", "none", "none")
    assert "edition" not in (tmp_path / "none.ini").read_text()
    assert "from alembic import context\n" in (tmp_path / "none" / "env.py").read_text()
    assert limbeck.succeeds(tmp_path, "list_templates").out.endswith("\n  limbeck init --template generic ./scripts\n")


def test_the_last_line_of_list_templates(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    said = [tool.succeeds(tmp_path, "list_templates", **AS_ALEMBIC).out.splitlines() for tool in (alembic, limbeck)]
    assert said[0][-4:] == said[1][-4:]
    assert sorted(said[0]) == sorted(said[1])


@pytest.mark.parametrize(
    ("prog", "said"),
    [
        ("limbeck", f"limbeck {__version__}"),
        ("alembic", f"alembic 1.20.1 (limbeck {__version__})"),
        ("tool-x", None),
    ],
)
def test_version_of_a_program_of_another_name(both: Both, limbeck: Tool, prog: str, said: str | None) -> None:
    """A program that embeds the command line compares what it says with ``alembic.__version__``."""
    cell = "from alembic.config import CommandLine\ntry:\n    CommandLine(prog='tool-x').main(['--version'])\n"
    both(cell + "except SystemExit:\n    pass")
    if said is not None:
        assert limbeck(Path(), "--version", PROG=prog).out == f"{said}\n"
