"""`limbeck history --log`: what ran on a database, newest first, as text and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from limbeck import command
from limbeck.config import Config
from limbeck.errors import UsageError

SCRIPT = '''"""{id} is made"""
from limbeck import op
revision = {id!r}
down_revision = {down!r}
def upgrade():
    op.execute({up!r})
def downgrade():
    pass
'''


@pytest.fixture
def config(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Config:
    """
    a1 - b2 - c3, whose upgrade fails
    """
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setenv("LIMBECK_APPLICATION", "shop 1.2")
    versions = tmp_path / "m" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
    for id_, down, up in (("a1", None, "SELECT 1"), ("b2", "a1", "SELECT 1"), ("c3", "b2", "nonsense")):
        (versions / f"{id_}.py").write_text(SCRIPT.format(id=id_, down=down, up=up))
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = %(here)s/m\nedition = 2026\nsqlalchemy.url = sqlite:///{tmp_path}/x.db\n"
    )
    return Config(ini)


def ran(config: Config) -> None:
    command.upgrade(config, "a1")
    with pytest.raises(Exception, match="nonsense"):
        command.upgrade(config, "head")


def listed(config: Config, capsys: pytest.CaptureFixture[str], last: int | None = None) -> str:
    capsys.readouterr()
    command.history(Config(config.config_file_name), log=True, last=last)
    text = capsys.readouterr().out
    return re.sub(r"run \w{16}  \S+Z", "run ID  WHEN", re.sub(r"\d+\.\d s", "0.0 s", text))


def test_runs_with_their_steps(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    ran(config)
    text = re.sub(r"ada@\S+", "ada@here", re.sub(r"limbeck \S+", "limbeck 1", listed(config, capsys)))
    assert text == (
        "run ID  WHEN  failed  0.0 s  ada@here  shop 1.2  limbeck 1\n"
        "    upgrade  b2  0.0 s  b2 is made\n"
        '    upgrade  c3  failed  0.0 s  c3 is made  (OperationalError: near "nonsense": syntax error)\n'
        "run ID  WHEN  done  0.0 s  ada@here  shop 1.2  limbeck 1\n"
        "    upgrade  a1  0.0 s  a1 is made\n"
    )


def test_the_last_runs(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    ran(config)
    assert [line.split()[1] for line in listed(config, capsys, 1).splitlines()] == ["ID", "b2", "c3"]
    assert listed(config, capsys, 0) == "There is no history of this database.\n"


def test_no_history(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(config, capsys) == "There is no history of this database.\n"


def test_json(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    ran(config)
    capsys.readouterr()
    scripts = command.history(Config(config.config_file_name), log=True, json=True)
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["version"]) == ("limbeck.log", 1)
    (database,) = document["databases"]
    assert [[step["revision"] for step in run["steps"]] for run in database["runs"]] == [["b2", "c3"], ["a1"]]
    assert [run["state"] for run in database["runs"]] == ["failed", "done"]
    assert [script.revision for script in scripts] == ["a1", "b2", "c3"]


def test_a_number_without_log_is_refused(config: Config) -> None:
    with pytest.raises(UsageError, match="-n goes with --log"):
        command.history(config, last=3)
    with pytest.raises(UsageError, match="no -1 runs"):
        command.history(config, log=True, last=-1)
