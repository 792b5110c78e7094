"""``limbeck init`` in a project: env.py gets its models and its URL, without anything of the project being imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import limbeck
from terminal_session import Session

SQLALCHEMY = {
    "shop/__init__.py": "",
    "shop/db.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase):\n    pass\n",
    "shop/models/__init__.py": "from shop.db import Base\n",
    "shop/models/user.py": """
from sqlalchemy.orm import Mapped, mapped_column
from . import Base
raise RuntimeError("imported")
class Common(Base):
    __abstract__ = True
class User(Common):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
""",
}
METADATA = {
    "tables.py": "import sqlalchemy as sa\nmeta = sa.MetaData()\nusers = sa.Table('u', meta, sa.Column('i', sa.Text))\n"
}
ONE_METADATA_IN_A_BASE = {
    "app.py": """
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase
metadata_obj = MetaData(naming_convention={})
class Base(DeclarativeBase):
    metadata = metadata_obj
class User(Base):
    __tablename__ = "user"
"""
}
CLASSIC = {
    "app.py": "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\nclass U(Base):\n    pass\n"
}
SQLMODEL = {
    "src/heroes/__init__.py": "",
    "src/heroes/models.py": """
from sqlmodel import Field, SQLModel
class HeroBase(SQLModel):
    name: str
class Hero(HeroBase, table=True):
    id: int = Field(primary_key=True)
class HeroOut(SQLModel):
    id: int
""",
}
FLASK = {
    "app/__init__.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
    "app/models.py": "from app import db\nclass Post(db.Model):\n    id = db.Column(db.Integer, primary_key=True)\n",
}
ADVANCED = {
    "api/__init__.py": "",
    "api/models.py": "from advanced_alchemy.base import UUIDAuditBase\nclass Author(UUIDAuditBase):\n    name: str\n",
}


def project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def env_of(folder: Path) -> str:
    text = (folder / "migrations" / "env.py").read_text(encoding="utf-8")
    compile(text, "env.py", "exec")
    return text


@pytest.mark.parametrize(
    ("files", "imports", "target"),
    [
        (SQLALCHEMY, ["import shop.models.user  # noqa: F401", "from shop.db import Base"], "Base.metadata"),
        (METADATA, ["from tables import meta"], "meta"),
        (ONE_METADATA_IN_A_BASE, ["from app import Base"], "Base.metadata"),
        (CLASSIC, ["from app import Base"], "Base.metadata"),
        (SQLMODEL, ["import heroes.models  # noqa: F401", "from sqlmodel import SQLModel"], "SQLModel.metadata"),
        (FLASK, ["import app.models  # noqa: F401", "from app import db"], "db.metadata"),
        (ADVANCED, ["import api.models", "from advanced_alchemy.base import orm_registry"], "orm_registry.metadata"),
    ],
    ids=["sqlalchemy", "metadata", "metadata in a base", "declarative_base", "sqlmodel", "flask", "advanced alchemy"],
)
def test_models_are_found(tmp_path: Path, files: dict[str, str], imports: list[str], target: str) -> None:
    done = limbeck(project(tmp_path, files), "init", "migrations")
    assert done.returncode == 0, done.stderr
    env = env_of(tmp_path)
    for line in imports:
        assert f"\n{line}" in env
    assert f"\ntarget_metadata = {target}\n" in env
    assert done.stdout.splitlines()[-2].startswith(f"Models: {target} of ")
    assert done.stdout.endswith(
        'next: `limbeck revision --autogenerate -m "first tables"`, then `limbeck upgrade head`\n'
    )
    has_source_folder = any(name.startswith("src/") for name in files)
    assert ("prepend_sys_path = .:src" in (tmp_path / "alembic.ini").read_text()) == has_source_folder


def test_what_was_found_works(tmp_path: Path) -> None:
    files = {**METADATA, "settings.py": "import os\nURL = os.environ['DATABASE_URL']\n"}
    limbeck(project(tmp_path, files), "init", "migrations")
    environment = {"DATABASE_URL": "sqlite:///shop.db"}
    for words in (["revision", "--autogenerate", "-m", "first tables"], ["upgrade", "head"], ["check"]):
        done = limbeck(tmp_path, *words, environment=environment)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "shop.db").exists()
    limbeck(tmp_path, "upgrade", "head", environment={**environment, "LIMBECK_URL": "sqlite:///other.db"})
    assert (tmp_path / "other.db").exists()


def test_a_settings_object_has_the_url(tmp_path: Path) -> None:
    settings = """
from pydantic import SecretStr
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    debug: bool = False
    database_url: SecretStr
settings = Settings()
"""
    done = limbeck(project(tmp_path, {"config.py": settings, "use.py": "DATABASE_URL = 1"}), "init", "migrations")
    env = env_of(tmp_path)
    assert "from config import settings\n" in env
    assert 'config.set_main_option("sqlalchemy.url", str(settings.database_url.get_secret_value()))\n' in env
    assert "Please edit" not in done.stdout


TWO = {**METADATA, "other.py": METADATA["tables.py"].replace("meta", "more")}


def test_several_are_asked_for_at_a_terminal(tmp_path: Path) -> None:
    session = Session(project(tmp_path, TWO), "init", "migrations")
    session.answer("Which MetaData shall migrations be made of?", "7")
    session.answer("for none: 7\n", "2")
    session.end()
    assert "  1  more of other (models in 1 module)\n  2  meta of tables (models in 1 module)\n" in session.screen
    assert session.code == 0
    assert "target_metadata = meta\n" in env_of(tmp_path)


def test_several_without_a_terminal_are_named(tmp_path: Path) -> None:
    done = limbeck(project(tmp_path, TWO), "init", "migrations")
    assert "Models: there are several: other.more, tables.meta; name the MetaData in env.py" in done.stdout
    assert "target_metadata = None\n" in env_of(tmp_path)


def test_all_of_several(tmp_path: Path) -> None:
    twice = {**METADATA, "other.py": METADATA["tables.py"]}
    session = Session(project(tmp_path, twice), "init", "migrations")
    session.answer("Which MetaData", "all")
    session.end()
    env = env_of(tmp_path)
    assert "from other import meta as meta_1\nfrom tables import meta as meta_2\n" in env
    assert "target_metadata = [meta_1, meta_2]\n" in env


@pytest.mark.parametrize("template", ["generic", "async", "pyproject", "pyproject_async"])
def test_each_template_takes_models(tmp_path: Path, template: str) -> None:
    limbeck(project(tmp_path, METADATA), "init", "-t", template, "migrations")
    assert "target_metadata = meta\n" in env_of(tmp_path)


def test_without_an_edition_nothing_is_looked_for(tmp_path: Path) -> None:
    done = limbeck(project(tmp_path, METADATA), "init", "--edition", "none", "migrations")
    assert "from tables" not in env_of(tmp_path)
    assert done.stdout.splitlines()[-1].startswith("Please edit configuration/connection/logging settings in ")


def test_files_that_are_broken_or_elsewhere_are_left_out(tmp_path: Path) -> None:
    files = {
        "broken.py": "MetaData(\n",
        "tests/models.py": METADATA["tables.py"],
        ".venv/lib.py": METADATA["tables.py"],
        "old/script.py.mako": "",
        "old/tables.py": METADATA["tables.py"],
    }
    done = limbeck(project(tmp_path, files), "init", "migrations")
    assert "Models: none was found; name the MetaData in env.py" in done.stdout
