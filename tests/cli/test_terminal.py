"""Under an edition a person at a terminal reads words, columns and colours. Pipes get what they got."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import REVISION, Environment
from terminal_session import STYLE, at_terminal

LONG = "orders get a column for the day on which they were paid, and an index on it"
SCRIPT = REVISION.replace("import sqlalchemy", "\nCreate Date: {date}\n\n{quotes}\nimport sqlalchemy", 1).replace(
    '{about}"""', "{about}", 1
)


@pytest.fixture
def shop(environment: Environment) -> Environment:
    """a1 - a2 - a3, committed by Jane Doe."""
    for revision, about, down, date in (
        ("a1", "first", None, "2026-01-05 10:00:00"),
        ("a2", "second", "a1", "2026-02-06 10:00:00"),
        ("a3", LONG, "a2", "2026-03-07 10:00:00"),
    ):
        name = {"a1": "a1_first.py", "a2": "a2_second.py", "a3": "a3.py"}[revision]
        text = SCRIPT.format(about=about, revision=revision, down=down, date=date, quotes='"""')
        environment.write(f"migrations/versions/{name}", text)
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=Jane Doe", "-c", "user.email=jane@example.com", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", *words], cwd=environment.root, check=True)
    return environment


HISTORY_80 = """\
a3  2026-03-07  Jane Doe  orders get a column for the day on which they…  (head)
a2  2026-02-06  Jane Doe  second
a1  2026-01-05  Jane Doe  first
"""
HISTORY_140 = f"""\
a3  2026-03-07  Jane Doe  {LONG}  (head)
a2  2026-02-06  Jane Doe  second
a1  2026-01-05  Jane Doe  first
"""
PLAIN = f"""\
a2 -> a3 (head), {LONG}
a1 -> a2, second
<base> -> a1, first
"""


@pytest.mark.parametrize(("columns", "expected"), [(80, HISTORY_80), (140, HISTORY_140)])
def test_history_at_a_terminal(shop: Environment, columns: int, expected: str) -> None:
    shown = at_terminal(shop.root, "history", columns=columns)
    assert shown.screen == expected
    assert "\x1b[33ma3\x1b[0m" in shown.raw
    assert max(map(len, shown.screen.splitlines())) <= columns


def test_history_in_a_pipe_is_as_alembic_prints_it(shop: Environment) -> None:
    assert shop.limbeck("history").stdout == PLAIN
    dated = shop.limbeck("history", "--dates", "--grep", "SEC.ND").stdout
    assert dated == "a1 -> a2, second [2026-02-06 10:00:00, Jane Doe]\n"
    wrong = shop.limbeck("history", "--grep", "(")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (
        2,
        "error[usage]: --grep is no regular expression: missing ), unterminated subpattern at position 0",
    )


def test_without_an_edition_a_terminal_gets_what_a_pipe_gets(shop: Environment) -> None:
    ini = shop.root / "alembic.ini"
    ini.write_text(ini.read_text(encoding="utf-8").replace("edition = 2026\n", ""), encoding="utf-8")
    assert at_terminal(shop.root, "history").raw.replace("\r\n", "\n") == PLAIN
    run = at_terminal(shop.root, "upgrade", "a1").raw.replace("\r\n", "\n")
    assert "INFO  [alembic.runtime.migration] Running upgrade  -> a1, first\n" in run
    assert "applied" not in run


UPGRADE = f"""\
Upgrading test.db: 3 revisions
[1/3] a1  first                                                        {"0 ms"}
[2/3] a2  second                                                       {"0 ms"}
[3/3] a3  orders get a column for the day on which they were paid, a…  {"0 ms"}
test.db: applied 3 revisions in 0 ms, now at a3 (head)
"""


def squeezed(text: str) -> list[list[str]]:
    """The words of each line: how far times are from the rest depends on how long they took."""
    return [line.split() for line in text.splitlines()]


def test_a_run_shows_its_steps_and_what_was_done(shop: Environment) -> None:
    empty = at_terminal(shop.root, "current")
    assert (
        empty.screen == "test.db:\n  empty: no revision applied\nnext: `limbeck upgrade heads` applies what is left\n"
    )
    run = at_terminal(shop.root, "upgrade", "heads")
    assert squeezed(run.screen) == squeezed(UPGRADE)
    assert "INFO" not in run.screen
    assert "\x1b[32mapplied 3 revisions" in run.raw
    assert at_terminal(shop.root, "upgrade", "heads").screen == "test.db: already at a3 (head)\n"
    down = at_terminal(shop.root, "downgrade", "-1")
    assert squeezed(down.screen)[-2:] == squeezed(
        "test.db: took back 1 revision in 0 ms, now at a2\nnext: `limbeck upgrade head` applies what is left"
    )
    assert at_terminal(shop.root, "-q", "upgrade", "head").raw == ""


