"""New environments, as ``init`` makes them of the template sets."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from limbeck.config import Config
from limbeck.errors import CommandError
from limbeck.script import ScriptDirectory
from limbeck.script.init import init, templates

ABOUT_ALEMBIC = [
    ("async", "Generic single-database configuration with an async dbapi."),
    ("generic", "Generic single-database configuration."),
    ("multidb", "Rudimentary multi-database configuration."),
    ("pyproject", "pyproject configuration, based on the generic configuration."),
    ("pyproject_async", "pyproject configuration, with an async dbapi."),
]
ABOUT = [
    ABOUT_ALEMBIC[0],
    ("classic", "Generic single-database configuration with the long env.py that tutorials edit."),
    *ABOUT_ALEMBIC[1:],
]
SETS = [name for name, _ in ABOUT]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(tmp_path)
    return Config("alembic.ini", "pyproject.toml")


def again() -> Config:
    return Config("alembic.ini", "pyproject.toml")


def test_template_sets() -> None:
    assert templates(Config(), 2026) == ABOUT
    assert templates(Config()) == ABOUT_ALEMBIC


def test_what_is_said(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = init(config, "migrations")
    assert capsys.readouterr().out.replace(str(tmp_path), "") == (
        "Creating directory /migrations ...  done\n"
        "Creating directory /migrations/versions ...  done\n"
        "Generating /migrations/script.py.mako ...  done\n"
        "Generating /migrations/README ...  done\n"
        "Generating /migrations/env.py ...  done\n"
        "Generating /alembic.ini ...  done\n"
        "Please edit configuration/connection/logging settings in /alembic.ini before proceeding.\n"
    )
    assert [os.path.relpath(path, tmp_path) for path in written] == [
        "migrations/script.py.mako",
        "migrations/README",
        "migrations/env.py",
        "alembic.ini",
    ]


@pytest.mark.parametrize("name", SETS)
def test_every_set_makes_an_environment_that_works(config: Config, name: str, tmp_path: Path) -> None:
    init(config, "db/m", name, edition=2026)
    config = again()
    assert config.edition == 2026
    assert config.get_alembic_option("script_location") == f"{tmp_path}/db/m"
    assert config.get_prepend_sys_paths_list() == ["."]
    assert config.get_version_locations_list() is None
    assert config.get_hooks_list() == []
    assert config.file_config.has_section("loggers")
    scripts = ScriptDirectory.from_config(config)
    scripts.generate_revision("a1", "first", config=config)
    scripts.generate_revision("b1", "second", config=config, branch_labels="lab", depends_on="a1", splice=True)
    found = [
        script.cmd_format(False, True, True, True) for script in ScriptDirectory.from_config(again()).walk_revisions()
    ]
    assert found == ["a1 (a1) -> b1 (lab) (head), second", "<base> -> a1 (lab), first"]
    compile((tmp_path / "db/m/env.py").read_bytes(), "env.py", "exec")
    if "pyproject" in name:
        assert re.search(r"^\[tool\.alembic\]$", (tmp_path / "pyproject.toml").read_text(), re.MULTILINE)


def edits() -> list[Any]:
    """The edits that the walk-throughs make to what ``init`` wrote."""
    folder = Path(__file__).parents[1] / "scenarios"
    found: dict[tuple[str, str], None] = {}
    for file in sorted(folder.rglob("*.json")):
        story = json.loads(file.read_text())
        for step in story.get("steps", ()):
            name = step.get("edit", "").rpartition("/")[2]
            if name in ("alembic.ini", "env.py"):
                found[name, step["pattern"]] = None
    assert found
    return list(found)


@pytest.mark.parametrize(("name", "pattern"), edits())
@pytest.mark.parametrize("kind", ["generic", "async", "classic"])
def test_lines_that_tutorials_edit_stand_once(config: Config, kind: str, name: str, pattern: str) -> None:
    init(config, "m", kind, edition=2026)
    text = Path(name if name == "alembic.ini" else f"m/{name}").read_text()
    assert len(re.findall(pattern, text, re.MULTILINE)) == 1


def test_files_that_are_there_are_kept(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\n")
    (tmp_path / "pyproject.toml").write_text("[tool.alembic]\nx = 1\n")
    init(config, "m", "pyproject")
    out = capsys.readouterr().out.replace(str(tmp_path), "")
    assert "File /alembic.ini already exists, skipping\n" in out
    assert "File /pyproject.toml already exists and already has a [tool.alembic] section, skipping\n" in out
    assert out.endswith(
        "Please edit configuration settings in /pyproject.toml and configuration/connection/logging settings in "
        "/alembic.ini before proceeding.\n"
    )
    assert (tmp_path / "alembic.ini").read_text() == "[alembic]\n"


def test_pyproject_is_appended_to(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'é'\n", encoding="utf-8")
    init(config, "m", "pyproject", edition=2026)
    assert f"Appending to existing {tmp_path}/pyproject.toml ...  done\n" in capsys.readouterr().out
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8").startswith("[project]\nname = 'é'\n\n\n[tool.")
    assert again().edition == 2026


def test_a_link_to_pyproject_stays_a_link(config: Config, tmp_path: Path) -> None:
    real = tmp_path / "shared.toml"
    real.write_text("[project]\n")
    real.chmod(0o640)
    (tmp_path / "pyproject.toml").symlink_to(real)
    init(config, "m", "pyproject")
    assert (tmp_path / "pyproject.toml").is_symlink()
    assert "[tool.alembic]" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_package(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    init(config, "m", package=True)
    assert (
        f"Adding {tmp_path}/m/__init__.py ...  done\nAdding {tmp_path}/m/versions/__init__.py"
        in capsys.readouterr().out
    )
    assert (tmp_path / "m/versions/__init__.py").read_bytes() == b""


def test_absolute_folder_and_configuration_elsewhere(config: Config, tmp_path: Path) -> None:
    init(config, str(tmp_path / "50%" / "m"))
    assert again().get_main_option("script_location") == str(tmp_path / "50%" / "m")
    other = tmp_path / "conf" / "my.ini"
    other.parent.mkdir()
    init(Config(other), "n")
    assert "script_location = %(here)s/../n\n" in other.read_text()
    assert ScriptDirectory.from_config(Config(other)).get_heads() == []


def test_quiet_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from argparse import Namespace

    monkeypatch.chdir(tmp_path)
    init(Config("alembic.ini", cmd_opts=Namespace(quiet=True)), "m")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("directory", "template", "code", "text"),
    [
        ("full", "generic", "directory-not-empty", "Directory full already exists and is not empty"),
        ("new", "nope", "unknown-template", "No such template .*/templates/nope"),
        ("full/file/m", "generic", "not-writable", "Can't create directory"),
    ],
)
def test_refusals_leave_nothing(
    config: Config, tmp_path: Path, directory: str, template: str, code: str, text: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CommandError, match=text) as caught:
        init(config, directory, template)
    assert caught.value.code == code
    assert sorted(tmp_path.rglob("*")) == before


def test_empty_folder_is_used(config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m").mkdir()
    init(config, "m")
    assert "Creating directory" in capsys.readouterr().out
    assert (tmp_path / "m" / "env.py").exists()


def test_templates_of_a_subclass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Flask-Migrate does it: templates of its own, found through the Config."""
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "templates" / "flask"
    own.mkdir(parents=True)
    (own / "README").write_text("Ours.\nmore\n")
    (own / "alembic.ini.mako").write_text("[alembic]\nours = ${script_location}\n")
    (own / "env.py").write_text("")

    class Ours(Config):
        def get_template_directory(self) -> str:
            return str(own.parent)

    config = Ours("m/alembic.ini")
    assert templates(config) == [("flask", "Ours.")]
    init(config, "m", "flask")
    assert Path("m/alembic.ini").read_text() == "[alembic]\nours = %(here)s/.\n"


def test_an_edition_that_is_not_there(config: Config) -> None:
    with pytest.raises(CommandError, match="Unknown edition: 1999"):
        init(config, "m", edition=1999)


def test_the_long_env_py_stands_in_two_places_and_is_the_same_in_both() -> None:
    """Beside the imports, the environment of ``-t classic`` is the one that Alembic can run."""
    here = Path(Config().get_template_directory())
    classic = (here.parent / "templates_2026" / "classic" / "env.py").read_text()
    assert classic.replace("from limbeck import", "from alembic import") == (here / "generic" / "env.py").read_text()
    for long in ("generic", "async"):
        copy = "pyproject" if long == "generic" else "pyproject_async"
        assert (here / long / "env.py").read_text() == (here / copy / "env.py").read_text()
