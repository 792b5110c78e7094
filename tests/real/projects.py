"""Projects whose wheels include their migrations, and how each upgrades a database to its newest revision.

Run as a program, in an environment that has the project, ``projects.py NAME URL`` upgrades through
`alembic.command`, for projects without a command of their own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

POSTGRESQL = "postgresql+psycopg2"
MARIADB = "mysql+pymysql"
SECTIONS = ("database", "placement_database")
"""Of the file of oslo.config."""
SERVERS_AND_SQLITE = ("sqlite", "postgresql", "mariadb")


@dataclass(frozen=True)
class Project:
    """A project.

    :param name: its distribution, and the package that it imports as where it has `scripts`.
    :param kinds: the databases that its history runs on.
    :param command: its own command line, with ``{url}`` and ``{file}`` (an oslo.config file that names the URL)
        to be filled in; empty: `alembic.command.upgrade`, called by this file.
    :param scripts: the folder with env.py, below the package.
    :param base: ``module:name`` of the MetaData that the project creates before its history begins.
    """

    name: str
    kinds: tuple[str, ...]
    command: tuple[str, ...] = ()
    scripts: str = ""
    base: str = ""

    def words(self, url: str, folder: Path) -> list[str]:
        """Its command for the database at ``url``, and the file that the command reads, made in ``folder``."""
        file = folder / "database.conf"
        file.write_text("".join(f"[{part}]\nconnection = {url}\n" for part in SECTIONS), encoding="utf-8")
        return [word.format(url=url, file=file) for word in self.command]


PROJECTS = [
    Project(
        "mlflow",
        SERVERS_AND_SQLITE,
        scripts="store/db_migrations",
        base="mlflow.store.db.utils:InitialBase",
    ),
    Project("optuna", ("sqlite", "postgresql"), scripts="storages/_rdb/alembic"),
    Project("neutron", ("mariadb",), ("neutron-db-manage", "--database-connection", "{url}", "upgrade", "heads")),
    Project("octavia", ("mariadb",), ("octavia-db-manage", "--config-file", "{file}", "upgrade", "head")),
    Project("glance", ("postgresql", "mariadb"), ("glance-manage", "--config-file", "{file}", "db", "sync")),
    Project("cinder", SERVERS_AND_SQLITE, ("cinder-manage", "--config-file", "{file}", "db", "sync")),
    Project("openstack-placement", SERVERS_AND_SQLITE, ("placement-manage", "--config-file", "{file}", "db", "sync")),
    Project("keystone", SERVERS_AND_SQLITE, ("keystone-manage", "--config-file", "{file}", "db_sync")),
    Project("barbican", ("sqlite", "postgresql"), ("barbican-manage", "db", "upgrade", "--db-url", "{url}")),
    Project("ironic", ("postgresql", "mariadb"), ("ironic-dbsync", "--config-file", "{file}", "upgrade")),
    Project("manila", ("postgresql", "mariadb"), ("manila-manage", "--config-file", "{file}", "db", "sync")),
]


def main(name: str, url: str) -> None:
    """Bring the database at ``url`` to the newest revision of the project ``name``."""
    from alembic import command

    command.upgrade(configured(name, url), "head")


def configured(name: str, url: str) -> Config:
    """The configuration of the project ``name`` for the database at ``url``, which is ready for its history."""
    import sqlalchemy as sa
    from alembic.config import Config

    project = next(each for each in PROJECTS if each.name == name)
    if project.base:
        module, _, attribute = project.base.partition(":")
        getattr(importlib.import_module(module), attribute).metadata.create_all(sa.create_engine(url))
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    scripts = Path(spec.origin).parent / project.scripts
    beside = [scripts / "alembic.ini", scripts.parent / "alembic.ini"]
    config = Config(next(file for file in beside if file.exists()))
    config.set_main_option("script_location", str(scripts))
    config.set_main_option("sqlalchemy.url", url)
    return config


if __name__ == "__main__":
    main(*sys.argv[1:])
