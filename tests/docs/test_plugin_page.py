"""The plugin of dialects.md, installed as a package: its operations, renderers and comparator in a project."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from walkthrough import MODELS, Walk, blocks

PAGE = Path(__file__).parents[2] / "docs" / "dialects.md"
MARK = '    __table_args__ = {"info": {"audited": True}}\n'
NOTE = f"""

class Note(Base):
    __tablename__ = "note"
{MARK}    id: Mapped[int] = mapped_column(primary_key=True)
"""
AUDITED = MODELS.replace('"customer"\n', f'"customer"\n{MARK}') + NOTE
"""Both are marked, and env.py leaves one of them out."""


@pytest.fixture
def project(tmp_path: Path) -> Walk:
    """A project in whose environment the package of the page is, with a first revision that is applied."""
    section = PAGE.read_text(encoding="utf-8").partition("## A plugin")[2]
    entry_point, plugin, run, *_ = (each.text for each in blocks(section))
    site = tmp_path / "site"
    (site / "acme").mkdir(parents=True)
    (site / "acme" / "plugin.py").write_text(plugin, encoding="utf-8")
    group, name, module = re.findall(r'entry-points."(.*)"\]\n(\w+) = "(.*)"', entry_point)[0]
    metadata = site / "acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
    made = Walk(tmp_path, {"LIMBECK_URL": "sqlite:///shop.db"})
    made.variables["PYTHONPATH"] += f":{site}"
    (tmp_path / "models.py").write_text(MODELS)
    limbeck(made, "init migrations")
    env = tmp_path / "migrations" / "env.py"
    text = env.read_text()
    assert "context.run(target_metadata=target_metadata)\n" in text
    env.write_text(text.replace("context.run(target_metadata=target_metadata)\n", run))
    limbeck(made, "revision --autogenerate -m customers")
    limbeck(made, "upgrade head")
    return made


def limbeck(walk: Walk, command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "limbeck", *command.split()],
        cwd=walk.folder, env=walk.variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return done.stdout


def test_what_the_page_says(project: Walk) -> None:
    (project.folder / "models.py").write_text(AUDITED)
    limbeck(project, "revision --autogenerate -m audited")
    (script,) = (project.folder / "migrations" / "versions").glob("*_audited.py")
    text = script.read_text()
    assert re.findall(r"^    (op\..*)$", text, re.MULTILINE) == [
        "op.create_table('note',",
        "op.audit('customer')",
        "op.stop_audit('customer')",
        "op.drop_table('note')",
    ]
    assert "CREATE TRIGGER audit_customer" in limbeck(project, "plan --json")
    limbeck(project, "upgrade head")
    assert "No new upgrade operations detected." in limbeck(project, "check")
    assert "DROP TRIGGER audit_customer" in limbeck(project, "plan base --json")
    assert "CREATE TRIGGER audit_customer" in limbeck(project, "diff base head --json")
    limbeck(project, "downgrade base --yes")
