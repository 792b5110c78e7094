"""The same work by Django's migrations: a project of one application, whose history is a line of tables."""

from __future__ import annotations

import sys
from functools import partial
from itertools import count
from pathlib import Path

from measure import Run

PYTHON = Path(sys.executable)
SETTINGS = """\

INSTALLED_APPS = ["shop"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": open("database").read()}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
"""
MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [{after}]

    operations = [
        migrations.CreateModel(
            name="T{number}",
            fields=[
                ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=50, null=True)),
                ("created", models.DateTimeField(null=True)),
            ],
        ),
    ]
"""
MIGRATE = ["-m", "django", "migrate", "--settings", "settings", "--verbosity", "0"]


def from_empty(place: Path, size: int) -> Run:
    """``migrate`` on an empty SQLite database, a new one each time."""
    return Run([PYTHON, *MIGRATE], _project(place, size), partial(_point_at_another, place, count(1)))


def no_op(place: Path, size: int) -> Run:
    """``migrate`` where all is applied."""
    run = from_empty(place, size)
    run.seconds()
    return Run(run.words, place)


def _project(place: Path, size: int) -> Path:
    migrations = place / "shop" / "migrations"
    migrations.mkdir(parents=True)
    (place / "settings.py").write_text(SETTINGS, encoding="utf-8")
    for folder in (migrations.parent, migrations):
        (folder / "__init__.py").touch()
    for number in range(size):
        after = f'("shop", "{number:04}_t{number - 1}")' if number else ""
        text = MIGRATION.format(after=after, number=number)
        (migrations / f"{number + 1:04}_t{number}.py").write_text(text, encoding="utf-8")
    return place


def _point_at_another(place: Path, numbers: count[int]) -> None:
    (place / "database").write_text(str(place / f"run_{next(numbers)}.db"), encoding="utf-8")
