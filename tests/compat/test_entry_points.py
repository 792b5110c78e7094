"""Plugins by entry point: groups `limbeck.plugins` and `alembic.plugins` of an installed distribution."""

from __future__ import annotations

from pathlib import Path

import pytest
from installed import Installed, write
from shop import environment

PROJECT = {
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "acme-views"
        version = "1.0"
        dependencies = ["alembic>=1.18"]

        [project.entry-points."{group}"]
        "acme.views" = "acme_views.plugin"
        """,
    "acme_views/__init__.py": "",
    "acme_views/plugin.py": """
        import sqlalchemy as sa
        from alembic.operations import ops
        from alembic.runtime.plugins import Plugin

        def setup(plugin: Plugin) -> None:
            plugin.add_autogenerate_comparator(views, "schema", "views")

        def views(autogen_context, upgrade_ops, schemas):
            if "views" not in autogen_context.inspector.get_table_names():
                upgrade_ops.ops.append(ops.CreateTableOp("views", [sa.Column("name", sa.String())]))
        """,
}

MODELS = "import sqlalchemy as sa\nmetadata = sa.MetaData()\n"

ENV = """
    from alembic import context
    from sqlalchemy import create_engine
    from models import metadata

    with create_engine("sqlite:///a.db").connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, autogenerate_plugins=PLUGINS)
        with context.begin_transaction():
            context.run_migrations()
    """


def taking(folder: Path, *plugins: str) -> Path:
    """A project whose `env.py` chooses ``plugins``."""
    env = ENV.replace("PLUGINS", repr(["alembic.autogenerate.*", *plugins]))
    return write(folder, environment("sqlite:///a.db", MODELS, env=env))


SCRIPT = """
    from pathlib import Path
    import alembic
    from alembic import command
    from alembic.config import Config

    config = Config("alembic.ini")
    command.revision(config, message="view", autogenerate=True, rev_id="a1")
    [script] = Path("migrations/versions").glob("a1*.py")
    assert "op.create_table('views'" in script.read_text(), script.read_text()
    """


@pytest.fixture
def distribution(here: Installed, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The folder that the distribution is installed into, with entry points of the group that is asked for."""
    files = {name: text.replace("{group}", request.param) for name, text in PROJECT.items()}
    project, site = write(tmp_path / "acme", files), tmp_path / "site"
    done = here.run(
        *("python", "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps", "--target", site, project),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    return site


@pytest.mark.parametrize("distribution", ["limbeck.plugins", "alembic.plugins"], indirect=True)
def test_a_plugin_of_a_distribution_takes_part_by_its_name(here: Installed, distribution: Path, tmp_path: Path) -> None:
    tool = Installed(here.folder, site=distribution)
    project = taking(tmp_path / "project", "acme.views")
    tool.passes(SCRIPT, cwd=project)
    assert tool.run("alembic", "upgrade", "head", cwd=project).returncode == 0
    unasked = tool.run("alembic", "check", cwd=taking(project))
    assert "remove_table" in unasked.stderr, "the plugin is not asked, and the table is in no model"


@pytest.mark.parametrize("distribution", ["alembic.plugins"], indirect=True)
def test_on_the_reference_too(libraries: Path, distribution: Path, tmp_path: Path) -> None:
    tool = Installed(libraries, "reference", distribution)
    tool.passes(SCRIPT, cwd=taking(tmp_path / "project", "acme.*"))


@pytest.mark.parametrize("distribution", ["alembic.plugins"], indirect=True)
def test_a_plugin_that_nobody_installed_is_named(here: Installed, distribution: Path, tmp_path: Path) -> None:
    project = taking(tmp_path / "project", "acme.triggers", "~acme.views")
    done = Installed(here.folder, site=distribution).run("alembic", "check", cwd=project)
    assert done.returncode != 0
    assert "Did not locate plugins: acme.triggers" in done.stderr