def test_a_step_that_fails_is_marked(shop: Environment) -> None:
    path = shop.versions / "a2_second.py"
    text = path.read_text(encoding="utf-8").replace(
        "    op.create_table", "    raise ValueError('no')\n    op.create", 1
    )
    path.write_text(text, encoding="utf-8")
    run = at_terminal(shop.root, "upgrade", "heads")
    assert run.code == 3
    lines = squeezed(run.screen)
    assert lines[2] == ["[2/3]", "a2", "second", "failed"]
    assert lines[3][0] == "error[script-failed]:"


PAGE = "https://github.com/limbeck/limbeck/blob/main/docs/errors.md#unknown-revision"
FACT = "error[unknown-revision]: Can't locate revision identified by 'zz'"


@pytest.mark.parametrize(
    ("edition", "variables", "first"),
    [
        (
            "2026",
            {},
            FACT.replace("error[unknown-revision]", f"\x1b]8;;{PAGE}\x1b\\error[unknown-revision]\x1b]8;;\x1b\\"),
        ),
        ("2026", {"NO_COLOR": "1"}, FACT),
        ("2026", {"TERM": "dumb"}, FACT),
        ("", {}, FACT),
        ("1066", {}, "error[unknown-edition]: "),
    ],
)
def test_the_code_of_an_error_leads_to_its_page(
    shop: Environment, edition: str, variables: dict[str, str], first: str
) -> None:
    """A link of the terminal on the code; without an edition, and where escape sequences are not wanted, none."""
    shop.configure("edition", edition)
    assert first in at_terminal(shop.root, "show", "zz", environment=variables).raw


def test_no_color_and_a_terminal_without_rich(shop: Environment) -> None:
    assert at_terminal(shop.root, "history", environment={"NO_COLOR": "1"}).raw.replace("\r\n", "\n") == HISTORY_80
    hidden = shop.root / "hidden"
    hidden.mkdir()
    (hidden / "rich.py").write_text("raise ImportError('no rich here')")
    path = f"{hidden}:{':'.join(sys.path)}"
    plain = at_terminal(shop.root, "history", environment={"PYTHONPATH": path})
    assert plain.raw.replace("\r\n", "\n") == HISTORY_80


DIFFERENCES = """\
+ table new
t_a1
  + column name VARCHAR(50) NOT NULL
  ~ column id: type INTEGER -> BIGINT
  + index ix_t_a1_name (name)
- table t_a3
error[differences-found]: Models and database differ in 5 place(s)
  hint: write them into a revision by `limbeck revision --autogenerate`
"""


def test_check_lists_differences(shop: Environment) -> None:
    models = """
import sqlalchemy as sa
target_metadata = sa.MetaData()
sa.Table("t_a1", target_metadata, sa.Column("id", sa.BigInteger, primary_key=True),
         sa.Column("name", sa.String(50), nullable=False, index=True))
sa.Table("t_a2", target_metadata, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("new", target_metadata, sa.Column("code", sa.String(2), primary_key=True), sa.Column("of", sa.Date))
"""
    env = shop.root / "migrations" / "env.py"
    env.write_text(env.read_text(encoding="utf-8").replace("target_metadata = None", models), encoding="utf-8")
    shop.limbeck("upgrade", "heads")
    shown = at_terminal(shop.root, "check")
    assert (shown.code, shown.screen) == (1, DIFFERENCES)
    assert "\x1b[31m- table t_a3" in shown.raw
    written = at_terminal(shop.root, "revision", "--autogenerate", "-m", "models", "--rev-id", "a4")
    assert written.screen.startswith("+ table new\nt_a1\n")
    assert written.screen.endswith("next: look at the script, then `limbeck upgrade head`\n")
    assert "INFO" not in written.screen


def test_rich_is_imported_at_a_terminal_only(shop: Environment) -> None:
    loaded = "import sys; from limbeck.cli import main; main(['history']); print('rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=shop.root, check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.endswith("False\n")


def test_columns_of_wide_characters(tmp_path: Path) -> None:
    from io import StringIO

    from limbeck.show.terminal.layout import Cell, Paper

    paper = Paper(StringIO(), width=24)
    rows = [[Cell("a1"), Cell("変更を加える変更を加える")], [Cell("a2"), Cell("größer"), Cell("(head)")]]
    assert list(paper.columns(rows, flexible=1)) == ["a1  変更を加え…", "a2  größer        (head)"]


def test_a_message_of_several_lines_is_one_line(shop: Environment) -> None:
    path = shop.versions / "a2_second.py"
    path.write_text(path.read_text(encoding="utf-8").replace("second", "second,\n  and more", 1), encoding="utf-8")
    assert "a2  2026-02-06  Jane Doe  second, and more\n" in at_terminal(shop.root, "history").screen
    assert "[2/3] a2  second, and more " in at_terminal(shop.root, "upgrade", "heads").screen


def test_status_is_what_a_pipe_gets_in_colours(shop: Environment) -> None:
    shop.limbeck("upgrade", "a1")
    shown = at_terminal(shop.root, "status", columns=140)
    assert shown.raw.startswith("\x1b[1msqlite:///test.db")
    assert STYLE.sub("", shown.raw).replace("\r\n", "\n") == shop.limbeck("status").stdout
