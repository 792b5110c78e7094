"""`docs/differences.md`, "Command line and files", entry by entry: each still true of the reference, and true here."""

from __future__ import annotations

import os
import pty
import re
import sqlite3
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from environments import LOGGING, make
from listed import entries, section
from side_by_side import Done, Tool

ENTRIES = set(entries(section("## Command line and files")))


class Pair:
    """The same environment twice, one for each tool."""

    def __init__(self, alembic: Tool, limbeck: Tool, folder: Path) -> None:
        self.tools = {tool: folder / tool.name for tool in (alembic, limbeck)}
        for tool in self.tools:
            make(alembic, "style-1.8", self.tools[tool], f"sqlite:///{self.tools[tool]}/one.db")
            ini = self.tools[tool] / "alembic.ini"
            ini.write_text(ini.read_text().replace("revision_environment = true\n", ""))

    def __call__(self, *arguments: str, **variables: str) -> tuple[Done, Done]:
        """Run a command; what the reference and what we answered."""
        words = arguments if len(arguments) > 1 else arguments[0].split()
        reference, ours = (tool(folder, *words, MODELS="1", **variables) for tool, folder in self.tools.items())
        return reference, ours

    def fine(self, *lines: str) -> None:
        for line in lines:
            assert [done.code for done in self(line)] == [0, 0], line

    def append(self, text: str) -> None:
        for folder in self.tools.values():
            with (folder / "alembic.ini").open("a") as stream:
                stream.write(text)

    def databases(self) -> list[list[str]]:
        return [sorted(path.name for path in folder.glob("*.db")) for folder in self.tools.values()]

    def scripts(self) -> list[list[Path]]:
        return [sorted(folder.glob("*/versions/*.py")) for folder in self.tools.values()]


@pytest.fixture
def pair(alembic: Tool, limbeck: Tool, tmp_path: Path) -> Pair:
    return Pair(alembic, limbeck, tmp_path)


def entry(name: str) -> None:
    """Say which entry of the list a test shows."""
    assert name in ENTRIES


def test_failures(pair: Pair) -> None:
    entry("failures")
    reference, ours = pair("upgrade nothing")
    assert (reference.code, reference.out) == (255, "FAILED: Can't locate revision identified by 'nothing'\n")
    assert (ours.code, ours.out) == (3, "")
    assert "error[unknown-revision]: Can't locate revision identified by 'nothing'" in ours.err
    assert [done.code for done in pair("upgrade")] == [2, 2]


def test_failure_not_logged(pair: Pair) -> None:
    entry("failure-not-logged")
    reference, ours = pair("upgrade nothing")
    assert "ERROR/alembic.util.messaging/Can't locate" in reference.err
    assert "alembic.util.messaging" not in ours.err


def test_quiet_errors(pair: Pair) -> None:
    entry("quiet-errors")
    reference, ours = pair("-q heads --verbose")
    assert (reference.out, ours.out) == ("", "")
    reference, ours = pair("-q upgrade a:b")
    assert (reference.out, reference.err) == ("", "")
    assert ours.err.startswith("error[usage]: Range revision not allowed\n")


def test_options_behind(pair: Pair) -> None:
    entry("options-behind")
    reference, ours = pair("heads -n alembic")
    assert (reference.code, ours.code) == (2, 0)
    pair.fine("current -c")  # --check-heads on both sides


def test_closed_pipe(pair: Pair, reference: Path) -> None:
    entry("closed-pipe")
    pair.fine("revision -m x --rev-id a1")
    commands = {"alembic": [reference.with_name("alembic")], "limbeck": [sys.executable, "-m", "limbeck"]}
    ends = {}
    for tool, folder in pair.tools.items():
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [*commands[tool.name], "upgrade", "head", "--sql"],
            cwd=folder, env={**os.environ, "MODELS": "1"}, check=False,
            stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
        os.close(writer)
        ends[tool.name] = (done.returncode, "BrokenPipeError" in done.stderr)
    assert ends == {"alembic": (1, True), "limbeck": (0, False)}


def test_database_url(pair: Pair) -> None:
    entry("database-url")
    pair("upgrade head", LIMBECK_URL="sqlite:///other.db")
    assert pair.databases() == [["one.db"], ["other.db"]]
    for folder in pair.tools.values():
        env = folder / "migrations" / "env.py"
        set_there = 'context.config.set_main_option("sqlalchemy.url", "sqlite:///set.db")\n'
        env.write_text(env.read_text().replace("assert isinstance", f"{set_there}assert isinstance"))
    pair("upgrade head", LIMBECK_URL="sqlite:///other.db")
    assert pair.databases() == [["one.db", "set.db"], ["other.db", "set.db"]]


def test_database_url_of_another_section_is_that_of_the_file(limbeck: Tool, tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        "[alembic]\nscript_location = migrations\n[second]\nsqlalchemy.url = sqlite:///second.db\n" + LOGGING
    )
    (folder / "migrations" / "env.py").write_text(
        "from alembic import context\nprint(context.config.get_section_option('second', 'sqlalchemy.url'))\n"
    )
    assert limbeck(folder, "current", LIMBECK_URL="sqlite:///other.db").out == "sqlite:///second.db\n"


