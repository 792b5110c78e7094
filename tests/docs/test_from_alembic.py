"""from-alembic.md, followed with a project that Alembic made: there, a program, both in turn, and back."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from walkthrough import Walk

PAGE = Path(__file__).parents[2] / "docs" / "from-alembic.md"
SCRIPT = '''"""customers"""
from alembic import op
import sqlalchemy as sa

revision = "a1"
down_revision = None


def upgrade():
    op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("customer")
'''


def section(title: str) -> list[str]:
    """The indented blocks of a section."""
    text = PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return [
        re.sub(r"^ {4}", "", block, flags=re.MULTILINE)
        for block in re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", found, re.MULTILINE)
    ]


def commands(title: str) -> list[str]:
    """The command lines of a section, what is installed or removed left out."""
    lines = [line.partition("#")[0].strip() for block in section(title) for line in block.splitlines()]
    return [line for line in lines if line.startswith(("limbeck ", "alembic "))]


class Both(Walk):
    """A project of Alembic's, in which each of the two commands is the one of its environment."""

    def __init__(self, folder: Path, reference: Path) -> None:
        super().__init__(folder, {})
        self._alembic = reference

    def ran(self, command: str) -> str:
        """What a command prints on stdout."""
        program, *words = command.split()
        python = {"limbeck": self.python, "alembic": self._alembic}[program]
        variables = {name: value for name, value in self.variables.items() if name != "PYTHONPATH"}
        variables |= {"PYTHONPATH": self.variables["PYTHONPATH"]} if program == "limbeck" else {}
        module = {"limbeck": "limbeck", "alembic": "alembic.config"}[program]
        done = subprocess.run(
            [python, "-m", module, *words], cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}{done.stdout}"
        return done.stdout

    def name_database(self, file: str) -> None:
        """Have the configuration name a SQLite database."""
        ini = self.folder / "alembic.ini"
        text = re.sub(r"^#? ?(sqlalchemy.url =).*$", rf"\1 sqlite:///{file}", ini.read_text(), flags=re.MULTILINE)
        ini.write_text(text)


@pytest.fixture
def project(tmp_path: Path, reference: Path) -> Both:
    """A project as Alembic makes it, with one revision that it has applied."""
    made = Both(tmp_path, reference)
    made.ran("alembic init migrations")
    made.name_database("shop.db")
    (tmp_path / "migrations" / "versions" / "a1_customers.py").write_text(SCRIPT)
    made.ran("alembic upgrade head")
    return made


def test_there_and_back(project: Both) -> None:
    there = commands("Moving over")
    assert there == ["limbeck doctor", "limbeck current"]
    assert [project.ran(command) for command in there][-1] == project.ran("alembic current") == "a1 (head)\n"
    project.ran("limbeck downgrade base")
    project.ran("alembic upgrade head")
    back = commands("Moving back")
    assert back == ["alembic current"]
    assert project.ran(back[0]) == "a1 (head)\n"


def test_a_program(project: Both) -> None:
    project.ran("alembic downgrade base")
    (program,) = [block for block in section("Programs") if "import" in block]
    subprocess.run([sys.executable, "-c", program], cwd=project.folder, env=project.variables, check=True)
    assert project.ran("alembic current") == "a1 (head)\n"


def test_what_is_written_for_both(project: Both) -> None:
    """`limbeck init --edition none` makes an environment that Alembic runs, and a new script says `alembic`."""
    page = PAGE.read_text(encoding="utf-8")
    assert "`limbeck init --edition none`" in page
    assert "`limbeck init -t classic`" in page
    (project.folder / "alembic.ini").unlink()
    project.ran("limbeck init --edition none plain")
    project.name_database("other.db")
    project.ran("limbeck revision -m orders")
    (script,) = (project.folder / "plain" / "versions").glob("*_orders.py")
    assert "from alembic import op" in script.read_text()
    project.ran("alembic upgrade head")
    assert project.ran("limbeck current") == project.ran("alembic current")
