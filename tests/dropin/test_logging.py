"""Log lines: programs read them, and configurations name the loggers. The same lines from both tools, as configured."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from environments import make
from side_by_side import Tool

from limbeck.graph.rows import RowChange
from limbeck.runtime.heads import described

# Every kind of line: a row made, moved, merged, parted, deleted; stamps; what autogenerate finds.
STORY = [
    ("revision --autogenerate -m books --rev-id a1", 1),
    ("upgrade head", 1),
    ("revision --autogenerate -m more --rev-id a2", 2),
    ("revision -m side --rev-id b1 --head a1 --splice", 2),
    ("upgrade heads", 2),
    ("merge heads --rev-id m1", 2),
    ("upgrade heads", 2),
    ("downgrade a2", 2),
    ("downgrade a1", 2),
    ("stamp a2 b1", 2),
    ("stamp a1", 2),
    ("stamp m1", 2),
    ("upgrade a1:a2 --sql", 2),
    ("stamp --purge base", 2),
]


@pytest.mark.parametrize(
    ("replaced", "by", "expected"),
    [
        ("level = INFO", "level = DEBUG", "DEBUG/alembic.runtime.migration/new branch insert a1"),
        ("level = INFO", "level = ERROR", None),
        ("qualname = alembic", "qualname = alembic.autogenerate.compare.tables", "Detected added table 'book'"),
        ("qualname = alembic", "qualname = alembic.runtime.migration", "Running upgrade  -> a1, books"),
        ("format = %(levelname)s/%(name)s/%(message)s", "format = [%(name)-12.12s] %(message)s", "[alembic.runt] Runn"),
        (
            "handlers =\nqualname",
            "handlers = console\npropagate = 0\nqualname",
            "INFO/alembic.runtime.migration/Running",
        ),
    ],
)
def test_lines_are_where_the_configuration_wants_them(
    alembic: Tool, limbeck: Tool, tmp_path: Path, replaced: str, by: str, expected: str | None
) -> None:
    lines: dict[str, list[str]] = {}
    for tool in (alembic, limbeck):
        folder = tmp_path / tool.name
        make(alembic, "style-0.7", folder, f"sqlite:///{folder}/one.db")
        ini = folder / "alembic.ini"
        assert replaced in ini.read_text()
        ini.write_text(ini.read_text().replace(replaced, by))
        lines[tool.name] = []
        for command, models in STORY:
            done = tool.succeeds(folder, *command.split(), MODELS=str(models))
            lines[tool.name] += [command, *done.err.splitlines()]
    assert lines["limbeck"] == lines["alembic"]
    if expected is None:
        assert lines["limbeck"] == [command for command, _ in STORY]
    else:
        assert any(expected in line for line in lines["limbeck"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (RowChange(insert=("a",)), "new branch insert a"),
        (RowChange(delete=("a",)), "branch delete a"),
        (RowChange(update=(("a", "b"),)), "update a to b"),
        (RowChange(delete=("a",), update=(("b", "c"),)), "merge, delete ['a'], update b to c"),
        (RowChange(insert=("a",), update=(("b", "c"),)), "unmerge, insert ('a',), update b to c"),
        (RowChange(), ""),
    ],
)
def test_the_words_for_a_change_of_rows(change: RowChange, words: str) -> None:
    assert described(change) == words


def test_an_application_hears_the_loggers_by_their_old_names(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, alembic: Tool
) -> None:
    """A program that runs a command in its own process and listens to the logger that it always listened to."""
    from limbeck import command
    from limbeck.config import Config

    make(alembic, "generic", tmp_path / "env", f"sqlite:///{tmp_path}/one.db")
    env = tmp_path / "env" / "migrations" / "env.py"
    text = env.read_text().replace("from alembic import", "from limbeck import").replace("import models", "")
    env.write_text(text.replace("models.metadata", "None").replace("fileConfig(config.config_file_name)", "pass"))
    with caplog.at_level(logging.INFO, logger="alembic.runtime.migration"):
        command.stamp(Config(tmp_path / "env" / "alembic.ini"), "head")
    assert [record.name for record in caplog.records] == ["alembic.runtime.migration"] * 2
    assert caplog.messages == ["Context impl SQLiteImpl.", "Will assume non-transactional DDL."]
