"""The script: terminators, white space, values; and the bind that writes it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from scripts import DIALECTS, NAMES, statements, write

from limbeck.ddl.output import finished, tidy
from limbeck.errors import CommandError
from limbeck.operations import Operations
from limbeck.runtime.migration import MigrationContext


@pytest.mark.parametrize(
    ("statement", "terminated"),
    [
        ("SELECT 1", "SELECT 1;"),
        ("SELECT 1;", "SELECT 1;"),
        ("SELECT 1 -- one", "SELECT 1 -- one\n;"),
        ("SELECT 1 -- one;\nFROM x", "SELECT 1 -- one;\nFROM x;"),
        ("SELECT 1 # one", "SELECT 1 # one\n;"),
    ],
)
def test_a_statement_ends_once_and_outside_its_comments(statement: str, terminated: str) -> None:
    assert finished(statement, ";") == terminated


def test_no_terminator_on_oracle() -> None:
    assert finished("SELECT 1", "") == "SELECT 1"


@pytest.mark.parametrize(
    ("statement", "tidied"),
    [
        ("CREATE TABLE t (\n\tx INTEGER\n)", "CREATE TABLE t (\n    x INTEGER\n)"),
        ("\tDEFAULT 'a\tb'\t", "    DEFAULT 'a\tb'    "),
        ("\tDEFAULT 'it''s\ta'\t", "    DEFAULT 'it''s\ta'    "),
        ('\t"a\tb"\t`c\td`', '    "a\tb"    `c\td`'),
    ],
)
def test_tabs_indent_by_four_spaces_and_stay_inside_quotes(statement: str, tidied: str) -> None:
    assert tidy(statement) == tidied


@pytest.mark.parametrize("dialect", DIALECTS)
def test_text_stands_in_the_script_as_written(dialect: str) -> None:
    call = r"""op.execute("UPDATE t SET x = '50%', y = ':name', z = '10:30', w = a\\:\\:text, v = '%s %(n)s'")"""
    assert statements(dialect, call) == [
        "UPDATE t SET x = '50%', y = ':name', z = '10:30', w = a::text, v = '%s %(n)s'"
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_value_has_its_literal_form(dialect: str) -> None:
    call = """op.execute(sa.text("UPDATE t SET x = :x, y = :y").bindparams(x="it's 50%", y=None))"""
    assert statements(dialect, call) == ["UPDATE t SET x = 'it''s 50%', y = NULL"]


def test_a_value_without_a_literal_form_is_refused_at_its_line(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("op.execute(\n  sa.text('SELECT :x').bindparams(x=object())\n)\n")
    with pytest.raises(CommandError) as caught:
        exec(compile(script.read_text(), str(script), "exec"), NAMES | {"op": offline("postgresql")[0]})  # noqa: S102 the test's own text
    assert (caught.value.code, caught.value.file, caught.value.line) == ("no-literal", str(script), 1)


def test_literal_binds_need_a_script() -> None:
    with sa.create_engine("sqlite://").connect() as connection, pytest.raises(CommandError, match="literal_binds"):
        MigrationContext.configure(connection=connection, opts={"literal_binds": True})


def offline(dialect: str) -> tuple[Operations, io.StringIO]:
    buffer = io.StringIO()
    spoken = sa.make_url(f"{dialect}://").get_dialect()()
    opts = {"as_sql": True, "output_buffer": buffer}
    return Operations(MigrationContext.configure(dialect=spoken, opts=opts)), buffer


WRITES = {
    "a statement": ("op.get_bind().execute(sa.text('DELETE FROM t'))", ["DELETE FROM t"]),
    "parameters": (
        "op.get_bind().execute(sa.text('DELETE FROM t WHERE x = :x'), {'x': 5})",
        ["DELETE FROM t WHERE x = 5"],
    ),
    "several sets": (
        "op.get_bind().execute(sa.table('t', sa.column('x')).insert(), [{'x': 1}, {'x': 2}])",
        ["INSERT INTO t (x) VALUES (1)", "INSERT INTO t (x) VALUES (2)"],
    ),
    "driver SQL": ("op.get_bind().exec_driver_sql(\"DELETE FROM t WHERE x = ':y'\")", ["DELETE FROM t WHERE x = ':y'"]),
    "a type": (
        "sa.Enum('a', 'b', name='en').create(op.get_bind(), checkfirst=True)",
        ["CREATE TYPE en AS ENUM ('a', 'b')"],
    ),
    "a type dropped": ("sa.Enum('a', name='en').drop(op.get_bind())", ["DROP TYPE en"]),
    "create_all": (
        "m = sa.MetaData(); sa.Table('t', m, sa.Column('x', sa.Integer, index=True)); m.create_all(op.get_bind())",
        ["CREATE TABLE t (\n    x INTEGER\n)", "CREATE INDEX ix_t_x ON t (x)"],
    ),
    "a table": ("sa.Table('t', sa.MetaData(), sa.Column('x', sa.Integer)).drop(op.get_bind())", ["DROP TABLE t"]),
    "a block": (
        "with op.get_bind().begin(): op.get_bind().execute(sa.text('DELETE FROM t')).close()",
        ["DELETE FROM t"],
    ),
}


@pytest.mark.parametrize("what", WRITES)
def test_the_bind_writes(what: str) -> None:
    call, expected = WRITES[what]
    assert statements("postgresql", call) == expected


READS = {
    "scalar": "op.get_bind().execute(sa.text('SELECT 1')).scalar()",
    "rows": "list(op.get_bind().execute(sa.text('SELECT 1')))",
    "fetchall": "op.get_bind().execute(sa.text('SELECT 1')).fetchall()",
    "rowcount": "op.get_bind().execute(sa.text('DELETE FROM t')).rowcount",
    "connection scalar": "op.get_bind().scalar(sa.text('SELECT 1'))",
    "inspector": "sa.inspect(op.get_bind())",
    "session": "from sqlalchemy.orm import Session; Session(op.get_bind()).execute(sa.text('SELECT 1')).all()",
    "reflection": "sa.Table('t', sa.MetaData(), autoload_with=op.get_bind())",
}


@pytest.mark.parametrize("what", READS)
def test_reading_from_the_bind_names_the_line_and_the_way_out(what: str, tmp_path: Path) -> None:
    script = tmp_path / "versions" / "abc_script.py"
    script.parent.mkdir()
    script.write_text(f"x = 1\n{READS[what]}\n")
    with pytest.raises(CommandError) as caught:
        exec(compile(script.read_text(), str(script), "exec"), NAMES | {"op": offline("postgresql")[0]})  # noqa: S102 the test's own text
    error = caught.value
    assert (error.code, error.file, error.line) == ("offline-result", str(script), 2)
    assert "--sql" in str(error)
    assert error.hint is not None
    assert "is_offline_mode" in error.hint


def test_many_parameters_of_both_kinds_exclude_each_other() -> None:
    op, _ = offline("sqlite")
    with pytest.raises(TypeError, match="at the same time"):
        op.impl._exec(sa.text("SELECT 1"), multiparams=[{"x": 1}], params={"x": 1})


def test_rows_must_be_a_list_of_dicts() -> None:
    for rows, message in (({"x": 1}, "List expected"), ([(1,)], "List of dictionaries expected")):
        answer = write("sqlite", f"op.bulk_insert(sa.table('t', sa.column('x')), {rows!r})")
        assert answer.error is not None
        assert message in answer.error


def test_a_table_s_indexes_are_created_in_the_order_of_their_columns() -> None:
    """SQLAlchemy keeps them in a set, whose order changes from run to run; a DBA reads the script twice."""
    names = "hgfabcde"
    columns = ", ".join(f"sa.Column('{name}', sa.Integer, index=True)" for name in names)
    script = write("postgresql", f"op.create_table('t', {columns}, sa.Index('two', 'h', 'a'))").sql
    assert re.findall(r"CREATE INDEX (\w+)", script) == ["ix_t_h", "two", *(f"ix_t_{name}" for name in names[1:])]