def test_named_configuration(pair: Pair) -> None:
    entry("named-configuration")
    for arguments, code in (("-c nothing.ini heads", "config-missing"), ("-n nothing heads", "unknown-section")):
        reference, ours = pair(arguments)
        assert reference.out == "FAILED: No 'script_location' key found in configuration.\n"
        assert ours.err.startswith(f"error[{code}]: ")


def test_failing_hook(pair: Pair) -> None:
    entry("failing-hook")
    pair.append("\n[post_write_hooks]\nhooks = h\nh.type = exec\nh.executable = false\n")
    reference, ours = pair("revision -m x --rev-id a1")
    assert reference.code == 0
    assert reference.out.endswith("Running post write hook 'h' ...\n  done\n")
    assert ours.code == 3
    assert ours.err.startswith("error[hook-failed]: Post write hook 'h' failed with exit status 1")
    assert [len(scripts) for scripts in pair.scripts()] == [1, 1]


def test_message_in_docstring(pair: Pair) -> None:
    entry("message-in-docstring")
    message = 'say """hi""" \\x'
    reference, ours = pair("revision", "-m", message, "--rev-id", "a1")
    assert reference.code == 1
    assert ours.code == 0
    reference, ours = pair("history")
    assert "SyntaxError" in reference.err
    assert ours.out == f"<base> -> a1 (head), {message}\n"


def test_nothing_half_written(pair: Pair) -> None:
    entry("nothing-half-written")
    pair.fine("revision -m x --rev-id a1 --branch-label l")
    reference, ours = pair("revision -m y --rev-id b1 --head base --branch-label l")
    assert reference.code != 0
    assert ours.code == 3
    assert [[path.name for path in scripts] for scripts in pair.scripts()] == [["a1_x.py", "b1_y.py"], ["a1_x.py"]]


def test_duplicate_id(pair: Pair) -> None:
    entry("duplicate-id")
    pair.fine("revision -m x --rev-id a1")
    reference, ours = pair("revision -m y --rev-id a1 --head base")
    assert reference.code == 0
    assert "UserWarning: Revision a1 is present more than once" in reference.err
    assert ours.err.startswith("error[duplicate-revision]: ")


def test_unknown_rows(pair: Pair) -> None:
    entry("unknown-rows")
    pair.fine("revision -m x --rev-id a1", "upgrade head")
    for folder in pair.tools.values():
        with sqlite3.connect(folder / "one.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = 'zz'")
    reference, ours = pair("current")
    assert reference.out == "FAILED: Can't locate revision identified by 'zz'\n"
    assert (ours.code, ours.out) == (0, "zz (unknown to this history)\n")
    assert "error[database-ahead]" in pair("upgrade head")[1].err


def test_missing_file(pair: Pair) -> None:
    entry("missing-file")
    pair.fine("revision -m x --rev-id a1", "upgrade head")
    there = []
    for line in ("current", "check", "history -i"):
        for folder in pair.tools.values():
            (folder / "one.db").unlink(missing_ok=True)
        pair(line)
        there.append([(folder / "one.db").exists() for folder in pair.tools.values()])
    assert there == [[True, False]] * 3


def test_check_heads(pair: Pair) -> None:
    entry("check-heads")
    pair.fine("revision --rev-id a1", "revision --rev-id b1 --head base --depends-on a1", "upgrade heads")
    assert [done.code for done in pair("current --check-heads")] == [255, 0]


def test_one_history(alembic: Tool, limbeck: Tool, tmp_path: Path) -> None:
    entry("one-history")
    printed = []
    for tool in (alembic, limbeck):
        make(alembic, "multidb", tmp_path / tool.name, f"sqlite:///{tmp_path / tool.name}/one.db")
        for line in ("revision -m x --rev-id a1", "upgrade head"):
            tool.succeeds(tmp_path / tool.name, *line.split())
        printed.append(tool.succeeds(tmp_path / tool.name, "history", "-i").out)
    line = "<base> -> a1 (head) (current), x\n"
    assert printed == [line * 2, line]


def test_determined_order(pair: Pair) -> None:
    entry("determined-order")
    reference, ours = pair("list_templates", PROG="alembic")
    listed = [[line for line in done.out.splitlines() if " - " in line] for done in (reference, ours)]
    assert sorted(listed[0]) == listed[1] == sorted(listed[1])


def test_script_text(pair: Pair) -> None:
    entry("script-text")
    pair.fine("revision -m x --rev-id a1")
    reference, ours = pair("upgrade head --sql")
    assert "VALUES ('a1') RETURNING version_num;" in reference.out
    assert ours.out == reference.out.replace(" RETURNING version_num", "")


def test_unfolded_lines(pair: Pair, reference: Path) -> None:
    entry("unfolded-lines")
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 40))
    commands = {"alembic": [reference.parent / "alembic"], "limbeck": [sys.executable, "-m", "limbeck"]}
    lines = {}
    for tool, folder in pair.tools.items():
        done = subprocess.run(
            [*commands[tool.name], "revision", "-m", "a message that is long"],
            cwd=folder,
            stdin=terminal,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        lines[tool.name] = len(done.stdout.splitlines())
    os.close(master)
    os.close(terminal)
    assert lines["alembic"] > 1
    assert lines["limbeck"] == 1


def test_every_entry_is_shown() -> None:
    """Here, or in the story that test_environments tells on PostgreSQL."""
    shown = set(re.findall(r'entry\("(.+)"\)', Path(__file__).read_text()))
    assert ENTRIES - shown == {"log-order", "empty-version-table"}
