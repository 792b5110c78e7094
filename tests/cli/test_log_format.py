"""Events on the command line: `--log-format json`, and spans by `tracing = true`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from limbeck import cli, command, events
from limbeck.config import Config
from limbeck.events.opentelemetry import Spans

SCRIPT = """
from limbeck import op
revision = {id!r}
down_revision = {down!r}
def upgrade():
    op.execute({up!r})
"""


@pytest.fixture
def ini(tmp_path: Path) -> Path:
    """
    a1 - b2, whose upgrade fails
    """
    versions = tmp_path / "m" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "m" / "env.py").write_text("from limbeck import context\ncontext.run()\n")
    for id_, down, up in (("a1", None, "SELECT 1"), ("b2", "a1", "nonsense")):
        (versions / f"{id_}.py").write_text(SCRIPT.format(id=id_, down=down, up=up))
    ini = tmp_path / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = %(here)s/m\nsqlalchemy.url = sqlite:///{tmp_path}/x.db\n")
    return ini


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    said = capsys.readouterr().err.splitlines()
    return [json.loads(line) for line in said if line.startswith("{")]


def test_lines_of_json(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["-c", str(ini), "--log-format", "json", "upgrade", "a1"])
    found = lines(capsys)
    assert [line["event"] for line in found if "statement" not in str(line["event"])] == [
        "run.started",
        "step.started",
        "step.ended",
        "run.ended",
    ]
    ended = next(line for line in found if line["event"] == "step.ended")
    assert (ended["revision"], ended["number"], ended["steps"], ended["rows_after"]) == ("a1", 1, 1, ["a1"])
    assert str(ended["time"]).endswith("Z")


def test_the_option_behind_the_command_and_the_key(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["-c", str(ini), "upgrade", "a1", "--log-format", "json"])
    assert lines(capsys)
    ini.write_text(ini.read_text() + "log_format = json\n")
    with pytest.raises(SystemExit):
        cli.main(["-c", str(ini), "upgrade", "head"])
    last = lines(capsys)[-1]
    assert (last["event"], last["error_type"]) == ("run.failed", "OperationalError")
    cli.main(["-c", str(ini), "--log-format", "text", "downgrade", "a1"])
    assert lines(capsys) == []


def test_text_is_the_default(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["-c", str(ini), "upgrade", "a1"])
    assert lines(capsys) == []


def test_another_format_is_refused_before_anything_runs(ini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["-c", str(ini), "--log-format", "xml", "upgrade", "a1"])
    assert "error[log-format]: There is no log format 'xml'" in capsys.readouterr().err
    assert not (ini.parent / "x.db").exists()


# --- spans ------------------------------------------------------------------------------------------------------------


def test_spans(ini: Path) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with events.subscribed(Spans(provider)), pytest.raises(Exception, match="nonsense"):
        command.upgrade(Config(ini), "head")
    spans = {span.name: span for span in exporter.get_finished_spans()}
    run, first, second = spans["limbeck run"], spans["limbeck upgrade a1"], spans["limbeck upgrade b2"]
    assert run.parent is None
    assert first.parent is not None
    assert second.parent is not None
    assert first.parent.span_id == second.parent.span_id == run.context.span_id
    statement = spans["nonsense"]
    assert statement.parent is not None
    assert statement.parent.span_id == second.context.span_id
    assert statement.attributes is not None
    assert statement.attributes["db.query.text"] == "nonsense"
    assert statement.attributes["db.system.name"] == "sqlite"
    assert [one.status.is_ok for one in (first, second, statement, run)] == [True, False, False, False]
    assert first.attributes is not None
    assert first.attributes["limbeck.rows_after"] == ("a1",)


def test_tracing_by_the_configuration(ini: Path) -> None:
    """A class of ours would say that OpenTelemetry is missing, were it not there."""
    ini.write_text(ini.read_text() + "tracing = true\n")
    cli.main(["-c", str(ini), "upgrade", "a1"])
